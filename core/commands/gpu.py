"""Whether the models compute rightly and fast enough on this machine's device."""

import argparse
import shutil
import sys
import textwrap
from dataclasses import replace

from core.commands import Verbs
from core.commands.output import print_as_it_is, say, show
from core.lab import Lab
from core.selfcheck import DeviceCheck, examine

MARKS = {True: "ok", False: "FAILED", None: "–"}
MARK, NAME = 8, 24  # the widths of the first two columns


def add_verbs(verbs: Verbs) -> None:
    gpu = verbs.add_parser("gpu", help="check what the device computes, and how fast")
    gpu.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        help="default: that of TRIPTYCH_DEVICE; cpu checks the processor, with smaller models",
    )
    gpu.set_defaults(verb=check_device)


def check_device(lab: Lab, options: argparse.Namespace) -> int:
    """A line a check on a terminal, else a JSON line."""
    settings = replace(lab.settings, device=options.device or lab.settings.device)
    say(
        "Models are made and asked; a line comes as soon as its check is done, the last in minutes."
    )
    failed = False
    for check in examine(settings):
        failed |= check.ok is False
        if sys.stdout.isatty():
            print_as_it_is(row(check, shutil.get_terminal_size().columns))
        else:
            said = {"check": check.check, "ok": check.ok, "sentence": check.sentence}
            show(said | dict(check.figures))
    return 1 if failed else 0


def row(check: DeviceCheck, width: int) -> str:
    """Mark, name and sentence, the last one in as many lines as it takes."""
    before = f"{MARKS[check.ok]:<{MARK}}{check.check:<{NAME}}"
    lines = textwrap.wrap(check.sentence, max(30, width - len(before)))
    return before + f"\n{' ' * len(before)}".join(lines)
