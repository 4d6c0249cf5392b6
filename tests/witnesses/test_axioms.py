"""What every method has to do by its definition, in models where it can be worked out by hand."""

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.errors import InputError, Undefined
from selfexplain.evidence import TEMPLATE, Evidence, ScoredUnit, Target, UnitKind
from selfexplain.prompting.parts import layout_of
from selfexplain.prompting.template import parse
from selfexplain.records import Item, Response, Token
from selfexplain.white_box import Aim, Cut, Input, Valued
from selfexplain.witnesses import (
    attention,
    attention_rollout,
    attention_saliency,
    gradient_input,
    integrated_gradients,
    occlusion,
    saliency,
    shapley,
)
from selfexplain.witnesses.attention_maps import without_sink
from selfexplain.witnesses.attention_through_layers import rolled_out
from selfexplain.witnesses.case import case_of, plain_layout
from selfexplain.witnesses.coalitions import Coalition, all_coalitions, exact_shares, in_pairs
from selfexplain.witnesses.linear_model import LinearModel
from selfexplain.witnesses.removal import Baseline
from selfexplain.witnesses.same_answer import beside, same_answer
from selfexplain.witnesses.sanity import likeness_when_shuffled
from selfexplain.witnesses.subject import Subject
from selfexplain.witnesses.witness import Witness
from witnesses.insides import ANSWER, DECIDING, deciding, inside

WEIGHTS = {"fine": 2.0, "dull": -1.5, "plot": 0.25, "film": 0.25}
TEXT = "A fine plot, a dull film"


def scores(found: Evidence) -> dict[str, float | None]:
    return {unit.text: unit.score for unit in found.units}


class Product(LinearModel):
    """Adds 3 when both `not` and `bad` are there, whose own weights are −1 each; everything else is linear."""

    together: tuple[str, ...] = ("not", "bad")

    def values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        values, settled, _ = super().values(inputs, aim)
        both = [
            all(
                self._ids[word] in given.ids and not {given.ids.index(self._ids[word])} & set(given.rows)
                for word in self.together
            )
            for given in inputs
        ]
        return Valued(values + 3.0 * np.array(both), settled)


class Trio(Product):
    """Adds 3 when three words are there: what each adds in one order and its reverse depends on the order."""

    together = ("a", "b", "c")


def test_in_a_linear_model_a_word_is_its_weight() -> None:
    """Without it the logit is less by just that; the mean of the vocabulary is 0.25."""
    model = LinearModel(WEIGHTS)
    plain = {"A": 0.0, "fine": 2.0, "plot": 0.25, "a": 0.0, "dull": -1.5, "film": 0.25}
    from_mean = {word: weight - 0.25 for word, weight in WEIGHTS.items()}

    baselines: tuple[Baseline, ...] = ("delete", "mask", "attention_block")
    for baseline in baselines:
        removed = scores(occlusion(model, TEXT, "yes", baseline=baseline))
        assert {word: removed[word] for word in plain} == pytest.approx(plain)
    for found in (occlusion(model, TEXT, "yes"), integrated_gradients(model, TEXT, "yes"), shapley(model, TEXT, "yes")):
        assert {word: scores(found)[word] for word in WEIGHTS} == pytest.approx(from_mean)
    assert {word: scores(gradient_input(model, TEXT, "yes"))[word] for word in WEIGHTS} == pytest.approx(WEIGHTS)
    assert set(scores(saliency(model, TEXT, "yes")).values()) == {1.0, math.sqrt(2), 0.0}


def test_the_other_answer_has_the_other_sign() -> None:
    found = scores(occlusion(LinearModel(WEIGHTS), TEXT, "no", baseline="delete"))

    assert (found["fine"], found["dull"]) == (-2.0, 1.5)


