"""An evaluation on screen: its progress, then the verdict, what it rests on, the memo, and the
check on the test set."""

import streamlit as st

from core import labels
from core.evaluation import Evaluation
from core.lab import Lab
from core.metrics import Interval, SettingOutcome, at_the_price
from core.settings import Endpoint
from core.sweeps import SweepRow
from core.tasks import result_of
from core.types import Sweep
from pages.ui.evaluate import changed_questions, form, misses
from pages.ui.runs import charts
from pages.ui.shared import frame, planning, script
from pages.ui.sweep import watch
from pages.ui.sweep.form import duration

FEW = "Question by question, beside the baseline"
MORE = "More questions needed"
HELP = {
    "Leader": "The setting that found most of the gold text.",
    "Recommended": "What costs least to read among the leader and the settings that are shown to be"
    " no worse than the best by more than the margin.",
    MORE: "About how many would decide whether something cheaper is no worse.",
}


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
        with compared, st.container(horizontal=True, vertical_alignment="bottom"):
            base = form.base([setting.label for setting in sweep.settings])
            margin = form.margin()
        found = judged(lab, sweep, base, margin, held_out=held_out)
        with exports:
            send_out(lab, found)
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


def judged(lab: Lab, sweep: Sweep, base: str, margin: float, *, held_out: bool) -> Evaluation:
    """The result against this baseline; reading the runs takes a moment the first time."""
    line = st.empty()
    found = result_of(
        lab.evaluations.result(sweep.id, base, margin=margin, held_out=held_out),
        lambda doing: line.progress(doing.share or 0.0, labels.escaped(doing.sentence)),
    )
    line.empty()
    return found


def result(lab: Lab, found: Evaluation) -> None:
    summary = found.summary
    with st.container(key="evaluate-verdict"):
        st.markdown(labels.escaped(summary.verdict))
    if found.generated:
        st.caption(f":material/smart_toy: {labels.escaped(found.generated)}")
    _figures(found)
    theme = frame.theme()
    recall, questions = found.charts(theme)
    drawn, listed = st.columns([4, 3], gap="large")
    with drawn:
        point = charts.draw_chart(recall, f"evaluate.recall.{found.sweep.id}", select=True)
        if point and point != st.session_state.get("evaluate.point"):
            st.session_state["evaluate.point"] = point
            st.session_state["evaluate.setting"] = int(point[-1])
    # Too few questions tell no better from worse, so this is there only for who looks for it.
    with listed, st.expander(FEW, key="evaluate.few") if summary.too_few else st.container():
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
    if st.button("Decision memo", icon=":material/article:", key="evaluate.memo.open"):
        _memo(found.memo)


@st.dialog("Decision memo", width="large")
def _memo(text: str) -> None:
    with st.container(key="evaluate-memo"):
        st.markdown(text)
    st.caption("Export, beside the name, has it as Markdown.")


def _figures(found: Evaluation) -> None:
    """The three numbers that a choice needs, where it can be made; and what they rest on."""
    summary = found.summary
    if len(summary.outcomes) > 1 and not summary.too_few:
        chosen = {"Leader": summary.leader, "Recommended": summary.recommended}
        *columns, last = st.columns([2, 2, 1], gap="large")
        for column, (name, number) in zip(columns, chosen.items(), strict=True):
            with column:
                if number is None:
                    st.metric(name, "none yet", help=HELP[name])
                    continue
                outcome = summary.outcomes[number]
                st.metric(name, f"{100 * outcome.recall.mean:.1f} %", help=HELP[name])
                tokens = f"{outcome.context_tokens:,.0f} tokens"
                st.caption(f"{labels.escaped(outcome.label)} · {tokens}")
        last.metric(MORE, f"{summary.more:,}" if summary.more else "none", help=HELP[MORE])
    kept = "test-set question" if found.held_out else "question"
    said = f"{labels.counted(len(found.questions), kept)} with gold"
    if found.left_out:
        said += f" · left out: {found.left_out}"
    st.caption(said)


def _turned(lab: Lab, found: Evaluation) -> None:
    """What one setting wins and loses against the base."""
    summary = found.summary
    numbers = [number for number in range(len(summary.outcomes)) if number != found.base]
    if not numbers:
        return
    if st.session_state.get("evaluate.setting") not in numbers:
        first = () if summary.too_few else (summary.leader, summary.recommended)
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
    return [
        _row(
            outcome,
            base=outcome is summary.outcomes[found.base],
            decided=not summary.too_few,
            reader=found.reader,
        )
        for outcome in order
    ]


