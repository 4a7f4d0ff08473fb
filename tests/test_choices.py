"""Every field that is chosen has its place everywhere: none is forgotten."""

import argparse
from dataclasses import fields, replace
from typing import Any

import pytest

from core import choices, generators, labels
from core.charts import setting_names
from core.choices import Axis
from core.commands.recipes import add_recipe
from core.retrieval import ranking
from core.sweeps import Answers, Preset, presets
from core.types import Chunking, Generation, Recipe, Retrieval

FILLED_IN = {"kind", "switched_off"}  # what nobody types: a tag, and chunks clicked away
AXES = pytest.mark.parametrize("axis", choices.ALL, ids=lambda axis: axis.name)
SEARCH = Retrieval(rewrite="hyde", reranker="usual")  # so that every field matters
BASE = Recipe(evidence=SEARCH)


def another(axis: Axis) -> Any:
    """A value that is not the usual one."""
    offered = [value for value in axis.values if value != axis.usual]
    return offered[-1] if offered else 9 if axis.kind is int else "another"


def chosen(axis: Axis, value: Any) -> Recipe:
    if axis.of is Retrieval:
        return replace(BASE, evidence=replace(SEARCH, **{axis.name: value}))
    return replace(BASE, generation=replace(Generation(), **{axis.name: value}))


def test_every_field_of_a_search_and_of_an_answer_is_described_once() -> None:
    for kind, axes in ((Retrieval, choices.RETRIEVAL), (Generation, choices.GENERATION)):
        names = [axis.name for axis in axes]
        assert {axis.of for axis in axes} == {kind}
        assert sorted(names) == sorted({field.name for field in fields(kind)} - FILLED_IN)
    assert len({axis.subject for axis in choices.ALL}) == len(choices.ALL)


@AXES
def test_it_has_an_option_on_the_command_line(axis: Axis) -> None:
    command = argparse.ArgumentParser()
    add_recipe(command)
    option, value = f"--{axis.name.replace('_', '-')}", another(axis)
    given = ["Why?", option] if axis.kind is bool else ["Why?", option, str(value)]
    assert getattr(command.parse_args(given), axis.name) == value
    assert getattr(command.parse_args(["Why?"]), axis.name) in (axis.usual, None)


@AXES
def test_it_is_a_key_of_presets(axis: Axis) -> None:
    values = ("none" if axis.name == "reranker" else axis.usual, another(axis))
    varied: dict[str, Any] = {axis.name: values}
    preset = Preset(name="x", answers=Answers())
    if axis.of is Retrieval:
        preset = replace(preset, **varied)
    else:
        preset = replace(preset, answers=replace(Answers(), **varied))
    text = presets.written(preset)
    assert f"\n{axis.name} = [" in f"\n{text}"
    assert presets.read("x", text) == preset


@AXES
def test_it_tells_settings_apart(axis: Axis) -> None:
    other = chosen(axis, another(axis))
    assert other.key != BASE.key
    assert labels.settings(other) != labels.settings(BASE)
    assert len(set(setting_names([BASE, other]).values())) == 2


@AXES
def test_what_is_offered_is_taken(axis: Axis) -> None:
    assert axis.help.endswith(".")
    for value in axis.values:
        recipe = chosen(axis, value)
        assert isinstance(recipe.evidence, Retrieval)
        assert recipe.generation
        ranking.check(recipe.evidence, Chunking())
        generators.check(recipe.generation)
