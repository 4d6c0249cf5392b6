"""Tokens of a reply, with their probabilities and alternatives: they join to the text, or there are none."""

from typing import Any

import msgspec
import pytest

from providers.asking_again import answered
from providers.chat_completions.asked import ASKED, logprobs
from providers.misbehaving_server import (
    MisbehavingServer,
    completion,
    fails,
    sends,
)
from selfexplain.providers.openai import OpenAI, pieces_of
from selfexplain.records import Alternative, Token

WITH_TOP = msgspec.structs.replace(ASKED, top_logprobs=3)


async def test_alternatives_come_with_their_tokens(server: MisbehavingServer, model: OpenAI) -> None:
    """Asked for by number; what is half a character, not a number or not finite is left out."""
    body = completion("B.", logprobs=logprobs(("B", [66], -0.5), (".", [46], -0.1)))
    body["choices"][0]["logprobs"]["content"][0]["top_logprobs"] = [
        {"token": "B", "bytes": [66], "logprob": -0.5},
        {"token": " A", "bytes": None, "logprob": -1.5},
        {"token": "\\xc3", "bytes": [0xC3], "logprob": -2.0},
        {"token": "C", "bytes": [67], "logprob": None},
        {"token": "D", "bytes": [68], "logprob": -9999.0},
    ]
    server.will(sends(body))
    response = await model.generate(WITH_TOP)

    assert server.bodies[0]["top_logprobs"] == 3
    assert response.tokens == (
        Token("B", -0.5, (Alternative("B", -0.5), Alternative(" A", -1.5), Alternative("D", -9999.0))),
        Token(".", -0.1),
    )


async def test_a_character_of_several_tokens_has_no_alternatives(server: MisbehavingServer, model: OpenAI) -> None:
    """What stands in the place of half a character is none of the whole one's."""
    body = completion("é", logprobs=logprobs(("\\xc3", [0xC3], -0.25), ("\\xa9", [0xA9], -0.5)))
    for token in body["choices"][0]["logprobs"]["content"]:
        token["top_logprobs"] = [{"token": "B", "bytes": [66], "logprob": -0.5}]
    server.will(sends(body))

    assert (await model.generate(WITH_TOP)).tokens == (Token("é", -0.75),)


async def test_refused_alternatives_leave_the_token_probabilities(server: MisbehavingServer, model: OpenAI) -> None:
    """Asked again without them alone."""
    server.will(fails(400, "Unsupported", param="top_logprobs"), sends(completion()))
    assert (await answered(model, WITH_TOP)).dropped == ("top_logprobs",)
    assert [("logprobs" in body, "top_logprobs" in body) for body in server.bodies] == [(True, True), (True, False)]


async def test_refused_token_probabilities_take_their_alternatives_along(
    server: MisbehavingServer, model: OpenAI
) -> None:
    """Without the one there is no place for the other, and both are told."""
    server.will(fails(400, "Unsupported", param="logprobs"), sends(completion()))

    assert (await answered(model, WITH_TOP)).dropped == ("logprobs", "top_logprobs")
    assert [("logprobs" in body, "top_logprobs" in body) for body in server.bodies] == [(True, True), (False, False)]


def piece(token: Any, raw: list[int] | None, logprob: Any) -> dict[str, Any]:
    """Return a token as it comes over the wire."""
    return {"token": token, "bytes": raw, "logprob": logprob}


E_ACUTE, COFFEE = list("é".encode()), list("☕".encode())


@pytest.mark.parametrize(
    ("text", "tokens", "pieces"),
    [
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0)], [("a", -1.0), ("b", -2.0)]),
        ("ab", [("a", None, -1.0), ("b", None, -2.0)], [("a", -1.0), ("b", -2.0)]),
        ("é!", [("?", E_ACUTE[:1], -1.0), ("?", E_ACUTE[1:], -2.0), ("!", [33], -4.0)], [("é", -3.0), ("!", -4.0)]),
        ("☕", [("?", [byte], -1.0) for byte in COFFEE], [("☕", -3.0)]),
        ("a☕", [("?", [97, *COFFEE[:2]], -1.0), ("?", COFFEE[2:], -2.0)], [("a☕", -3.0)]),
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0), ("", [], -3.0)], [("a", -1.0), ("b", -2.0)]),
        ("ab", [("a", [97], -1.0), ("b", [98], -2.0), ("\n", [10], -3.0)], [("a", -1.0), ("b", -2.0)]),
        ("a", [("a", [97], 0.0)], [("a", 0.0)]),
        ("a", [("a", [97], 1e-7)], [("a", 0.0)]),
        ("a", [("a", [97], -0)], [("a", 0.0)]),
        ("", [], []),
        ("", [("<end>", [60], -1.0)], []),
        ("ab", [("a", [97], -1.0)], []),
        ("ab", [("b", [98], -1.0), ("a", [97], -1.0)], []),
        ("ab", [("a", [97], -1.0), ("bc", None, -1.0)], []),
        ("é", [("?", E_ACUTE[:1], -1.0)], []),
        ("a", [("a", [97], float("nan"))], []),
        ("a", [("a", [97], float("-inf"))], []),
        ("a", [("a", [97], 0.9)], []),
        ("a", [("a", [97], None)], []),
        ("a", [("a", [970], -1.0)], []),
        ("a", [(None, None, -1.0)], []),
        ("😀", [("\ud83d", None, -1.0), ("\ude00", None, -1.0)], []),
    ],
)
def test_tokens_join_to_the_text_or_there_are_none(
    text: str, tokens: list[tuple[Any, list[int] | None, Any]], pieces: list[tuple[str, float]]
) -> None:
    """Characters that span tokens are one piece with the sum; what cannot be trusted is left out whole."""
    assert pieces_of(text, [piece(*token) for token in tokens]) == tuple(Token(*piece) for piece in pieces)


async def test_broken_tokens_cost_the_tokens_and_not_the_reply(server: MisbehavingServer, model: OpenAI) -> None:
    """Over the wire: a null, an infinity, and half a character."""
    broken = [("4", [52], None), ("4", [52], float("-inf")), ("\ud800", None, -1.0), ("4", "52", -1.0)]
    for token in broken:
        server.will(sends(completion("4", logprobs=logprobs(token))))
        response = await model.generate(ASKED)
        assert (response.text, response.tokens) == ("4", ())
