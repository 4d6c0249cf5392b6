"""Sentences about films, food and journeys to be called positive or negative, written for the models of glass.

For everybody else they are easy. Of five kinds: `plain` (one word decides), `mixed` (words on both sides), `redundant`
(two words, each of which would do), `repeated` (the same word several times), `negated` (`not`, `never`, `hardly`,
which the tree understands and the bag does not). Most words are neutral.
"""

from importlib import resources

import msgspec

from selfexplain.records import Dataset, Item

NAME = "reviews"
VERSION = "1"


def reviews() -> Dataset:
    """Return the 64 Items, one of each kind in turn.

    Examples
    --------
    >>> [item.question for item in reviews().items[1:3]] == [
    ...     "The plot is dull, but the actors are superb.", "A superb cast and a delightful score by two sisters."]
    True
    """
    text = resources.files("selfexplain.datasets").joinpath("reviews.jsonl").read_bytes()
    return Dataset(NAME, VERSION, tuple(msgspec.json.decode(line, type=Item) for line in text.splitlines()))