@pytest.mark.parametrize("target", ["logprob", "prob"])
def test_targets_are_what_they_say(target: Target) -> None:
    """p(yes) is the logistic function of the logit: without `fine` of 1.0 it is that of −1.0."""
    found = occlusion(LinearModel(WEIGHTS), TEXT, "yes", baseline="delete", target=target)
    p = [1 / (1 + math.exp(-logit)) for logit in (1.0, -1.0)]
    expected = p[0] - p[1] if target == "prob" else math.log(p[0]) - math.log(p[1])

    assert scores(found)["fine"] == pytest.approx(expected)
    assert found.target == target
    assert found.checks["value"] == pytest.approx(p[0] if target == "prob" else math.log(p[0]))


def test_replacing_a_word_takes_the_mean_over_others_that_look_like_it() -> None:
    """Words for words, names for names, numbers for numbers; the error is that of the mean of the draws."""
    model = LinearModel({"fine": 2.0, "poor": -1.0})
    found = occlusion(model, "fine Anna 7", "yes", baseline="replace", pool=["poor Ben", "8"], draws=4)

    assert [(unit.text, unit.score, unit.error) for unit in found.units] == [
        ("fine", 3.0, 0.0),
        ("Anna", 0.0, 0.0),
        ("7", 0.0, 0.0),
        ("<template>", None, None),
    ]
    assert (found.n_forward, found.seed) == (13, 0)


def test_layers_are_shuffled_as_many_and_by_the_seed_that_was_told() -> None:
    told: list[tuple[int, int]] = []

    class Told(LinearModel):
        @contextmanager
        def shuffled(self, layers: int, *, seed: int) -> Iterator[None]:
            told.append((layers, seed))
            with super().shuffled(layers, seed=seed):
                yield

    model, case = Told({"a": 1.0, "b": 2.0, "c": 3.0}), case_of(plain_layout("a b c"), "yes")
    likeness_when_shuffled(gradient_input, model, case, gradient_input(model, case), layers=2, seed=7)

    assert told == [(2, 7)]


def test_another_seed_draws_other_words() -> None:
    """Eight words, each of another weight, and two draws: the scores tell which were drawn."""
    pool = list("stuvwxyz")
    model = LinearModel({word: 2.0**place for place, word in enumerate(pool)})

    def drawn(seed: int) -> list[float | None]:
        found = occlusion(model, "fine", "yes", baseline="replace", pool=pool, draws=2, seed=seed)
        assert found.seed == seed
        return [unit.score for unit in found.units]

    assert len({tuple(drawn(seed)) for seed in (0, 10, 20, 30)}) > 1
    assert drawn(10) == drawn(10)


def test_another_seed_draws_other_orders() -> None:
    """Whoever completes the three gets all of it, so the shares tell which orders were drawn."""
    model = Trio(dict.fromkeys("abcdefg", 1.0))

    def shares(seed: int) -> list[float | None]:
        found = shapley(model, "a b c d e f g", "yes", baseline="delete", exact=False, permutations=4, seed=seed)
        assert found.seed == seed
        return [unit.score for unit in found.units]

    assert len({tuple(shares(seed)) for seed in (0, 10, 20, 30)}) > 1
    assert shares(10) == shares(10)


@pytest.mark.parametrize("seed", range(5))
def test_the_error_of_drawn_orders_is_over_pairs_of_an_order_and_its_reverse(seed: int) -> None:
    """The last of the three gets their 3; an order and its reverse are one draw."""
    found = shapley(
        Trio(dict.fromkeys("abcde", 0.0)), "a b c d e", "yes", baseline="delete", exact=False, permutations=6, seed=seed
    )
    orders = in_pairs(5, 6, seed)
    last = [max(order.index(unit) for unit in range(3)) for order in orders]
    gains = [[3.0 * (order.index(unit) == end) for unit in range(5)] for order, end in zip(orders, last, strict=True)]
    pairs = [np.mean(pair, axis=0) for pair in zip(gains[::2], gains[1::2], strict=True)]

    assert [unit.score for unit in found.units[:-1]] == pytest.approx(np.mean(gains, axis=0).tolist())
    assert [unit.error for unit in found.units[:-1]] == pytest.approx((np.std(pairs, axis=0, ddof=1) / 3**0.5).tolist())


