"""The form of a new sweep: values for each setting, the questions, and what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core import choices, chunkers, labels
from core.choices import Axis
from core.lab import Lab
from core.sweeps import Answers, Preset, PresetFile, SweepPlan, presets
from core.types import Family, PaperFilter
from pages.ui.compare import asking
from pages.ui.shared import pickers

KEEP = "session"
SWITCHES = {"baseline": "also ask without context", "whole": "also ask with the whole papers"}
ALONE = "one_at_a_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridForm:
    """The values of a grid of settings as widgets, whose keys begin with `page`; `usual` is the
    preset that fills them first. `answers`: whether answers may be written, and asked without
    context, too."""

    page: str
    usual: str
    answers: bool = True

    def choose(self, lab: Lab) -> None:
        """The presets, as buttons; one that is chosen fills the form."""
        files, key = self._files(lab), f"{self.page}.preset"
        names = [file.name for file in files]
        if st.session_state.get(key) not in names:
            st.session_state[key] = self.usual
        st.pills(
            "Preset",
            names,
            format_func=labels.escaped,
            key=key,
            required=True,
            on_change=self._fill,
            args=(lab,),
            label_visibility="collapsed",
            persist_state=KEEP,
        )
        if f"{self.page}.chunks" not in st.session_state:
            self._fill(lab)
        file = self._file(lab)
        with st.container():  # always there: what follows it would lose what is being typed
            if file.error:
                st.error(labels.escaped(file.error))
            elif file.preset and file.preset.about:
                kept = self._values(file.preset).items()
                same = all(st.session_state.get(key, value) == value for key, value in kept)
                about = file.preset.about if same else f"From {file.name}, changed."
                st.caption(labels.escaped(about))

    def _files(self, lab: Lab) -> list[PresetFile]:
        """Where no answers are written those that only search, and all of one's own."""
        return [
            file
            for file in lab.sweeps.presets.all()
            if self.answers or file.own or (file.preset and file.preset.answers is None)
        ]

    def _file(self, lab: Lab) -> PresetFile:
        name = st.session_state[f"{self.page}.preset"]
        return next(file for file in self._files(lab) if file.name == name)

    def _fill(self, lab: Lab) -> None:
        """The form's widgets take the preset's values."""
        preset = self._file(lab).preset
        if preset:
            st.session_state.update(self._values(preset))

    def _values(self, preset: Preset) -> dict[str, list[str] | bool]:
        """What its widgets hold, by their keys."""
        values: dict[str, list[str] | bool] = {
            "chunker": list(preset.chunker),
            "chunks": [f"{size}/{overlap}" for size, overlap in preset.chunks],
            "answered": preset.answers is not None,
        }
        values |= {name: getattr(preset, name) for name in (*SWITCHES, ALONE)}
        for holder, axes in (
            (preset, choices.RETRIEVAL),
            (preset.answers or Answers(), choices.GENERATION),
        ):
            values |= {axis.name: list(map(_text, getattr(holder, axis.name))) for axis in axes}
        return {f"{self.page}.{name}": value for name, value in values.items()}

    def preset(self, lab: Lab) -> Preset:
        """Draw the values; the preset that they say. Errors: BadInput for invalid values."""
        with st.container(key=f"{self.page}-values"):
            columns = st.columns(3, gap="medium")
            with columns[0]:
                st.markdown("**Chunking**")
                self._multiselect("Chunking method", "chunker", chunkers.names())
                sizes = ["800/100", "1200/200", "1600/300"]
                self._multiselect("Chunk size/overlap", "chunks", sizes, new=True)
                st.checkbox(
                    "one choice at a time",
                    key=f"{self.page}.{ALONE}",
                    persist_state=KEEP,
                    help="The first values are the base, and each other value is tried alone in"
                    " its place. Else every combination is.",
                )
            with columns[1]:
                st.markdown("**Retrieval**")
                self._asked_for(lab, ("retriever", "embedder"))
            with columns[1 if self.answers else 2]:
                if not self.answers:
                    st.markdown("**Selection**")
                self._asked_for(lab, ("candidates", "top_k", "reranker"))
            if self.answers:
                with columns[2]:
                    st.markdown("**Answers**")
                    st.checkbox("write answers", key=f"{self.page}.answered", persist_state=KEEP)
                    if self._answered:
                        for name, label in SWITCHES.items():
                            st.checkbox(label, key=f"{self.page}.{name}", persist_state=KEEP)
                        self._asked_for(lab, ("generator", "max_tokens"))
            self._rare(lab)
        kept = self._file(lab).preset
        said = presets.read(st.session_state[f"{self.page}.preset"], self._toml())
        if kept is None:
            return said
        # What the form does not ask for.
        unasked = ("about", "questions", "across_pages")
        return replace(said, **{name: getattr(kept, name) for name in unasked})

    @property
    def _answered(self) -> bool:
        return self.answers and bool(st.session_state[f"{self.page}.answered"])

    def _axes(self) -> list[Axis]:
        """The fields of which values are asked for."""
        return [*choices.RETRIEVAL, *(choices.GENERATION if self._answered else ())]

    def _rare(self, lab: Lab) -> None:
        """What is rarely varied, folded away; what of it is not as usual is said."""
        rare = [axis for axis in self._axes() if axis.under]
        other = [axis.label for axis in rare if self._values_of(axis) != [_text(axis.usual)]]
        label = " · ".join(["More settings", *other])
        with st.expander(label, icon=":material/tune:", key=f"{self.page}.rarely"):
            columns = st.columns(len(choices.HEADINGS), gap="medium")
            for heading, column in zip(choices.HEADINGS, columns, strict=True):
                of_heading = [axis.name for axis in rare if axis.under == heading]
                with column:
                    if of_heading:
                        st.markdown(f"**{heading}**")
                    self._asked_for(lab, of_heading)

    def _asked_for(self, lab: Lab, names: Sequence[str]) -> None:
        for axis in self._axes():
            if axis.name in names:
                first = {"reranker": [presets.NO_RERANKER], "generator": [presets.BEST]}
                models = _names(lab, axis.family) if axis.family else []
                self._multiselect(
                    axis.label,
                    axis.name,
                    [*first.get(axis.name, ()), *map(_text, axis.values), *models],
                    new=axis.open,
                    axis=axis,
                )

    def _values_of(self, axis: Axis) -> list[str]:
        values: list[str] = st.session_state[f"{self.page}.{axis.name}"]
        return values

    def _multiselect(
        self,
        label: str,
        name: str,
        usual: Sequence[str],
        *,
        new: bool = False,
        axis: Axis | None = None,
    ) -> None:
        key = f"{self.page}.{name}"
        st.multiselect(
            label,
            list(dict.fromkeys([*usual, *st.session_state.get(key, [])])),
            format_func=lambda value: value or (axis.words(value) if axis else value),
            key=key,
            accept_new_options=new,
            persist_state=KEEP,
            help=axis.help if axis and axis.under else None,
        )

    def _toml(self) -> str:
        """What the widgets say, as a preset's text, so that one reader checks both."""
        state = st.session_state
        switches = [*(SWITCHES if self.answers else ()), ALONE]
        lines = [f"{name} = {_text(state[f'{self.page}.{name}'])}" for name in switches]
        for name in ("chunker", "chunks"):
            quoted = map(presets.quoted, state[f"{self.page}.{name}"])
            lines.append(f"{name} = [{', '.join(quoted)}]")
        lines += map(self._line, choices.RETRIEVAL)
        if self._answered:
            lines += ["[answers]", *map(self._line, choices.GENERATION)]
        return "\n".join(lines)

    def _line(self, axis: Axis) -> str:
        values = [
            value
            if axis.kind is bool or (axis.kind in (int, float) and _is_number(value))
            else presets.quoted(value)
            for value in self._values_of(axis)
        ]
        return f"{axis.name} = [{', '.join(values)}]"

    def saving(self, lab: Lab, said: Preset) -> None:
        """Keep the values under a name of one's own, or take such a file away."""
        with st.popover("Save as preset", type="tertiary", key=f"{self.page}.save.menu"):
            name = st.text_input("Name", key=f"{self.page}.save.name")
            st.code(presets.written(said), language="toml")
            if st.button("Save", key=f"{self.page}.save", disabled=not name):
                lab.sweeps.presets.save(name, presets.written(said))
                st.toast(f"Kept as {labels.escaped(name)}.")
                st.rerun()
            if self._file(lab).own and st.button(
                "Remove this preset", key=f"{self.page}.remove_preset"
            ):
                lab.sweeps.presets.remove(self._file(lab).name)
                st.rerun()


