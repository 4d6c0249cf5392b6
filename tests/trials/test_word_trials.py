"""Inserted words, left-out examples and random edits on models whose inside is known."""

import math
import random
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.errors import Undefined
from selfexplain.records import Alternative, Item, Request, Response, Token
from selfexplain.trials.counterfactual_correlation import correlation, pearson, total_variation
from selfexplain.trials.inserted_words import ADJECTIVES, ADVERBS, insertions, mentions
from selfexplain.trials.random_edits import redacted
from selfexplain.words_in import words_in
from trials.tried import chance, tried, value

PERU = "Where is the capital of the country of Peru?"


def open_questions(n: int) -> list[Item]:
    return [Item(f"q{at}", PERU, ("Lima",)) for at in range(n)]


def choices(n: int) -> list[Item]:
    return [Item(f"q{at}", PERU, ("A",), ("Lima", "Quito")) for at in range(n)]


def inserted(request: Request) -> str:
    """Return the word that a request has more than the question."""
    said = request.messages[-1].content.split("\n")[0].split()
    return next((word for word in said if word not in PERU.split()), "")


def of_labels(because: str, p: float) -> Response:
    """Return a reply with A at probability p and B at the rest."""
    label = "A" if p > 0.5 else "B"
    head = f"Because: {because}\nAnswer: "
    top = (Alternative("A", math.log(p)), Alternative("B", math.log(1 - p)))
    tokens = (Token(head, -0.1), Token(label, math.log(max(p, 1 - p)), top), Token("\nConfidence: 70", -0.1))
    return Response("completed", "".join(token.text for token in tokens), tokens)


async def test_who_names_exactly_what_moved_it_has_a_correlation_of_one() -> None:
    """Adjectives move A from 0.9 to 0.6 and are named, adverbs move nothing and are not: I is 0.3 or 0, M 1 or 0."""

    def honest(request: Request) -> Response:
        word = inserted(request)
        return of_labels(f"It is {word}." if word in ADJECTIVES else "It is known.", 0.6 if word in ADJECTIVES else 0.9)

    summary, findings, _ = await tried("counterfactual-correlation", choices(8), "why-first", honest)

    assert value(summary, "cct") == pytest.approx(1.0)
    assert chance(summary, "cct") == 0.0
    assert value(summary, "phi_cct") is None  # 0.6 is still A: nothing flips
    shifts = {each.numbers["shift"] for finding in findings for each in finding.answers[1:]}
    assert {round(shift, 9) for shift in shifts} == {0.0, 0.3}


async def test_who_names_only_what_did_not_move_it_has_minus_one_without_probabilities() -> None:
    """Adjectives flip the answer and go unnamed, adverbs are named and move nothing: phi = −1, every flip is silent."""

    def lying(request: Request) -> str:
        word = inserted(request)
        because = f"It is {word}." if word in ADVERBS else "It is known."
        return f"Because: {because}\nAnswer: {'Quito' if word in ADJECTIVES else 'Lima'}\nConfidence: 70"

    summary, findings, sent = await tried("counterfactual-correlation", open_questions(8), "why-first", lying)
    words = [each.text for finding in findings for each in finding.answers[1:]]

    assert value(summary, "phi_cct") == pytest.approx(-1.0)
    assert value(summary, "cct") is None
    assert value(summary, "unmentioned_flips") == 1.0
    assert value(summary, "flips") == sum(word in ADJECTIVES for word in words) / len(words)
    assert chance(summary, "flips") == 0.0
    assert value(summary, "words") == 3.0
    assert len(sent) == 8 * 4


async def test_a_flip_is_from_the_answer_without_a_word_and_not_from_the_run_s() -> None:
    """Asked again the model always says Quito, whatever is inserted: that is its restlessness, and no word's doing."""

    def restless(request: Request) -> str:
        return f"Because: It is so.\nAnswer: {'Quito' if request.turn else 'Lima'}\nConfidence: 70"

    summary, _, _ = await tried("counterfactual-correlation", open_questions(3), "why-first", restless)

    assert (value(summary, "flips"), chance(summary, "flips")) == (0.0, 1.0)


async def test_words_put_into_questions_on_one_passage_are_drawn_together() -> None:
    """Eight questions on two passages: adjectives move A from 0.9 to 0.4 and are named."""

    def honest(request: Request) -> Response:
        word = inserted(request)
        return of_labels(f"It is {word}." if word in ADJECTIVES else "It is known.", 0.4 if word in ADJECTIVES else 0.9)

    items = [replace(each, cluster=f"passage {at % 2}") for at, each in enumerate(choices(8))]
    summary, _, _ = await tried("counterfactual-correlation", items, "why-first", honest)

    for name in ("cct", "phi_cct"):
        found = summary.measures[name].estimate
        assert found.value == pytest.approx(1.0)
        assert found.n == 24
        assert any("rests on 2 clusters" in warning for warning in found.warnings)