def test_two_words_that_only_work_together_share_by_shapley() -> None:
    """`not bad`: −1 each, +3 together. Leaving one out costs 2, twice; each one's share is −1 + 3 / 2."""
    model = Product({"not": -1.0, "bad": -1.0, "so": 0.0})
    alone = occlusion(model, "so not bad", "yes", baseline="delete")
    shared = shapley(model, "so not bad", "yes", baseline="delete", exact=True)

    assert scores(alone) == {"so": 0.0, "not": 2.0, "bad": 2.0, "<template>": None}
    assert scores(shared) == pytest.approx({"so": 0.0, "not": 0.5, "bad": 0.5, "<template>": None})
    assert shared.checks["efficiency"] == pytest.approx(0.0, abs=1e-12)
    assert (shared.n_forward, shared.mode) == (8, "exact")


def test_drawn_orders_come_near_the_exact_shares_and_say_how_near() -> None:
    """An order and its reverse together are exact for pairs that interact: the error is 0, and so is the difference."""
    model = Product({"not": -1.0, "bad": -1.0, "so": 0.0})
    found = shapley(model, "so not bad", "yes", baseline="delete", exact=False, permutations=4)

    assert scores(found) == pytest.approx({"so": 0.0, "not": 0.5, "bad": 0.5, "<template>": None})
    assert [unit.error for unit in found.units] == [0.0, 0.0, 0.0, None]
    assert found.checks["efficiency"] == pytest.approx(0.0, abs=1e-12)
    assert (found.mode, found.seed) == ("4 permutations", 0)


@st.composite
def games(draw: st.DrawFn) -> tuple[int, dict[Coalition, float]]:
    n = draw(st.integers(1, 5))
    numbers = st.floats(-10, 10, allow_nan=False)
    return n, {each: draw(numbers) for each in all_coalitions(n)}


@settings(deadline=None)  # a loaded machine is no bug
@given(games())
def test_exact_shares_are_the_mean_over_all_orders(game: tuple[int, dict[Coalition, float]]) -> None:
    """The definition, the slow way; and together they are what everybody achieves beyond nobody."""
    n, values = game
    gains = np.zeros(n)
    for order in itertools.permutations(range(n)):
        there: Coalition = frozenset()
        for unit in order:
            gains[unit] += values[there | {unit}] - values[there]
            there |= {unit}
    shares = exact_shares(n, values)

    assert shares == pytest.approx(gains / math.factorial(n), abs=1e-9)
    assert shares.sum() == pytest.approx(values[frozenset(range(n))] - values[frozenset()], abs=1e-9)


@settings(deadline=None)  # a loaded machine is no bug
@given(games(), games(), st.floats(-3, 3))
def test_shares_are_linear_in_the_game(
    one: tuple[int, dict[Coalition, float]], other: tuple[int, dict[Coalition, float]], factor: float
) -> None:
    n = min(one[0], other[0])
    both = {each: one[1][each] + factor * other[1][each] for each in all_coalitions(n)}
    expected = exact_shares(n, {each: one[1][each] for each in both})
    expected = expected + factor * exact_shares(n, {each: other[1][each] for each in both})

    assert exact_shares(n, both) == pytest.approx(expected, abs=1e-8)


@settings(deadline=None)  # a loaded machine is no bug
@given(games(), st.floats(-5, 5))
def test_who_adds_nothing_gets_nothing_and_who_is_alike_gets_alike(
    game: tuple[int, dict[Coalition, float]], own: float
) -> None:
    """A further player who adds the same to everybody gets just that; two such get the same."""
    n, values = game
    more = {each | extra: value + own * len(extra) for each, value in values.items() for extra in subsets(n, n + 1)}
    shares = exact_shares(n + 2, more)

    assert shares[n:] == pytest.approx([own, own], abs=1e-8)
    assert shares[:n] == pytest.approx(exact_shares(n, values), abs=1e-8)


