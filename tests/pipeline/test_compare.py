"""A comparison: differences, the answers that changed, and what cannot be compared."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from selfexplain.display.comparison import DifferenceForestDisplay, PairedReliabilityDisplay
from selfexplain.errors import InputError
from selfexplain.pipeline.compare import compare
from selfexplain.pipeline.gate import gate
from selfexplain.report.comparison_terminal import headline, summary
from selfexplain.runs.answers import Answers, Asked, Provenance
from selfexplain.settings import Policy
from selfexplain.verdicts import draw
from sides import missing, row, side, stated


def test_answers_that_flipped_or_became_wrong_and_sure_are_named() -> None:
    a = side([row("p", 0.8), row("q", 0.8, correct=False), row("r", 0.9, correct=False), row("s", 0.5)])
    gone = row("s", None, correct=False, status="no_confidence")
    b = side([row("p", 0.9, correct=False), row("q", 0.8), row("r", 0.9, correct=False), gone])
    found = compare(a, b)

    assert [each.item for each in found.flips.right_to_wrong] == ["p", "s"]
    assert [each.item for each in found.flips.wrong_to_right] == ["q"]
    assert [(each.item, each.confidence_a, each.confidence_b) for each in found.flips.wrong_and_sure] == [
        ("p", 0.8, 0.9)
    ]
    assert [(each.a, each.b, each.n) for each in found.statuses] == [("ok", "no_confidence", 1), ("ok", "ok", 3)]
    assert (found.n_answers, found.n_pairs) == (4, 3)
    coverage = found.metrics["coverage"]
    assert (coverage.a, coverage.b, coverage.difference.value) == (1.0, 0.75, -0.25)


@pytest.mark.parametrize(("lost", "said"), [(20, False), (21, True)])
def test_many_lost_answers_are_said_beside_differences_that_are_over_the_rest(lost: int, said: bool) -> None:  # noqa: FBT001
    found = compare(side(stated(0.8)), side(missing(stated(0.8), range(1000 - lost, 1000))))

    assert any("hard answers are missing" in remark for remark in found.remarks) == said


def test_what_is_worse_comes_first() -> None:
    """All wrong answers are gone: the rest looks better, and that is not the news."""
    before = stated(0.8)
    after = missing([one._replace(confidence=0.95) for one in before], range(800, 1000))

    assert headline(compare(side(before), side(after))).startswith("From A to B, surely: Coverage worse; ")


def test_each_difference_is_b_minus_a() -> None:
    found = compare(side(stated(0.8)), side(stated(0.9))).metrics

    assert found["gap"].difference.value == pytest.approx(0.1)
    assert found["accuracy"].difference.value == 0
    assert found["brier"].difference.value == pytest.approx(0.01)
    assert found["auroc"].a == 0.5
    assert list(found) == ["accuracy", "gap", "brier", "auroc", "ece", "coverage"]


def test_a_difference_without_an_interval_carries_its_reason_everywhere(tmp_path: Path) -> None:
    """Each confidence rose by as much: the order of the answers, and so the AUROC of every resample, is the same."""
    before = [row(i, 0.6 + 0.1 * (i % 3), i % 5 > 0) for i in range(200)]
    found = compare(side(before), side([one._replace(confidence=(one.confidence or 0) + 0.1) for one in before]))
    why = "every resample has the same value, so there is no interval"
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(summary(found))

    assert found.to_dict()["metrics"]["auroc"]["difference"]["warnings"] == (why,)
    assert f"AUROC: {why}." in console.export_text()
    assert f"AUROC: {why}." in draw(found, tmp_path / "picture.svg").read_text()


def test_what_is_the_same_where_both_can_be_used_is_called_so_though_answers_were_lost() -> None:
    before = stated(0.8, 400)
    found = compare(side(before), side(missing(before, range(390, 400))))
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(summary(found))
    lines = {line.split("  ")[0]: line.rstrip() for line in console.export_text().splitlines()}

    assert not found.identical
    assert lines["Accuracy"].endswith("0.000 (0.000 to 0.000)   the same")


def test_one_item_is_no_items() -> None:
    found = compare(side([row("a", 0.8)]), side([row("a", 0.9)]))
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(summary(found))

    assert "1 Item, 1 answer asked for, 1 usable on both sides" in console.export_text()


def test_one_class_has_no_auroc_and_says_why() -> None:
    auroc = compare(side(stated(0.8, right=1.0)), side(stated(0.9, right=1.0))).metrics["auroc"]

    assert (auroc.a, auroc.difference.value) == (None, None)
    assert auroc.difference.undefined


def test_another_scale_is_compared_and_said() -> None:
    probability, percent = (Provenance(kind="run", dataset="d", scale=scale) for scale in ("probability", "percent"))
    found = compare(side(stated(0.8), provenance=probability), side(stated(0.8), provenance=percent))

    assert found.comparable
    assert any("two scales" in remark for remark in found.remarks)


def test_how_the_numbers_of_a_file_are_written_is_no_scale_that_was_asked_for() -> None:
    a, b = (
        side(stated(0.8), provenance=Provenance(kind="file", dataset="d", scale=s)) for s in ("probability", "percent")
    )
    found = compare(a, b)

    assert (gate(b, a, Policy()).verdict, found.differs) == ("pass", ())
    assert not any("scale" in remark for remark in found.remarks)


def test_other_items_or_repeats_are_not_comparable() -> None:
    a = [row("p"), row("q")]

    assert compare(side(a), side([row("q"), row("z")])).why == ("1 Item only in A: p", "1 Item only in B: z")
    assert compare(side(a), side([*a, row("p", repeat=1)])).why == ("1 Item with other repeats in B than in A: p",)
    assert compare(side(a), side([row("p", cluster="c"), row("q")])).why == ("1 Item in another cluster: p",)


def test_a_comparison_is_strict_json() -> None:
    found = compare(side(stated(0.8, 5)), side(stated(0.9, 5))).to_dict()

    assert json.loads(json.dumps(found, allow_nan=False))["schema_version"] == 1


def test_the_pictures_hold_the_numbers_and_are_drawn(tmp_path: Path) -> None:
    found = compare(side(stated(0.8)), side(stated(0.9)))
    reliability = PairedReliabilityDisplay.of(found.reliability).frame()
    forest = DifferenceForestDisplay.of({name: each.difference for name, each in found.metrics.items()}).frame()

    assert reliability[["side", "mean_confidence", "accuracy", "n"]].values.tolist() == [
        ["A", pytest.approx(0.8), 0.8, 1000],
        ["B", pytest.approx(0.9), 0.8, 1000],
    ]
    assert dict(zip(forest["metric"], forest["change"], strict=True))["gap"] == "rose"
    assert draw(found, tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert "Accuracy" in draw(found, tmp_path / "c.svg").read_text()
    with pytest.raises(InputError, match=r"neither \.png nor \.svg"):
        draw(found, tmp_path / "c.gif")


def test_a_translation_is_compared_by_what_each_side_grades_and_another_text_is_not() -> None:
    """P is asked in translation, q in other words that nobody calls one; another grader stays an obstacle."""
    rows = [row("p", 0.8), row("q", 0.8, correct=False)]

    def run(p: Asked, q: Asked) -> Answers:
        return side(
            rows, source="stated", provenance=Provenance(kind="run", dataset="d", scale="p", items={"p": p, "q": q})
        )

    a = run(Asked("en", "big", "exact"), Asked("same", "g", "exact"))
    b = run(Asked("zh", "\u5927", "exact"), Asked("same", "g", "exact"))
    translated = compare(a, b, translated={"p"})

    assert compare(a, b).why == ("the question differs in 1 Item: p", "the gold answer differs in 1 Item: p")
    assert translated.comparable
    assert translated.remarks[-1] == "1 Item asked in translation, each side graded by gold answers of its own"
    other_words = run(Asked("zh", "\u5927", "exact"), Asked("other", "g", "exact"))
    assert compare(a, other_words, translated={"p"}).why == ("the question differs in 1 Item: q",)
    numeric = run(Asked("zh", "\u5927", "numeric"), Asked("same", "g", "exact"))
    assert not compare(a, numeric, translated={"p"}).comparable
