"""Sweeps: planned, run, and gone on with."""

import argparse
import signal
import time
from pathlib import Path

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.commands.recipes import add_papers, papers_from
from core.errors import BadInput
from core.lab import Lab
from core.sweeps import Planning, SweepPlan
from core.tasks import Progress, result_of
from core.types import Cell, Sweep

LOOK_SECONDS = 0.3  # between two looks for finished cells
SAID_SECONDS = 2.0  # between two sentences on how far a plan is


def add_verbs(verbs: Verbs) -> None:
    sweep = verbs.add_parser("sweep", help="answer many questions by many settings")
    sweep.add_argument("preset", metavar="PRESET|FILE.toml")
    sweep.add_argument("--questions", metavar="FILE|DECK", help="default: the sample ones")
    add_papers(sweep)
    sweep.add_argument("--dry-run", action="store_true", help="say what it would cost")
    sweep.set_defaults(verb=sweep_preset)


def sweep_preset(lab: Lab, options: argparse.Namespace) -> int:
    preset, text = lab.sweeps.presets.get(options.preset)
    questions, papers = questions_from(lab, options), papers_from(lab, options)
    planned = made(lab.sweeps.plan(preset, questions, papers, text))
    for why, what in alike(planned).items():
        some = "" if len(what) == 1 else f" and {len(what) - 1} more"
        say(f"Left out: {what[0]}{some}: {why}")
    if options.dry_run:
        say(estimate_sentence(planned))
        show(counted(planned))
        return 0
    return run(lab, planned)


def made(planning: Planning) -> SweepPlan:
    """The plan; how far it is is said where it takes a while."""
    said = time.monotonic()

    def told(doing: Progress) -> None:
        nonlocal said
        if time.monotonic() - said > SAID_SECONDS:
            said = time.monotonic()
            say(doing.sentence)

    return result_of(planning, told)


def alike(planned: SweepPlan) -> dict[str, list[str]]:
    """What was dropped, by its reason."""
    reasons: dict[str, list[str]] = {}
    for dropped in planned.dropped:
        reasons.setdefault(dropped.why, []).append(dropped.what)
    return reasons


def questions_from(lab: Lab, options: argparse.Namespace) -> tuple[str, ...]:
    name = options.questions
    if not name:
        return lab.sweeps.sample_questions()
    if not Path(name).exists() and any(row.name == name for row in lab.cards.decks()):
        return lab.cards.questions(name)
    try:
        return lab.sweeps.questions_in(Path(name).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is no deck, and no file that can be read: {error}.") from error


def counted(planned: SweepPlan) -> dict[str, object]:
    return {
        "questions": len(planned.questions),
        "answers": planned.answers,
        "rerank_pairs": planned.rerank_pairs,
        "embedded_texts": planned.embedded_texts,
        **({"rewritings": planned.rewritings} if planned.rewritings else {}),
        "distinct_prompts_at_most": planned.distinct_prompts,
        "seconds_estimated": round(planned.seconds, 1),
        **({} if planned.dollars is None else {"dollars_estimated": round(planned.dollars, 4)}),
        "dropped": [{"setting": each.what, "reason": each.why} for each in planned.dropped],
    }


def estimate_sentence(planned: SweepPlan) -> str:
    known = f"{planned.known:,} of {planned.cells:,} cells are answered already. "
    if planned.guessed:
        stages = " and ".join(planned.guessed)
        return f"{known}The time is a guess: here nothing was measured yet for {stages}."
    return f"{known}The time is estimated from what was measured here."


def run(lab: Lab, planned: SweepPlan) -> int:
    """Every finished cell as a line, as it comes; Ctrl-C keeps what is done."""
    sweep_id = lab.sweeps.start(planned)
    signal.signal(signal.SIGINT, lambda *_: lab.sweeps.stop(sweep_id))
    sweep, sweeping = lab.sweeps.sweep(sweep_id), lab.sweeps.progress(sweep_id, ended=True)
    assert sweeping, "it was started here"
    shown, said, over = 0, "", False
    while not over:
        over = sweeping.join(LOOK_SECONDS)
        doing = sweeping.doing
        if doing and doing.share is None and doing.sentence != said:
            said = doing.sentence
            say(said)
        ended = sweeping.ended[shown:]
        shown += len(ended)
        for cell in ended:
            show(line(sweep, cell))
    row = lab.sweeps.row(sweep_id)
    if row.sentence:
        say(row.sentence)
    show(plain(row))
    return 1 if row.failed or row.queued else 0


def line(sweep: Sweep, cell: Cell) -> dict[str, object]:
    return {
        "question": sweep.questions[cell.question],
        "setting": sweep.settings[cell.setting].label,
        "status": cell.status,
        "run": cell.run_id,
        "reason": cell.sentence,
        "finish_reason": cell.finish_reason,
        "answer_tokens": cell.answer_tokens,
        "seconds": cell.seconds,
    }
