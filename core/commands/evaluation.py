"""Which setting is better: a sweep over the questions with gold, judged."""

import argparse
import json
import signal
from pathlib import Path

from core.codec import to_json
from core.commands import Verbs
from core.commands.output import say, show
from core.commands.recipes import add_papers, papers_from
from core.commands.sweeps import LOOK_SECONDS, alike, made
from core.errors import BadInput
from core.evaluation import Evaluation, gate
from core.lab import Lab
from core.metrics import MARGIN
from core.tasks import result_of


def add_verbs(verbs: Verbs) -> None:
    evaluate = verbs.add_parser("evaluate", help="compare settings by the questions with gold")
    evaluate.add_argument("preset", metavar="PRESET|FILE.toml")
    evaluate.add_argument("--base", metavar="SETTING", help="its label, to compare others with")
    evaluate.add_argument(
        "--margin",
        metavar="POINTS",
        type=float,
        default=100 * MARGIN,
        help="how far a cheaper setting may lie behind the leader (default: %(default)g)",
    )
    add_papers(evaluate)
    evaluate.add_argument(
        "--held-out", action="store_true", help="test the choice on the questions set aside"
    )
    evaluate.add_argument(
        "--from",
        dest="sources",
        action="append",
        default=[],
        metavar="SOURCE",
        help="only questions from there: “marked in the Library”, “from cards”, “deck NAME”, a"
        " card's “#tag”, or a file's name; given again: from there, too",
    )
    evaluate.add_argument("--memo", metavar="FILE", type=Path, help="also write the decision")
    evaluate.add_argument(
        "--gate",
        metavar="BASELINE",
        type=Path,
        help="a file that this verb printed before: exit 1 if a setting is shown to be worse now",
    )
    evaluate.set_defaults(verb=evaluate_preset)


def evaluate_preset(lab: Lab, options: argparse.Namespace) -> int:
    preset, _ = lab.sweeps.presets.get(options.preset)
    baseline = _baseline(options.gate) if options.gate else None
    papers = papers_from(lab, options)
    chosen = {"held_out": options.held_out, "sources": _sources(lab, options.sources)}
    planned = made(lab.evaluations.plan(preset, papers, **chosen))
    labels = [setting.label for setting in planned.settings]
    if options.base is not None and options.base not in labels:
        raise BadInput(f"There is no setting {options.base!r}; they are: {'; '.join(labels)}.")
    for why, what in alike(planned).items():
        say(f"Left out: {'; '.join(what)}: {why}")
    if left_out := lab.evaluations.without_gold(papers, **chosen):
        say(f"Left out for want of gold in these papers: {left_out}.")
    sweep_id = lab.sweeps.start(planned)
    signal.signal(signal.SIGINT, lambda *_: lab.sweeps.stop(sweep_id))
    _wait(lab, sweep_id)
    steps = lab.evaluations.result(
        sweep_id, options.base, margin=options.margin / 100, held_out=options.held_out
    )
    evaluation = result_of(steps, lambda doing: say(doing.sentence))
    _show(evaluation)
    _write(evaluation, options.memo)
    return (
        _gate(gate.judge(baseline, gate.recalls(evaluation), options.margin / 100))
        if baseline
        else 0
    )


def _sources(lab: Lab, wanted: list[str]) -> list[str]:
    """Errors: BadInput for one that no question comes from."""
    for source in wanted:
        if source not in lab.questions.sources():
            known = ", ".join(lab.questions.sources()) or "none so far"
            raise BadInput(f"No question comes from {source!r}; they come from: {known}.")
    return wanted


def _baseline(file: Path) -> gate.Recalls:
    try:
        return gate.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}.") from error


def _gate(rows: list[gate.GateRow]) -> int:
    """A line a setting; 1 if one is shown to be worse."""
    for row in rows:
        show({"gate": row.setting} | json.loads(to_json(row)))
        say(f"{row.setting}: {row.sentence or 'not shown to be worse than the baseline.'}")
    return int(any(row.worse for row in rows))


def _wait(lab: Lab, sweep_id: str) -> None:
    said = ""
    while not lab.sweeps.wait(sweep_id, LOOK_SECONDS):
        progress = lab.sweeps.progress(sweep_id)
        if progress and progress.doing and progress.doing.sentence != said:
            said = progress.doing.sentence
            say(said)


def _show(evaluation: Evaluation) -> None:
    """A line a setting, in the sweep's order, and one with the verdict."""
    summary = evaluation.summary
    labels = [outcome.label for outcome in summary.outcomes]
    recalls = gate.recalls(evaluation)
    for number, outcome in enumerate(summary.outcomes):
        line = json.loads(to_json(outcome))  # an interval without an end has null there
        if line["difference"]:
            line["difference"].pop("setting")  # the line's own
        show(
            {"setting": line.pop("label"), "n": outcome.recall.n, "base": number == summary.base}
            | line
            | {"recalls": recalls[outcome.label]}
        )
    show(
        {
            "verdict": summary.verdict,
            "best": labels[summary.leader],
            "tied": [labels[each] for each in summary.tied],
            "winner": None if summary.winner is None else labels[summary.winner],
            "recommended": None if summary.recommended is None else labels[summary.recommended],
            "margin": summary.margin,
            "more_questions": summary.more,
            "tokens_of": evaluation.tokens_of,
            "generated": evaluation.generated,
            "sweep": evaluation.sweep.id,
        }
    )
    say(summary.verdict)
    if evaluation.generated:
        say(evaluation.generated)


def _write(evaluation: Evaluation, file: Path | None) -> None:
    if file:
        try:
            file.write_text(evaluation.memo, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{file} cannot be written: {error.strerror}.") from error
