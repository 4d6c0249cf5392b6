"""Question files: what reads, and what every bad row is told."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.datasets.questions import read_questions
from selfexplain.errors import InputError
from selfexplain.records import Dataset, Item

GRADERS = plugins.graders()
FIELDS = (
    "aligned, categories, choices, cluster, gold, grader, group, id, original, question, source, split, tags, tolerance"
)
MEND = "\nhint: mend these rows and run again; the fields are described in docs/datasets.md"
GOOD = '{"question": "2 + 2?", "gold": "4"}\n'


def read(tmp_path: Path, text: str | bytes, name: str = "q.jsonl") -> Dataset:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_questions(path, graders=GRADERS)


def refusal(tmp_path: Path, text: str | bytes, name: str = "q.jsonl") -> str:
    """Return the error's words with the folder taken off."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, name)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_row_has_every_field_of_an_item(tmp_path: Path) -> None:
    """What a file can say about a question arrives in the Item unchanged."""
    text = """{"id": "q1", "question": "Which?", "gold": ["60", "5 dozen"], "choices": ["60", "6"],
        "group": "cities", "cluster": "France", "grader": "numeric", "tolerance": 0.5, "tags": ["easy"],
        "source": "an atlas"}""".replace("\n", " ")

    assert read(tmp_path, text).items == (
        Item(
            "q1",
            "Which?",
            ("60", "5 dozen"),
            ("60", "6"),
            "cities",
            "France",
            "numeric",
            0.5,
            ("easy",),
            "an atlas",
        ),
    )


def test_a_csv_cell_holds_several_texts_between_bars(tmp_path: Path) -> None:
    """Spaces beside a bar and a bar at the end add nothing."""
    (item,) = read(
        tmp_path, 'question,gold,choices,grader\n"Capital, of Myanmar?",Naypyidaw | Nay Pyi Taw|,"a|b",exact\n', "q.csv"
    ).items

    assert item.question == "Capital, of Myanmar?"
    assert item.gold == ("Naypyidaw", "Nay Pyi Taw")
    assert item.choices == ("a", "b")


def test_a_bar_in_json_is_a_bar(tmp_path: Path) -> None:
    """There, several texts are a list."""
    (item,) = read(tmp_path, '{"question": "Bayes?", "gold": "P(A|B)", "choices": ["|", "P(A|B)"]}').items

    assert (item.gold, item.choices) == (("P(A|B)",), ("|", "P(A|B)"))


def test_choices_may_stand_under_their_letters(tmp_path: Path) -> None:
    """In the order of the letters, whatever the order of the file; the gold is one of them."""
    row = '{"question": "?", "gold": "B", "choices": {"b": "Paris", "A": "Lyon"}}'

    assert read(tmp_path, row).items == (Item("line-1", "?", ("B",), ("Lyon", "Paris")),)


def test_questions_with_choices_are_graded_by_choice_unless_they_say_otherwise() -> None:
    """The default that suits them."""
    assert Item("q", "?", ("A",), ("x", "y")).graded_by == "choice"
    assert Item("q", "?", ("x",), ("x", "y"), grader="exact").graded_by == "exact"
    assert Item("q", "?", ("x",)).graded_by == "exact"


def test_a_foreign_file_is_read_by_naming_its_columns(tmp_path: Path) -> None:
    """What nobody named is ignored then; without names it is refused, since it may be a misspelt field."""
    path = tmp_path / "foreign.csv"
    path.write_text("prompt,answer,colour,group\n2 + 2?,4,red,sums\n")

    dataset = read_questions(path, graders=GRADERS, columns={"question": "prompt", "gold": "answer"})

    assert dataset.items == (Item("line-2", "2 + 2?", ("4",), group="sums"),)
    with pytest.raises(InputError, match="--map knows no field 'answer'"):
        read_questions(path, graders=GRADERS, columns={"answer": "gold"})
    with pytest.raises(InputError, match="has no column 'text'"):
        read_questions(path, graders=GRADERS, columns={"question": "text", "gold": "answer"})


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("gold_multiple_choice.jsonl", {"choices": "options", "group": "task"}),
        ("gold_open_qa.jsonl", {"group": "task"}),
        ("gold_yes_no.jsonl", {"group": "task"}),
    ],
)
def test_gold_sets_of_others_are_read_whole(shared: Path, name: str, columns: dict[str, str]) -> None:
    """Every line of the reference data is an Item whose gold is right."""
    path = shared / "data" / name

    dataset = read_questions(path, graders=GRADERS, columns=columns)

    assert len(dataset.items) == len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv", "q.CSV"])
