"""From tokens to text: pieces that join, with what a single token cannot say left to the piece it is part of."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from selfexplain.providers.written_tokens import Written, pieces_of, text_of
from selfexplain.records import Alternative, Token

END = 300


class Bytes:
    """A tokenizer whose tokens are bytes; 300 ends a turn, and 301 is a control token without text."""

    def decode(self, ids: list[int], **_: Any) -> str:
        return bytes(each for each in ids if each < 256).decode(errors="replace")


class Words:
    """A tokenizer that writes a space before each word but the first."""

    def decode(self, ids: list[int], **_: Any) -> str:
        return " ".join(("Lima", "Quito", "is", "it")[each] for each in ids)


def written(ids: list[int], **more: Any) -> Written:
    return Written(ids, [-0.5] * len(ids), [[(each, -0.5), (65, -2.0), (0xC3, -3.0)] for each in ids], **more)


def test_a_character_of_several_tokens_is_one_piece() -> None:
    """In `aéb`, é is two bytes, whose log-probabilities add up; half a character is no alternative."""
    found = pieces_of(Bytes(), written([97, 0xC3, 0xA9, 98]))

    assert found == (
        Token("a", -0.5, (Alternative("a", -0.5), Alternative("A", -2.0))),
        Token("é", -1.0),
        Token("b", -0.5, (Alternative("b", -0.5), Alternative("A", -2.0))),
    )


def test_the_end_of_a_turn_has_no_text() -> None:
    """Whatever it is called; where a reply is cut off, its last token counts."""
    assert [piece.text for piece in pieces_of(Bytes(), written([97, 98], ended=True))] == ["a"]
    assert [piece.text for piece in pieces_of(Bytes(), written([97, 98]))] == ["a", "b"]
    assert pieces_of(Bytes(), written([END], ended=True)) == ()


def test_a_control_token_in_between_is_left_out() -> None:
    assert [piece.text for piece in pieces_of(Bytes(), written([301, 97, 301, 98]))] == ["a", "b"]


def test_a_token_is_what_it_adds() -> None:
    """Alone ` is` would be `is`; so would be the alternatives."""
    said = Written([0, 2, 3], [-0.1, -0.2, -0.3], [[(0, -0.1), (1, -1.0)], [(2, -0.2), (3, -1.0)], [(3, -0.3)]])

    assert [(piece.text, [other.text for other in piece.top]) for piece in pieces_of(Words(), said)] == [
        ("Lima", ["Lima", "Quito"]),
        (" is", [" is", " it"]),
        (" it", [" it"]),
    ]


@given(st.binary(max_size=30))
def test_pieces_join_to_the_text_and_their_numbers_to_its_probability(letters: bytes) -> None:
    """Also where the bytes are no text at all."""
    said = written(list(letters))
    pieces = pieces_of(Bytes(), said)

    assert "".join(piece.text for piece in pieces) == text_of(Bytes(), said.ids)
    assert math.isclose(math.fsum(piece.logprob for piece in pieces), -0.5 * len(letters))
