"""Backups on screen: making one, those that lie here, and bringing one from elsewhere."""

from functools import partial

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.storage import BACKING_UP, KIND, RESTORING, Backup
from core.types import PaperFilter
from pages.ui.shared import frame, jobs

UPLOAD_MB = 1_000  # an upload lies in memory for a moment


def draw(lab: Lab) -> None:
    st.caption(
        "One file with the database and the original files of all papers, made while everything is"
        " in use. Vectors and models are not in it: they are made anew, or downloaded again."
    )
    busy = jobs.busy(lab, KIND)
    if st.button("Back up now", key="settings.backup", disabled=busy):
        jobs.begin(lab.storage.back_up)
    with st.container():  # always there: a file that comes in below must not move
        jobs.line(lab, KIND, BACKING_UP)
        jobs.line(lab, KIND, RESTORING)
    with st.container(key="settings-kept", gap=None):
        for number, backup in enumerate(lab.storage.backups()):
            kept(lab, backup, number, busy=busy)
    upload(lab)


def kept(lab: Lab, backup: Backup, number: int, *, busy: bool) -> None:
    with st.container(
        key=f"row-backup-{number}", horizontal=True, vertical_alignment="center", gap="small"
    ):
        with st.container(gap=None, width=380):
            st.markdown(labels.escaped(backup.name))
            said = backup.fault or f"{inside(backup)} · {labels.size(backup.bytes / 1e6)}"
            st.caption(labels.escaped(said))
        st.space("stretch")
        name = f"settings.{backup.name}"
        st.download_button(
            "Download",
            partial(lab.storage.open, backup.name),
            file_name=backup.name,
            mime="application/zip",
            key=f"{name}.download",
            on_click="ignore",
        )
        with st.popover("Put back", key=f"{name}.menu.{jobs.turn()}", disabled=busy):
            here = labels.counted(lab.papers.count(PaperFilter()), "paper")
            there = labels.escaped(inside(backup))
            st.write(f"What is here now, {here} with all answers, is replaced by {there}.")
            jobs.sure(f"{name}.restore", "Put back", partial(lab.storage.restore, backup.name))
        with st.popover("", icon=":material/delete:", type="tertiary", key=f"{name}.away"):
            st.write("What is in the lab stays; this backup of it goes.")
            if st.button("Remove the backup", key=f"{name}.remove"):
                lab.storage.remove(backup.name)
                st.rerun()


def inside(backup: Backup) -> str:
    papers = labels.counted(backup.papers, "paper")
    if backup.left_out:
        papers += f" ({backup.left_out:,} without their file)"
    comparisons = labels.counted(backup.comparisons, "comparison")
    return f"{papers} and {comparisons} of {labels.moment(backup.at)}"


def upload(lab: Lab) -> None:
    file = st.file_uploader(
        f"Bring a backup from elsewhere, up to {labels.size(UPLOAD_MB)}; larger ones can be copied"
        f" into {labels.escaped(str(lab.storage.folder))}",
        type="zip",
        max_upload_size=UPLOAD_MB,
        key=f"settings.upload.{jobs.turn()}",
    )
    if file:
        try:
            lab.storage.take(file)
        except TriptychError as error:
            frame.show(error)
        else:
            jobs.next_turn()
            st.rerun()