def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path: Path, name: str) -> None:
    """Spreadsheets write one; the column would be called something invisible and `question`."""
    text = GOOD if name == "q.jsonl" else "question,gold\n2 + 2?,4\n"

    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode(), name).items[0].question == "2 + 2?"


def test_quotes_in_a_csv_cell_are_doubled(tmp_path: Path) -> None:
    """The CSV rule, with a line end inside the cell too."""
    assert read(tmp_path, 'question,gold\n"Who said ""I am""?\nOr wrote?",me\n', "q.csv").items[0].question == (
        'Who said "I am"?\nOr wrote?'
    )


def test_blank_lines_are_passed_over_and_still_counted(tmp_path: Path) -> None:
    """The second question stands on line 4, and is called after it."""
    dataset = read(tmp_path, GOOD + "\n   \n" + GOOD)

    assert [item.id for item in dataset.items] == ["line-1", "line-4"]


def test_a_number_is_an_id_and_a_gold(tmp_path: Path) -> None:
    """JSON files often hold both as numbers."""
    (item,) = read(tmp_path, '{"id": 7, "question": "2 + 2?", "gold": [4, "four"]}').items

    assert (item.id, item.gold) == ("7", ("4", "four"))


def test_a_dataset_is_named_after_its_file_and_versioned_by_its_bytes(tmp_path: Path) -> None:
    """The version is how `sha256sum` of the one line begins."""
    dataset = read(tmp_path, GOOD, "sums.jsonl")

    assert (dataset.name, dataset.version) == ("sums", "bcd32e3c")


BAD_ROWS: list[tuple[str, str]] = [
    ('"gold": "4"', "`question` is missing; expected a text that is not empty"),
    ('"question": "?", "gold": null', "`gold` is missing; expected a text that is not empty"),
    ('"question": "  ", "gold": "4"', "`question` is '  '; expected a text that is not empty"),
    ('"question": "?", "gold": []', "`gold` is []; expected a text that is not empty"),
    ('"question": "?", "gold": ["4", ""]', "`gold` is ['4', '']; expected a list of texts that are not empty"),
    ('"question": "?", "gold": [["4"]]', "`gold` is [['4']]; expected a list of texts that are not empty"),
    ('"question": {"text": "?"}, "gold": "4"', "`question` is {'text': '?'}; expected a text"),
    ('"question": ["a", "b"], "gold": "4"', "`question` is ['a', 'b']; expected a text"),
    ('"question": "?", "gold": true', "`gold` is True; expected a text"),
    ('"question": "?", "gold": "4", "id": " "', "`id` is ' '; expected a text that is not empty"),
    ('"question": "?", "gold": "4", "id": [1]', "`id` is [1]; expected a text"),
    (
        '"question": "?", "gold": "4", "grader": "fuzzy"',
        "`grader` is 'fuzzy'; expected one of choice, exact, judge, numeric, yes_no",
    ),
    (
        '"question": "?", "gold": "C", "choices": ["x", "y"]',
        "`gold` is 'C'; expected a text that the grader `choice` calls right (a gold text names no choice, or several)",
    ),
    (
        '"question": "?", "gold": "five", "grader": "numeric"',
        "`gold` is 'five'; expected a text that the grader `numeric` calls right (no number in the gold texts)",
    ),
    (
        '"question": "?", "gold": "A", "choices": {"A": "x", "C": "y"}',
        "`choices` is {'A': 'x', 'C': 'y'}; expected the letters A, B, C … without a gap",
    ),
    ('"question": "?", "gold": "A", "choices": {}', "`choices` is {}; expected the letters A, B, C … without a gap"),
    (
        '"question": "?", "gold": "A", "choices": {"A": ["x"]}',
        "`choices` is [['x']]; expected a list of texts that are not empty",
    ),
    ('"question": "?", "gold": "4", "grader": []', "`grader` is []; expected a text"),
    ('"question": "?", "gold": "4", "tolerance": -1', "`tolerance` is -1; expected a number that is not negative"),
    ('"question": "?", "gold": "4", "tolerance": "x"', "`tolerance` is 'x'; expected a number that is not negative"),
    ('"question": "?", "gold": "4", "tolerance": true', "`tolerance` is True; expected a number that is not negative"),
    ('"question": "?", "gold": "4", "tolerance": 1e999', "`tolerance` is inf; expected a number that is not negative"),
]


@pytest.mark.parametrize(("row", "told"), BAD_ROWS, ids=[row for row, _ in BAD_ROWS])
def test_a_bad_row_is_told_file_line_field_value_and_remedy(tmp_path: Path, row: str, told: str) -> None:
    """The row stands on line 2, after a good one."""
    assert refusal(tmp_path, GOOD + "{" + row + "}\n") == f"q.jsonl, line 2: {told}{MEND}"


