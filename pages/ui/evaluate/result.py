"""An evaluation on screen: its progress, then the verdict, what it rests on, the memo, and the
check on the questions held out."""

import streamlit as st

from core import labels
from core.evaluation import Evaluation
from core.lab import Lab
from core.metrics import Interval, SettingOutcome
from core.sweeps import SweepRow
from core.tasks import result_of
from core.types import Sweep
from pages.ui.evaluate import changed_questions, form, misses
from pages.ui.runs import charts
from pages.ui.shared import frame, planning
from pages.ui.sweep import watch
from pages.ui.sweep.form import duration


def draw(lab: Lab, sweep_id: str) -> None:
    """The whole of one evaluation; it draws itself anew while it is under way."""
    row, sweep = lab.sweeps.row(sweep_id), lab.sweeps.sweep(sweep_id)
    held_out = lab.evaluations.is_held_out(sweep_id)
    with st.container(horizontal=True, vertical_alignment="center", key="evaluate-head"):
        head(row, "All evaluations", "evaluation")
        st.space("stretch")
        compared = st.container(width="content", key="evaluate-compared")
        exports = st.container(width="content")
    if watch.at_work(lab, row):
        following(sweep_id)
    elif row.done < row.cells:
        watch.state(lab, row)
        st.caption("An evaluation needs every question under every setting; go on to see it.")
    else:
        with compared:
            base = form.base([setting.label for setting in sweep.settings])
        found = judged(lab, sweep, base, held_out=held_out)
        with exports:
            send_out(found)
        result(lab, found)


def head(row: SweepRow, back: str, parameter: str) -> None:
    if st.button(back, icon=":material/arrow_back:", type="tertiary", key="evaluate.back"):
        del st.query_params[parameter]
        st.rerun()
    st.subheader(labels.escaped(row.name), anchor=False, width="content")
    st.caption(
        f"{labels.counted(row.questions, 'question')} × {labels.counted(row.settings, 'setting')}"
        f" · {labels.moment(row.at)}"
    )


@st.fragment(run_every=watch.POLL_SECONDS)
@frame.bounded
def following(sweep_id: str) -> None:
    """Progress while it is under way; the whole page is drawn again at the end."""
    lab = frame.open_lab()
    row = lab.sweeps.row(sweep_id)
    if not watch.at_work(lab, row):
        st.rerun()
    watch.state(lab, row)


def judged(lab: Lab, sweep: Sweep, base: str, *, held_out: bool) -> Evaluation:
    """The result against this base; reading the runs takes a moment the first time."""
    line = st.empty()
    found = result_of(
        lab.evaluations.result(sweep.id, base, held_out=held_out),
        lambda doing: line.progress(doing.share or 0.0, labels.escaped(doing.sentence)),
    )
    line.empty()
    return found


def result(lab: Lab, found: Evaluation) -> None:
    summary = found.summary
    with st.container(key="evaluate-verdict"):
        st.markdown(labels.escaped(summary.verdict))
    st.markdown(_choice(found))
    theme = frame.theme()
    recall, questions = found.charts(theme)
    drawn, listed = st.columns([4, 3], gap="large")
    with drawn:
        point = charts.draw_chart(recall, f"evaluate.recall.{found.sweep.id}", select=True)
        if point and point != st.session_state.get("evaluate.point"):
            st.session_state["evaluate.point"] = point
            st.session_state["evaluate.setting"] = int(point[-1])
    with listed:
        _turned(lab, found)
    _table(found)
    with st.container(key="evaluate-questions"):
        st.caption(
            "Click a square: the question's passages under that setting open in Compare, beside"
            f" those of “{labels.escaped(summary.outcomes[found.base].label)}”."
        )
        square = charts.draw_chart(questions, f"evaluate.questions.{found.sweep.id}", select=True)
    if square:
        *_, question, setting = map(str, square)
        link = found.link(int(question), int(setting))
        st.switch_page("pages/compare.py", query_params={"run": link})
    if not found.held_out:
        _check(lab, found)
    _rests(found)


