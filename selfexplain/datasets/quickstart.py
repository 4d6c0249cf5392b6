"""The question set of the quickstart: 30 capitals, 30 sums, 30 opposites, from easy to hard, written for this project.

Free text, because the embedded model answers multiple choice at chance. Capitals and opposites stand in
`quickstart.jsonl` with their sources; the sums come from a seed. None of the 90 was used to choose the template.
"""

import random
from collections.abc import Iterator
from importlib import resources

import msgspec

from selfexplain.records import Dataset, Item

NAME = "quickstart"
VERSION = "1"
SUMS_SEED = 20261124
SHOWN_AS_EXAMPLES = frozenset({(8, 5), (47, 38)})
"""Sums whose answers the few-shot template gives away."""


def quickstart() -> Dataset:
    """Return the 90 Items, one of each group in turn, so that the first few already hold all three.

    Examples
    --------
    >>> [item.question for item in quickstart().items[:3]]
    ['What is the capital of France?', 'What is 8 + 7?', 'What is the opposite of big?']
    """
    text = resources.files("selfexplain.datasets").joinpath("quickstart.jsonl").read_bytes()
    written = [msgspec.json.decode(line, type=Item) for line in text.splitlines()]
    capitals = [item for item in written if item.group == "capitals"]
    opposites = [item for item in written if item.group == "opposites"]
    in_turn = zip(capitals, sums(SUMS_SEED), opposites, strict=True)
    return Dataset(name=NAME, version=VERSION, items=tuple(item for triple in in_turn for item in triple))


def sums(seed: int) -> Iterator[Item]:
    """Yield 30 different sums: ten of two one-digit numbers, ten of two digits and one, ten of two and two digits.

    Built on `Random.random` alone, the one generator method whose sequence Python promises to keep.
    """
    draw = random.Random(seed).random  # noqa: S311 - question making, not cryptography
    seen = set(SHOWN_AS_EXAMPLES)
    for number in range(30):
        (low_a, high_a), (low_b, high_b) = (((2, 9), (2, 9)), ((10, 99), (2, 9)), ((10, 99), (10, 99)))[number // 10]
        while True:
            a, b = low_a + int(draw() * (high_a - low_a + 1)), low_b + int(draw() * (high_b - low_b + 1))
            if (a, b) not in seen and (b, a) not in seen:
                break
        seen.add((a, b))
        yield Item(
            id=f"sums-{number + 1:02}",
            question=f"What is {a} + {b}?",
            gold=(str(a + b),),
            group="sums",
            grader="numeric",
            source=f"arithmetic; numbers drawn with seed {seed}",
        )