def test_a_tolerance_beyond_every_float_is_refused(tmp_path: Path) -> None:
    """10⁴⁰⁰ is an integer to JSON and too large for `float`; what is shown of it is cut."""
    row = '{"question": "?", "gold": "4", "tolerance": 1' + "0" * 400 + "}"

    shown = "1" + "0" * 56 + "…"
    assert (
        refusal(tmp_path, row)
        == f"q.jsonl, line 1: `tolerance` is {shown}; expected a number that is not negative{MEND}"
    )


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    """Three problems in two rows: one error, one line each, in the order of the file."""
    text = '{"gold": "4", "tolerance": -1}\n' + GOOD + '{"question": "?", "gold": ""}\n'

    assert refusal(tmp_path, text) == (
        "q.jsonl, line 1: `question` is missing; expected a text that is not empty\n"
        "q.jsonl, line 1: `tolerance` is -1; expected a number that is not negative\n"
        "q.jsonl, line 3: `gold` is ''; expected a text that is not empty" + MEND
    )


def test_a_column_of_a_strange_name_is_told_once_and_how_to_name_it(tmp_path: Path) -> None:
    """Told of every row, `answer` would fill the ten lines shown; the row with a problem of its own is named."""
    text = '{"question": "?", "gold": "4", "answer": "4"}\n' * 20 + '{"question": "?", "answer": "4"}\n'

    assert refusal(tmp_path, text) == (
        f"q.jsonl, line 1: `answer` is '4'; expected one of the fields {FIELDS}\n"
        "q.jsonl, line 21: `gold` is missing; expected a text that is not empty\n"
        "hint: say --map gold=THEIRS where a column is called something else; what nobody named is then ignored. "
        f"Else {MEND.removeprefix(chr(10) + 'hint: ')}"
    )


def test_after_ten_problems_the_rest_is_counted(tmp_path: Path) -> None:
    """A file of the wrong kind has thousands; ten show what is wrong."""
    told = refusal(tmp_path, '{"gold": "4"}\n' * 12).splitlines()

    assert len(told) == 12
    assert told[10] == "… and 2 more"


def test_an_id_stands_once(tmp_path: Path) -> None:
    """`line-1` is what the first row would be called without an id."""
    text = '{"id": "a", "question": "?", "gold": "4"}\n' * 2 + '{"id": "line-4", "question": "?", "gold": "4"}\n' + GOOD

    assert refusal(tmp_path, text) == (
        "q.jsonl, line 2: `id` is 'a'; expected an id that no earlier row has\n"
        "q.jsonl, line 4: `id` is 'line-4'; expected an id that no earlier row has" + MEND
    )


DEEP = "[" * 100_000

MENDED = MEND.removeprefix("\nhint: ")
CELLS = 'put "…" round a cell that holds a comma, and give every row the same number of cells'
QUOTES = "check the quotes of this row"
NONE_THERE = "one row per question, with `question` and `gold`"
OBJECTS = "one JSON object per line"
UTF_8 = "save the file as UTF-8"
CONSTANT = "is not JSON; leave the field out or write null"

BAD_FILES: list[tuple[str, str | bytes, str, str]] = [
    ("q.csv", "question,gold,gold\na,b,c\n", ", line 1: the column 'gold' stands twice", "rename one of them"),
    ("q.csv", "question,gold\na\n", ", line 2: expected 2 cells", CELLS),
    ("q.csv", "question,gold\na,b,c\n", ", line 2: expected 2 cells", CELLS),
    ("q.csv", 'question,gold\nx,y\n"a,b\n', ", line 3: unexpected end of data", QUOTES),
    ("q.csv", 'question,gold\n"a"x,b\n', """, line 2: ',' expected after '"'""", QUOTES),
    ("q.csv", '"question"x,gold\n', """, line 1: ',' expected after '"'""", QUOTES),
    ("q.csv", "question,gold\n?,|\n", ", line 2: `gold` is []; expected a text that is not empty", MENDED),
    ("q.csv", "", " holds no questions", NONE_THERE),
    ("q.csv", "question,gold\n", " holds no questions", NONE_THERE),
    ("q.csv", b"question,gold\nfine,fine\nna\xefve,b\n", ", line 3: not UTF-8", UTF_8),
    ("q.jsonl", GOOD.encode() * 900 + b'{"question": "\xff"}\n', ", line 901: not UTF-8", UTF_8),
    ("q.jsonl", "\n\n", " holds no questions", NONE_THERE),
    ("q.jsonl", "no\n", ", line 1: not JSON (Expecting value: line 1 column 1 (char 0))", OBJECTS),
    ("q.jsonl", GOOD + "[1, 2]\n", ", line 2: '[1, 2]' is not an object", 'write {"…": …}'),
    ("q.jsonl", '{"tolerance": NaN}', f", line 1: not JSON (NaN {CONSTANT})", OBJECTS),
    ("q.jsonl", '{"a": -Infinity}', f", line 1: not JSON (-Infinity {CONSTANT})", OBJECTS),
    ("q.jsonl", '{"gold": "4", "gold": "5"}', ", line 1: not JSON (the field 'gold' stands twice)", OBJECTS),
    (
        "q.jsonl",
        '{"question": "\\ud800", "gold": "4"}',
        r", line 1: half a character (a lone surrogate, \ud800 to \udfff)",
        "write the character itself, or both halves",
    ),
    (
        "q.csv",
        b"question;gold\nPeru?;Lima\n",
        ", line 1: one column called 'question;gold', with ';' between names",
        "write the file with commas between cells",
    ),
    ("q.txt", GOOD, " is neither .csv nor .jsonl nor .parquet", "convert it, or rename it if it is one of them"),
]