def _rests(found: Evaluation) -> None:
    """What the memo says besides what stands above."""
    parts = {"What it rests on": found.tested(), "What was not tested": found.untested()}
    for column, (heading, sentences) in zip(st.columns(2, gap="large"), parts.items(), strict=True):
        with column:
            st.subheader(heading, anchor=False)
            st.markdown("\n".join(f"- {labels.escaped(sentence)}" for sentence in sentences))
    if st.button("The decision on one page", icon=":material/article:", key="evaluate.memo.open"):
        _memo(found.memo)


@st.dialog("The decision on one page", width="large")
def _memo(text: str) -> None:
    with st.container(key="evaluate-memo"):
        st.markdown(text)
    st.caption("Export, beside the name, has it as Markdown.")


def _choice(found: Evaluation) -> str:
    summary = found.summary
    kept = "held-out question" if found.held_out else "question"
    tokens, seconds = (
        summary.outcomes[each] for each in (summary.cheapest_by_tokens, summary.cheapest_by_seconds)
    )
    among = "" if summary.winner is not None else " of those that tie"
    said = (
        f"{labels.counted(len(found.questions), kept)} with gold · least to read{among}:"
        f" **{labels.escaped(tokens.label)}** ({tokens.context_tokens:,.0f} tokens a question)"
    )
    if seconds is not tokens:
        quick = labels.seconds(seconds.seconds)
        said += (
            f" · quickest{among}: **{labels.escaped(seconds.label)}** ({labels.escaped(quick)} s)"
        )
    if found.left_out:
        said += f" · left out: {found.left_out}"
    return said


def _turned(lab: Lab, found: Evaluation) -> None:
    """What one setting wins and loses against the base."""
    summary = found.summary
    numbers = [number for number in range(len(summary.outcomes)) if number != found.base]
    if not numbers:
        return
    if st.session_state.get("evaluate.setting") not in numbers:
        first = (summary.best, summary.cheapest_by_tokens)
        st.session_state["evaluate.setting"] = next(
            (number for number in first if number in numbers), numbers[0]
        )
    number = st.selectbox(
        "What does it win and lose? Click a mark, or choose",
        numbers,
        format_func=lambda each: summary.outcomes[each].label,
        key="evaluate.setting",
    )
    st.caption(
        "Recall of gold text under"
        f" “{labels.escaped(summary.outcomes[found.base].label)}” → under this setting."
    )
    changed_questions.draw(
        found.turned(number), len(found.questions), "setting", lost="Loses", won="Wins"
    )
    missed = [asked for text in found.missed(number) if (asked := lab.questions.asking(text))]
    if missed and not found.held_out:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"It finds nothing of the gold of {labels.counted(len(missed), 'question')}.",
                width="content",
            )
            misses.button(lab, missed, f"{found.sweep.id}-{number}")


def rows(found: Evaluation) -> list[dict[str, object]]:
    """The settings, the best first."""
    summary = found.summary
    order = sorted(summary.outcomes, key=lambda outcome: -outcome.recall.mean)
    return [_row(outcome, base=outcome is summary.outcomes[found.base]) for outcome in order]


def _row(outcome: SettingOutcome, *, base: bool) -> dict[str, object]:
    change = outcome.difference
    compared = f"{change.wins}/{change.ties}/{change.losses}" if change else None
    return {
        "setting": outcome.label + (" (base)" if base else ""),
        "recall": 100 * outcome.recall.mean,
        "95 %": interval(outcome.recall),
        "to the base": 100 * change.interval.mean if change else None,
        "95 % of that": interval(change.interval, sign=True) if change else None,
        "p": change.p_holm if change else None,
        "won/tied/lost": compared,
        "tokens": outcome.context_tokens,
        "seconds": outcome.seconds,
        "never seen": None if outcome.never_seen is None else 100 * outcome.never_seen,
        "n": outcome.recall.n,
        "best or tied": outcome.tied,
    }


