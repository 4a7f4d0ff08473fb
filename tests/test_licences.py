"""What the packages allow that Triptych asks for by name: none asks that whoever serves it over a
network gives its source away (AGPL), and none forbids uses."""

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from core.settings import ROOT

PINNED = re.compile(r"([\w.-]+)(?:\[.*\])?==(\S+)")
# As the packages' own descriptions name them.
ALLOWED = re.compile(r"MIT|BSD|Apache|MPL-2\.0|NCSA|0BSD|Zlib|CC0", re.IGNORECASE)
REFUSED = re.compile(r"AGPL|Affero|SSPL|GPL|Commons Clause|Proprietary|Non-?Commercial", re.I)
FILES = sorted(ROOT.glob("requirements*.txt"))


def pinned() -> list[tuple[str, str]]:
    lines = [line for file in FILES for line in file.read_text().splitlines()]
    return [(found[1], found[2]) for line in lines if (found := PINNED.match(line))]


def test_every_package_has_an_exact_version() -> None:
    for file in FILES:
        for line in file.read_text().splitlines():
            assert line.startswith("#") or PINNED.match(line), f"{file.name}: {line}"


@pytest.mark.parametrize(("name", "version"), pinned(), ids=lambda value: str(value))
def test_a_licence_is_one_of_the_free_ones(name: str, version: str) -> None:
    try:
        facts = metadata(name)
    except PackageNotFoundError:
        pytest.skip(f"NOT INSTALLED: {name}")
    said = facts.get_all("License-Expression") or [
        each for each in facts.get_all("Classifier") or [] if each.startswith("License")
    ]
    said = said or [each.splitlines()[0] for each in facts.get_all("License") or []]
    assert ALLOWED.search(" ".join(said)), said
    assert not REFUSED.search(" ".join(said)), said