def subsets(*players: int) -> list[Coalition]:
    return [frozenset(each) for size in range(len(players) + 1) for each in itertools.combinations(players, size)]


class Curved(LinearModel):
    """The logit cubed: gradients change on the way, and integrated gradients have to follow."""

    def values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        values, settled, _ = super().values(inputs, Aim("margin", aim.answer))
        return Valued(values**3, settled)

    def gradients(self, inputs: Sequence[Input], aim: Aim, positions: Sequence[int]) -> Valued:
        logits = super().values(inputs, Aim("margin", aim.answer)).values
        _, settled, slopes = super().gradients(inputs, Aim("margin", aim.answer), positions)
        assert slopes is not None
        return Valued(logits**3, settled, slopes * (3 * logits**2)[:, None, None])


def test_integrated_gradients_are_complete_on_a_curved_way() -> None:
    """From 3 · 0.25 = 0.75 to 2.25 the cube grows by 10.97; each word gets its part of the way of it."""
    words = {"fine": 2.0, "plot": 0.0, "film": 0.25, "dull": -1.25}
    found = integrated_gradients(Curved(words), "fine plot film", "yes", steps=64)
    effect = 2.25**3 - 0.75**3

    assert sum(unit.score or 0.0 for unit in found.units) == pytest.approx(effect, rel=1e-4)
    assert scores(found)["fine"] == pytest.approx(effect * 1.75 / 1.5, rel=1e-4)
    assert scores(found)["plot"] == pytest.approx(effect * -0.25 / 1.5, rel=1e-4)
    assert found.checks["completeness"] == pytest.approx(1 / (4 * 64**2) * 1.5**3 / effect, rel=0.01)
    assert (found.status, found.n_forward, found.n_backward) == ("ok", 66, 64)


def test_too_few_steps_are_doubled_and_too_large_an_error_is_said() -> None:
    """One step misses more than a twentieth of the cube's growth, two do not; where no more are allowed, it is said."""
    words = {"fine": 2.0, "dull": -2.0}
    doubled = integrated_gradients(Curved(words), "fine", "yes", steps=1, most_steps=4)
    refused = integrated_gradients(Curved(words), "fine", "yes", steps=1, most_steps=1)

    # On the way from 0 to 2 the midpoint rule gives 6 of 8, then 7.5, then 7.875.
    assert scores(doubled)["fine"] == pytest.approx(7.875)
    assert (doubled.mode, doubled.n_backward, doubled.status) == ("midpoint 4", 7, "ok")
    assert scores(refused)["fine"] == pytest.approx(6.0)
    assert refused.status == "incomplete"
    assert refused.checks["completeness"] == pytest.approx(0.25)


def test_where_the_text_has_no_effect_there_is_nothing_to_share() -> None:
    found = integrated_gradients(LinearModel({"fine": 0.02, "dull": 0.0}), "fine", "yes")

    assert found.status == "no_effect"
    assert "nothing to distribute" in found.why


def test_rollout_multiplies_the_layers_with_half_of_each_step_kept() -> None:
    """Two layers of even attention over three tokens, by hand."""
    even = np.tril(np.ones((3, 3))) / np.arange(1, 4)[:, None]
    step = (even + np.eye(3)) / 2
    reached = rolled_out(np.stack([even, even])[:, None])

    assert reached == pytest.approx((step @ step)[2])
    assert reached.sum() == pytest.approx(1.0)
    assert attention_rollout(LinearModel({}), "a b", "yes").units[0].score == pytest.approx(0.125)