def interval(each: Interval, *, sign: bool = False) -> str:
    """38.1 to 81.0, of shares in per cent; of one question alone there is none."""
    if each.n < 2:
        return ""
    plus = "+" if sign else ""
    low, high = (round(100 * end, 1) + 0.0 for end in (each.low, each.high))  # no −0.0
    return f"{low:{plus}.1f} to {high:{plus}.1f}"


def _table(found: Evaluation) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        rows(found),
        hide_index=True,
        placeholder="",
        key=f"evaluate.table.{found.sweep.id}",
        column_config={
            "recall": number(format="%.1f", help="% of the gold text that was retrieved, mean"),
            "95 %": st.column_config.TextColumn(help="interval of the mean, bootstrap"),
            "to the base": number(format="%+.1f", help="points of recall"),
            "95 % of that": st.column_config.TextColumn(help="paired over the questions"),
            "p": number(format="%.3f", help="sign flips, corrected for the number of settings"),
            "tokens": number(format="%.0f", help=f"of a question's context, by {found.tokens_of}"),
            "seconds": number(format="%.3f", help="search and reranking, median of a question"),
            "never seen": number(format="%.0f", help="% of the chunks behind the window"),
            "best or tied": st.column_config.CheckboxColumn(
                help="model confidence set, 95 %: it cannot be told from the best"
            ),
        },
    )


def send_out(found: Evaluation) -> None:
    _, questions = found.charts("light")
    files = {
        "Memo (Markdown)": ("memo.md", found.memo),
        "Settings (CSV)": ("settings.csv", charts.as_csv(rows(found))),
        "Every question (CSV)": ("questions.csv", charts.as_csv(questions.rows)),
    }
    with st.popover("Export", type="tertiary", key="evaluate.exports"):
        st.caption("The decision on one page, and the numbers it rests on.")
        for label, (name, content) in files.items():
            st.download_button(
                label,
                content,
                f"triptych-{found.sweep.id}-{name}",
                key=f"evaluate.export.{name}",
                on_click="ignore",
            )


def _check(lab: Lab, found: Evaluation) -> None:
    """The choice, once it is made, on questions that had no part in it."""
    st.subheader("Then check the choice, once", anchor=False)
    number = lab.evaluations.held_out(found.sweep.paper_ids)
    if not number:
        st.caption(
            "No question with gold in these papers is set aside, so nothing can test the choice."
            " Hold some out in the Library, where the questions are looked through, before you look"
            " at results."
        )
        return
    names = [outcome.label for outcome in found.summary.outcomes]
    asked = labels.counted(number, "held-out question")
    st.caption(
        f"{asked} had no part in this. Whoever chooses again after looking has none left to"
        " test with."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate-check"):
        choice = st.selectbox(
            "My choice",
            names,
            index=found.summary.cheapest_by_tokens,
            key=f"evaluate.choice.{found.sweep.id}",
            width=420,
        )
        beside = _beside(found, choice)
        chosen = frozenset({choice, *beside})
        planned = planning.planned(
            "evaluate.check.plan",
            (found.sweep.id, chosen),
            lambda: lab.evaluations.plan_check(found.sweep.id, chosen),
        )
        if planned is None:
            return
        label = f"Check it on the {asked}"
        if st.button(label, type="primary", key="evaluate.check"):
            form.open_evaluation(lab.sweeps.start(planned))
        with_it = "".join(f", with “{labels.escaped(label)}” beside it" for label in beside)
        st.caption(f"about {duration(planned.seconds)}{with_it}")


def _beside(found: Evaluation, choice: str) -> list[str]:
    """What a choice is checked against: the base, or where it is the base itself the best of the
    others. Alone it would use the questions up, and tell nothing."""
    outcomes = found.summary.outcomes
    base = outcomes[found.base]
    others = [each for each in outcomes if each.label != choice]
    if base in others:
        return [base.label]
    return [max(others, key=lambda each: each.recall.mean).label] if others else []