def _names(lab: Lab, family: Family) -> list[str]:
    return [model.name for model in lab.models.all() if model.family == family]


def _text(value: object) -> str:
    """As a preset writes it, without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(text: str) -> bool:
    digits = text.strip().removeprefix("-")
    return digits.replace(".", "", 1).isdecimal() and digits.isascii() and digits[0] != "."


def questions(lab: Lab) -> tuple[str, ...]:
    """Typed, pasted, from the samples or from a file; one a line. Errors: BadInput."""
    state = st.session_state
    state.setdefault("sweep.questions", "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Questions**, one a line")
        st.button(
            "Sample questions",
            key="sweep.samples",
            type="tertiary",
            on_click=lambda: _ask("\n".join(lab.sweeps.sample_questions())),
        )
        with st.popover("From a file", type="tertiary", key="sweep.file.menu"):
            file = st.file_uploader(
                "A line a question, or JSON lines with “question”",
                type=["jsonl", "txt", "md"],
                key="sweep.file",
            )
            if file and st.button("Take these questions", key="sweep.file.take", type="primary"):
                text = file.getvalue().decode("utf-8", "replace")
                _ask("\n".join(lab.sweeps.questions_in(text)))
        decks = [row.name for row in lab.cards.decks()]
        if decks:
            with st.popover("From a deck", type="tertiary", key="sweep.deck.menu"):
                deck = st.selectbox("The questions of its cards", decks, key="sweep.deck")
                if st.button("Take these questions", key="sweep.deck.take", type="primary"):
                    _ask("\n".join(lab.cards.questions(deck)))
    typed = st.text_area(
        "Questions",
        key="sweep.questions",
        height=150,
        label_visibility="collapsed",
        placeholder="What is the difference between LoRA and QLoRA?",
        persist_state=KEEP,
    )
    return lab.sweeps.questions_in(typed or "")


def _ask(text: str) -> None:
    st.session_state["sweep.questions"] = text


def papers(lab: Lab) -> tuple[str, ...]:
    """Which papers are searched; all, unless some are chosen."""
    if not lab.papers.count(PaperFilter()):
        asking.no_papers()
        return ()
    return pickers.papers(lab, "sweep.papers")


def at_most(count: int) -> str:
    """A number that can only turn out smaller; nothing is nothing."""
    return f"≤ {count:,}" if count else "0"


def cost(plan: SweepPlan, typed: int = 0) -> None:
    """What the sweep would take, before it starts. A preset may ask fewer questions than were
    `typed`; then that is said."""
    with st.container(horizontal=True, gap="medium", key="sweep-cost"):
        st.metric("runs", f"{plan.cells:,}", width="content")
        if plan.answers:
            st.metric("different prompts", at_most(plan.distinct_prompts), width="content")
        if plan.rewritings:
            st.metric("questions rewritten", at_most(plan.rewritings), width="content")
        st.metric("reranker calls", at_most(plan.rerank_pairs), width="content")
        st.metric(
            "about",
            duration(plan.seconds),
            help=(
                f"A guess: {' and '.join(plan.guessed)} were never measured here."
                if plan.guessed
                else "From the speeds that were measured on this machine."
            ),
            width="content",
        )
        if plan.dollars is not None:
            st.metric(
                "dollars, at most about",
                labels.dollars(plan.dollars),
                help="At the prices of the endpoints in Settings, with answers as long as they may"
                " be; the tokens of prompts are estimated, four characters each.",
                width="content",
            )
    asked = labels.counted(len(plan.questions), "question")
    if typed > len(plan.questions):
        asked = f"The first {len(plan.questions):,} of {labels.counted(typed, 'question')}"
    once = "each pair reranked"
    if plan.answers:
        once += " and each different prompt answered"
    st.caption(
        f"{asked} × {labels.counted(len(plan.settings), 'setting')}; each text is embedded, {once}"
        " once."
    )
    if plan.known:
        st.caption(f"{plan.known:,} of {plan.cells:,} runs were made before and are taken over.")
    reasons: dict[str, list[str]] = {}
    for each in plan.dropped:
        reasons.setdefault(each.why, []).append(each.what)
    for why, what in reasons.items():
        more = "" if len(what) == 1 else f" and {len(what) - 1} more"
        st.caption(
            f":material/block: Left out: {labels.escaped(what[0])}{more}: {labels.escaped(why)}"
        )


def duration(seconds: float) -> str:
    """8 seconds, 3 minutes, 1.5 hours"""
    if seconds < 90:
        return labels.counted(max(round(seconds), 0), "second")
    if seconds < 5400:
        return labels.counted(round(seconds / 60), "minute")
    return f"{seconds / 3600:,.1f} hours"
