"""From the turns of a conversation to tokens, by the model's own chat template; what people wrote stays text."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import TemplateError

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
    parts = rendered(tokenizer, turns).split(mark)
    return [token for part in parts for token in tokenizer(part, add_special_tokens=False)["input_ids"]]


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
