"""Several units gone at once: probabilities worked out by hand, and calls that are counted and never made twice."""

import math

import pytest

from selfexplain.errors import InputError
from selfexplain.glass.provider import Glass
from selfexplain.records import Request
from selfexplain.witnesses.case import case_of, plain_layout
from selfexplain.witnesses.linear_model import LinearModel
from selfexplain.witnesses.taken_away import answers_without, probabilities_without
from witnesses.asked_models import REVIEW, Asked, inquiry

MODEL = LinearModel({"good": 2.0, "plot": 0.5, "dull": -1.0})
CASE = case_of(plain_layout("good dull plot"), "yes")


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize(
    ("baseline", "logits"),
    [
        ("delete", [1.5, -0.5, 0.5, 0.0]),
        ("mask", [1.5, -0.5, 0.5, 0.0]),
        ("attention_block", [1.5, -0.5, 0.5, 0.0]),
        ("embed", [1.5, 0.0, 1.5, 1.5]),  # the mean of the three weights, 0.5, stands in each word's place
    ],
)
def test_the_probability_is_that_of_what_is_left(baseline: str, logits: list[float]) -> None:
    """Of nothing, `good`, `dull` with `good`, and all three."""
    groups = [(), (0,), (0, 1), (0, 1, 2)]
    expected = {"embed": [1.5, 0.0, 1.5, 1.5]}.get(baseline, [1.5, -0.5, 0.5, 0.0])

    assert logits == expected
    assert probabilities_without(MODEL, CASE, groups, baseline) == pytest.approx([sigmoid(each) for each in logits])


def test_drawn_words_are_the_same_for_every_group() -> None:
    """`fine` or `grim`: whichever it is, `good` becomes the same with and without `plot`."""
    model = LinearModel({"good": 2.0, "fine": 1.0, "grim": -3.0})
    case = case_of(plain_layout("good it"), "yes")
    for seed in range(8):
        without, again = probabilities_without(model, case, [(0,), (0,)], "replace", pool=["fine", "grim"], seed=seed)

        assert without == again
        assert min(abs(without - sigmoid(logit)) for logit in (1.0, -3.0)) < 1e-9


@pytest.mark.parametrize("baseline", ["vocabulary_mean", "none", "deleted"])
def test_words_cannot_be_taken_away_in_a_way_that_is_none(baseline: str) -> None:
    with pytest.raises(InputError, match=f"cannot be taken away by `{baseline}`"):
        probabilities_without(MODEL, CASE, [(0,)], baseline)


async def test_answers_come_in_the_order_of_what_was_asked_and_each_is_one_call() -> None:
    """Without `superb` the bag says negative; unchanged, and without `plot`, it says positive."""
    ask = Asked(lambda question, _: f"Answer: {'positive' if 'superb' in question else 'negative'}\nConfidence: 80%")
    about = await inquiry(ask)
    units = [unit.text for unit in about.units("word")]
    superb, plot = units.index("superb"), units.index("plot")
    ask.requests.clear()
    groups: list[tuple[tuple[int, ...], int]] = [((superb, plot), 0), ((), 1), ((plot,), 0), ((), 2), ((superb,), 0)]
    seen, n_calls = await answers_without(ask, about, groups)

    assert [each.same for each in seen] == [False, True, True, True, False]
    assert n_calls == len(ask.requests) == len({request.key for request in ask.requests}) == 5


@pytest.mark.parametrize(
    ("baseline", "shown"), [("delete", "A plot, but actors."), ("mask", "A ___ plot, but ___ actors.")]
)
async def test_the_question_is_made_anew_without_all_of_them(baseline: str, shown: str) -> None:
    asked: list[str] = []

    def reply(question: str, _: Request) -> str:
        asked.append(question)
        return "Answer: positive\nConfidence: 80%"

    about = await inquiry(Asked(reply))
    units = [unit.text for unit in about.units("word")]
    await answers_without(Asked(reply), about, [((units.index("dull"), units.index("superb")), 0)], baseline=baseline)

    assert asked[-1] == shown


async def test_a_model_that_is_asked_keeps_no_embedding() -> None:
    bag = Glass("bag-honest").generate
    with pytest.raises(InputError, match="cannot be taken away by `embed`"):
        await answers_without(bag, await inquiry(bag, REVIEW), [((1,), 0)], baseline="embed")
