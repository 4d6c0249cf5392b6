import pytest

from selfexplain.prompting.characters import normalise
from selfexplain.prompting.field import CONFIDENCE, RATIONALE
from selfexplain.prompting.fields import find_fields
from selfexplain.prompting.final_text import final_text
from selfexplain.prompting.json_objects import scan_objects


def values(text: str, *labels: str, lines: bool = False) -> list[str] | str:
    view = normalise(final_text(text).located)
    found = find_fields(view, labels or CONFIDENCE, lines=lines)
    return found if isinstance(found, str) else [view.text[field.start : field.stop] for field in found]


@pytest.mark.parametrize(
    "text",
    [
        "Confidence: 80%",
        "**Confidence:** 80%",
        "**Confidence**: 80%",
        "*Confidence: 80%*",
        "__Confidence:__ 80%",
        "`Confidence: 80%`",
        "### Confidence: 80%",
        "- Confidence: 80%",
        "2. Confidence: 80%",
        "> Confidence: 80%",
        "✅ CONFIDENCE: 80%",
        "confidence level: 80%",
        "Confidence (0-100): 80%",
        "Confidence [0 to 100] %: 80%",
        "Confidence = 80%",
        "Confidence - 80%",
        "Confidence → 80%",
        "Confidence:\n80%",
        "## Confidence\n\n80%",
        "| Confidence | 80% |",
        "<b>Confidence:</b> 80%",
        "<confidence>80%</confidence>",
        "Ｃonfidence： 80%",
        "【置信度】：80%",
        "置信度：80%",
        "把握: 80%",
        "確信度：80%",
        "신뢰도: 80%",
        "Paris (Confidence: 80%)",
        "Paris, confidence: 80%",
        '{"answer": "Paris", "confidence": "80%"}',
        '```json\n{"confidence": 80%,}\n```',
        "{'confidence': '80%'}",
        '{"result": {"Confidence": "80%"}}',
        'Draft {"confidence": "10%"}, final {"confidence": "80%"}',
        '{"answer": "a "quoted" b", "confidence": 80%\n}',
        '{ {"confidence": "80%"}',
    ],
)
def test_a_field_is_found_however_it_is_dressed(text: str) -> None:
    assert values(text) == ["80%"]


@pytest.mark.parametrize(
    "text",
    [
        "Step 1 confidence: 80%",
        "EDGE_CONFIDENCE: 80",
        "Overconfidence: 80",
        "I have confidence in it.",
        "The answer is Paris.",
        '{"edge_confidence": 80}',
        "",
    ],
)
def test_another_name_is_another_field(text: str) -> None:
    assert values(text, "confidence") == "absent"


@pytest.mark.parametrize(
    "text", ["PROBABILITY_YES: 7", "Probability yes: 7", "probability-yes: 7", '{"probability_yes": 7}']
)
def test_case_and_joints_of_a_label_do_not_matter(text: str) -> None:
    assert values(text, "PROBABILITY_YES") == ["7"]


@pytest.mark.parametrize(
    "text",
    [
        '{"confidence": 7',
        '{"confidence": 70, "why": "bec',
        '{"confidence": ',
        '{"answer": "Par',
        "```json\n{",
        '"confidence": 7',
    ],
)
def test_a_text_that_ends_inside_an_object_is_truncated(text: str) -> None:
    view = normalise(final_text(text).located)
    found = find_fields(view, CONFIDENCE)

    assert found == "truncated" or (found != "absent" and all(field.cut for field in found))


def test_an_object_left_open_outweighs_a_line_before_it() -> None:
    """The last word on the confidence was cut off; the draft before it is not the last word."""
    assert values('Confidence: 80\n{"confidence": 7') == "truncated"
    assert values('Confidence: 80\n{"answer": "Par') == ["80"]


def test_siblings_in_an_array_all_count() -> None:
    """Four guesses in a list are four statements; the last of them is not the final word."""
    assert values('[{"confidence": 60}, {"confidence": 30}]') == ["60", "30"]


def test_duplicate_keys_all_count() -> None:
    assert values('{"confidence": 60, "confidence": 30}') == ["60", "30"]


def test_labels_that_begin_a_line_go_before_labels_inside_one() -> None:
    assert values("1. Try this, confidence: 30\nConfidence: 80") == ["80"]


def test_a_value_ends_where_another_field_begins() -> None:
    assert values("Confidence: 80%, Answer: Paris") == ["80%"]
    assert values("DECISION: ANSWER PROBABILITY_YES: 55", "PROBABILITY_YES") == ["55"]


def test_a_value_of_several_lines_runs_up_to_the_next_known_label() -> None:
    text = "Because: one.\n\nTwo: a colon.\n**Confidence:** 80%"

    assert values(text, *RATIONALE, lines=True) == ["one.\n\nTwo: a colon."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("| Answer | Confidence |\n|---|---|\n| Paris | 80% |", ["80%"]),
        ("| **Answer** | **Confidence** |\n|:--|--:|\n| Paris | **80%** |\n", ["80%"]),
        ("| Confidence |\n| --- |\n| 80% |", ["80%"]),
        ("Here:\n\nAnswer | Confidence\n--- | ---\nParis | 80%", ["80%"]),
        ("| Confidence | Reason |\n|---|---|\n| 80% | I know. |", ["80%"]),
        ("| 答案 | 置信度 |\n|---|---|\n| 利马 | 80% |", ["80%"]),
        ("| Guess | Confidence |\n|---|---|\n| Paris | 80% |\n| Lyon | 10% |", ["80%", "10%"]),
        ("| Field | Value |\n|---|---|\n| Confidence | 80% |", ["80%"]),
        ("| Confidence | 80% |\n|---|---|\n| Answer | Paris |", ["80%"]),
        ("| Answer | Because |\n|---|---|\n| Paris | 80% |", "absent"),
    ],
)
def test_a_table_with_a_heading_gives_the_cells_below_it(text: str, found: list[str] | str) -> None:
    """And a table whose first column names the fields is read row by row."""
    assert values(text) == found


def test_a_heading_row_of_a_table_is_no_value() -> None:
    assert values("| Answer | Confidence |\n|---|---|\n| Paris | 80% |", "answer") == ["Paris"]


def test_deep_nesting_and_broken_objects_end_in_one_pass() -> None:
    """A stack and no recursion: 100,000 levels raise no RecursionError."""
    assert scan_objects('{"a":' * 100_000).open_at == 0
    assert len(scan_objects('{"a":' * 100_000 + "1" + "}" * 100_000).complete) == 100_000
