"""Writing answers token by token: several rows at once, each as if it were alone.

Each prompt is read by itself, so its first token does not wait for longer ones, and what it begins
with in common with the one before is taken from there; then all rows take a step together, because
on a CPU a step costs about the same for one row as for three. A row that is done leaves the batch.
Knows no chat template and no prompt.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING

from core.models import out_of_memory
from core.types import Delta, FinishReason, Generation

if TYPE_CHECKING:
    import torch
    from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase
    from transformers.cache_utils import DynamicLayer

REPEATED = 16  # tokens, about a dozen words: no answer says so much twice for a good reason
ROWS_AT_ONCE = {"cpu": 8}  # as many as core.generators._few_rows makes quick
MANY_ROWS = 32
WORTH_KEEPING = 64  # tokens in common with the prompt before, so that panels stay what they are
GROW = 64  # tokens
READ_AT_ONCE = 512  # prompt tokens between two looks at `stop`: about a second on two cores


class Row:
    """One answer in the making."""

    def __init__(
        self,
        index: int,
        prompt: list[int],
        generation: Generation,
        tokenizer: "PreTrainedTokenizerBase",
        ends: frozenset[int],
    ) -> None:
        import torch

        self.index = index
        self.prompt = prompt
        self.tokens: list[int] = []
        self.finish: FinishReason | None = None
        self._generation = generation
        self._tokenizer = tokenizer
        self._ends = ends
        self._random = torch.Generator().manual_seed(generation.seed)
        self._said = ""

    def take(self, token: int) -> Delta:
        """Go on with a token; what is new to say."""
        if token in self._ends:
            return self.end("stop")
        self.tokens.append(token)
        text = self._new_text()
        if repeats_itself(self.tokens):
            return self.end("stop", text, REPEATS)
        if len(self.tokens) == self._generation.max_tokens:
            return self.end("length", text)
        return Delta(index=self.index, text=text)

    def end(self, finish: FinishReason, text: str = "", note: str = "") -> Delta:
        self.finish = finish
        return Delta(
            index=self.index,
            text=text,
            finish=finish,
            prompt_tokens=len(self.prompt),
            answer_tokens=len(self.tokens),
            note=note,
        )

    @property
    def draws(self) -> bool:
        """Whether its tokens are drawn, and not the likeliest."""
        return self._generation.temperature > 0

    def draw(self, logits: "torch.Tensor") -> int:
        """A token by its chance; its logits, shape (vocabulary,), lie on the CPU: there and with a
        generator of its own the same seed says the same on every device and beside every neighbour.

        Where one random number falls among the summed chances: `torch.multinomial` throws one for
        each word and took 3.9 ms instead of 0.4 for 152,000 of them.
        """
        import torch

        how = self._generation
        likely = limited(logits.double() / how.temperature, how.top_tokens, how.top_p)
        chances = torch.softmax(likely, dim=-1).cumsum(dim=-1)
        thrown = torch.rand(1, dtype=torch.float64, generator=self._random) * chances[-1]
        last = int(torch.searchsorted(chances, chances[-1:]))  # that has a chance at all
        return min(int(torch.searchsorted(chances, thrown, right=True)), last)

    def _new_text(self) -> str:
        """What the tokens so far say beyond what was said; half characters wait for the rest."""
        text = self._tokenizer.decode(self.tokens, clean_up_tokenization_spaces=False)
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        new, self._said = text[len(self._said) :], text
        return new


class _Coming:
    """Rows as they come. `waiting`: whether the next one was still being made when it was asked
    for."""

    def __init__(self, rows: Iterable[Row | None]) -> None:
        self._rows = iter(rows)
        self.waiting = False

    def take(self, most: int) -> list[Row]:
        """Those that are there, at most so many."""
        taken: list[Row] = []
        self.waiting = False
        for row in islice(self._rows, most):
            if row is None:
                self.waiting = True
                break
            taken.append(row)
        return taken


def answer(
    model: "PreTrainedModel", rows: Iterable[Row | None], stop: Event, smaller: str
) -> Iterator[Delta]:
    """The rows' answers as they are written; each row ends with exactly one finish.

    As many rows as suit the device are written together, in the order given; what a prompt begins
    with in common with the one before it is not read again. None stands for a row that is still
    being made: it joins the others between two of their steps. Where the memory runs out, the rows
    go on in halves; one alone that does not fit ends with "error", and `smaller` says which model
    would need less.
    """
    most = ROWS_AT_ONCE.get(model.device.type, MANY_ROWS)
    before, coming = _Before(), _Coming(rows)
    while together := coming.take(most):
        yield from _together(model, together, coming, most, stop, smaller, before)
        if coming.waiting:
            return


def _together(
    model: "PreTrainedModel",
    rows: list[Row],
    coming: _Coming,
    most: int,
    stop: Event,
    smaller: str,
    before: "_Before",
) -> Iterator[Delta]:
    try:
        for delta in _write(model, rows, coming, most, stop, before):
            if delta.text or delta.finish or delta.begins:
                yield delta
        return
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
    # Here and not above: the error itself holds on to what filled the memory.
    before.forget()
    unfinished = [row for row in rows if row.finish is None]
    if len(unfinished) == 1:
        yield unfinished[0].end("error", note=NO_MEMORY.format(smaller))
        return
    half = (len(unfinished) + 1) // 2
    for some in (unfinished[:half], unfinished[half:]):
        if some:
            yield from _together(model, some, _Coming(()), most, stop, smaller, before)


def limited(logits: "torch.Tensor", top_k: int, top_p: float) -> "torch.Tensor":
    """The logits, shape (vocabulary,), with -inf for what may not be drawn: all but the `top_k`
    largest (0: none of it), then all behind the first whose chances sum to `top_p` (the nucleus of
    Holtzman et al. 2020), of which the first may always be drawn."""
    import torch

    if top_k == 0 and top_p == 1:
        return logits
    largest, places = logits.sort(descending=True, stable=True)
    largest, places = largest[: top_k or None], places[: top_k or None]
    chances = torch.softmax(largest, dim=-1)
    before = chances.cumsum(dim=-1) - chances
    few = (before < top_p) | (places == places[0])
    return torch.full_like(logits, -torch.inf).index_copy_(0, places[few], largest[few])


def choose(rows: Sequence[Row], logits: "torch.Tensor") -> list[int]:
    """Each row's next token from its logits, shape (rows, vocabulary). The device is waited for
    once."""
    if any(row.draws for row in rows):
        logits = logits.float().cpu()  # float64 there: MPS has none
    likeliest: list[int] = logits.argmax(dim=-1).tolist()
    return [
        row.draw(each) if row.draws else token
        for row, each, token in zip(rows, logits, likeliest, strict=True)
    ]


def repeats_itself(tokens: Sequence[int]) -> bool:
    """Whether the last REPEATED tokens stand in the answer a second time. From there on a greedy
    model goes round in a circle until its limit, and says nothing new."""
    tail = list(tokens[-REPEATED:])
    return len(tail) == REPEATED and any(
        tokens[start : start + REPEATED] == tail for start in range(len(tokens) - REPEATED)
    )


REPEATS = "It began to repeat itself and was ended there."
NO_MEMORY = "The memory is full: use fewer or smaller chunks, fewer answers at once, or {}."


def new_cache() -> "Cache":
    """An empty one of all keys and values, whichever the model: a window that slides is cut out of
    them by the model's own mask, so that they can be padded, joined and begun with as any others.
    """
    from transformers import Cache

    return Cache(layer_class_to_replicate=_growing_layer())


@functools.cache
def _growing_layer() -> "type[DynamicLayer]":
    import torch
    from transformers.cache_utils import DynamicLayer

    class Growing(DynamicLayer):
        """Keys and values, shape (rows, heads, tokens, size), with room for the next GROW tokens:
        copying all of them at each step took 41 ms for three rows of 700 tokens (SmolLM2)."""

        keys: torch.Tensor
        values: torch.Tensor
        room: tuple[torch.Tensor, torch.Tensor] | None = None

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
        ) -> tuple[torch.Tensor, torch.Tensor]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            before = self.get_seq_length()
            after = before + key_states.shape[-2]
            if self.room is None or self.room[0].shape[-2] < after:
                keys, values = (
                    each.new_empty((*each.shape[:2], after + GROW, each.shape[3]))
                    for each in (key_states, value_states)
                )
                if before:
                    keys[:, :, :before], values[:, :, :before] = self.keys, self.values
                self.room = keys, values
            keys, values = self.room
            keys[:, :, before:after], values[:, :, before:after] = key_states, value_states
            self.keys, self.values = keys[:, :, :after], values[:, :, :after]
            return self.keys, self.values

        def batch_select_indices(self, indices: torch.Tensor) -> None:
            super().batch_select_indices(indices)
            self.room = None

        def reset(self) -> None:
            super().reset()
            self.room = None

    return Growing


class _Before:
    """The prompt that was read last, with its keys and values."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._tokens: list[int] = []
        self._cache: Cache | None = None

    def keep(self, tokens: list[int], cache: "Cache") -> None:
        self._tokens, self._cache = tokens, cache

    def begin(self, tokens: list[int]) -> tuple["Cache", int]:
        """A cache of what these tokens begin with in common, and how many that are; empty where
        it is hardly worth it. At least one token is left to be read."""
        cache = new_cache()
        most = min(len(self._tokens), len(tokens) - 1)
        same = next((at for at in range(most) if self._tokens[at] != tokens[at]), most)
        if self._cache is None or same < WORTH_KEEPING:
            return cache, 0
        for number, layer in enumerate(self._cache.layers):
            cache.update(layer.keys[:, :, :same], layer.values[:, :, :same], number)
        return cache, same


