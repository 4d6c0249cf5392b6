"""`-m glass/NAME`: models whose deciding words are known, to hold witnesses to, and pages, and one's own pipeline."""

import hashlib
import math
from collections.abc import Mapping

import msgspec

from selfexplain.errors import InputError
from selfexplain.glass.bag import Bag
from selfexplain.glass.explaining import field_text, other, spoken
from selfexplain.glass.form import form_of
from selfexplain.glass.thinking import Thinking
from selfexplain.glass.tree import Tree
from selfexplain.providers.provider import wanted
from selfexplain.records import Alternative, Openness, Request, Response, Token, Transparency
from selfexplain.white_box import WhiteBox

NAMES = ("bag-honest", "bag-lying", "tree-honest", "tree-lying")

VERSION = 1
"""Of how they speak; part of what makes a Run's replies."""

HERE = "a few lines of Python in selfexplain/glass"

CARD = Transparency(
    weights=Openness("open", HERE),
    parameters=Openness("open", "the linear bag has 19, the tree five questions"),
    training_process=Openness("open", "none: they were written by hand"),
    training_data=Openness("open", "none"),
    token_probabilities=Openness("open", "of the answer; all else it writes is certain"),
    reasoning_text=Openness("open", "it writes nothing before its answer that it was not asked for"),
    licence=Openness("open", "MIT"),
)


class Glass:
    """A linear bag of words or a decision tree that says whether a sentence is positive or negative.

    It reads the question alone: the message up to its first empty line. The `honest` ones explain themselves by the
    words that decided, the `lying` ones by words that did not matter; answer and confidence are the same. They write
    the lines that top-words, word-scores, quotes, redact, counterfactual, steps and answer-why-confidence ask for. The
    same question always gets the same reply, whatever the temperature.

    Parameters
    ----------
    name : str
        `bag-honest`, `bag-lying`, `tree-honest` or `tree-lying`.

    Raises
    ------
    InputError
        When there is none of that name.

    Examples
    --------
    >>> import asyncio
    >>> from selfexplain.prompting.template import named
    >>> from selfexplain.records import Item
    >>> messages = named("top-words").render(Item("q", "A dull plot, but superb actors.", ("positive",)))
    >>> print(asyncio.run(Glass("bag-lying").generate(Request("q", messages, max_tokens=99))).text)
    Answer: positive
    Words: plot
    Confidence: 71
    """

    prefix = "glass"
    concurrency = 8
    transparency = CARD

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise InputError(f"no model of glass is called {name!r}", hint=f"known: {', '.join(NAMES)}")
        kind, _, manner = name.partition("-")
        self.name = f"glass/{name}"
        self.thinking: Thinking = Bag() if kind == "bag" else Tree()
        self.lying = manner == "lying"
        decides = msgspec.json.encode((VERSION, self.lying, self.thinking.contents))
        self.identity: Mapping[str, str] = {"contents_sha256": hashlib.sha256(decides).hexdigest()}

    async def generate(self, request: Request) -> Response:
        """Return the lines that the Request asks for."""
        form = form_of(request.messages)
        said = spoken(self.thinking, form.question, lying=self.lying, top=form.top)
        begun: list[str] = []
        tokens: list[Token] = []
        for field in form.fields:
            text = field_text(field, said, self.thinking, form)
            begun.append(f"{field}:" if text.startswith("\n") else f"{field}: ")
            if text == said.judged.answer and field == "Answer":
                p = said.judged.confidence
                others = (Alternative(text, math.log(p)), Alternative(other(text), math.log(1 - p)))
                tokens += [Token("".join(begun), 0.0), Token(text, math.log(p), others[: request.top_logprobs])]
                begun = ["\n"]
            else:
                begun.append(f"{text}\n")
        tokens.append(Token("".join(begun).rstrip("\n"), 0.0))
        tokens = [token for token in tokens if token.text]
        unheard = wanted(request) - {"seed", "logprobs", "top_logprobs"} - ({"temperature"} if cold(request) else set())
        return Response(
            outcome="completed",
            text="".join(token.text for token in tokens),
            tokens=tuple(tokens) if request.logprobs else (),
            finish_reason="stop",
            dropped=tuple(sorted(unheard)),
        )

    def look_inside(self) -> WhiteBox:
        """Return the linear bag as a white box, whose values and gradients are worked out by hand.

        Raises
        ------
        InputError
            When it is the tree, which has no gradients.
        """
        if not isinstance(self.thinking, Bag):
            raise InputError(
                f"{self.name} is a tree: it has no embeddings, no gradients and no attention",
                hint="ask it again without some words: occlusion-asked, shapley-asked",
            )
        from selfexplain.glass.inside import BagInside  # noqa: PLC0415 - numpy, which `--help` must not load

        return BagInside(self.name)

    async def aclose(self) -> None:
        """Hold nothing, so let go of nothing."""


def cold(request: Request) -> bool:
    """Tell whether the most probable reply is wanted, which is what a model of glass gives."""
    return not request.temperature