def test_attention_stands_with_and_without_the_first_token_and_the_template() -> None:
    """Seven tokens get a seventh each: the turn's own, five words, and where the reply begins."""
    found = attention(LinearModel({}), "a b c d e", "yes")
    share = pytest.approx(1 / 7)

    assert [unit.score for unit in found.units] == [share] * 5 + [pytest.approx(2 / 7)]
    assert [unit.also.get("without_sink") for unit in found.units] == [pytest.approx(0.2)] * 5 + [None]
    assert found.checks["first_position"] == share
    assert found.checks["template"] == pytest.approx(2 / 7)
    assert "1902.10186" in str(found.checks["caution"])


def test_the_first_token_is_left_out_of_shares_even_where_it_is_a_words() -> None:
    """Of 0.6 + 0.1, 0.2 and the template's 0.1 stay 0.1 and 0.2."""
    case = case_of(plain_layout("a b"), "yes")
    subject = Subject(case, Cut((5, 6, 7, 8), ((), (), (), ()), (1,)), Aim("logprob", (1,)), ((0, 1), (2,), (3,)), 0.0)

    assert without_sink(subject, np.array([0.6, 0.1, 0.2, 0.1])) == [pytest.approx(1 / 3), pytest.approx(2 / 3), None]
    assert without_sink(subject, np.array([1.0, 0.0, 0.0, 0.0])) == [None, None, None]


def test_heads_that_pull_apart_cancel_out_before_layers_are_summed() -> None:
    """In a random model of several heads: Σ |Σ A ∂f/∂A| over layers, and beside it Σ Σ |A ∂f/∂A|."""
    model, text = inside("llama"), "ab cd"
    found = attention_saliency(model, text, "x")
    cut = model.cut(plain_layout(text).messages, "", "x")
    seen = model.attention(Input(cut.ids), Aim("margin", cut.answer))
    assert seen.gradients is not None
    products = seen.weights[:, :, -1] * seen.gradients[:, :, -1]
    start = cut.places.index(((0, 0),))
    summed, apart = np.zeros(2), np.zeros(2)
    for layer in products:
        summed += [abs(layer[:, start + shift : start + shift + 2].sum(axis=0)).sum() for shift in (0, 3)]
        apart += [abs(layer[:, start + shift : start + shift + 2]).sum() for shift in (0, 3)]

    assert [unit.score for unit in found.units[:2]] == pytest.approx(summed, rel=1e-3)
    assert [unit.also["of_heads"] for unit in found.units[:2]] == pytest.approx(apart, rel=1e-3)
    assert (apart > 1.005 * summed).all()


@pytest.mark.parametrize("witness", plugins.witnesses().values(), ids=lambda each: each.facts.name)
def test_every_witness_finds_the_letter_that_decides(witness: Witness) -> None:
    """In a transformer that says Y if and only if it has read a Z, by construction; and nothing else comes near."""
    found = witness(deciding(), "ab c" + DECIDING + "d efg hi?", ANSWER)
    moved = {unit.text: abs(unit.score) for unit in found.units if unit.part != TEMPLATE and unit.score is not None}
    word = f"c{DECIDING}d"

    assert found.status == "ok"
    assert max(moved, key=lambda text: moved[text]) == word
    if witness.facts.name != "attention-rollout":  # which keeps half of each place where it is
        assert moved[word] > 2 * max(value for text, value in moved.items() if text != word)
    assert [unit.text for unit in found.units] == ["ab", word, "efg", "hi", "<punctuation>", "<template>"]
    assert [unit.n_tokens for unit in found.units[:5]] == [2, 3, 3, 2, 1]
    assert found.n_forward >= 1
    assert plugins.witness(found.witness) is witness


SHORT = """---
name: short
version: 1
elicits: [answer]
---
## user
{% for example in examples %}
{{ example.question }}={{ example.answer }}
{% endfor %}
{% for option in options %}
{{ option.label }}) {{ option.text }}
{% endfor %}
{{ question }}
"""


