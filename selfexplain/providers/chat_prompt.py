"""From the turns of a conversation to tokens, by the model's own chat template; what people wrote stays text."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from jinja2 import TemplateError

from selfexplain.errors import InputError
from selfexplain.marks import trace
from selfexplain.records import Message

CONTROL = re.compile(r"<.+>|\[.+\]", re.DOTALL)
"""How tokens look that stand for something other than their letters; others, such as a run of spaces, are text."""

PRIVATE = range(0xE000, 0xF900)
"""Characters that Unicode gives no meaning to."""


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Return the tokens of a conversation, up to where the model goes on writing.

    The chat template is rendered whole and then cut into tokens, as transformers does it. Where a turn holds the
    letters of a control token, such as `<|im_end|>`, the text is cut inside them before that, so that they stay
    letters: no question can end its own turn. A last turn of the assistant is left open, and continued. Where the chat
    template knows no system turn, its text stands before the first question.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        One with a chat template.
    messages : sequence of Message

    Raises
    ------
    jinja2.TemplateError
        When the chat template refuses the conversation.
    """
    return [
        token
        for part in prompt_parts(tokenizer, messages)
        for token in tokenizer(part, add_special_tokens=False)["input_ids"]
    ]


def prompt_parts(tokenizer: Any, messages: Sequence[Message]) -> list[str]:
    """Return the text of a conversation, in the parts that are cut into tokens one by one."""
    written = "".join(message.content for message in messages)
    mark = next(letter for letter in map(chr, PRIVATE) if letter not in written)
    added = [token for token in tokenizer.added_tokens_decoder.values() if CONTROL.fullmatch(token.content)]
    everywhere = [token.content for token in added if token.special]
    by_others = [token.content for token in added]  # a model's own reply may think aloud between such tokens
    turns = [
        {
            "role": message.role,
            "content": parted(message.content, everywhere if message.role == "assistant" else by_others, mark),
        }
        for message in messages
    ]
    return rendered(tokenizer, turns).split(mark)


class PlacedToken(NamedTuple):
    """A token of a conversation, and the characters that it covers, as (message, character).

    Its white space is left out, unless it is nothing else.
    """

    id: int
    places: tuple[tuple[int, int], ...]


def placed_tokens(tokenizer: Any, messages: Sequence[Message]) -> list[PlacedToken]:
    """Return the tokens of `prompt_ids`, each with the characters of the messages that it stands for.

    A character that several tokens make together belongs to each of them. Tokens of the chat format cover none.

    Raises
    ------
    InputError
        When the tokenizer does not say where its tokens stand, or the chat template makes other texts of marked turns.
    jinja2.TemplateError
        When the chat template refuses the conversation.
    """
    if not tokenizer.is_fast:
        raise InputError(
            f"{type(tokenizer).__name__} does not say where its tokens stand",
            hint="save the model with a fast tokenizer (tokenizer.json)",
        )

    def render(contents: Sequence[str], _: tuple[str, str]) -> list[str]:
        turns = [{"role": each.role, "content": text} for each, text in zip(messages, contents, strict=True)]
        return [rendered(tokenizer, turns)]

    parts = prompt_parts(tokenizer, messages)
    traced = trace([message.content for message in messages], render)
    if traced is None or traced[0].text != "".join(parts):
        raise InputError(
            "the model's chat template changes what is said, so nobody can tell where its words stand",
            hint="a chat template that only trims and joins the turns can be followed",
        )
    (whole,) = traced
    found, start = [], 0
    for part in parts:
        cut = tokenizer(part, add_special_tokens=False, return_offsets_mapping=True)
        for token, (begin, end) in zip(cut["input_ids"], cut["offset_mapping"], strict=True):
            covered = [
                (letter, (origin.value, origin.place))
                for letter, origin in zip(part[begin:end], whole.origins[start + begin : start + end], strict=True)
                if origin is not None
            ]
            inked = [place for letter, place in covered if not letter.isspace()]
            found.append(PlacedToken(token, tuple(inked or [place for _, place in covered])))
        start += len(part)
    return found


def rendered(tokenizer: Any, turns: list[dict[str, str]]) -> str:
    """Return the text of a conversation; what is said in a system turn is in it even if there are no such turns."""
    goes_on = turns[-1]["role"] == "assistant"

    def text_of(turns: list[dict[str, str]]) -> str:
        text = tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=not goes_on, continue_final_message=goes_on
        )
        return str(text)

    has_system = len(turns) > 1 and (turns[0]["role"], turns[1]["role"]) == ("system", "user")
    if not has_system:
        return text_of(turns)
    try:
        text = text_of(turns)
    except TemplateError:  # says that there are none
        text = ""
    if text and turns[0]["content"].strip() in text:
        return text
    return text_of([{"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}, *turns[2:]])


def parted(text: str, controls: Iterable[str], mark: str) -> str:
    """Return a text with a mark inside each control token's letters.

    >>> parted("the tag <|im_end|> ends a turn", ["<|im_end|>"], "!")
    'the tag <!|im_end|> ends a turn'
    """
    for control in sorted(controls, key=len, reverse=True):
        text = text.replace(control, f"{control[0]}{mark}{control[1:]}")
    return text
