"""Many variants of one text read at once by a transformers model, each as if it were alone.

What all variants begin with is read once and kept. What follows the text (the tokens of an answer, and of those that
compete with it) is read in the same pass: each continuation sees the text and itself, and none of the others.
"""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from selfexplain.errors import InputError
from selfexplain.white_box import Input

LEAST_SHARED = 8
"""Shared tokens that are worth a reading of their own."""

FULL, SLIDING = "full_attention", "sliding_attention"


class ManyInputs:
    """Reads variants of texts with a model.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model, in evaluation mode, its parameters frozen.

    Raises
    ------
    InputError
        When its layers are of other kinds than attention, so that nobody knows what sees what.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._embed = model.get_input_embeddings()
        self._takes = frozenset(inspect.signature(model.forward).parameters)
        self._cache = "cache" if "cache" in self._takes else "past_key_values"
        config = model.config.get_text_config()
        self._window = getattr(config, "sliding_window", None)
        stated = getattr(config, "layer_types", None)
        self._kinds = frozenset(stated or ([SLIDING] if self._window else [FULL]))
        if not self._kinds <= {FULL, SLIDING}:
            others = ", ".join(sorted(self._kinds - {FULL, SLIDING}))
            raise InputError(
                f"{type(model).__name__} has layers of {others}, and its inside is not known",
                hint="models of full or sliding attention can be looked into: Llama, Qwen, Gemma, Mistral, GPT-2 …",
            )
        self._known: Sequence[int] = ()
        self._memory: list[tuple[Any, Any]] = []

    def forget(self) -> None:
        """Let go of what is kept of earlier texts."""
        self._known, self._memory = (), []

    def begin(self, inputs: Sequence[Input], *, until: int | None = None) -> int:
        """Read what all Inputs begin with, as far as it is not known yet; return how many tokens that is.

        Parameters
        ----------
        inputs : sequence of Input
        until : int, optional
            A position before which it has to end.
        """
        import torch  # noqa: PLC0415 - seconds, and an extra

        n = shared(inputs) if until is None else min(until, shared(inputs))
        first = inputs[0].ids[:n]
        known = alike(first, self._known)
        if known == n or (len(inputs) == 1 and until is None):
            return known if known >= LEAST_SHARED else 0
        if n < LEAST_SHARED:
            return 0
        with torch.no_grad():
            memory = self._remembered(known, rows=1)
            self.read([Input(first)], (), begun=known, memory=memory)
        self._known, self._memory = first, [(layer.keys, layer.values) for layer in memory.layers]
        return n

    def read(
        self,
        inputs: Sequence[Input],
        tails: Sequence[Sequence[int]],
        *,
        begun: int = 0,
        memory: Any = None,
        embedded: Any = None,
        **more: Any,
    ) -> Any:
        """Return what the model gives for some Inputs behind `begun` known tokens, each continued by all tails.

        Parameters
        ----------
        inputs : sequence of Input
        tails : sequence of token sequences
            Continuations, which do not see each other.
        begun : int
            How many tokens, shared by all, are remembered.
        memory : transformers.Cache, optional
            What remembers them; default what :meth:`begin` has read.
        embedded : tensor, optional
            In the place of `self.embedded(inputs, tails, begun)`.
        **more
            For the model.

        Returns
        -------
        output
            Its `logits` are of shape (rows, 1 + tokens of all tails, vocabulary): behind the last token of the Input,
            and behind each token of the tails.
        """
        import torch  # noqa: PLC0415 - seconds, and an extra

        rest = [len(each.ids) - begun for each in inputs]
        width = max(rest)
        n_tail = sum(map(len, tails))
        device = self._model.device
        rows = len(inputs)
        last = torch.tensor(rest, device=device) + begun - 1
        # Padding stands on the left of each row, so that what is asked for stands in the same columns everywhere.
        columns = torch.arange(width, device=device)
        places = (columns[None] - (width - torch.tensor(rest, device=device))[:, None] + begun).clamp(min=-1)
        places = torch.where(places < begun, -1, places)
        after = torch.tensor([step + 1 for tail in tails for step in range(len(tail))], device=device).long()
        places = torch.cat([places, last[:, None] + after[None]], dim=1)
        group = torch.tensor(
            [0] * width + [number for number, tail in enumerate(tails, 1) for _ in tail], device=device
        )
        options = {
            "attention_mask": self._masks(inputs, places, group, begun),
            "position_ids": places.clamp(min=0),
            self._cache: self._remembered(begun, rows=rows) if memory is None else memory,
            "use_cache": True,
            "logits_to_keep": n_tail + 1,
        } | more
        if not begun and memory is None:  # nothing to remember, and nothing to be remembered
            options |= {self._cache: None, "use_cache": False}
        taken = {name: value for name, value in options.items() if name in self._takes or name in more}
        given = self.embedded(inputs, tails, begun) if embedded is None else embedded
        return self._model(inputs_embeds=given, **taken)

    def embedded(self, inputs: Sequence[Input], tails: Sequence[Sequence[int]], begun: int) -> Any:
        """Return the embedding rows of what is read, of shape (rows, columns, d)."""
        import torch  # noqa: PLC0415 - seconds, and an extra

        width = max(len(each.ids) for each in inputs) - begun
        tail = [token for each in tails for token in each]
        ids = [[0] * (width - len(each.ids) + begun) + [*each.ids[begun:], *tail] for each in inputs]
        with torch.no_grad():
            given = self._embed(torch.tensor(ids, device=self._model.device)).clone()
            for row, each in enumerate(inputs):
                pad = width - len(each.ids)
                for position, numbers in each.rows.items():
                    given[row, pad + position] = torch.as_tensor(numbers, dtype=given.dtype, device=given.device)
        return given

    def _masks(self, inputs: Sequence[Input], places: Any, group: Any, begun: int) -> Any:
        """Return what may be attended to, as numbers that are added: 0, or the least there is."""
        import torch  # noqa: PLC0415 - seconds, and an extra

        device, (rows, n) = places.device, places.shape
        before = torch.arange(begun, device=device).expand(rows, -1)
        sources = torch.cat([before, places], dim=1)
        groups = torch.cat([group.new_zeros(begun), group])
        seen = (sources[:, None] <= places[:, :, None]) & (sources[:, None] >= 0)
        seen &= (groups[None, None] == 0) | (groups[None, None] == group[None, :, None])
        width = n - int((group > 0).sum())
        for row, each in enumerate(inputs):
            columns = [position - begun + width - (len(each.ids) - begun) for position in each.blocked]
            if columns:
                seen[row, :, torch.tensor(columns, device=device) + begun] = False
        own = torch.arange(n, device=device)
        seen[:, own, own + begun] = True  # no row is empty: padding sees itself, and so does what is blocked
        near = seen if not self._window else seen & (places[:, :, None] - sources[:, None] < self._window)
        near[:, own, own + begun] = True
        made = {FULL: self._added(seen), SLIDING: self._added(near)}
        return made if len(self._kinds) > 1 else made[next(iter(self._kinds))]

    def _added(self, seen: Any) -> Any:
        import torch  # noqa: PLC0415 - seconds, and an extra

        dtype = self._model.dtype
        zero = torch.zeros((), dtype=dtype, device=seen.device)
        return torch.where(seen, zero, torch.finfo(dtype).min)[:, None]

    def _remembered(self, n: int, *, rows: int) -> Any:
        """Return a memory that holds the first n known tokens, once for each row."""
        from transformers import DynamicCache  # noqa: PLC0415 - seconds, and an extra

        memory = DynamicCache()  # without a configuration: a window is the mask's business
        for place, (keys, values) in enumerate(self._memory if n else ()):
            memory.update(*(each[:, :, :n].expand(rows, -1, -1, -1) for each in (keys, values)), place)
        return memory


def shared(inputs: Sequence[Input]) -> int:
    """Return how many tokens all Inputs begin with, unchanged, and each has at least one more.

    >>> shared([Input((1, 2, 3, 4)), Input((1, 2, 3, 5)), Input((1, 2, 3, 4), blocked=frozenset({1}))])
    1
    """
    low, high = min(each.ids for each in inputs), max(each.ids for each in inputs)
    n = min(alike(low, high), min(len(each.ids) for each in inputs) - 1)
    changed: Iterable[int] = (position for each in inputs for position in (*each.rows, *each.blocked))
    return min(n, min(changed, default=n))


def alike(one: Sequence[int], other: Sequence[int]) -> int:
    """Return with how many tokens both begin."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