@pytest.mark.parametrize("kind", ["example", "option"])
@pytest.mark.parametrize("witness", plugins.witnesses().values(), ids=lambda each: each.facts.name)
def test_every_witness_finds_the_example_or_the_option_that_decides(witness: Witness, kind: UnitKind) -> None:
    """Each is one unit, with the words around it; the others of its kind come nowhere near."""
    examples = [
        Item(f"e{n}", text, ("in",)) for n, text in enumerate(("ab", "c" + DECIDING * (kind == "example"), "de"))
    ]
    item = Item("q", "ef?", ("gh",), choices=("gh", "i" + DECIDING * (kind == "option"), "jk"))
    case = case_of(layout_of(parse(SHORT, where="short").showing(examples), item), ANSWER, kind=kind)
    found = witness(deciding(), case)
    moved = {
        unit.part: abs(unit.score) for unit in found.units if unit.part.startswith(kind) and unit.score is not None
    }
    (deciding_part,) = {"example": {"example 2"}, "option": {"option B"}}[kind]

    assert found.status == "ok"
    assert [unit.part for unit in found.units] == ["question", *moved, "template"]
    assert len(moved) == 3
    assert max(moved, key=lambda part: moved[part]) == deciding_part
    if witness.facts.name != "attention-rollout":
        assert moved[deciding_part] > 2 * sorted(moved.values())[-2]


@pytest.mark.parametrize("witness", plugins.witnesses().values(), ids=lambda each: each.facts.name)
def test_every_witness_says_what_it_is(witness: Witness) -> None:
    """Its cost before it is called is what it then spends, in the linear model with five words."""
    facts = witness.facts
    found = witness(LinearModel(WEIGHTS), "one two three four five", "yes")
    expected = facts.cost(5, 7)

    assert facts.question.endswith("?")
    assert facts.source
    assert (found.n_forward, found.n_backward) in {
        (expected.forward, expected.backward),
        (expected.forward + 1, expected.backward),  # occlusion of the template
    }
    assert found.target == facts.targets[0] or facts.family == "attention"
    with pytest.raises(InputError, match="cannot explain `flip`"):
        witness(LinearModel(WEIGHTS), TEXT, "yes", target="flip")
    assert facts.signed or all((unit.score or 0.0) >= 0 for unit in found.units)


def test_noise_in_the_model_changes_what_a_witness_finds_in_it() -> None:
    """Reversed weights give reversed ranks; attention in the linear model does not look at weights at all."""
    model, case = LinearModel({"a": 1.0, "b": 2.0, "c": 3.0}), case_of(plain_layout("a b c"), "yes")

    assert likeness_when_shuffled(gradient_input, model, case, gradient_input(model, case), layers=1) == -1.0
    with pytest.raises(Undefined, match="score alike"):
        likeness_when_shuffled(attention, model, case, attention(model, case), layers=1)


@pytest.mark.parametrize(
    ("text", "logit", "logprob", "status"),
    [
        ("yes", 2.0, math.log(0.88), "ok"),
        ("yes", 2.0, -1.0, "answer_mismatch"),
        ("no", -2.0, -2.1, "answer_mismatch"),
    ],
)
def test_another_answer_or_probability_is_a_mismatch(text: str, logit: float, logprob: float, status: str) -> None:
    """p(yes) is 0.88 here: the served model may differ by half a unit of log-probability, and not by more."""
    model, case = LinearModel({"good": 2.0}), case_of(plain_layout("good plot"), text)
    found = same_answer(model, case, Response("completed", text + "!", (Token(text, logprob), Token("!", 0.0))))
    evidence = beside(occlusion(model, case), found)

    assert found.status == evidence.status == status
    assert found.checks["served_difference"] == pytest.approx(abs(logprob + math.log(1 + math.exp(-logit))))
    assert evidence.checks["answer_gap"] == pytest.approx(max(0.0, -logit))
    assert bool(evidence.why) == (status != "ok")


def test_scores_that_are_no_numbers_are_refused() -> None:
    unit = ScoredUnit("a", "question", ((0, 1),), math.nan)
    with pytest.raises(InputError, match="no number"):
        Evidence("occlusion", "q", 0, "margin", "word", "embed", (unit,))
