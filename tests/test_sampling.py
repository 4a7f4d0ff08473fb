"""How tokens are drawn: top-p and top tokens, and what they mean for a run's key."""

import math
from dataclasses import replace

import pytest
import torch

from core import generators, labels
from core.errors import BadInput
from core.generators._decoding import limited
from core.sweeps import presets
from core.types import Generation, Recipe

CHANCES = [0.1, 0.4, 0.2, 0.3]


@pytest.mark.parametrize(
    ("top_k", "top_p", "left"),
    [
        (0, 1.0, [0, 1, 2, 3]),
        (2, 1.0, [1, 3]),
        (9, 1.0, [0, 1, 2, 3]),
        (0, 0.7, [1, 3]),  # 0.4 + 0.3 are all of it
        (0, 0.71, [1, 2, 3]),
        (0, 0.01, [1]),
        (2, 0.5, [1]),  # of the two, 0.4 / 0.7 are more than half
    ],
)
def test_only_the_likeliest_are_drawn_from(top_k: int, top_p: float, left: list[int]) -> None:
    logits = torch.tensor(CHANCES, dtype=torch.float64).log() + 3
    kept = limited(logits, top_k, top_p)
    assert kept.isfinite().nonzero().flatten().tolist() == left
    assert kept[left].tolist() == logits[left].tolist()
    assert all(math.isinf(kept[each]) for each in range(4) if each not in left)


def test_of_tokens_that_are_alike_so_many_are_left_as_were_asked_for() -> None:
    assert limited(torch.zeros(5), 2, 1.0).isfinite().sum() == 2


def test_a_run_of_before_has_its_key() -> None:
    """As a recipe with a temperature had it before there were such fields."""
    drawn = Recipe(generation=Generation(temperature=0.7, seed=3))
    assert drawn.key == "4f56f9e210b87b8f"
    usual = Generation(temperature=0.7, seed=3, top_p=1, top_tokens=0)
    assert Recipe(generation=usual).key == drawn.key
    others = [replace(usual, top_p=0.9), replace(usual, top_tokens=40)]
    assert len({drawn.key, *(Recipe(generation=each).key for each in others)}) == 3


@pytest.mark.parametrize("how", [{"top_p": 0.0}, {"top_p": 1.01}, {"top_tokens": -1}])
def test_what_cannot_be_drawn_from_is_one_sentence(how: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=r"^Top"):
        generators.check(replace(Generation(), **how))  # type: ignore[arg-type]


def test_settings_name_them_where_they_are_not_as_usual() -> None:
    assert "top-p" not in labels.settings(Recipe())
    found = labels.settings(Recipe(generation=Generation(top_p=0.9, top_tokens=40)))
    assert (found["top-p"], found["top tokens"]) == ("top-p 0.9", "top 40 tokens")


def test_a_preset_varies_them() -> None:
    text = "[answers]\ntemperature = 0.7\ntop_p = [0.9, 1]\ntop_tokens = [0, 40]\n"
    preset = presets.read("drawn", text)
    assert preset.answers
    assert (preset.answers.top_p, preset.answers.top_tokens) == ((0.9, 1.0), (0, 40))
    assert presets.read("drawn", presets.written(preset)) == preset