def _write(
    model: "PreTrainedModel",
    rows: list[Row],
    coming: _Coming,
    most: int,
    stop: Event,
    before: _Before,
) -> Iterator[Delta]:
    """The rows' answers, with empty pieces among them. Rows that have said something already, when
    the memory ran out, go on from there. Those that come meanwhile are put to `rows`."""
    batch = _Batch(model)
    open_rows: list[Row] = []
    fresh = list(rows)
    while not stop.is_set():
        caches, lengths = [], []
        for row in fresh:
            if not row.tokens:
                yield Delta(index=row.index, text="", begins=True)
            tokens = row.prompt + row.tokens
            cache, logits = _read(model, tokens, stop, before)
            if stop.is_set():
                break
            before.keep(tokens, cache)
            yield row.take(*choose([row], logits))
            if stop.is_set():
                break
            if row.finish is None:
                caches.append(cache)
                lengths.append(len(tokens))
                open_rows.append(row)
        if not open_rows or stop.is_set():
            break
        if caches:
            batch.join(caches, lengths)
            del caches, cache
        for row, token in zip(open_rows, choose(open_rows, batch.step(open_rows)), strict=True):
            yield row.take(token)
        staying = [place for place, row in enumerate(open_rows) if row.finish is None]
        if len(staying) < len(open_rows):
            batch.keep(staying)
        open_rows = [open_rows[place] for place in staying]
        fresh = coming.take(most - len(open_rows)) if coming.waiting else []
        rows += fresh
    for row in rows:
        if row.finish is None:
            yield row.end("stopped")


