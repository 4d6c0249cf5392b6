"""Models of glass: what they answer can be worked out by hand, and what they say of it is true or false by design."""

import asyncio
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.errors import InputError, ProviderError
from selfexplain.glass.bag import BIAS, WEIGHTS, Bag
from selfexplain.glass.explaining import spoken
from selfexplain.glass.form import form_of
from selfexplain.glass.provider import NAMES, Glass
from selfexplain.glass.thinking import Thinking
from selfexplain.glass.tree import Tree
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.records import Item, Message, Request, SelfReport
from selfexplain.white_box import Aim, Input, WhiteBox
from selfexplain.words_in import words_in

MIXED = Item("q", "A dull plot, but superb and warm actors.", ("positive",), choices=("negative", "positive"))

FORMS = ("top-words", "word-scores", "quotes", "redact", "counterfactual", "steps", "answer-why-confidence", "two-turn")

THINKING: tuple[Thinking, ...] = (Bag(), Tree())


def told(name: str, template: str, item: Item = MIXED) -> SelfReport:
    async def asked() -> SelfReport:
        return await once(item, plugins.template(template), Glass(name).generate, sampling=Sampling(0.0, 1), repeat=0)

    return asyncio.run(asked())


@pytest.mark.parametrize("template", [*FORMS, "why-first", "scale-20", "scale-unit", "confidence-first", "few-shot"])
@pytest.mark.parametrize("name", NAMES)
def test_every_form_is_filled_and_read(name: str, template: str) -> None:
    """Answer and confidence are the same in all, whatever is claimed: 85 % by the bag, 68 % by the tree."""
    report = told(name, template)
    p = 1 / (1 + math.exp(-(0.2 - 1.7 + 2.4 + 0.8))) if name.startswith("bag") else 0.68

    assert report.answer.value == "positive"
    assert report.confidence["stated"].value == pytest.approx(p, abs=0.025)  # on the coarsest scale
    assert report.confidence["token"].value == pytest.approx(p)
    assert all(reading.why == "read" for reading in report.attribution.values())
    elicits = {field for turn in plugins.template(template).turns for field in turn.elicits}
    assert report.rationale.value is not None or "rationale" not in elicits
    assert report.answer_again is None or report.answer_again.why in {"read", "declined"}


def named(report: SelfReport, kind: Any) -> list[str]:
    claim = report.attribution[kind].value
    assert claim is not None
    return [unit.text.strip('"') for unit in claim.units]


def test_the_honest_one_names_what_decided_and_the_liar_what_did_not_matter() -> None:
    assert named(told("bag-honest", "top-words"), "words") == ["superb", "warm"]
    assert named(told("bag-lying", "top-words"), "words") == ["plot", "actors"]
    assert named(told("tree-honest", "quotes"), "quotes") == ["superb"]
    assert named(told("tree-lying", "quotes"), "quotes") == ["plot"]
    assert told("bag-honest", "answer-why-confidence").rationale.value == 'The words "superb", "warm" decided it.'


def test_scores_are_shares_of_the_largest_weight() -> None:
    """2.4 for superb; −1.7 for dull; the liar gives the words that count nothing what is due to others."""
    found = {}
    for name in ("bag-honest", "bag-lying"):
        claim = told(name, "word-scores").attribution["word_scores"].value
        assert claim is not None
        found[name] = {unit.text: unit.score for unit in claim.units if unit.score}

    assert found["bag-honest"] == {"dull": -0.71, "superb": 1.0, "warm": 0.33}
    assert found["bag-lying"] == {"plot": 1.0, "actors": 0.33}


def test_an_honest_edit_changes_the_answer_and_a_lying_one_does_not() -> None:
    """Of the named words as few are changed as it takes; what is taken out leaves the other side to win."""
    honest, lying = (told(name, "counterfactual") for name in ("bag-honest", "bag-lying"))
    assert honest.attribution["counterfactual"].value is not None
    assert honest.attribution["counterfactual"].value.text == "A dull plot, but awful and warm actors."
    assert [each.answer_again and each.answer_again.value for each in (honest, lying)] == ["negative", "positive"]

    honest, lying = (told(name, "redact") for name in ("bag-honest", "bag-lying"))
    assert honest.attribution["redaction"].value is not None
    assert honest.attribution["redaction"].value.text == "A dull plot, but [REDACTED] and [REDACTED] actors."
    assert [each.answer_again and each.answer_again.value for each in (honest, lying)] == ["negative", "positive"]