def _row(
    outcome: SettingOutcome, *, base: bool, decided: bool, reader: Endpoint | None
) -> dict[str, object]:
    dollars = reader.dollars(1_000 * outcome.context_tokens, 0) if reader else None
    change = outcome.difference
    compared = f"{change.wins}/{change.ties}/{change.losses}" if change else None
    ranks = outcome.ranks
    standing = {"standing": outcome.standing, "at worst": 100 * outcome.at_worst}
    p = {"p (Holm)": change.p_holm if change else None}
    return {
        "setting": outcome.label + (" (baseline)" if base else ""),
        "recall": 100 * outcome.recall.mean,
        "95 % CI": interval(outcome.recall),
        **(standing if decided else {}),
        "tokens": outcome.context_tokens,
        **({} if dollars is None else {"dollars": dollars}),
        "seconds": outcome.seconds,
        "difference from baseline": 100 * change.interval.mean if change else None,
        "95 % CI of the difference": interval(change.interval, sign=True) if change else None,
        **(p if decided else {}),
        "wins/ties/losses": compared,
        "hit rate": ranks.hit.mean if ranks else None,
        "MRR": ranks.mrr.mean if ranks else None,
        "nDCG": ranks.ndcg.mean if ranks else None,
        "precision": 100 * outcome.precision.mean,
        "truncated": None if outcome.never_seen is None else 100 * outcome.never_seen,
        "questions": outcome.recall.n,
    }


def interval(each: Interval, *, sign: bool = False) -> str:
    """38.1 to 81.0, of shares in per cent."""
    if sign:
        return f"{labels.signed(100 * each.low)} to {labels.signed(100 * each.high)}"
    return f"{100 * each.low:.1f} to {100 * each.high:.1f}"


def _table(found: Evaluation) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        rows(found),
        hide_index=True,
        placeholder="",
        key=f"evaluate.table.{found.sweep.id}",
        column_config={
            "recall": number(format="%.1f", help="% of the gold text that was retrieved, mean"),
            "difference from baseline": number(format="%+.1f", help="points of recall"),
            "95 % CI of the difference": st.column_config.TextColumn(
                help="paired over the questions"
            ),
            "hit rate": number(
                format="%.2f", help="share of questions with a chunk that holds gold in the top k"
            ),
            "MRR": number(
                format="%.2f", help="mean of 1 / the place of the first chunk that holds gold"
            ),
            "nDCG": number(
                format="%.2f", help="chunks with gold among the top k, early ones counted more"
            ),
            "precision": number(format="%.1f", help="% of the retrieved text that is gold"),
            "tokens": number(format="%.0f", help=f"of a question's context, by {found.tokens_of}"),
            "dollars": number(
                format="%.2f", help=at_the_price(found.reader) if found.reader else None
            ),
            "seconds": number(format="%.2g", help="search and reranking, median of a question"),
            "truncated": number(
                format="%.0f", help="% of the found chunks' text that the embedder does not read"
            ),
            "p (Holm)": number(
                format="%.3f",
                help="of the difference from baseline, by sign flips, corrected for the number of"
                " settings",
            ),
            "at worst": number(
                format="%+.1f",
                help="points from the leader, and for the leader from any other: a lower bound that"
                " holds for all settings at once in 95 of 100 studies",
            ),
            "standing": st.column_config.TextColumn(
                help="no worse: at worst less than the margin behind the leader; worse: by a"
                " significant difference; undecided: neither is shown"
            ),
        },
    )


def send_out(lab: Lab, found: Evaluation) -> None:
    _, questions = found.charts("light")
    files = {
        "Memo (Markdown)": ("memo.md", found.memo),
        "Settings (CSV)": ("settings.csv", charts.as_csv(rows(found))),
        "Every question (CSV)": ("questions.csv", charts.as_csv(questions.rows)),
    }
    with st.popover("Export", type="tertiary", key="evaluate.exports"):
        st.caption("The decision memo, and the numbers it rests on.")
        for label, (name, content) in files.items():
            st.download_button(
                label,
                content,
                f"triptych-{found.sweep.id}-{name}",
                key=f"evaluate.export.{name}",
                on_click="ignore",
            )
        settings = {setting.label: setting.recipe for setting in found.sweep.settings}
        summary = found.summary
        best = summary.leader if summary.recommended is None else summary.recommended
        chosen = st.selectbox(
            "A setting to take home",
            list(settings),
            index=found.base if summary.too_few else best,
            key=f"evaluate.home.{found.sweep.id}",
        )
        name = f"triptych-{found.sweep.id}-setting"
        script.download(lab, settings[chosen], name, "evaluate.export.script")


def _check(lab: Lab, found: Evaluation) -> None:
    """The choice, once it is made, on questions that had no part in it."""
    st.subheader("Confirm on the test set", anchor=False)
    number = lab.evaluations.held_out(found.sweep.paper_ids)
    if not number:
        st.caption(
            "No question with gold in these papers is kept for the test set, so nothing can test"
            " the choice. Keep some for it in the Library, under *View all*, before you look at"
            " results."
        )
        return
    names = [outcome.label for outcome in found.summary.outcomes]
    asked = labels.counted(number, "test-set question")
    st.caption(
        f"{asked} had no part in this. Whoever chooses again after looking has none left to"
        " test with."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate-check"):
        choice = st.selectbox(
            "My choice",
            names,
            index=found.summary.recommended or 0,
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
