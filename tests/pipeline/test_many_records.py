"""A Run with very many Records is measured like any other, and none of them is kept."""

import json
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import asking, many_items, measuring, plugins, rereading
from selfexplain.pipeline import answered_rows, many_records
from selfexplain.pipeline.answered_rows import AnsweredRows, AskedItems, Texts
from selfexplain.pipeline.claims import measure_claims
from selfexplain.pipeline.compliance import compliance_of
from selfexplain.pipeline.count import counted
from selfexplain.pipeline.evaluate import rows_of
from selfexplain.pipeline.many_records import ItemsInOrder, among, by_id, kept, written
from selfexplain.pipeline.recalibrate import if_recalibrated
from selfexplain.pipeline.second_opinion import second_opinion
from selfexplain.records import STATUSES, Answered, Grade, Item, Reading, Record, SelfReport, Status
from selfexplain.report import rows as page_rows
from selfexplain.report.rows import choose
from selfexplain.stored import Stored

STATED: Reading[float] = Reading(0.75, "read", span=(12, 14))


def record(name: str, confidence: float = 0.75, *, right: bool = True, repeat: int = 0) -> Record:
    report = SelfReport(
        answer=Reading("Lima", "read", span=(0, 4)),
        rationale=Reading("I know", "read"),
        confidence={"stated": Reading(confidence, "read", span=(12, 14)), "token": Reading(None, "absent")},
        outcome="completed",
        replies=(f"Lima {name}\u2028",),
        calls=(f"{name}-{repeat}",),
    )
    grade = Grade("correct" if right else "wrong", "exact")
    return Record(name, report, grade, {"stated": "ok", "token": "no_confidence"}, repeat=repeat)


