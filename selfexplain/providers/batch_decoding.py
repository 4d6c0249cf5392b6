"""Several prompts continued at once by a transformers model: token by token, each row as if it were alone.

What all prompts of a batch begin with is read once, and kept for the next batch: with examples before each question
most of a prompt is the same every time.
"""

import inspect
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import eq
from typing import Any

from selfexplain.errors import ProviderError
from selfexplain.providers.written_tokens import Written

LEAST_SHARED = 16
"""Shared tokens that are worth a reading of their own."""

PLAIN_ATTENTION = frozenset({"full_attention", "sliding_attention"})
"""Kinds of layers whose memory is one key and one value per token: rows can be padded, and beginnings shared."""


@dataclass(frozen=True)
class Prompt:
    """What is to be continued, and how."""

    ids: list[int]
    max_tokens: int
    temperature: float = 0.0
    """0: always the most probable token."""
    seed: int | None = None
    """Decides the draws above temperature 0; None: nobody can repeat them."""
    top: int = 0
    """How many alternatives to each token are wanted."""

    @property
    def longest(self) -> int:
        """How many tokens prompt and reply can have together."""
        return len(self.ids) + self.max_tokens


@dataclass
class Row:
    """One prompt on its way through a batch."""

    prompt: Prompt
    tell: Callable[[Written | ProviderError], None]
    """Gets the result, once."""
    is_wanted: Callable[[], bool] = lambda: True
    """Asked before each token: a row that nobody waits for any more is given up."""
    written: Written = field(default_factory=Written)
    is_over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        seed = (
            None if self.prompt.seed is None else f"{self.prompt.seed} {self.prompt.ids}"
        )  # two questions, two series
        self._draws = random.Random(seed)  # noqa: S311 - repeatable draws, which protect nothing

    def draw(self) -> float:
        """Return the next of this row's own random numbers in [0, 1), whoever else is in the batch."""
        return self._draws.random()

    def end(self, result: Written | ProviderError) -> None:
        """Tell the result."""
        self.is_over = True
        self.tell(result)


class Decoder:
    """Continues prompts with a model, in batches.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model, in evaluation mode.
    ends : set of int
        Tokens that end a turn.
    """

    def __init__(self, model: Any, ends: frozenset[int]) -> None:
        self._model, self._ends = model, ends
        self._takes = frozenset(inspect.signature(model.forward).parameters)
        self._shared: Sequence[int] = ()
        self._memory: list[tuple[Any, Any]] = []
        """Keys and values of `_shared` in each layer, of shape (1, heads, tokens, size)."""

    @property
    def device(self) -> str:
        """Where the model computes, in torch's words."""
        return str(self._model.device)

    def decode(self, rows: Sequence[Row]) -> None:
        """Continue every row's prompt until its turn ends or is long enough; tell its result as soon as it is there.

        A row whose numbers are none (NaN) gets a ProviderError, and no text.

        Parameters
        ----------
        rows : sequence of Row
            In any number; their memory is the caller's business.
        """
        import torch  # noqa: PLC0415 - seconds, and an extra

        fitting, others = list[Row](), list[Row]()
        for row in rows:
            (fitting if self._can_be_padded(row.prompt.longest) else others).append(row)
        with torch.inference_mode():
            if fitting:
                self._decode(fitting, begun=self._begin([row.prompt.ids for row in fitting]))
            for row in others:
                self._decode([row], begun=0)

    def forget(self) -> None:
        """Let go of what is kept for the next batch."""
        self._shared, self._memory = (), []

    def _can_be_padded(self, longest: int) -> bool:
        """Tell whether padding, and a beginning read apart, leave what a model computes for a row as it is."""
        config = self._model.config.get_text_config()
        window = getattr(config, "sliding_window", None)  # counted in columns, padding and all
        kinds = set(getattr(config, "layer_types", None) or PLAIN_ATTENTION)
        plain = kinds <= PLAIN_ATTENTION and not getattr(config, "num_kv_shared_layers", 0)
        return plain and "position_ids" in self._takes and (not window or longest < window)

    def _begin(self, prompts: Sequence[list[int]]) -> int:
        """Read what all prompts begin with, as far as it is not known yet; return how many tokens that is."""
        n = alike(min(prompts), max(prompts))  # what the first and the last in order share, all do
        n = min(n, min(map(len, prompts)) - 1)  # something is left to read in each row, and gives its first token
        if n < LEAST_SHARED:
            return 0
        shared = prompts[0][:n]
        known = alike(shared, self._shared)
        memory = self._remembered(known, rows=1)
        if known < n:
            self._read([shared[known:]], known, memory)
        self._shared, self._memory = shared, [(layer.keys, layer.values) for layer in memory.layers]
        return n

    def _remembered(self, n: int, *, rows: int) -> Any:
        """Return a memory that holds the first n tokens of what is shared, once for each row."""
        from transformers import DynamicCache  # noqa: PLC0415 - seconds, and an extra

        memory = DynamicCache(config=self._model.config)
        for place, (keys, values) in enumerate(self._memory if n else ()):
            memory.update(*(each[:, :, :n].expand(rows, -1, -1, -1) for each in (keys, values)), place)
        return memory

    def _decode(self, rows: Sequence[Row], *, begun: int) -> None:
        import torch  # noqa: PLC0415 - seconds, and an extra

        memory = self._remembered(begun, rows=len(rows))
        logits, mask = self._read([row.prompt.ids[begun:] for row in rows], begun, memory)
        while True:
            tokens = write(rows, logits, self._ends)
            live = [place for place, row in enumerate(rows) if not row.is_over and row.is_wanted()]
            if not live:
                return
            if len(live) < len(rows):
                rows, mask, tokens = [rows[place] for place in live], mask[live], tokens[live]
                memory.batch_select_indices(torch.tensor(live, device=mask.device))
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            logits = self._forward(tokens[:, None], mask, mask.sum(dim=1, keepdim=True) - 1, memory)

    def _read(self, texts: Sequence[Sequence[int]], begun: int, memory: Any) -> tuple[Any, Any]:
        """Read the rest of each prompt behind `begun` tokens; return the next token's logits, and the mask so far."""
        import torch  # noqa: PLC0415 - seconds, and an extra

        width, device = max(map(len, texts)), self._model.device
        ids = torch.tensor([[0] * (width - len(text)) + list(text) for text in texts], device=device)
        seen = [[1] * begun + [0] * (width - len(text)) + [1] * len(text) for text in texts]
        mask = torch.tensor(seen, device=device)
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, begun:]
        return self._forward(ids, mask, places, memory), mask

    def _forward(self, ids: Any, mask: Any, places: Any, memory: Any) -> Any:
        """Return the logits behind the last column, of shape (rows, vocabulary), as 32-bit floats."""
        options = {
            "attention_mask": mask,
            "position_ids": places,
            "cache" if "cache" in self._takes else "past_key_values": memory,
            "use_cache": True,
            "logits_to_keep": 1,  # one row of numbers as wide as the vocabulary, instead of one for each token read
        }
        taken = {name: value for name, value in options.items() if name in self._takes}
        return self._model(input_ids=ids, **taken).logits[:, -1].float()


