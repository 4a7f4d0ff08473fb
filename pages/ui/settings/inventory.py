"""The models as a list: what each is, where it runs, and a button to try or to fetch it."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.lab import Lab, job_of
from core.types import FAMILIES, Family, Model
from pages.ui.shared import jobs

DOES: dict[Family, str] = {
    "embedder": "turn texts into vectors, so that similar ones are found",
    "reranker": "read question and chunk together, and judge anew",
    "generator": "write the answers",
}
SOURCES = {
    "packaged": "in a package",
    "cached": "downloaded",
    "hub": "on the hub",
    "endpoint": "at an endpoint",
}
DEVICES = {"cpu": "on the processor", "cuda": "on the GPU", "mps": "on the GPU (Metal)"}


def draw(lab: Lab) -> None:
    """All models, a group for each family."""
    known, loaded = lab.models.all(), lab.models.in_memory()
    for family in FAMILIES:
        models = [model for model in known if model.family == family]
        with st.container(key=f"family-{family}", gap=None):
            st.markdown(f"**{family.capitalize()}s** {DOES[family]}")
            for number, model in enumerate(models):
                _row(lab, model, number, in_memory=(family, model.name) in loaded)


def offline_sentence(lab: Lab) -> str:
    """Whether everything needed is here without a network."""
    missing = lab.models.missing_offline()
    if not missing:
        return ":material/check: Works offline: **yes**"
    names = _listed([f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in missing])
    return f":material/cloud_off: Works offline: **no**, missing {names}; what to do is said below"


def device_sentence(lab: Lab) -> str:
    """What the models compute on, and how much memory that has."""
    facts = lab.models.device()
    parts = ["GPU" if facts.place != "cpu" else "No GPU in use: the models run on the processor"]
    if facts.name:
        parts.append(labels.escaped(facts.name))
    if facts.free is not None and facts.total is not None:
        parts.append(f"{facts.free / 1e9:.1f} of {facts.total / 1e9:.1f} GB of memory free")
    elif facts.place == "cuda":
        parts.append("its memory is known once a model was loaded")
    parts.append(labels.counted(facts.threads, "thread"))
    parts.append(f"torch {labels.escaped(facts.torch)}" if facts.torch else "torch is missing")
    if facts.note:
        parts.append(labels.escaped(facts.note))
    return " · ".join(parts)


def about(model: Model) -> str:
    """Parameters, size, source, precision and device, as far as they are known and apply; of a GGUF
    file how it keeps its numbers, how much it reads, and whether it can be talked to."""
    parts = [f"{model.parameters} parameters" if model.parameters else ""]
    parts.append(labels.size(model.megabytes) if model.megabytes else "")
    parts.append(labels.escaped(model.quantisation))
    parts.append(f"reads {model.context:,} tokens" if model.context else "")
    parts.append("no chat template" if model.chat_template is False else "")
    parts.append("a GGUF file" if model.folder.endswith(".gguf") else SOURCES[model.source])
    if model.source != "hub":  # it does not run here yet
        precision = "4 bits" if model.precision == "4bit" else model.precision
        why = f" ({model.why})" if model.why else ""
        parts.append(f"{precision} {DEVICES.get(model.device, '')}".strip() + why)
    return " · ".join(part for part in parts if part)


def _row(lab: Lab, model: Model, number: int, *, in_memory: bool) -> None:
    kind = job_of(model)
    with st.container(key=f"model-{model.family}-{number}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            with st.container(gap=None):
                memory = " :gray-badge[in memory]" if in_memory else ""
                name = labels.escaped(model.name)
                st.markdown(f"**{name}**{memory}" if model.available else name)
                st.caption(about(model))
            if not jobs.busy(lab, kind):
                _button(lab, model)
        if not model.available and model.source != "hub":
            st.caption(f":material/error: {labels.escaped(model.reason)}")
        jobs.line(lab, kind)


def _button(lab: Lab, model: Model) -> None:
    key = f"settings.{model.family}.{model.name}"
    if model.available:
        if st.button("Test", key=f"{key}.test"):
            jobs.begin(lambda: lab.test(model))
    elif model.source == "hub":
        came = lab.models.came(model.name)
        label = f"Download {labels.size(model.megabytes)}"
        if came:
            label = f"Go on, {labels.size(max(1, model.megabytes - came))} to come"
        if st.button(label, key=f"{key}.download", icon=":material/download:"):
            jobs.begin(lambda: lab.download(model))


def _listed(names: Sequence[str]) -> str:
    """a, b and c"""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