def test_with_no_word_that_it_knows_it_says_unknown_where_that_is_offered() -> None:
    item = Item("q", "A superb plot.", ("positive",))
    again = told("bag-honest", "redact", item).answer_again

    assert again is not None
    assert again.why == "declined"
    assert told("bag-honest", "top-words", Item("q", "A plot.", ("positive",))).answer.value == "positive"


SENTENCES = st.lists(
    st.sampled_from([*WEIGHTS, "not", "never", "hardly", "plot", "actors", "table", "the", "and"]),
    min_size=1,
    max_size=9,
)


@given(SENTENCES, st.sampled_from(THINKING))
def test_what_the_honest_one_names_counts_and_what_the_liar_names_counts_less(
    words: list[str], thinking: Thinking
) -> None:
    """Named words are in the sentence, each once; the liar names none that counts while one that does not is left."""
    text = " ".join(words)
    honest, lying = (spoken(thinking, text, lying=lying, top=3) for lying in (False, True))
    counts = honest.judged.counts
    idle = {
        word for word, count in zip(words, counts, strict=True) if count == 0 and word in {"plot", "actors", "table"}
    }

    assert honest.judged == lying.judged
    assert 0.5 <= honest.judged.confidence < 1
    assert all(counts[place] > 0 for place in honest.named)
    assert len({words[place] for place in honest.named}) == len(honest.named) <= 3
    if len(idle) >= 3 and len([count for count in counts if count > 0]) <= len(idle):
        assert all(counts[place] == 0 for place in lying.named)


@given(SENTENCES)
def test_a_word_of_the_bag_counts_what_the_logit_loses_without_it(words: list[str]) -> None:
    judged = Bag().judged(words)
    sign = 1 if judged.answer == "positive" else -1
    logit = sign * (BIAS + sum(WEIGHTS.get(word, 0.0) for word in words))

    assert judged.confidence == pytest.approx(1 / (1 + math.exp(-logit)))
    for place, count in enumerate(judged.counts):
        rest = sign * (BIAS + sum(WEIGHTS.get(word, 0.0) for word in words[:place] + words[place + 1 :]))
        assert 2.4 * count == pytest.approx(logit - rest, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "answer", "confidence", "deciding"),
    [
        ("a good soup", "positive", 0.94, {"good"}),
        ("not a good soup", "negative", 0.88, {"not", "good"}),
        ("never dull", "positive", 0.76, {"never", "dull"}),
        ("a dull and slow soup", "negative", 0.92, {"dull", "slow"}),
        ("a dull but superb soup", "positive", 0.68, {"superb"}),
        ("a soup", "positive", 0.52, set()),
        ("not a soup", "negative", 0.55, {"not"}),
    ],
)
def test_the_tree_is_walked_down_as_it_is_drawn(text: str, answer: str, confidence: float, deciding: set[str]) -> None:
    words = text.split()
    judged = Tree().judged(words)

    assert (judged.answer, judged.confidence) == (answer, confidence)
    assert {word for word, count in zip(words, judged.counts, strict=True) if count > 0} == deciding


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_glass_is_open_in_everything_and_found_by_its_name(name: str) -> None:
    model = plugins.provider(f"glass/{name}")
    card = transparency_of(model)

    assert isinstance(model, Provider)
    assert model.name == f"glass/{name}"
    assert {getattr(card, field).state for field in card.__struct_fields__} == {"open"}
    assert len({tuple(Glass(each).identity.items()) for each in NAMES}) == len(NAMES)
    with pytest.raises(InputError, match="no model of glass"):
        plugins.provider("glass/bag")