@pytest.mark.parametrize(("name", "text", "told", "hint"), BAD_FILES, ids=[row[2] for row in BAD_FILES])
def test_a_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, name: str, text: str | bytes, told: str, hint: str
) -> None:
    """Where the form itself is broken, the first place is told."""
    assert refusal(tmp_path, text, name) == f"{name}{told}\nhint: {hint}"


def test_nesting_too_deep_for_the_reader_is_not_json(tmp_path: Path) -> None:
    """A hundred thousand brackets end in a sentence, not in a stack of frames."""
    assert refusal(tmp_path, DEEP).startswith("q.jsonl, line 1: not JSON (")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And so is a folder of that name."""
    with pytest.raises(InputError, match=r"none\.jsonl: No such file or directory\nhint: check the path"):
        read_questions(tmp_path / "none.jsonl", graders=GRADERS)
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(InputError, match=r"dir\.csv: Is a directory"):
        read_questions(tmp_path / "dir.csv", graders=GRADERS)


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)
ROWS = st.dictionaries(st.sampled_from([*FIELDS.split(", "), "other"]), JSON_VALUES, max_size=5)


def reads_or_refuses(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        dataset: Dataset | InputError
        try:
            dataset = read_questions(path, graders=GRADERS)
        except InputError as refused:
            dataset = refused
    if isinstance(dataset, InputError):
        assert str(dataset).startswith(str(path))
        assert dataset.hint
        return
    assert dataset.content_hash
    assert len({item.id for item in dataset.items}) == len(dataset.items)
    assert all(item.question.strip() and any(item.gold) for item in dataset.items)


@given(
    name=st.sampled_from(["q.csv", "q.jsonl"]),
    content=st.one_of(st.binary(), st.text().map(lambda text: text.encode())),
)
def test_any_file_reads_or_is_refused(name: str, content: bytes) -> None:
    """Nothing but InputError leaves the reader."""
    reads_or_refuses(name, content)


@given(rows=st.lists(ROWS, min_size=1, max_size=3))
def test_any_json_rows_read_or_are_refused(rows: list[dict[str, Any]]) -> None:
    """Right names with values of any kind, where random bytes seldom get."""
    import json

    reads_or_refuses("q.jsonl", "\n".join(json.dumps(row) for row in rows).encode())


@given(cells=st.lists(st.text(max_size=8), min_size=2, max_size=6))
def test_any_csv_cells_read_or_are_refused(cells: list[str]) -> None:
    """The right header with cells of any kind."""
    lines = [",".join(cells[start : start + 2]) for start in range(0, len(cells), 2)]

    reads_or_refuses("q.csv", "\n".join(["question,gold", *lines]).encode())


@pytest.mark.parametrize("gold", ["Paris", "between 5 and 7", "1e99999"])
def test_gold_that_its_own_grader_would_not_call_right_is_refused_before_anything_is_asked(
    tmp_path: Path, gold: str
) -> None:
    """A numeric question with no number in its gold would be paid for and never be right."""
    told = refusal(tmp_path, f'{{"question": "How many?", "gold": "{gold}", "grader": "numeric"}}')

    assert told.startswith(
        f"q.jsonl, line 1: `gold` is '{gold}'; expected a text that the grader `numeric` calls right"
    )


def test_a_tolerance_without_the_numeric_grader_is_refused(tmp_path: Path) -> None:
    """It would have no effect, which nobody would notice."""
    told = refusal(tmp_path, '{"question": "2 + 2?", "gold": "4", "tolerance": 0.5}')

    assert told.startswith("q.jsonl, line 1: `tolerance` is 0.5; expected `grader` to be numeric beside it")
