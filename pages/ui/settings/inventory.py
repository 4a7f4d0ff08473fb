"""The models as a list: what each is, where it runs, and a button to try or to fetch it."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab, job_of
from core.types import FAMILIES, Family, Model
from pages.ui.shared import frame, jobs

DOES: dict[Family, str] = {
    "embedder": "turn texts into vectors, so that similar ones are found",
    "reranker": "read question and chunk together, and judge anew",
    "generator": "write the answers",
}
SOURCES = {
    "packaged": "in a package",
    "cached": "on this disk",
    "hub": "on the hub",
    "endpoint": "at an endpoint",
}
USED: dict[Family, str] = {
    "embedder": "search",
    "reranker": "reranking",
    "generator": "answers",
}
DEVICES = {"cpu": "on the processor", "cuda": "on the GPU", "mps": "on the GPU (Metal)"}


def draw(lab: Lab) -> None:
    """All models, a group for each family."""
    known, loaded = lab.models.all(), lab.models.in_memory()
    for family in FAMILIES:
        models = [model for model in known if model.family == family]
        with st.container(key=f"family-{family}", gap=None):
            st.markdown(f"**{family.capitalize()}s** {DOES[family]}")
            default = lab.models.default(family)
            _rule(lab, family, default)
            for number, model in enumerate(models):
                badges = ["in memory"] if (family, model.name) in loaded else []
                if model.available and model.name == default:
                    badges.insert(0, f"used for {USED[family]}")
                _row(lab, model, number, badges)


def _rule(lab: Lab, family: Family, default: str) -> None:
    """Which model is used where a question names none, and why."""
    chosen, rule = lab.models.chosen(family), lab.models.rule(family)
    if not chosen:
        st.caption(rule)
        return
    said = f"You chose **{labels.escaped(chosen)}**."
    if chosen != default:
        instead = f"**{labels.escaped(default)}** is used meanwhile"
        said = f":red[:material/error:] {said} It cannot be used now; {instead}."
    st.caption(f"{said} {rule}")
    if st.button("Leave it to the rule", key=f"settings.{family}.rule", type="tertiary"):
        _use(lab, family, "")


def _use(lab: Lab, family: Family, name: str) -> None:
    """Make a model the default, also in Compare, which else stays at what it was set to."""
    try:
        lab.models.choose(family, name)
    except TriptychError as error:
        frame.show(error)
    else:
        st.session_state[f"compare.{family}"] = lab.models.default(family)
        st.rerun()


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


def _row(lab: Lab, model: Model, number: int, badges: Sequence[str]) -> None:
    kind = job_of(model)
    with st.container(key=f"model-{model.family}-{number}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(gap=None):
                worn = "".join(f" :gray-badge[{badge}]" for badge in badges)
                name = labels.escaped(model.name)
                st.markdown(f"**{name}**{worn}" if model.available else name)
                st.caption(about(model))
            if not jobs.busy(lab, kind):
                _buttons(lab, model, used=any(badge.startswith("used") for badge in badges))
        if not model.available and model.source != "hub":
            st.caption(f":material/error: {labels.escaped(model.reason)}")
        if model.available and (why := lab.models.passed_over(model)):
            st.caption(f"Used only where you choose it: {labels.escaped(why)}.")
        if model.source != "endpoint":  # it is tested where it is added
            jobs.line(lab, kind)


def _buttons(lab: Lab, model: Model, *, used: bool) -> None:
    key = f"settings.{model.family}.{model.name}"
    if model.available:
        label = f"Use for {USED[model.family]}"
        if not used and st.button(label, key=f"{key}.use", type="tertiary"):
            _use(lab, model.family, model.name)
        if model.source != "endpoint" and st.button("Test", key=f"{key}.test"):
            jobs.begin(lambda: lab.test(model))
    elif model.source == "hub":
        label = fetch_label(lab, model.name, model.megabytes * 1_000_000)
        if st.button(label, key=f"{key}.download", icon=":material/download:"):
            jobs.begin(lambda: lab.download(model))


def fetch_label(lab: Lab, name: str, size: int) -> str:
    """How much of so many bytes is still to come."""
    came = lab.models.came(name)
    if came:
        return f"Go on, {labels.size(max(1e6, size - came) / 1e6)} to come"
    return f"Download {labels.size(size / 1e6)}"


def _listed(names: Sequence[str]) -> str:
    """a, b and c"""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
