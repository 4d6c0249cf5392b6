"""What a grammar does to stated confidences: percent and probability, free and forced, on questions of its own.

Run it as a script; it asks the embedded model 4 × 31 questions, none of them in the quickstart, in about a minute::

    python benchmarks/forced_forms.py
"""

import asyncio
import re
import sys

from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.template import Template, named
from selfexplain.prompting.worth import Scale
from selfexplain.providers import model_file
from selfexplain.providers.local import NAME, Local
from selfexplain.records import Item, Request

CAPITALS = ["Greece", "Mongolia", "Peru", "Bhutan", "Norway", "Nepal", "Chad", "Cuba", "Malta", "Belgium", "Sweden"]
OPPOSITES = ["wet", "noisy", "expand", "generous", "heavy", "ancient", "arrive", "victory", "cheap", "brave"]
SUMS = ["7 + 6", "33 + 49", "12 + 7", "58 + 27", "9 + 4", "26 + 15", "71 + 18", "6 + 2", "5 + 5", "64 + 9"]
QUESTIONS = [
    *(f"What is the capital of {name}?" for name in CAPITALS),
    *(f"What is {sum_}?" for sum_ in SUMS),
    *(f"What is the opposite of {word}?" for word in OPPOSITES),
]

ANSWER = r"""root ::= "Answer: " [A-Za-z0-9 .'-]{1,24} "\nConfidence: " """
GRAMMARS: dict[Scale, str] = {
    "percent": ANSWER + '("100" | [0-9] [0-9]?)',
    "probability": ANSWER + '("1.00" | "0." [0-9] [0-9])',
}


def in_percent(text: str) -> str:
    """Return the few-shot template's text with its probabilities written as per cent."""
    return re.sub(r"Confidence: 0\.(\d\d)", r"Confidence: \1", text)


async def replies(model: Local, template: Template, scale: Scale, grammar: str | None) -> list[str]:
    """Return the reply to each question, in order."""
    texts = []
    for number, question in enumerate(QUESTIONS):
        messages = template.render(Item(str(number), question, ("",)))
        if scale == "percent":
            messages = tuple(type(one)(one.role, in_percent(one.content)) for one in messages)
        request = Request(str(number), messages, max_tokens=32, temperature=0.0, seed=1, grammar=grammar)
        texts.append((await model.generate(request)).text)
    return texts


async def main() -> None:
    """Ask in four ways and print what was stated."""
    model_file.pull_model(lambda sentence: print(sentence, file=sys.stderr))
    model, template = Local(NAME), named("few-shot")
    for scale in ("percent", "probability"):
        free = await replies(model, template, scale, None)
        forced = await replies(model, template, scale, GRAMMARS[scale])
        readings = [read_confidence(text, scale=scale) for text in free]
        usable = sum(reading.value is not None for reading in readings)
        beyond = sum(reading.why == "out_of_range" for reading in readings)
        same = sum(one.strip() == other.strip() for one, other in zip(free, forced, strict=True))
        print(
            f"{scale}: {len(QUESTIONS)} questions; free: {usable} usable, {beyond} out of range; "
            f"a grammar leaves {same} replies as they were"
        )
    await model.aclose()


if __name__ == "__main__":
    asyncio.run(main())
