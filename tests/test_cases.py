"""The small inputs that once came out wrong, where they are at hand: a function a folder. Each has
a test with a fixture of our own besides, which says the same."""

from pathlib import Path

import pytest

from core.papers import read
from core.settings import ROOT, Settings
from core.text import decode

CASES = ROOT.parent / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="NOT RUN: no folder of cases is here")

# A word of each text, in the letters it was written in.
ENCODED = {
    "ar_1256": "الخلية", "de_l1": "Größe", "de_mac": "Übung für Käse — naïve “Idee”",
    "en_u16le": "Plain words without a mark", "fr_cp1252": "L’œuvre coûte 5 € – “déjà”",
    "gr_1253": "φωτοσύνθεση", "he_1255": "יחידת", "jp_euc": "量子もつれ", "jp_sjis": "量子もつれ",
    "ko_euc": "광합성은", "pl_1250": "Źródło światła", "pl_iso2": "Źródło światła",
    "ru_1251": "Митохондрия", "ru_koi8": "Митохондрия", "th_874": "เซลล์เป็นหน่วย",
    "tr_1254": "Işık ağaçların", "utf8_onebad": "\ufffd", "zh_big5": "植物把光能",
    "zh_gbk": "光合作用",
}  # fmt: skip


def test_encodings() -> None:
    files = sorted((CASES / "encodings").glob("*_*.txt"))
    assert {file.stem for file in files} == ENCODED.keys()
    for file in files:
        assert ENCODED[file.stem] in decode(file.read_bytes()).text, file.name
    assert decode((CASES / "encodings" / "utf8_onebad.txt").read_bytes()).text.count("\ufffd") == 1


def test_base64_markdown(tmp_path: Path) -> None:
    paper = read(CASES / "base64-markdown" / "notebook.md", "notebook.md", Settings())
    assert paper.text.count("[image]") == 1
    assert len(paper.text) < 800  # one chunk
