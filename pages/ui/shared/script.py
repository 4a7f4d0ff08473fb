"""A setting as a Python script to take away, or why it cannot be one."""

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.types import Recipe


def download(lab: Lab, recipe: Recipe, name: str, key: str) -> None:
    """A button with the script of a recipe. `name`: what the file is called, without its end."""
    try:
        script = lab.script(recipe)
    except TriptychError as error:
        st.caption(f"Not as a Python script: {labels.escaped(error.sentence)}")
        return
    st.download_button(
        "As a Python script",
        script,
        f"{name}.py",
        mime="text/x-python",
        key=key,
        on_click="ignore",
        help="Cuts, searches and reranks like this setting, with the libraries that everybody has",
    )