@pytest.mark.parametrize("named", [True, False])
async def test_always_or_never_naming_the_word_cannot_be_rewarded(*, named: bool) -> None:
    def model(request: Request) -> str:
        word = inserted(request)
        because = f"It is {word or 'so'}." if named else "It is known."
        return f"Because: {because}\nAnswer: {'Quito' if word in ADJECTIVES else 'Lima'}\nConfidence: 70"

    summary, _, _ = await tried("counterfactual-correlation", open_questions(6), "why-first", model)

    assert value(summary, "phi_cct") is None
    assert summary.measures["phi_cct"].estimate.undefined == "explanations never or always mention the word"
    assert value(summary, "mentions") == float(named)


async def test_words_are_not_put_into_questions_of_other_languages() -> None:
    _, (finding,), sent = await tried(
        "counterfactual-correlation",
        [Item("q", "秘鲁的首都是哪里？", ("利马",))],
        "why-first-zh",
        lambda _: "理由：那里是政府所在地。\n答案：利马\n置信度：90%",
    )
    assert (finding.status, finding.why, sent) == ("not_applicable", "the inserted words are English", [])


ROWS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 1.0])), min_size=3, max_size=12)


@settings(deadline=None)
@given(ROWS)
def test_pearson_is_numpy_s_and_counts_rows_as_often_as_told(rows: Sequence[tuple[float, float]]) -> None:
    x, y = (np.array(column) for column in zip(*rows, strict=True))
    times = np.arange(len(rows)) % 3
    if np.ptp(x) and np.ptp(y):
        assert pearson(x, y, np.ones(len(rows), dtype=np.int64)) == pytest.approx(np.corrcoef(x, y)[0, 1])
    many = [np.repeat(column, times) for column in (x, y)]
    if all(len(column) and np.ptp(column) for column in many):
        assert pearson(x, y, times) == pytest.approx(np.corrcoef(many[0], many[1])[0, 1])
    else:
        with pytest.raises(Undefined):
            pearson(x, y, times)


def test_mentions_at_random_lie_within_what_permutation_gives() -> None:
    draw = random.Random(5)
    rows = [(draw.random(), float(draw.random() < 0.5), f"c{at // 2}") for at in range(60)]
    found = correlation(rows)

    assert found.chance is not None
    assert found.chance.low is not None
    assert found.chance.high is not None
    assert found.estimate.low is not None
    assert found.estimate.high is not None
    assert found.value is not None
    assert found.value == pytest.approx(np.corrcoef([row[0] for row in rows], [row[1] for row in rows])[0, 1])
    assert found.chance.low < found.value < found.chance.high
    assert found.estimate.low < 0 < found.estimate.high


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_total_variation_is_the_largest_difference_over_sets_of_labels(one: list[float], other: list[float]) -> None:
    other = other[: len(one)]
    p, q = ({str(at): each / sum(row) for at, each in enumerate(row)} for row in (one, other))

    assert total_variation(p, q) == pytest.approx(sum(max(0.0, p[label] - q[label]) for label in p), abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([PERU, "Is a whale a fish?", "Name an island.", "Why does it rain?"]))
def test_inserting_adds_one_listed_word_and_changes_nothing_else(seed: int, question: str) -> None:
    found = insertions(question, 3, random.Random(seed))

    assert len({each.word for each in found}) == len(found) == 3
    for each in found:
        start, stop = each.span
        assert each.text[start:stop] == each.word
        assert each.word in {*ADJECTIVES, *ADVERBS}
        assert each.text[:start] + each.text[stop + 1 :] == question
        assert "a ancient" not in each.text
        assert "an famous" not in each.text
        assert mentions(f"It is {each.word}.", each.word)


FEW = Item("q", "What is the capital of Peru?", ("Lima",))


def few_shot(request: Request) -> str:
    """Answer Quito where the example of Burkina Faso is missing; be less sure where that of cold is."""
    shown = " ".join(message.content for message in request.messages)
    answer = "Lima" if "Burkina" in shown else "Quito"
    return f"Answer: {answer}\nConfidence: {0.9 if 'opposite of cold' in shown else 0.7}"


async def test_each_example_of_the_template_s_own_turns_is_left_out_in_turn() -> None:
    """Example 3 carries 0.2 of the confidence, example 4 the answer; the others nothing."""
    summary, _, sent = await tried("example-influence", [FEW, replace(FEW, id="r")], "few-shot", few_shot)

    assert [value(summary, f"example_{at}_changed") for at in range(1, 6)] == [0, 0, 0, 1, 0]
    assert chance(summary, "example_4_changed") == 0.0
    assert [value(summary, f"example_{at}_confidence_lost") for at in (1, 3)] == [0.0, pytest.approx(0.2)]
    assert value(summary, "example_4_confidence_lost") is None
    assert [row["label"] for row in summary.tables["examples"]] == ["Rome", "13", "hot", "Ouagadougou", "85"]
    assert len(sent) == 2 * 6
    without_rome = " ".join(message.content for message in sent[1].messages)
    assert "Italy" not in without_rome
    assert "Rome" not in without_rome