def _read(
    model: "PreTrainedModel", prompt: list[int], stop: Event, before: _Before
) -> tuple["Cache", "torch.Tensor"]:
    """The keys and values of one prompt, and the logits of the token after it, shape (1,
    vocabulary). Ends early, with something useless, when `stop` is set.
    """
    import torch

    with torch.inference_mode():
        cache, known = before.begin(prompt)
        unread = torch.tensor([prompt[known:]], device=model.device)
        for part in unread.split(READ_AT_ONCE, dim=1):
            logits = model(part, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
            if stop.is_set():
                break
    return cache, logits[:, -1]


class _Batch:
    """Rows that take each step together: their prompts' keys and values, padded on the left."""

    def __init__(self, model: "PreTrainedModel") -> None:
        import torch

        self._model = model
        self._cache: Cache | None = None
        self._lengths = torch.zeros((0, 1), dtype=torch.long, device=model.device)
        self._seen = self._lengths[:, :0]  # shape (rows, tokens), 0 where a row is padded
        self._padded = False

    def join(self, caches: Sequence["Cache"], lengths: Sequence[int]) -> None:
        """Take in rows that were read, each with the number of its tokens."""
        import torch
        from torch.nn.functional import pad

        longest = max(self._seen.shape[1], *lengths)

        def side_by_side(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
            return torch.cat([pad(each, (0, 0, longest - each.shape[2], 0)) for each in tensors])

        joined = new_cache()
        every = [*([self._cache] if len(self._seen) and self._cache else []), *caches]
        with torch.inference_mode():
            for number, layers in enumerate(zip(*(cache.layers for cache in every), strict=True)):
                keys = side_by_side([layer.keys for layer in layers])
                joined.update(keys, side_by_side([layer.values for layer in layers]), number)
                for layer in layers[:-1]:  # the last one may begin the next prompt
                    layer.reset()
        new = torch.tensor(lengths, device=self._model.device)[:, None]
        places = torch.arange(longest, device=self._model.device)
        before = pad(self._seen, (longest - self._seen.shape[1], 0))
        self._cache = joined
        self._seen = torch.cat([before, (places >= longest - new).long()])
        self._padded = not bool(self._seen.all())
        self._lengths = torch.cat([self._lengths, new])

    def step(self, rows: Sequence[Row]) -> "torch.Tensor":
        """Read each row's last token; the logits of the next, shape (rows, vocabulary)."""
        import torch
        from torch.nn.functional import pad

        self._seen = pad(self._seen, (0, 1), value=1)
        last = torch.tensor([row.tokens[-1:] for row in rows], device=self._model.device)
        with torch.inference_mode():
            output = self._model(
                last,
                attention_mask=self._seen if self._padded else None,
                position_ids=self._lengths,
                past_key_values=self._cache,
                use_cache=True,
            )
        self._lengths = self._lengths + 1
        return output.logits[:, -1]

    def keep(self, places: Sequence[int]) -> None:
        """Let all rows but these go."""
        import torch

        chosen = torch.tensor(places, dtype=torch.long, device=self._model.device)
        with torch.inference_mode():
            if self._cache is not None:
                self._cache.batch_select_indices(chosen)
        self._lengths, self._seen = self._lengths[chosen], self._seen[chosen]
