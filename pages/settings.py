"""Settings: what runs where, what lies on disk, backups, and starting afresh."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import labels
from core.lab import Lab
from core.storage import KIND, REBUILDING, RESETTING
from pages.ui.settings import backups, endpoints, hub, inventory
from pages.ui.shared import frame, jobs


def main(lab: Lab) -> None:
    with st.container(key="settings", gap="medium"):
        with st.container(key="settings-models"):
            st.subheader("What runs where", anchor=False)
            st.markdown(inventory.offline_sentence(lab))
            st.caption(inventory.device_sentence(lab))
            inventory.draw(lab)
        with st.container(key="settings-hub"):
            st.subheader("Models of the hub", anchor=False)
            hub.draw(lab)
        with st.container(key="settings-endpoints"):
            st.subheader("API endpoints", anchor=False)
            endpoints.draw(lab)
        with st.container(key="settings-storage"):
            st.subheader("Storage", anchor=False)
            storage(lab)
        with st.container(key="settings-backups"):
            st.subheader("Backups", anchor=False)
            backups.draw(lab)
        with st.container(key="settings-afresh"):
            st.subheader("Starting afresh", anchor=False)
            afresh(lab)


def storage(lab: Lab) -> None:
    used = lab.storage.used()
    with st.container(key="settings-used", gap=None):
        for number, each in enumerate(used):
            with row(f"row-used-{number}", each.name, each.about):
                st.markdown(labels.size(each.bytes / 1e6), width="content")
        free = f"{labels.size(lab.storage.free() / 1e6)} are free on this disk"
        with row("row-used-total", "Together", free):
            total = sum(each.bytes for each in used)
            st.markdown(f"**{labels.size(total / 1e6)}**", width="content")


def afresh(lab: Lab) -> None:
    busy = jobs.busy(lab, KIND)
    with row(
        "row-rebuild",
        "Rebuild the index",
        "all vectors are dropped; the next search makes them anew",
    ):
        if st.button("Rebuild", key="settings.rebuild", disabled=busy):
            jobs.begin(lab.storage.rebuild)
    jobs.line(lab, KIND, REBUILDING)
    with (
        row(
            "row-reset",
            "Reset",
            "all papers and answers are taken away; models, endpoints and backups stay",
        ),
        st.popover("Reset", key=f"settings.menu.{jobs.turn()}", disabled=busy),
    ):
        st.write("This cannot be undone. A backup that was made before can be put back.")
        jobs.sure("settings.reset", "Take everything away", lab.storage.reset)
    jobs.line(lab, KIND, RESETTING)


@contextmanager
def row(key: str, name: str, about: str) -> Iterator[None]:
    """A line of a list: what it is at the left, and what is drawn inside at the right."""
    with st.container(key=key, horizontal=True, wrap=False, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{name}**")
            st.caption(about)
        yield


with frame.page("Settings") as lab:
    main(lab)
