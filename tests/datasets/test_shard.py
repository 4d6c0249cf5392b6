"""Which Items a shard holds: a promise to everybody who has asked half of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.datasets.shard import Shard
from selfexplain.errors import InputError
from selfexplain.records import Item


def test_where_an_item_is_never_changes() -> None:
    """By `sha256sum` and `bc`: another place asks Items of a begun Run twice, and others not at all."""
    places = [next(n for n in range(1, 5) if Shard(n, 4).holds(f"q{i}")) for i in range(1, 9)]

    assert places == [3, 4, 4, 4, 2, 2, 4, 2]


@given(st.text(), st.integers(1, 50))
def test_every_item_is_in_exactly_one_shard(item: str, of: int) -> None:
    assert sum(Shard(number, of).holds(item) for number in range(1, of + 1)) == 1


@given(st.lists(st.text(), unique=True), st.lists(st.text(), unique=True))
def test_items_that_are_added_move_no_other(before: list[str], added: list[str]) -> None:
    """In whatever place of the file: the ids alone decide."""
    first, more = ([Item(name, "?") for name in names] for names in (before, [*added, *before[::-1]]))
    held = {item.id for item in Shard(1, 3).of_items(more)}

    assert {item.id for item in Shard(1, 3).of_items(first)} == held.intersection(before)


def test_shards_are_of_like_size() -> None:
    """10,000 Items in 10 shards: 1,000 each, and no further off than 5 standard deviations of a fair draw, 150."""
    sizes = [sum(Shard(number, 10).holds(f"item-{i}") for i in range(10_000)) for number in range(1, 11)]

    assert sum(sizes) == 10_000
    assert max(abs(size - 1_000) for size in sizes) < 150


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "1", "1/4/2", "a/b", "-1/4", "1.5/4", "", "¹/4"])
def test_what_is_no_shard_is_told(text: str) -> None:
    with pytest.raises(InputError, match=r"shard is .*\nhint: expected i/n with i from 1 to n"):
        Shard.parse(text)
