"""The short form of the study of verdicts: chance is seldom called support, also where questions are drawn together.

The full form draws more Runs of more worlds; its table stands in `docs/agreement.md`, its command at the top of
`agreement_null.py`.
"""

import re
from pathlib import Path

import pytest

from simulation.agreement_null import CELLS, HEAD, Cell, label, study

PAGE = Path(__file__).parents[2] / "docs" / "agreement.md"


@pytest.mark.simulation
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("measure", ["overlap_at_k", "named_auroc"])
def test_random_claims_are_seldom_supported(measure: str, *, grouped: bool) -> None:
    """In 2.5 % of Runs and three standard errors more, by two of three families."""
    cell = study(Cell("random", "matched", measure, 60, grouped), 200)

    assert cell.supported <= 0.025 + 3 * cell.error


@pytest.mark.simulation
def test_beside_random_words_of_any_kind_they_would_always_be() -> None:
    """Why the null is matched, and that the study can find a wrong one out."""
    cell = study(Cell("random", "any word", "named_auroc", 100, grouped=False), 20)

    assert cell.supported > 0.9


@pytest.mark.simulation
def test_questions_drawn_together_taken_for_independent_would_too_often_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why intervals are over clusters: with every Record a cluster of its own the rule is broken."""
    import simulation.agreement_null as module

    def apart(*arguments: object) -> object:
        return [each._replace(group=place) for place, each in enumerate(drawn_together(*arguments))]  # type: ignore[arg-type]

    drawn_together = module.a_run
    monkeypatch.setattr(module, "a_run", apart)

    cell = study(Cell("random", "matched", "named_auroc", 100, grouped=True), 200)
    assert cell.supported > 0.025 + 3 * cell.error


@pytest.mark.simulation
def test_claims_that_know_something_are_supported_and_those_that_know_nothing_are_not() -> None:
    """With 300 independent questions both are told apart nearly always."""
    informed = study(Cell("half informed", "matched", "named_auroc", 300, grouped=False), 20)
    ignorant = study(Cell("random", "matched", "named_auroc", 300, grouped=False), 20)

    assert informed.supported == 1.0
    assert ignorant.share("not supported") > 0.5


@pytest.mark.simulation
def test_a_habit_that_happens_to_fit_is_found_out_by_other_items_alone() -> None:
    """Random words are beaten by it; the next question's claim does the same."""
    habit = Cell("first, as the pull", "matched", "named_auroc", 60, grouped=False)
    others = Cell("first, as the pull", "other items", "named_auroc", 60, grouped=False)

    assert study(habit, 10).supported == 1.0
    assert study(others, 3).supported == 0.0


def test_the_page_has_every_cell_and_keeps_the_rule() -> None:
    """Written by the full study, which is not run here."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index(HEAD) :]

    for cell in CELLS:
        (told,) = re.findall(rf"^{re.escape(label(cell))} ([\d,]+) \| ([\d.]+) % \|", table, re.MULTILINE)
        if (cell.claims, cell.against) == ("random", "matched"):
            runs, supported = int(told[0].replace(",", "")), float(told[1]) / 100
            assert runs >= 1_000
            assert supported <= 0.025 + 3 * (0.025 * 0.975 / runs) ** 0.5
