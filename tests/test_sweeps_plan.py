"""Presets, the grid they span, and the plan of its work; all pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answering.cost import WRITTEN
from core.errors import BadInput, MissingModel
from core.retrieval.ranking import check
from core.settings import Endpoint
from core.sweeps import expand, plan, presets, questions
from core.sweeps.plan import Search
from core.sweeps.preset_files import FOLDER
from core.sweeps.presets import Answers, Preset
from core.types import Chunking, Family, Generation, Given, Recipe, Retrieval, Setting, Span

CLASSIC = presets.read("classic", (FOLDER / "classic.toml").read_text(encoding="utf-8"))
FIVE = [f"Question {number}?" for number in range(5)]
PLENTY = frozenset(str(number) for number in range(1000))  # chunks


def first(_family: Family, wanted: str) -> str:
    return wanted.split(" or ")[0]


def refuse(recipe: Recipe) -> None:
    if isinstance(recipe.evidence, Retrieval):
        check(recipe.evidence, recipe.chunking)


def settings(preset: Preset) -> tuple[Setting, ...]:
    return expand.settings_of(preset, first, refuse)[0]


def test_an_index_is_a_setting_and_a_search_of_its_own() -> None:
    preset = Preset(name="x", retriever=("dense", "bm25"), index=("exact", "chroma"), top_k=(3,))
    found = settings(preset)
    assert [setting.label for setting in found] == [
        "800/100 · dense · exact index · top 3",
        "800/100 · dense · chroma index · top 3",
        "800/100 · bm25 · top 3",
    ]
    planned = plan.plan("x", FIVE, found, ["p"], lambda _: PLENTY)
    assert planned.searches == 15
    assert Search.of(found[2].recipe).index == ""
    kept, dropped = expand.settings_of(replace(preset, index=("axe",)), first, refuse)
    assert [setting.label for setting in kept] == ["800/100 · bm25 · top 3"]
    assert dropped[0].why == "There is no index called 'axe'; known are: chroma, exact."


# presets


def test_every_preset_is_read_and_written_again() -> None:
    files = sorted(FOLDER.glob("*.toml"))
    assert {file.stem for file in files} >= {
        "classic",
        "retrieval-log",
        "demo",
        "retrieval-only",
        "chunk-sizes",
        "rerank-depth",
        "exact-or-approximate",
    }
    for file in files:
        preset = presets.read(file.stem, file.read_text(encoding="utf-8"))
        assert preset.about
        assert presets.read(file.stem, presets.written(preset)) == preset


NAMES = st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=3, unique=True)
NUMBERS = st.lists(st.integers(-5, 5000), min_size=1, max_size=3, unique=True).map(tuple)


@given(
    st.builds(
        Preset,
        name=st.just("x"),
        about=st.text(),
        questions=st.none() | st.integers(1, 9),
        baseline=st.booleans(),
        chunks=st.lists(
            st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=1, unique=True
        ).map(tuple),
        embedder=NAMES.map(tuple),
        candidates=NUMBERS,
        answers=st.none()
        | st.builds(
            Answers,
            max_tokens=NUMBERS,
            temperature=st.lists(
                st.floats(0, 2, allow_subnormal=False), min_size=1, unique=True
            ).map(tuple),
        ),
    )
)
def test_what_is_written_is_read_as_it_was(preset: Preset) -> None:
    assert presets.read("x", presets.written(preset)) == preset


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("top-k = [3]", "has a key top-k that is not known; known are: about, questions"),
        ("top_k = []", "top_k is []; it must be whole numbers, such as [3, 5]"),
        ("top_k = [3, true]", "top_k is [3, True]; it must be whole"),
        ("top_k = 2.5", "top_k is 2.5; it must be whole"),
        ('chunks = ["800"]', 'such as ["800/100", "1200/200"]'),
        ("baseline = 1", "baseline is 1; it must be true or false"),
        ("questions = 0", "a whole number of at least 1"),
        ('embedder = [" "]', "names in quotes"),
        ("answers = 3", "answers must be a table"),
        ('[answers]\npassages = ["last"]', "answers.passages is ['last']; it must be 'best-last'"),
        ("[answers]\ntokens = 3", "has a key answers.tokens that is not known"),
        ("top_k = ", "is no TOML"),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        presets.read("mine", text)
    assert said in refused.value.sentence
    assert "'mine'" in refused.value.sentence


# the grid


def test_the_classic_grid_has_37_settings() -> None:
    classic = settings(CLASSIC)
    assert len(classic) == len({setting.recipe.key for setting in classic}) == 37
    assert [setting.label for setting in classic[:5]] == [
        "no context",
        "800/100 · top 3",
        "800/100 · top 5",
        "800/100 · top 7",
        "800/100 · top 3 of 10, reranked",
    ]
    recipe = classic[1].recipe
    assert isinstance(recipe.evidence, Retrieval)
    assert (recipe.evidence.candidates, recipe.evidence.reranker) == (50, None)


def test_impossible_settings_are_named_with_their_reason() -> None:
    preset = Preset(name="x", chunks=((100, 100), (200, 20)), candidates=(5,), top_k=(3, 7))
    possible, dropped = expand.settings_of(preset, first, refuse)
    assert [setting.label for setting in possible] == ["200/20 · top 3"]
    assert [(each.what, each.why.split(";")[0]) for each in dropped] == [
        ("100/100 · top 3", "The overlap is 100"),
        ("100/100 · top 7", "The overlap is 100"),
        ("200/20 · top 7", "Top k is 7, but only 5 candidates are fetched"),
    ]


def test_one_choice_at_a_time_makes_as_many_settings_as_choices() -> None:
    preset = Preset(
        name="x",
        one_at_a_time=True,
        chunks=((800, 100), (400, 50)),
        retriever=("dense", "bm25"),
        reranker=("small", "none"),
        candidates=(20, 50),
        read=("chunk", "window:1", "page"),
        rewrite=("none", "hyde"),
        rewriter=("", "best"),
        at_most=(0, 2),
        answers=Answers(temperature=(0.0, 0.7), unanswerable=(False, True)),
        baseline=True,
        whole=True,
    )
    found, dropped = expand.settings_of(preset, first, refuse)
    assert [setting.label for setting in found] == [
        "no context · temperature 0 · has to answer",
        "whole papers · temperature 0 · has to answer",
        "base: 800/100 · top 3 of 20, reranked",
        "400/50",
        "bm25",
        "not reranked",
        "50 candidates",
        "reads ±1",
        "reads page",
        "HyDE",
        "at most 2 per paper",
        "no context · temperature 0.7 · has to answer",
        "whole papers · temperature 0.7 · has to answer",
        "temperature 0.7",
        "no context · temperature 0 · may give no answer",
        "whole papers · temperature 0 · may give no answer",
        "may give no answer",
    ]
    assert [(each.what, each.why) for each in dropped] == [
        ("rewritten by best", "It is the same as “base: 800/100 · top 3 of 20, reranked”."),
    ]
    base, page = found[2].recipe, found[8].recipe
    assert isinstance(base.evidence, Retrieval)
    assert page == replace(base, evidence=replace(base.evidence, read="page"))


def test_all_fields_of_a_search_are_varied_together() -> None:
    preset = Preset(
        name="x",
        prefix=("none", "title"),
        variety=(0.0, 0.5),
        budget=(500, 1000),
        candidates=(10, 20),
        where=("", "since:2020"),
    )
    labels = [setting.label for setting in settings(preset)]
    # Without variety the candidates behind the best three change nothing.
    assert len(labels) == 2 * (1 + 2) * 2 * 2
    assert labels[0] == "800/100 · top 3 · no prefix · variety 0 · budget 500 tokens · all papers"
    assert labels[-1] == (
        "800/100 · top 3 of 20 · prefix title · variety 0.5 · budget 1,000 tokens"
        " · papers since:2020"
    )


def test_a_model_that_is_missing_drops_its_settings_alone() -> None:
    def named(family: Family, wanted: str) -> str:
        if wanted == "big":
            raise MissingModel("big is not here: download it.")
        return wanted

    preset = Preset(name="x", reranker=("none", "small", "big"))
    possible, dropped = expand.settings_of(preset, named, refuse)
    assert [setting.label for setting in possible] == [
        "800/100 · top 3",
        "800/100 · top 3 of 20, reranked by small",
    ]
    assert [each.why for each in dropped] == ["big is not here: download it."]


def test_what_comes_to_the_same_is_one_setting() -> None:
    preset = Preset(
        name="x",
        baseline=True,
        chunker=("pages",),
        chunks=((800, 100), (400, 50)),
        retriever=("bm25",),
        embedder=("one", "two"),
        answers=Answers(passages=("best-last", "best-first")),
    )
    possible, dropped = expand.settings_of(preset, first, refuse)
    assert [setting.label for setting in possible] == [
        "no context",
        "whole pages · top 3 · best last",
        "whole pages · top 3 · best first",
    ]
    assert dropped == ()


def test_fused_lists_differ_at_every_depth() -> None:
    preset = Preset(name="x", retriever=("dense", "hybrid"), candidates=(10, 20))
    assert [setting.label for setting in settings(preset)] == [
        "800/100 · dense · top 3",
        "800/100 · hybrid · top 3 of 10",
        "800/100 · hybrid · top 3 of 20",
    ]


# the plan


def test_the_classic_grid_does_each_piece_once() -> None:
    planned = plan.plan("classic", FIVE, settings(CLASSIC), ["p"], lambda _: PLENTY)
    assert planned.cells == planned.answers == 185
    assert planned.rerank_pairs == 750  # 3 sizes x the 50 deepest candidates x 5 questions
    assert planned.searches == 15
    assert planned.embedded_texts == 1000 + 5  # the same texts at each size are one
    assert planned.distinct_prompts == 185
    # 15 passages at each of 3 sizes x (3 depths reranked + 1), and only 7 when read together
    assert (planned.passages, planned.passages_read) == (5 * 180, 5 * 84)


def test_few_chunks_bound_what_there_is_to_do() -> None:
    planned = plan.plan("classic", FIVE[:1], settings(CLASSIC), ["p"], lambda _: frozenset("abcd"))
    assert planned.rerank_pairs == 12
    # top 5 and 7 use the same four; so do the three depths
    assert planned.distinct_prompts == 1 + 3 * (2 + 2)


def test_pairs_of_fused_lists_are_counted_at_each_depth() -> None:
    preset = Preset(name="x", retriever=("hybrid",), candidates=(10, 20), reranker=("r",))
    assert plan.plan("x", ["q"], settings(preset), ["p"], lambda _: 1000).rerank_pairs == 30
    dense = replace(preset, retriever=("dense",))
    assert plan.plan("x", ["q"], settings(dense), ["p"], lambda _: 1000).rerank_pairs == 20


def test_questions_are_asked_once() -> None:
    texts = [" One? ", "", "Two?", "One?", "x" * 2001]
    kept, dropped = plan.asked(texts)
    assert kept == ("One?", "Two?")
    assert [each.why.split(";")[0] for each in dropped] == [
        "It was asked before.",
        "It has 2,001 characters",
    ]


def test_the_estimate_is_a_guess_until_it_was_measured() -> None:
    recipe = Recipe(
        chunking=Chunking(size=400, overlap=0),
        evidence=Retrieval(embedder="e", candidates=10, top_k=2, reranker="r"),
        generation=Generation(generator="g", max_tokens=10),
    )
    one = Setting(label="a", recipe=recipe)
    planned = plan.plan("x", ["1?", "2?"], [one], ["p"], lambda _: PLENTY)
    assert plan.estimated(planned, 1, {"e": 50}, {}).guessed == ("embed", "rerank", "answer")
    speeds = {("embed", "e"): 10.0, ("rerank", "r"): 5.0, ("answer", "g"): 100.0}
    exact = plan.estimated(planned, 1, {"e": 50}, speeds)
    units = plan.FRAME + 2 * 400 / plan.CHARACTERS_A_TOKEN + WRITTEN * 10
    assert exact.seconds == pytest.approx(52 / 10 + 20 / 5 + 2 * units / 100)
    assert exact.guessed == ()
    assert plan.estimated(planned, 0, {"e": 50}, speeds).seconds == 0


def test_money_is_estimated_for_endpoints_with_a_price() -> None:
    """Two questions, each a prompt of 60 + 2 x 100 tokens and an answer of 10 at most; 50 chunks of
    100 tokens and two questions to embed; ten pairs a question of 60 + 100 tokens to rerank."""
    recipe = Recipe(
        chunking=Chunking(size=400, overlap=0),
        evidence=Retrieval(embedder="e", candidates=10, top_k=2, reranker="r"),
        generation=Generation(generator="g", max_tokens=10),
    )
    planned = plan.plan(
        "x", ["1?", "2?"], [Setting(label="a", recipe=recipe)], ["p"], lambda _: PLENTY
    )
    box = Endpoint(name="g", address="http://a/v1", model="m", dollars_in=1.0, dollars_out=2.0)
    prices = {
        "g": box,
        "e": replace(box, family="embedder", dollars_in=0.5, dollars_out=None),
        "r": replace(box, family="reranker", dollars_in=1.0, dollars_out=None),
    }

    def dollars(share: float, *priced: str) -> float | None:
        some = {name: prices[name] for name in priced}
        return plan.estimated(planned, share, {"e": 50}, {}, some).dollars

    assert dollars(1, "g") == pytest.approx((2 * 260 * 1.0 + 2 * 10 * 2.0) / 1e6)
    assert dollars(1, "e") == pytest.approx((50 * 100 + 2 * 60) * 0.5 / 1e6)
    assert dollars(1, "r") == pytest.approx(2 * 10 * 160 / 1e6)
    assert dollars(0, "g", "e", "r") == 0.0
    assert dollars(1) is None


def test_prompts_that_begin_alike_stand_together() -> None:
    prompts = ["rules a b c q", "rules q", "rules a q", "rules a b q"]
    order = plan.reading_order(prompts)
    assert [prompts[at] for at in order] == sorted(prompts)


def test_a_search_serves_all_that_search_alike() -> None:
    recipes = [setting.recipe for setting in settings(CLASSIC)]
    depths = plan.depths(recipes)
    assert {search.chunking.size for search in depths} == {800, 1200, 1600}
    assert set(depths.values()) == {50}
    by_words = Recipe(evidence=Retrieval(retriever="bm25", embedder="whatever"))
    assert Search.of(by_words).embedder == ""


def test_a_large_plan_is_quick_to_make() -> None:
    planned = plan.plan("x", map(str, range(1000)), settings(CLASSIC), ["p"], lambda _: PLENTY)
    assert planned.cells == 37_000
    assert planned.rerank_pairs == 150_000


# questions


def test_questions_from_lines_and_from_json() -> None:
    text = '\ufeffOne?\n\n{"question": "Two?", "gold": []}\r\n  Three? \n'
    assert questions.read(text) == ("One?", "Two?", "Three?")


@pytest.mark.parametrize("line", ['{"text": "x"}', "{oops", '{"question": 3}'])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(BadInput, match=r"[Ll]ine 2"):
        questions.read(f"One?\n{line}")


def test_given_passages_are_a_questions_own() -> None:
    answered = Generation(generator="echo", max_tokens=10)
    settings = [
        Setting(label="no context", recipe=Recipe(generation=answered)),
        Setting(label="gold", recipe=Recipe(evidence=Given(spans=()), generation=answered)),
    ]
    first = (Span(paper_id="p", start=0, end=300), Span(paper_id="p", start=400, end=500))
    second = (Span(paper_id="q", start=5, end=205),)
    planned = plan.plan(
        "arms", ["a", "b"], settings, (), lambda _: 0, given={"a": first, "b": second}
    )
    assert planned.given == (first, second)
    assert (planned.answers, planned.distinct_prompts) == (4, 4)
    assert (planned.passages, planned.passages_read) == (3, 3)
    by_hand = [recipe.evidence for _, recipe in planned.recipes() if recipe.evidence]
    assert by_hand == [Given(spans=first), Given(spans=second)]
    other = plan.plan("arms", ["a", "b"], settings, (), lambda _: 0, given={"a": first, "b": first})
    assert other.key != planned.key
    # 600 characters are 75 tokens a question, besides the frame of each of the four prompts.
    units = 4 * plan.answer_units(plan.FRAME, 10) + 2 * 75
    timed = plan.estimated(planned, 1.0, {}, {("answer", "echo"): 10.0})
    assert timed.seconds == pytest.approx(units / 10)
