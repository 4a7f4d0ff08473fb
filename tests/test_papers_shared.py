"""Many odd files of other people, where they lie beside the checkout; each must give a paper or
one sentence, and none may hang."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Unreadable
from core.papers import reading
from core.settings import Settings
from core.types import Paper

SETTINGS = Settings()


def read(path: Path) -> Paper | str:
    """The paper, or the sentence why there is none."""
    try:
        return reading.read(path, path.name, SETTINGS)
    except Unreadable as refusal:
        return refusal.sentence


def read_some(folder: Path, every: int) -> dict[str, Paper | str]:
    files = sorted(file for file in folder.iterdir() if file.suffix in reading.KINDS)[::every]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip((file.name for file in files), pool.map(read, files), strict=True))


@pytest.mark.parametrize(
    ("folder", "every"), [("hostile_pdfs", 4), ("papers", 1), ("decks", 1), ("seeds", 1)]
)
def test_a_file_is_a_paper_or_one_sentence(shared: Path, folder: str, every: int) -> None:
    results = read_some(shared / folder, every)
    assert results
    for name, result in results.items():
        if isinstance(result, str):
            assert name in result
            assert result.endswith(".")
            assert "\n" not in result
            continue
        assert result.title.strip() == result.title != ""
        assert result.page_starts == tuple(sorted(set(result.page_starts)))
        assert result.page_starts[0] == 0
        assert result.raw_map == tuple(sorted(result.raw_map))
        assert any(letter.isalnum() for letter in result.text)
        assert not set(result.text) & set("\r\0\ufffe\x02\xad\ufb01\ufb02")
        assert len(result.blank_pages) < result.pages


def test_a_scanned_letter_and_slides_of_images_are_told_apart(shared: Path) -> None:
    letter = read(shared / "papers" / "scan_lincoln.pdf")
    slides = read(shared / "papers" / "mistral7b_slides_images.pdf")
    assert isinstance(letter, str)
    assert "its only page is a scanned image; add it with OCR" in letter
    assert isinstance(slides, Paper)  # a few of its pages hold text
    assert len(slides.blank_pages) > slides.pages / 2