def write(rows: Sequence[Row], logits: Any, ends: frozenset[int]) -> Any:
    """Let each row write one token, and end those that are ready; return the tokens, of shape (rows,).

    Parameters
    ----------
    rows : sequence of Row
    logits : tensor of shape (rows, vocabulary)
    ends : set of int
        Tokens that end a turn.
    """
    total = logits.logsumexp(dim=1, keepdim=True)
    chosen = chosen_from(logits, rows)
    logprobs = (logits.gather(1, chosen[:, None]) - total)[:, 0].tolist()
    n_top = min(max(row.prompt.top for row in rows), logits.shape[1])
    best, others = (each.tolist() for each in (logits - total).topk(n_top, dim=1))
    for place, (row, token) in enumerate(zip(rows, chosen.tolist(), strict=True)):
        if not math.isfinite(logprobs[place]):
            row.end(ProviderError("the model computed no numbers (NaN) for this prompt", kind="bad_reply"))
            continue
        written, n = row.written, row.prompt.top
        written.ids.append(token)
        written.logprobs.append(logprobs[place])
        top = zip(others[place][:n], best[place][:n], strict=True)
        written.top.append([(other, logprob) for other, logprob in top if logprob > -math.inf])
        written.ended = token in ends
        if written.ended or len(written.ids) == row.prompt.max_tokens:
            row.end(written)
    return chosen


def chosen_from(logits: Any, rows: Sequence[Row]) -> Any:
    """Return each row's next token: the most probable, or above temperature 0 one that is drawn.

    Drawn is the first token whose cumulative probability exceeds a random number of the row's own, so that neither the
    other rows nor the order of work decide.
    """
    temperatures = [row.prompt.temperature for row in rows]
    chosen = logits.argmax(dim=1)
    if not any(temperatures):
        return chosen
    warm = chosen.new_tensor([temperature > 0 for temperature in temperatures]).bool()
    scale = logits.new_tensor([[temperature or 1.0] for temperature in temperatures]).double()
    cumulative = (logits.double() / scale).softmax(dim=1).cumsum(dim=1)
    numbers = cumulative.new_tensor([[row.draw() if row.prompt.temperature > 0 else 0.0] for row in rows])
    drawn = (cumulative <= numbers * cumulative[:, -1:]).sum(dim=1).clamp(max=logits.shape[1] - 1)
    return drawn.where(warm, chosen)


def alike(one: Sequence[int], other: Sequence[int]) -> int:
    """Return with how many tokens both begin.

    >>> alike([5, 6, 7, 8], [5, 6, 9])
    2
    """
    return sum(takewhile(bool, map(eq, one, other)))
