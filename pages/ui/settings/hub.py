"""Any model of the hub on screen: looked up on a click, what would come, and only then fetched."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab, job_of
from core.types import Offer
from pages.ui.settings import inventory
from pages.ui.shared import frame, jobs

FOUND, WANTED, WHICH = "settings.hub.found", "settings.hub.id", "settings.hub.which"


def draw(lab: Lab) -> None:
    """The field, what its repository offers, and what was broken off."""
    st.caption(
        "Any model in safetensors that answers, embeds or reranks, or one GGUF file that answers."
        " Nothing is asked of the hub before you click, and no program code is ever fetched."
    )
    with (
        st.form("settings.hub", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", key="hub-field"),
    ):
        wanted = st.text_input(
            "Model, as ORG/NAME", key=WANTED, placeholder="Qwen/Qwen2.5-0.5B-Instruct"
        )
        if st.form_submit_button("Look up", icon=":material/search:", key="settings.hub.look"):
            _look(lab, wanted or "")
    if offers := st.session_state.get(FOUND):
        _offered(lab, offers)
    for number, left in enumerate(lab.models.unfinished()):
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"row-unfinished-{number}"
        ):
            with st.container(gap=None):
                st.markdown(labels.escaped(left.repository))
                came = f"{labels.size(left.bytes / 1e6)} came before it was broken off"
                st.caption(labels.escaped(f"{left.file}: {came}" if left.file else came))
            if st.button("Look up", key=f"settings.unfinished.{number}"):
                _look(lab, left.repository, left.file)
                st.rerun()


def _look(lab: Lab, wanted: str, file: str = "") -> None:
    """Ask the hub, and keep what it offers for the next drawings."""
    st.session_state.pop(FOUND, None)
    st.session_state.pop(WHICH, None)
    try:
        with st.spinner("Asking the hub …"):
            offers = lab.models.look_up(wanted)
    except TriptychError as error:
        frame.show(error)
        return
    st.session_state[FOUND] = offers
    named = [number for number, offer in enumerate(offers) if offer.gguf == file]
    st.session_state[WHICH] = named[0] if named else 0


def _offered(lab: Lab, offers: Sequence[Offer]) -> None:
    with st.container(border=True, key="hub-offer"):
        st.markdown(f"**{labels.escaped(offers[0].repository)}**")
        which = 0
        if len(offers) > 1:
            which = st.selectbox(
                "What to fetch",
                range(len(offers)),
                format_func=lambda number: _choice(offers[number]),
                key=WHICH,
            )
        offer = offers[which]
        st.caption(labels.escaped(labels.offer(offer)))
        kind = job_of(offer)
        rows = {job_of(model): model for model in lab.models.all() if model.source != "endpoint"}
        with st.container(horizontal=True, vertical_alignment="center"):
            if kind in rows and rows[kind].source != "hub":
                st.caption(f":material/check: It is here, as {labels.escaped(offer.name)}.")
            elif jobs.busy(lab, kind):
                st.caption("On its way.")
            elif st.button(
                inventory.fetch_label(lab, offer.folder, offer.bytes),
                key="settings.hub.download",
                type="primary",
                icon=":material/download:",
            ):
                jobs.begin(lambda: lab.download(offer))
            with st.popover("Files", type="tertiary"):
                sizes = [(file.path, labels.size(file.bytes / 1e6)) for file in offer.files]
                st.text("\n".join(f"{path}  {size}" for path, size in sizes))
        if kind not in rows:  # else it is said there
            jobs.line(lab, kind)


def _choice(offer: Offer) -> str:
    name = offer.gguf or labels.counted(len(offer.files), "file") + " in safetensors"
    return f"{name}, {labels.size(offer.bytes / 1e6)}"
