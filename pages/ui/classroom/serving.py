"""Where this server listens, as it was started."""

import streamlit as st

from core.classroom import Server


def here() -> Server:
    option = st.get_option
    return Server(address=option("server.address") or "", port=int(option("server.port")))
