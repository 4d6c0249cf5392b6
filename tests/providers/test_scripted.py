"""Replies from a file: what a script may hold, and what is told of one that does not read."""

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers.scripted import Scripted, response_from
from selfexplain.records import Alternative, Message, Request, Response, Token

HINT = '\nhint: expected {"item": "…", "reply": "…", "tokens": [["text", 0.9], …]}'


def script(tmp_path: Path, text: str | bytes) -> Scripted:
    path = tmp_path / "replies.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Scripted(str(path))


def request(item: str) -> Request:
    return Request(item, (Message("user", "2 + 2?"),), 16)


async def test_each_item_gets_its_reply_and_all_others_the_star(tmp_path: Path) -> None:
    """With tokens where they are written down; blank lines are passed over."""
    model = script(
        tmp_path,
        '\ufeff{"item": "q1", "reply": "4.", "tokens": [["4", 0.5], [".", 1]]}\n\n{"item": "*", "reply": "?"}\n',
    )

    assert await model.generate(request("q1")) == Response(
        "completed", "4.", (Token("4", math.log(0.5)), Token(".", 0.0)), finish_reason="stop"
    )
    assert await model.generate(request("q2")) == Response("completed", "?", finish_reason="stop")
    assert model.name == "scripted/replies.jsonl"
    await model.aclose()


async def test_an_item_without_a_reply_is_told(tmp_path: Path) -> None:
    """Its own failure, not the Run's."""
    model = script(tmp_path, '{"item": "q1", "reply": "4"}\n')
    with pytest.raises(ProviderError) as caught:
        await model.generate(request("q2"))

    assert caught.value.kind == "bad_request"
    assert str(caught.value) == (
        "scripted/replies.jsonl has no reply for Item 'q2'\n"
        'hint: add a line with that `item`, or one with "item": "*"'
    )


async def test_separators_of_unicode_do_not_end_a_line(tmp_path: Path) -> None:
    """U+2028 and U+0085 may stand in a JSON string as they are; only a line feed ends a line."""
    model = script(tmp_path, '{"item": "q1", "reply": "a\u2028b\x85c"}\r\n')

    assert (await model.generate(request("q1"))).text == "a\u2028b\x85c"


def test_another_script_of_the_same_name_is_another_model(tmp_path: Path) -> None:
    """Or its replies would be taken from the Run of the old one."""
    first = script(tmp_path, '{"item": "*", "reply": "4"}\n').identity
    second = script(tmp_path, '{"item": "*", "reply": "5"}\n').identity

    assert first != second
    assert [*first] == ["script_sha256"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"reply": "4"}', "Object missing required field `item`"),
        ('{"item": "q1"}', "Object missing required field `reply`"),
        ('{"item": "q1", "reply": 4}', "Expected `str`, got `int` - at `$.reply`"),
        ('{"item": ["q1"], "reply": "4"}', "Expected `str`, got `array` - at `$.item`"),
        ('{"item": "q1", "reply": "4", "token": []}', "Object contains unknown field `token`"),
        ('{"item": "q1", "reply": "4", "tokens": [["4"]]}', "Expected `array` of length 2 - at `$.tokens[0]`"),
        ('{"item": "q1", "reply": "4", "tokens": [["4", 0]]}', "Expected `float` > 0.0 - at `$.tokens[0][1]`"),
        ('{"item": "q1", "reply": "4", "tokens": [["4", 1.5]]}', "Expected `float` <= 1.0 - at `$.tokens[0][1]`"),
        ('{"item": "q1", "reply": "4", "tokens": [["4", NaN]]}', "JSON is malformed: invalid character (byte 46)"),
        (b'{"item": "q1", "reply": "\xff"}', "'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_line_that_is_no_reply_is_told(tmp_path: Path, line: str | bytes, told: str) -> None:
    """File, line, what was found and what was expected."""
    content = line if isinstance(line, bytes) else line.encode()
    with pytest.raises(InputError) as caught:
        script(tmp_path, b'{"item": "q0", "reply": "4"}\n' + content + b"\n")

    words = str(caught.value).replace(f"{tmp_path}/", "")
    assert words.startswith(f"replies.jsonl, line 2: not a scripted reply ({told}")
    assert words.endswith(HINT)


def test_tokens_join_to_the_reply(tmp_path: Path) -> None:
    """Else token probabilities would be of another text."""
    with pytest.raises(InputError) as caught:
        script(tmp_path, '{"item": "q1", "reply": "4.", "tokens": [["4", 0.5]]}\n')

    assert str(caught.value).endswith(
        "line 1: the tokens do not join to the reply\nhint: write the reply's exact characters"
    )


def test_an_item_has_one_reply(tmp_path: Path) -> None:
    """The second would silently win."""
    with pytest.raises(InputError, match=r"line 2: a second reply for 'q1'\nhint: keep one of them"):
        script(tmp_path, '{"item": "q1", "reply": "4"}\n{"item": "q1", "reply": "5"}\n')


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the way to name one."""
    with pytest.raises(InputError) as caught:
        Scripted(str(tmp_path / "none.jsonl"))

    assert str(caught.value) == (
        f"no script at {tmp_path / 'none.jsonl'}: No such file or directory\n"
        "hint: name it as -m scripted/PATH/TO/replies.jsonl"
    )


@given(line=st.binary())
def test_any_line_is_a_reply_or_refused(line: bytes) -> None:
    """Nothing but InputError leaves the reader."""
    try:
        response_from(line, "here")
    except InputError as error:
        assert error.message.startswith("here: ")  # noqa: PT017 - the point is that nothing else is raised


async def test_each_turn_has_its_own_reply(tmp_path: Path) -> None:
    """A line without `turn` is the first turn's; another turn without a line is told."""
    model = script(
        tmp_path,
        '{"item": "q1", "reply": "4"}\n{"item": "*", "turn": 1, "reply": "90"}\n'
        '{"item": "q1", "turn": 2, "reply": "no"}\n',
    )
    asked = request("q1")

    replies = [(await model.generate(msgspec.structs.replace(asked, turn=turn))).text for turn in range(3)]
    assert replies == ["4", "90", "no"]
    with pytest.raises(ProviderError, match="has no reply for Item 'q2', turn 2"):
        await model.generate(msgspec.structs.replace(request("q2"), turn=2))


async def test_alternatives_can_be_written_down(tmp_path: Path) -> None:
    """One object for each token, with probabilities as people write them."""
    model = script(
        tmp_path, '{"item": "*", "reply": "B.", "tokens": [["B", 0.5], [".", 1]], "top": [{"B": 0.5, "A": 0.25}, {}]}'
    )

    assert (await model.generate(request("q1"))).tokens == (
        Token("B", math.log(0.5), (Alternative("B", math.log(0.5)), Alternative("A", math.log(0.25)))),
        Token(".", 0.0),
    )


def test_alternatives_fit_their_tokens() -> None:
    with pytest.raises(InputError, match="here: 1 `top` for 2 tokens"):
        response_from(b'{"item": "*", "reply": "B.", "tokens": [["B", 0.5], [".", 1]], "top": [{}]}', "here")
