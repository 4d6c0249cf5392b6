"""The file of a map: what it holds, what is refused, and that a stranger's words do no harm."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import selfexplain as sx
from selfexplain.errors import InputError
from selfexplain.recalibration.confidence_map import ConfidenceMap, Provenance

ANSWERS = pd.DataFrame({"confidence": [0.9] * 40 + [0.5] * 40, "correct": [1, 0] * 20 + [1, 0, 0, 0] * 10})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    recalibration = sx.recalibrate(ANSWERS, model="openai/m", template="t@1", scale="probability")
    return recalibration.write(tmp_path / "map.json")


def changed(file: Path, **fields: Any) -> Path:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))
    return file


def test_a_map_is_read_back_as_it_was_written(file: Path) -> None:
    """(20 + 9)/50 at 0.9, (10 + 5)/50 at 0.5: half way between at 0.7."""
    found = sx.load_map(file)

    assert found.to_json() == file.read_bytes()
    assert (found(0.9), found(0.5)) == (0.58, 0.3)
    assert found(0.7) == pytest.approx(0.44)
    assert (found(0.0), found(1.0), found(0), found(1)) == (0.3, 0.58, 0.3, 0.58)


def test_the_file_says_where_the_map_comes_from(file: Path) -> None:
    held = json.loads(file.read_text(), parse_constant=pytest.fail)
    made = held["provenance"]

    assert held["knots"] == [[0.5, 0.3], [0.9, 0.58]]
    assert (held["interpolation"], held["outside"], held["schema_version"]) == ("linear", "constant", 1)
    assert (made["model"], made["template"], made["scale"], made["source"]) == (
        "openai/m",
        "t@1",
        "probability",
        "given",
    )
    assert (made["n"], made["clusters"], made["method"], made["parameters"]) == (80, 80, "value-map", {"m": 10.0})
    assert (made["selfexplain"], made["dataset"], len(made["dataset_hash"])) == (sx.__version__, "dataframe", 64)


@pytest.mark.parametrize("name", ["model", "template", "scale"])
def test_a_map_for_something_else_is_refused_unless_told(file: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"was made for the {name} ") as refused:
        sx.load_map(file, **{name: "another"})  # type: ignore[arg-type]

    assert "anyway=True" in (refused.value.hint or "")
    assert sx.load_map(file, **{name: "another"}, anyway=True)(0.9) == 0.58
    assert sx.load_map(file, model="openai/m", template="t@1", scale="probability")(0.9) == 0.58


def test_a_map_that_does_not_say_is_not_for_a_model_that_is_stated(tmp_path: Path) -> None:
    path = sx.recalibrate(ANSWERS).write(tmp_path / "map.json")

    with pytest.raises(InputError, match="does not say for which model"):
        sx.load_map(path, model="openai/m")


@pytest.mark.parametrize(
    "confidence", [90, -0.1, float("nan"), float("inf"), None, "0.9", pd.NA, pd.Series([0.5, 0.9]), [0.9]], ids=repr
)
def test_what_is_no_probability_has_no_worth(file: Path, confidence: Any) -> None:
    with pytest.raises(InputError, match="expected a probability"):
        sx.load_map(file)(confidence)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "something"}, "not a confidence map"),
        ({"schema_version": 99}, "schema 99"),
        ({"knots": []}, "`knots` is empty"),
        ({"knots": [[0.5, 0.3], [0.5, 0.4]]}, r"`knots\[1\]` begins with 0.5 after 0.5"),
        ({"knots": [[0.9, 0.3], [0.5, 0.4]]}, r"`knots\[1\]` begins with 0.5 after 0.9"),
        ({"knots": [[0.5, 1.3]]}, r"`knots\[0\]` is \[0.5, 1.3\]"),
        ({"knots": [[0.5]]}, "length"),
        ({"knots": [[0.5, "0.3"]]}, "Expected `float`"),
        ({"interpolation": "cubic"}, "cubic"),
        ({"extra": 1}, "unknown field `extra`"),
        ({"provenance": {}}, "missing required field"),
    ],
)
def test_a_map_that_does_not_hold_together_is_refused(file: Path, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        sx.load_map(changed(file, **fields))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"knots": NaN}'])
def test_what_is_no_map_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(content)

    with pytest.raises(InputError):
        sx.load_map(path)
    with pytest.raises(InputError, match="cannot read"):
        sx.load_map(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="cannot read"):
        sx.load_map(tmp_path)


def test_hostile_words_are_only_words(tmp_path: Path) -> None:
    """Markup, quotes, line breaks and control characters travel as text and come back unchanged."""
    hostile = '"]}{{ 7*7 }}\n</script>\x1b[2J\u202e[bold]'
    path = sx.recalibrate(ANSWERS, model=hostile, template=hostile).write(tmp_path / "map.json")

    found = sx.load_map(path, model=hostile, template=hostile)
    assert found.provenance.model == hostile
    assert found.knots == sx.recalibrate(ANSWERS).map.knots
    assert not {"\x1b", "\u0000"} & set(path.read_text())


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8, unique_by=lambda knot: knot[0]).map(
        sorted
    )
)
def test_at_a_knot_the_map_is_the_knot_to_the_last_digit(knots: list[tuple[float, float]]) -> None:
    """What a line through it would give is an ulp off now and then, and then a map read elsewhere differs."""
    made = Provenance("", "", "percent", "given", "d", "", 0, 0, "value-map", {}, {}, "", "")
    found = ConfidenceMap(knots=tuple(knots), error_bound=0.0, provenance=made)

    assert [(x, found(x)) for x, _ in knots] == knots


def test_one_knot_is_a_constant() -> None:
    made = sx.recalibrate(ANSWERS).map.provenance

    assert ConfidenceMap(((0.9, 0.4),), 0.0, made)(0.2) == 0.4


def test_using_a_map_loads_neither_numpy_nor_scikit_learn(file: Path) -> None:
    """A service that only maps must start at once."""
    code = (
        f"import sys, selfexplain as sx; sx.load_map({str(file)!r})(0.9); "
        "print(sorted({'numpy', 'scipy', 'sklearn', 'pandas'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