RECORDS = [record(f"q{n}", n / 10, right=n % 3 > 0) for n in range(9)]
ITEMS = tuple(Item(f"q{n}", f"What is {n}?", ("Lima",), group="ab"[n % 2]) for n in range(9))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four are too many, and everything is done in batches of two or four."""
    for holder in (many_items, many_records):
        monkeypatch.setattr(holder, "MOST_KEPT", 3)
    monkeypatch.setattr("selfexplain.runs.folder.MOST_KEPT", 3)
    monkeypatch.setattr(rereading, "READ_TOGETHER", 2)
    monkeypatch.setattr(answered_rows, "BATCH", 4)


@pytest.mark.usefixtures("few")
def test_few_are_as_they_are_and_many_are_the_same_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"

    def write(lines: Any) -> Path:
        path.write_bytes(b"".join(lines))
        return path

    assert kept(iter(RECORDS[:3])) == written(iter(RECORDS[:3]), write) == RECORDS[:3]
    for stored in (kept(iter(RECORDS)), written(iter(RECORDS), write)):
        assert isinstance(stored, Stored)
        assert len(stored) == 9
        assert list(stored) == list(stored) == RECORDS
        for part in (
            slice(4),
            slice(None, None, 2),
            slice(2, 7),
            slice(-3, None),
            slice(20, 30),
            slice(None, None, -2),
        ):
            assert list(stored[part]) == RECORDS[part]
        assert (stored[0], stored[-1], stored[1:][2]) == (RECORDS[0], RECORDS[-1], RECORDS[3])
        with pytest.raises(IndexError):
            stored[9]


@pytest.mark.usefixtures("few")
def test_a_file_made_for_records_goes_with_them_and_with_what_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stored = kept(iter(RECORDS))
    assert len(list(tmp_path.iterdir())) == 1
    del stored
    assert list(tmp_path.iterdir()) == []

    def damaged() -> Iterator[Record]:
        yield from RECORDS
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kept(damaged())
    assert list(tmp_path.iterdir()) == []


def test_items_are_found_in_their_order_and_in_any_other() -> None:
    found = ItemsInOrder(list(ITEMS))

    for names in (["q0", "q0", "q3", "q8"], ["q1", "q2"], ["q8", "q0", "q4", "q3"]):
        assert [found[name].id for name in names] == names
    assert (len(found), list(found)) == (9, [item.id for item in ITEMS])
    with pytest.raises(KeyError):
        found["q9"]
    assert among(found, {"q7", "q2", "gone"}) == {"q2": ITEMS[2], "q7": ITEMS[7]}
    assert by_id(ITEMS) == {item.id: item for item in ITEMS} == dict(ItemsInOrder(ITEMS))


TEXTS = st.lists(st.text(max_size=5) | st.text(min_size=70, max_size=72), max_size=12)


@settings(deadline=None)  # a loaded machine is no bug
@given(TEXTS, st.sampled_from([[], ["a\0"]]))
def test_texts_are_those_that_were_given_and_sorted_as_python_sorts_them(plain: list[str], nul: list[str]) -> None:
    texts = [*(text.replace("\0", "") for text in plain), *nul]
    many = Texts()
    for text in texts:
        many.append(text)

    assert list(many) == many[:] == texts
    assert many.ranks().tolist() == [sorted(set(texts)).index(text) for text in texts]


def test_a_text_of_several_bytes_stands_where_python_puts_it() -> None:
    """UTF-16 would put U+FFFD behind U+10000; a signed byte would put é before e."""
    texts = ["e", "é", "\ufffd", "\U00010000", "z"]
    many = Texts()
    for text in texts:
        many.append(text)

    assert [texts[place] for place in sorted(range(5), key=many.ranks().tolist().__getitem__)] == sorted(texts)


CONFIDENCES = st.none() | st.sampled_from([0.0, 0.3, 0.5, 1.0])


@st.composite
def answers(draw: st.DrawFn) -> list[Answered]:
    """Answers in the order of their Items, with clusters and repeats or without."""
    found: list[Answered] = []
    names = draw(st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=8))
    has_clusters, most = draw(st.booleans()), draw(st.sampled_from([1, 3]))
    for name in names:
        cluster = draw(st.sampled_from(["one", "two", *names])) if has_clusters else name
        group = draw(st.sampled_from([None, "x", "y"]))
        for repeat in range(draw(st.integers(1, most))):
            confidence, correct = draw(CONFIDENCES), draw(st.sampled_from([None, False, True]))
            words = STATUSES if confidence is not None and correct is not None else STATUSES[:-1]
            status: Status = draw(st.sampled_from(words))
            found.append(Answered(name, cluster, group, confidence, correct, status, repeat))
    return found


def in_columns(rows: Sequence[Answered]) -> AnsweredRows:
    asked = AskedItems()
    columns = AnsweredRows(asked)
    for row in rows:
        place = asked.place_of(Item(row.item, "?", ("x",), group=row.group, cluster=row.cluster))
        columns.append(place, row.confidence, row.correct, row.status, row.repeat)
    return columns


@settings(deadline=None)  # a loaded machine is no bug
@given(answers())
def test_answers_in_columns_are_the_same_answers_and_count_the_same(rows: list[Answered]) -> None:
    columns = in_columns(rows)

    assert list(columns) == columns[:] == rows
    assert columns.is_repeated == (len({row.item for row in rows}) < len(rows))
    assert columns.has_values == any(row.confidence is not None for row in rows)
    assert counted(columns) == counted(rows)


@settings(deadline=None)  # a loaded machine is no bug
@given(answers())
def test_items_that_come_again_later_are_counted_by_their_names_too(rows: list[Answered]) -> None:
    twice = [*rows, *(row._replace(repeat=row.repeat + 9) for row in rows)]

    assert list(in_columns(twice)) == twice
    assert counted(in_columns(twice)) == counted(twice)


@settings(deadline=None, max_examples=20)  # learns twice each time
@given(st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.9]), st.booleans()), min_size=60, max_size=80), st.randoms())
def test_maps_are_learned_from_columns_as_from_rows(answered: list[tuple[float, bool]], random: Any) -> None:
    """The folds are dealt by the order of the names, whatever that of the answers."""
    names = [f"q{n}" for n in range(len(answered))]
    random.shuffle(names)
    rows = [Answered(name, name, None, *each, "ok") for name, each in zip(names, answered, strict=True)]

    assert if_recalibrated("stated", in_columns(rows)) == if_recalibrated("stated", rows)


class Watched(Record, weakref=True, frozen=True):
    """A Record of which is known whether anybody keeps it."""


class Passing(Sequence[Record]):
    """Records that are made when they are looked at, and how many there were at most at one time."""

    def __init__(self, n: int, make: Callable[[int], Record]) -> None:
        self._n, self._make = n, make
        self._alive: dict[int, Any] = {}
        self.most = 0

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Record]:
        for place in range(self._n):
            made = self._make(place)
            watched = Watched(**{name: getattr(made, name) for name in Record.__struct_fields__})
            self._alive[place] = weakref.ref(watched, lambda _, place=place: self._alive.pop(place))  # type: ignore[misc]
            self.most = max(self.most, len(self._alive))
            yield watched
            del watched


LOOKS: Mapping[str, Callable[[Sequence[Record], Mapping[str, Item]], Any]] = {
    "compliance": lambda records, _: compliance_of(records, plugins.template("answer-why-confidence")),
    "second opinion": second_opinion,
    "rows": rows_of,
    "claims": lambda records, items: measure_claims(records, items, plugins.graders()),
}


@pytest.mark.parametrize("look", LOOKS)
def test_who_counts_records_keeps_none(look: str) -> None:
    items = {f"q{n}": Item(f"q{n}", "?", ("Lima",)) for n in range(50)}
    passing = Passing(50, lambda n: record(f"q{n}", n / 50))

    LOOKS[look](passing, items)

    assert 0 < passing.most <= 3


def test_a_page_keeps_only_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_rows, "LIMIT", 10)
    passing = Passing(60, lambda n: record(f"q{n}", n / 60, right=n % 2 > 0))

    shown, note = choose(passing, "stated")

    assert len(shown) == 10
    assert passing.most <= 13
    assert "10 of 60 Records: 3 of 3 that are wrong and sure" in note  # 54, 56 and 58 of 60


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("repeats", [1, 2])
def test_a_run_of_many_is_measured_and_shown_as_one_of_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeats: int
) -> None:
    """Every file is the same, byte by byte; the page shows a sample of both."""
    monkeypatch.setattr(page_rows, "LIMIT", 20)
    path = tmp_path / "questions.jsonl"
    rows = [{"question": f"What is {n}?", "gold": "1", "group": "ab"[n % 2]} for n in range(70)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def ask(messages: list[dict[str, str]]) -> str:
        n = sum(map(ord, messages[-1]["content"]))
        return f"Answer: {n % 3 % 2}\nBecause: so.\nConfidence: {50 + n % 51}"

    result = asking.run(str(path), model=ask, template="answer-why-confidence", repeats=repeats, results=tmp_path)
    assert isinstance(result.records, Stored)
    assert result.folder is not None
    names = ("records.jsonl", "metrics.json", "report.html", "report.md")
    many = [(result.folder / name).read_bytes() for name in names]
    for holder in (many_items, many_records):
        monkeypatch.setattr(holder, "MOST_KEPT", 1_000)
    monkeypatch.setattr("selfexplain.runs.folder.MOST_KEPT", 1_000)
    again = measuring.evaluate_run(result.folder)

    assert isinstance(again.records, list)
    assert list(result.records) == again.records
    assert [(result.folder / name).read_bytes() for name in names] == many