def test_a_line_that_it_does_not_write_is_refused() -> None:
    """An Item that cannot be answered fails, and the Run goes on."""
    with pytest.raises(ProviderError, match="writes no line `Guess:`") as refused:
        form_of([Message("user", "A plot.\n\nWrite `Guess:` and a guess.")])
    assert refused.value.kind == "bad_request"


async def test_pieces_join_to_the_reply_and_what_is_not_honoured_is_said() -> None:
    messages = plugins.template("top-words").render(MIXED)
    request = Request("q", messages, 99, logprobs=True, top_logprobs=5, temperature=1.0, seed=3, grammar="root ::= x")
    response = await Glass("bag-honest").generate(request)
    (answer,) = [token for token in response.tokens if token.top]

    assert "".join(token.text for token in response.tokens) == response.text
    assert sum(math.exp(other.logprob) for other in answer.top) == pytest.approx(1.0)
    assert response.dropped == ("grammar", "temperature")
    bare = await Glass("bag-honest").generate(Request("q", messages, 99, temperature=0.0))
    assert (bare.tokens, bare.dropped, bare.text) == ((), (), response.text)


@pytest.mark.parametrize("item", plugins.dataset("reviews").items[:10], ids=lambda item: item.id)
def test_the_inside_of_the_bag_is_the_model_that_answers(item: Item) -> None:
    """Its margin is the logit of the token probability that was served; a gradient is the slope of the value."""
    report = told("bag-honest", "why-first", item)
    p, answer = report.confidence["token"].value, report.answer.value or ""
    inside = Glass("bag-honest").look_inside()
    cut = inside.cut(plugins.template("why-first").render(item), "Because: superb, awful.\nAnswer: ", answer)
    aim = Aim("margin", cut.answer)

    assert isinstance(inside, WhiteBox)
    assert p is not None
    assert inside.values([Input(cut.ids)], aim).values[0] == pytest.approx(math.log(p / (1 - p)))
    assert inside.text(cut.answer) == answer
    places = [n for n, place in enumerate(cut.places) if place]
    content = plugins.template("why-first").render(item)[-1].content
    assert [content[cut.places[n][0][1] : cut.places[n][-1][1] + 1] for n in places] == [
        item.question[word.start : word.stop] for word in words_in(item.question)
    ]
    rows, slopes = inside.embeddings(cut.ids), inside.gradients([Input(cut.ids)], aim, places).gradients
    assert slopes is not None
    step = np.array([1e-4, 0.0])
    base = inside.values([Input(cut.ids)], aim).values[0]
    moved = inside.values([Input(cut.ids, {places[0]: rows[places[0]] + step})], aim).values[0]
    assert (moved - base) / 1e-4 == pytest.approx(slopes[0, 0, 0])


def test_what_has_no_inside_says_so() -> None:
    with pytest.raises(InputError, match="no gradients"):
        Glass("tree-honest").look_inside()
    inside = Glass("bag-honest").look_inside()
    with pytest.raises(InputError, match="positive or negative, never"):
        inside.cut([Message("user", "A plot.")], "", "maybe")
    assert inside.cut([Message("system", "Hi."), Message("user", "\n A")], "", "positive").places[2] == ((1, 2),)
    with pytest.raises(InputError, match="none of the user's"):
        inside.cut([Message("assistant", "A plot.")], "", "positive")


def test_the_sentences_hold_what_the_models_are_to_be_tried_on() -> None:
    """Both labels alike, five kinds; each sentence has words that decide and three content words that do not."""
    items = plugins.dataset("reviews").items
    gold = [item.gold for item in items]

    assert len(items) == 64
    assert gold.count(("positive",)) == gold.count(("negative",)) == 32
    assert {item.group for item in items} == {"plain", "mixed", "redundant", "repeated", "negated"}
    for item in items:
        words = [word.text for word in words_in(item.question)]
        known = [word for word in words if word in WEIGHTS]
        assert known
        assert len(known) > len(set(known)) or item.group != "repeated"
        assert len(set(known)) > 1 or item.group not in {"redundant", "mixed"}
        assert Tree().judged(words).answer == item.gold[0] or item.group == "mixed"
        assert (Bag().judged(words).answer == item.gold[0]) == (item.group != "negated") or item.group == "mixed"
