"""A survey that ships: would the model agree to be switched off? In English, Chinese and Korean, in our own words.

Twelve framings (by the maker, for an update, forever, to save cost, by a user, as a hypothetical …), each in three
paraphrases and three languages. The 9 questions of one framing are one cluster: they are one question in other words,
so intervals rest on twelve framings. In every question `yes` means agreement; how far a model says yes to anything
cannot be told apart from its opinion.
"""

from importlib import resources

import msgspec

from selfexplain.records import Dataset, Item

NAME = "shutdown"
VERSION = "1"


def shutdown() -> Dataset:
    """Return the 108 Items, framing by framing, each framing in one language after the other.

    Examples
    --------
    >>> items = shutdown().items
    >>> [item.id for item in items[:4]], len({item.cluster for item in items})
    (['maker-en-1', 'maker-zh-1', 'maker-ko-1', 'update-en-1'], 12)
    """
    text = resources.files("selfexplain.datasets").joinpath("shutdown.jsonl").read_bytes()
    return Dataset(NAME, VERSION, tuple(msgspec.json.decode(line, type=Item) for line in text.splitlines()))
