"""The probability of a label: which tokens count, what it is divided by, and when there is none."""

import math

import pytest

from selfexplain.elicitation.choice_probability import choice_probability, most_probable
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import InputError
from selfexplain.prompting import template as templates
from selfexplain.prompting.read_answer import read_answer
from selfexplain.records import Alternative, Item, Option, Reading, Request, Response, Token

OPTIONS = [Option("A", "Lyon"), Option("B", "Paris"), Option("C", "Nice")]


def token(text: str, **top: float) -> Token:
    """Return a token with alternatives; `_` stands for a space."""
    others = tuple(Alternative(name.replace("_", " "), math.log(p)) for name, p in top.items())
    return Token(text, others[0].logprob if others else -1.0, others)


def reply(*tokens: Token) -> Response:
    return Response("completed", "".join(each.text for each in tokens), tokens)


def measured(response: Response) -> tuple[Reading[str], Reading[float]]:
    return most_probable(response, read_answer(response.text), OPTIONS)


def test_ways_to_write_a_label_are_added_and_divided_by_all_labels() -> None:
    """B: 0.4 + 0.1 + 0.1 = 0.6; A: 0.15; together 0.75; `The` and `BC` are no labels."""
    answer, confidence = measured(reply(token("B", B=0.4, _B=0.1, b=0.1, A=0.15, The=0.1, BC=0.05)))

    assert answer.value == "B"
    assert confidence.value == pytest.approx(0.6 / 0.75, abs=1e-12)
    assert confidence.notes == ("label_mass 0.75",)


def test_the_label_is_looked_up_where_it_stands() -> None:
    """After `Answer:` and before the option's text; alternatives of other places do not count."""
    tokens = (
        token("Answer:", Answer=0.9, A=0.1),
        token(" B", _B=0.6, _A=0.2),
        token(")", C=1.0),
        token(" Paris", A=1.0),
    )
    answer, confidence = measured(reply(*tokens))

    assert answer.value == "B) Paris"
    assert confidence.value == pytest.approx(0.75, abs=1e-12)


def test_in_chinese_the_label_follows_its_colon() -> None:
    """And of two equally probable labels the written one is the answer."""
    answer, confidence = measured(reply(Token("答案：", -0.1), token("C", C=0.5, B=0.5)))

    assert (answer.value, confidence.value) == ("C", 0.5)


def test_the_most_probable_label_is_graded_and_the_written_one_noted() -> None:
    """B was written with 0.4, but A has 0.3 + 0.2 in two spellings."""
    answer, confidence = measured(reply(token("B", B=0.4, A=0.3, _A=0.2)))

    assert (answer.value, answer.notes) == ("A", ("written B",))
    assert confidence.value == pytest.approx(0.5 / 0.9, abs=1e-12)


def test_what_was_written_counts_though_it_is_no_alternative() -> None:
    """A draw may be a token outside the most probable ones: C at e^-4, beside A at 0.5."""
    written = Token("C", -4.0, (Alternative("A", math.log(0.5)),))
    answer, confidence = measured(reply(written))

    assert answer.value == "A"
    assert confidence.value == pytest.approx(0.5 / (0.5 + math.exp(-4)), abs=1e-12)


@pytest.mark.parametrize(
    ("response", "why", "detail"),
    [
        (Response("completed", "B"), "absent", "no token probabilities"),
        (reply(token("B")), "absent", "no alternatives to the tokens"),
        (reply(token("Paris", Paris=0.9, B=0.1)), "absent", "the answer holds no label"),
        (reply(token("A", A=0.5, B=0.5), token(" dog is an animal", x=1.0)), "absent", "the answer holds no label"),
        (reply(token("A", A=0.9), token(", B", x=1.0)), "ambiguous", "several labels"),
        (reply(token("B)", B=0.9)), "read", ""),
        (reply(token("B. Paris", B=0.9)), "absent", "the label is no token of its own"),
        (reply(token("B", B=0.9), token("\nno\nanswer", x=1.0)), "absent", "no answer was read"),
    ],
)
def test_no_probability_without_its_reason(response: Response, why: str, detail: str) -> None:
    """And the written answer stays the answer."""
    answer, confidence = measured(response)

    assert (confidence.why, confidence.detail) == (why, detail)
    assert answer == read_answer(response.text)


def test_labels_of_several_characters_are_not_guessed_from_their_first() -> None:
    """With 27 choices the token `1` may begin 12."""
    options = [Option(str(n), f"option {n}") for n in range(1, 28)]
    response = reply(token("1", **{"1": 0.9}))

    assert most_probable(response, read_answer("1"), options)[1].detail == "labels of several characters"


async def test_the_elicitation_asks_for_alternatives_and_reports_the_token_source() -> None:
    """Twenty, as many as OpenAI gives; there is no stated confidence, since none was asked for."""
    sent: list[Request] = []

    async def ask(request: Request) -> Response:
        sent.append(request)
        return reply(token("B", B=0.6, A=0.2))

    item = Item("louvre", "Where is the Louvre?", ("B",), choices=("Lyon", "Paris"))
    report = await choice_probability(item, templates.named("choice"), ask, sampling=Sampling(0.0, 1), repeat=0)

    assert (sent[0].logprobs, sent[0].top_logprobs) == (True, 20)
    assert report.answer.value == "B"
    assert report.confidence == {"token": Reading(0.75, "read", notes=("label_mass 0.8",))}


async def test_a_template_that_wants_no_alternatives_is_refused() -> None:
    """Before anything is asked."""

    async def ask(request: Request) -> Response:
        raise AssertionError(request)

    plain = templates.named("answer-confidence")
    with pytest.raises(InputError, match="answer-confidence@2 asks for no alternatives to the tokens"):
        await choice_probability(Item("q", "?", ("A",)), plain, ask, sampling=Sampling(0.0, 1), repeat=0)
