"""Documents that say the same as the project: releases, decisions."""

import re
import tomllib

from core.settings import ROOT

DECISIONS = ROOT / "docs" / "decisions"


def test_the_newest_release_is_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(
        r"^## (\d+\.\d+\.\d+) – (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    assert releases[0][0] == version
    assert releases == sorted(releases, key=lambda each: each[1], reverse=True)


def test_every_decision_stands_in_the_index() -> None:
    linked = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text())
    assert linked == sorted(file.name for file in DECISIONS.glob("0*.md"))
