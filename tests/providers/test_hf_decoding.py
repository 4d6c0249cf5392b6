"""Batches against the definition: a plain forward pass over one text at a time, on tiny random models."""

import math
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from providers.tiny_models import END, KINDS, close, need_the_extra, save_tiny
from selfexplain.errors import ProviderError
from selfexplain.providers.batch_decoding import Decoder, Prompt, Row, chosen_from
from selfexplain.providers.loaded_model import LoadedModel, load
from selfexplain.providers.written_tokens import Written

SHARED = list(range(40, 64))
PROMPTS = [SHARED + [97 + place] * n for place, n in enumerate((1, 7, 3, 12, 30))]
"""Begin alike, and then differ in length."""


@pytest.fixture(scope="module", params=KINDS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(save_tiny(tmp_path_factory.mktemp("tiny") / request.param, request.param))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(save_tiny(tmp_path_factory.mktemp("tiny") / "llama", "llama"))


def decoded(decoder: Decoder, prompts: Sequence[Prompt]) -> list[Any]:
    """Return what a batch wrote, row by row."""
    told: list[Any] = [None] * len(prompts)

    def teller(place: int) -> Callable[[Written | ProviderError], None]:
        def tell(result: Written | ProviderError) -> None:
            assert told[place] is None
            told[place] = result

        return tell

    decoder.decode([Row(prompt, teller(place)) for place, prompt in enumerate(prompts)])
    return told


def plain_logprobs(loaded: LoadedModel, ids: list[int]) -> Any:
    """Return the log-probabilities of every next token, of shape (tokens, vocabulary), by one pass without memory."""
    import torch

    with torch.inference_mode():
        logits = loaded.model(torch.tensor([ids], device=loaded.model.device), use_cache=False).logits
    return logits[0].float().log_softmax(dim=1).cpu()


def test_a_batch_writes_what_a_plain_pass_finds_most_probable(loaded: LoadedModel) -> None:
    """Token for token, with its log-probability and the next most probable ones; also behind a window that slides."""
    for written, ids in zip(
        decoded(Decoder(loaded.model, frozenset()), [Prompt(ids, 9, top=3) for ids in PROMPTS]), PROMPTS, strict=True
    ):
        expected = plain_logprobs(loaded, ids + written.ids)[len(ids) - 1 : -1]
        best = expected.topk(3, dim=1)

        assert len(written.ids) == 9
        assert written.ids == expected.argmax(dim=1).tolist()
        assert written.logprobs == pytest.approx(best.values[:, 0].tolist(), abs=close())
        assert [[token for token, _ in top] for top in written.top] == best.indices.tolist()
        for top, values in zip(written.top, best.values.tolist(), strict=True):
            assert [logprob for _, logprob in top] == pytest.approx(values, abs=close())


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_what_shares_a_batch_changes_nothing(loaded: LoadedModel, temperature: float) -> None:
    """Alone, all together, in reverse, twice after one another: the same tokens, also those that are drawn."""
    prompts = [Prompt(ids, 8, temperature, seed=place % 2) for place, ids in enumerate(PROMPTS)]
    decoder = Decoder(loaded.model, frozenset({END}))
    together = decoded(decoder, prompts)
    ways = [
        decoded(decoder, prompts[::-1])[::-1],
        [decoded(decoder, [prompt])[0] for prompt in prompts],
        [decoded(Decoder(loaded.model, frozenset({END})), [prompt])[0] for prompt in prompts],
        decoded(decoder, prompts[:2]) + decoded(decoder, prompts[2:]),
    ]

    for way in ways:
        assert [row.ids for row in way] == [row.ids for row in together]
        for row, other in zip(way, together, strict=True):
            assert row.logprobs == pytest.approx(other.logprobs, abs=close())


def test_a_seed_is_one_series_of_draws_for_each_question(llama: LoadedModel) -> None:
    """Another seed draws otherwise; without one nobody can repeat it; two questions have two series."""
    decoder = Decoder(llama.model, frozenset())
    one, same, other, free, again = (
        row.ids for row in decoded(decoder, [Prompt(PROMPTS[0], 12, 5.0, seed) for seed in (1, 1, 2, None, None)])
    )
    numbers = [Row(Prompt(ids, 1, 1.0, 1), print).draw() for ids in PROMPTS]

    assert one == same
    assert len({tuple(ids) for ids in (one, other, free, again)}) == 4
    assert len(set(numbers)) == len(numbers)


def test_a_draw_is_the_first_token_whose_cumulative_probability_exceeds_the_number() -> None:
    """Probabilities 0.2, 0.5, 0, 0.3: a number of 0.1 is the first, 0.2 to 0.69 the second, never the third."""
    need_the_extra()
    import torch

    numbers = [0.1, 0.21, 0.69, 0.71, 0.999999]
    rows: Any = [SimpleNamespace(prompt=Prompt([1], 1, 1.0), draw=iter([number]).__next__) for number in numbers]
    cold: Any = SimpleNamespace(prompt=Prompt([1], 1, 0.0))
    logits = torch.tensor([0.2, 0.5, 0.0, 0.3]).log().expand(6, 4)

    assert chosen_from(logits, [*rows, cold]).tolist() == [0, 1, 1, 3, 3, 1]


def test_the_end_of_a_turn_ends_that_row_only(llama: LoadedModel) -> None:
    """The third token of one row is made an end: it stops there, and who never writes it goes on."""
    free = decoded(Decoder(llama.model, frozenset()), [Prompt(ids, 9) for ids in PROMPTS])
    end = free[1].ids[2]
    ended = decoded(Decoder(llama.model, frozenset({end})), [Prompt(ids, 9) for ids in PROMPTS])

    for row, whole in zip(ended, free, strict=True):
        assert row.ended == (end in whole.ids)
        assert row.ids == whole.ids[: whole.ids.index(end) + 1 if row.ended else None]
    assert ended[1].ended
    assert not all(row.ended for row in ended)


def test_each_row_has_its_own_length(llama: LoadedModel) -> None:
    """And is told as soon as it is ready, before the longer ones."""
    order: list[int] = []

    def noted(result: Written | ProviderError) -> None:
        assert isinstance(result, Written)
        order.append(len(result.ids))

    rows = [Row(Prompt(ids, n), noted) for ids, n in zip(PROMPTS, (3, 1, 5, 2, 4), strict=True)]
    Decoder(llama.model, frozenset()).decode(rows)

    assert order == [1, 2, 3, 4, 5]
    assert [len(row.written.ids) for row in rows] == [3, 1, 5, 2, 4]


def test_what_nobody_waits_for_is_given_up(llama: LoadedModel) -> None:
    """After its second token; the others are what they would have been."""
    told: list[Any] = []
    rows = [Row(Prompt(ids, 6), told.append) for ids in PROMPTS]
    rows[3].is_wanted = lambda: len(rows[3].written.ids) < 2
    Decoder(llama.model, frozenset()).decode(rows)
    alone = decoded(Decoder(llama.model, frozenset()), [Prompt(ids, 6) for ids in PROMPTS])

    assert len(told) == 4
    assert len(rows[3].written.ids) == 2
    assert [row.written.ids for row in rows[:3]] == [row.ids for row in alone[:3]]


@pytest.fixture
def broken(llama: LoadedModel) -> Iterator[LoadedModel]:
    """Give a model whose numbers are none as soon as it has read the letter `d`."""
    import torch

    weight = llama.model.get_input_embeddings().weight
    kept = weight[100].clone()
    with torch.no_grad():
        weight[100] = math.nan
    yield llama
    with torch.no_grad():
        weight[100] = kept


def test_numbers_that_are_none_are_a_failure_of_that_row(broken: LoadedModel) -> None:
    """The fourth prompt has that letter; no text and no probability comes of it, and nothing to the others."""
    greedy = decoded(Decoder(broken.model, frozenset()), [Prompt(ids, 1) for ids in PROMPTS])
    drawn = decoded(Decoder(broken.model, frozenset()), [Prompt(ids, 1, 1.0, 1) for ids in PROMPTS])

    for told in (greedy, drawn):
        assert [isinstance(each, ProviderError) for each in told] == [False, False, False, True, False]
        assert told[3].kind == "bad_reply"
        assert "NaN" in told[3].message
        assert all(math.isfinite(each.logprobs[0]) for each in told if isinstance(each, Written))


def test_what_all_begin_with_is_read_once(llama: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """24 tokens that five prompts share, and then what each has left; the next batch knows the 24 already."""
    decoder, read = Decoder(llama.model, frozenset()), list[tuple[int, ...]]()
    forward = decoder._forward

    def noted(ids: Any, *rest: Any) -> Any:
        read.append(tuple(ids.shape))
        return forward(ids, *rest)

    monkeypatch.setattr(decoder, "_forward", noted)
    decoded(decoder, [Prompt(ids, 1) for ids in PROMPTS])
    decoded(decoder, [Prompt(ids, 1) for ids in PROMPTS[:2]])

    assert read == [(1, 24), (5, 30), (2, 7)]
