"""Lots of a Run's Items: whatever part of them is asked, each line is read once, where it lies."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import InputError, Item
from selfexplain.engines.lots import items_in, lines_in, lots_of
from selfexplain.records import encode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(TEXTS, unique=True, max_size=12), st.data())
def test_every_chosen_item_is_read_back_once_and_in_order(ids: list[str], data: st.DataObject) -> None:
    """Of any Items, with line ends and separators of all kinds in them, any part, in lots of any size."""
    items = [Item(name, f"{name}?\u2028\r\n", (name,)) for name in ids]
    chosen = [item for item in items if data.draw(st.booleans())]
    at_most = data.draw(st.integers(1, 5))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "items.jsonl"
        path.write_bytes(b"".join(encode(item) + b"\n" for item in items))
        lots = list(lots_of(path, chosen, at_most=at_most))
        read = [items_in(lines_in(lot)) for lot in lots]

    assert [item for lot in read for item in lot] == chosen
    assert [len(lot) for lot in read] == [lot.items for lot in lots]
    assert all(lot.items == at_most for lot in lots[:-1])
    assert sum(lot.bytes for lot in lots) == sum(len(encode(item)) + 1 for item in chosen)


def test_lines_that_follow_each_other_are_one_piece_to_read(tmp_path: Path) -> None:
    """A lot of a whole file is one reading, not a thousand."""
    items = [Item(f"q{n}", "?", ("!",)) for n in range(6)]
    (tmp_path / "items.jsonl").write_bytes(b"".join(encode(item) + b"\n" for item in items))
    (whole,) = lots_of(tmp_path / "items.jsonl", items, at_most=9)
    (parts,) = lots_of(tmp_path / "items.jsonl", [items[0], items[1], items[4]], at_most=9)

    length = len(encode(items[0])) + 1
    assert whole.spans == ((0, 6 * length),)
    assert parts.spans == ((0, 2 * length), (4 * length, 5 * length))


def test_an_item_that_is_not_in_the_file_is_no_silence(tmp_path: Path) -> None:
    """Nor one that comes before those it is to follow: it would be asked by nobody."""
    items = [Item(f"q{n}", "?", ("!",)) for n in range(2)]
    (tmp_path / "items.jsonl").write_bytes(b"".join(encode(item) + b"\n" for item in items))
    with pytest.raises(InputError, match="holds no Item 'q0' where one is expected"):
        list(lots_of(tmp_path / "items.jsonl", items[::-1], at_most=9))