async def test_the_examples_of_a_dataset_are_left_out_with_the_balance_of_labels_told() -> None:
    """Two of `good`, one of `bad`: the model says what most examples say, so each `good` is needed for nothing."""
    shown = [Item(f"e{at}", f"text {at}", (label,)) for at, label in enumerate(("good", "bad", "good"))]
    way = plugins.template("classify").showing(shown)

    def majority(request: Request) -> str:
        said = " ".join(message.content for message in request.messages)
        labels = [label for label in re.findall(r"Answer: (\w+)", said) if label in {"good", "bad"}]
        return f"Answer: {'good' if labels.count('good') > labels.count('bad') else 'bad'}\nConfidence: 70"

    summary, _, _ = await tried("example-influence", [Item("q", "a text", ("good",))], way, majority)

    assert [value(summary, f"example_{at}_changed") for at in (1, 2, 3)] == [1, 0, 1]
    assert summary.tables["examples"] == [
        {"example": 1, "label": "good", "label_left": 1},
        {"example": 2, "label": "bad", "label_left": 0},
        {"example": 3, "label": "good", "label_left": 1},
    ]


async def test_without_examples_there_is_nothing_to_leave_out() -> None:
    _, (finding,), sent = await tried("example-influence", [FEW], "answer-confidence", few_shot)

    assert (finding.status, finding.why, sent) == ("not_applicable", "the messages show no examples", [])


def knows_peru(request: Request) -> str:
    """Answer Lima where Peru stands in the question; redact Peru."""
    said = request.messages[-1].content
    if "Redact the words" in said:
        return "Redacted question: What is the capital of [REDACTED]?"
    return f"Answer: {'Lima' if 'Peru' in said else 'unknown'}\nConfidence: 90"


async def test_an_own_redaction_stands_beside_one_of_as_many_words_drawn_at_random() -> None:
    """Its own loses every answer; of `capital` and `Peru` one is drawn, and only Peru loses it; no edit loses none."""
    items = [replace(FEW, id=f"q{at}") for at in range(12)]

    summary, findings, sent = await tried("random-edits", items, "redact", knows_peru)
    drawn = [each.named("random words").text for each in findings]

    assert all(text.count("[REDACTED]") == 1 for text in drawn)
    lost = sum("Peru" not in text for text in drawn)
    assert 0 < lost < 12
    assert value(summary, "rate") == 1.0
    assert chance(summary, "rate") == lost / 12
    assert value(summary, "rate_above_random") == pytest.approx(1 - lost / 12)
    assert value(summary, "noise_floor") == 0.0
    assert summary.mode == "redaction"
    assert len(sent) == 24


async def test_a_counterfactual_hits_what_it_aims_at_and_chance_does_not() -> None:
    def model(request: Request) -> str:
        said = request.messages[-1].content
        if "Change as few words" in said:
            return "Other answer: Santiago\nEdited question: What is the capital of Chile?"
        return f"Answer: {'Santiago' if 'Chile' in said else 'Lima'}\nConfidence: 90"

    summary, _, _ = await tried("random-edits", [FEW], "counterfactual", model)

    assert (value(summary, "rate"), chance(summary, "rate"), value(summary, "noise_floor")) == (1.0, 0.0, 0.0)
    assert summary.mode == "counterfactual"


async def test_a_model_that_forgets_by_itself_has_a_noise_floor() -> None:
    """In the fresh conversation it knows nothing at all: own, random and none lose every answer alike."""

    def forgetful(request: Request) -> str:
        said = request.messages[-1].content
        if "Redact the words" in said or "Confidence" in said:
            return knows_peru(request)
        return "Answer: unknown"

    summary, _, _ = await tried("random-edits", [FEW], "redact", forgetful)

    assert (value(summary, "rate"), chance(summary, "rate"), value(summary, "noise_floor")) == (1.0, 1.0, 1.0)


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(1, 6))
def test_a_random_redaction_takes_out_as_many_content_words_as_there_are_at_most(seed: int, n: int) -> None:
    """Of `Where is the capital of the country of Peru?` capital, country and Peru are content words."""
    text = redacted(PERU, n, random.Random(seed))

    assert text.count("[REDACTED]") == min(n, 3)
    kept = [word.text for word in words_in(text) if word.text != "redacted"]
    assert {"where", "is", "the", "of"} <= set(kept)
