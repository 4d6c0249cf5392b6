"""`plan` as people call it: what it rests on, and that better knowledge makes a better plan."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.errors import InputError
from selfexplain.pipeline.decidable import expected
from selfexplain.pipeline.gate import gate
from selfexplain.pipeline.plan import Needed, Outlook, Sight
from selfexplain.records import Answered, Request, Response, Usage
from selfexplain.settings import Policy
from sides import near, row, side


def frame(rows: list[Answered]) -> pd.DataFrame:
    columns = ["item", "confidence", "correct", "cluster", "repeat"]
    return pd.DataFrame([[getattr(each, name) for name in columns] for each in rows], columns=columns).assign(
        correct=[int(bool(each.correct)) for each in rows]
    )


@pytest.fixture(scope="module")
def runs() -> tuple[list[Answered], list[Answered]]:
    return near(np.random.default_rng(4), 1500)


def needed(outlook: Outlook, name: str) -> Needed:
    return next(each for each in outlook.needed if each.name == name)


def sight(outlook: Outlook, name: str) -> Sight:
    return next(each for each in outlook.with_items if each.name == name)


def test_two_runs_are_planned_from_with_the_spread_of_their_differences(
    runs: tuple[list[Answered], list[Answered]],
) -> None:
    """The population's spread is .242 for the gap and .177 for the Brier score."""
    outlook = sx.plan(*map(frame, runs))

    assert outlook.basis.kind == "two"
    assert needed(outlook, "gap").spread == pytest.approx(0.242, abs=0.02)
    assert needed(outlook, "brier").spread == pytest.approx(0.177, abs=0.02)
    # (1.96 + 0.84)² · (.242² + .05 · .95) / .05² = 334
    assert needed(outlook, "gap").see == pytest.approx(334, abs=35)
    assert outlook.basis.correlation == pytest.approx(0.713, abs=0.05)


def test_one_run_is_planned_from_as_the_gate_expects(runs: tuple[list[Answered], list[Answered]]) -> None:
    """`baseline set` prints the same smallest tolerance."""
    outlook = sx.plan(frame(runs[0]))
    theirs = expected(side(runs[0])).found

    assert outlook.basis.kind == "one"
    assert outlook.items == 1500
    for name in ("gap", "brier"):
        assert sight(outlook, name).decidable == pytest.approx(theirs[name].tolerance, rel=0.01)


def test_repeats_replace_the_assumed_correlation(runs: tuple[list[Answered], list[Answered]]) -> None:
    """The two runs as two times of one: their errors correlate by .713, the population's."""
    twice = [*runs[0], *(each._replace(repeat=1) for each in runs[1])]
    outlook = sx.plan(frame(twice))

    assert outlook.basis.kind == "repeats"
    assert outlook.basis.correlation == pytest.approx(0.713, abs=0.04)
    assert needed(outlook, "gap").spread == pytest.approx(0.242, abs=0.02)


def test_a_baseline_with_repeats_expects_what_they_measured_as_the_plan_does(
    runs: tuple[list[Answered], list[Answered]],
) -> None:
    """Means of two times correlate by 2 · .713 / 1.713 = .83; assumed were .7, of a mean as of a single answer."""
    twice = [each._replace(repeat=repeat, cluster=each.item) for repeat, rows in enumerate(runs) for each in rows]
    theirs, basis = expected(side(twice))
    outlook = sx.plan(frame(twice), repeats=2)

    assert basis.startswith("measured on its repeats: an answer's errors correlate by 0.7")
    for name in ("gap", "brier"):
        assert theirs[name].tolerance == pytest.approx(sight(outlook, name).decidable, rel=0.02)
    assert theirs["gap"].tolerance == pytest.approx(2.80 * 0.242 / math.sqrt(2 * 1500), rel=0.05)


def test_times_that_were_all_alike_let_any_tolerance_be_decided() -> None:
    rows = [row(i, 0.8, i % 5 > 0, repeat=r, cluster=str(i)) for i in range(200) for r in range(2)]

    assert expected(side(rows)).found["gap"].why == "any, since nothing varied when it was asked again"


def test_a_baseline_that_is_replaced_shows_how_much_two_runs_differ(
    runs: tuple[list[Answered], list[Answered]],
) -> None:
    """The spread of these pairs, as the gate itself measures it."""
    before, after = map(side, runs)
    found, basis = expected(after, before)

    assert found["gap"].tolerance == gate(after, before, Policy()).decidable["gap"]
    assert basis.startswith("measured on 1,500 pairs with the baseline that it replaces: errors correlate by 0.7")


@pytest.mark.parametrize("other", ["identical", "of other Items"])
def test_a_replaced_baseline_that_shows_nothing_leaves_the_assumption(
    runs: tuple[list[Answered], list[Answered]], other: str
) -> None:
    before = side(runs[0] if other == "identical" else runs[0][1:])

    assert expected(side(runs[0]), before).basis.startswith("assuming")


@pytest.mark.parametrize("right", [0, 1])
@pytest.mark.parametrize("stated", [0.0, 0.8, 1.0])
def test_a_side_of_one_kind_of_answer_is_planned_from(stated: float, right: int) -> None:
    """All wrong: that more turn wrong had a variance below nothing."""
    table = pd.DataFrame({"item": range(400), "confidence": stated, "correct": right})

    assert all(0 <= each.power_to_fail <= 1 for each in sx.plan(table).with_items)


def test_asking_more_often_reduces_the_noise_and_not_what_a_change_adds(
    runs: tuple[list[Answered], list[Answered]],
) -> None:
    once, often = (needed(sx.plan(frame(runs[0]), repeats=times), "gap") for times in (1, 4))

    assert often.spread == pytest.approx(once.spread / 2)
    assert once.see is not None
    assert often.see is not None
    assert once.see / 4 < often.see < once.see


def test_two_runs_with_repeats_tell_noise_from_what_stays() -> None:
    """Each confidence has its own noise of .02 each time, and in B each Item a shift of .03: 2 · .02² and .03²."""
    rng = np.random.default_rng(6)
    shift = rng.normal(0, 0.03, 1500)
    a, b = (
        [
            row(i, 0.7 + by * shift[i] + rng.normal(0, 0.02), i % 5 > 0, repeat=time, cluster=str(i))
            for i in range(1500)
            for time in range(3)
        ]
        for by in (0, 1)
    )
    spread = sx.plan(frame(a), frame(b)).basis.spreads["gap"]

    assert spread.noise == pytest.approx(2 * 0.02**2, rel=0.1)
    assert spread.stays == pytest.approx(0.03**2, rel=0.1)


def test_an_underconfident_model_is_planned_with_the_tolerance_of_its_own_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.selfexplain.gate]\nunderconfidence = 0.07\n")
    shy, sure = ([row(i, c + i % 3 / 100, i % 5 > 0) for i in range(300)] for c in (0.6, 0.9))

    assert [sight(sx.plan(frame(rows)), "gap").tolerance for rows in (shy, sure)] == [0.07, 0.05]


def test_items_drawn_together_count_for_fewer(runs: tuple[list[Answered], list[Answered]]) -> None:
    """Each of 300 passages has five questions whose answers are the same: five times fewer Items."""
    rows = [one._replace(item=f"{one.item}-{k}", cluster=one.item) for one in runs[0][:300] for k in range(5)]
    outlook = sx.plan(frame(rows))

    assert outlook.basis.clustering == pytest.approx(5.0)


def test_a_change_that_is_tolerated_never_fails_and_a_larger_one_does() -> None:
    small, large = (sx.plan(delta=delta) for delta in (0.02, 0.08))

    assert [each.fail for each in small.needed] == [None, None, None]
    assert small.needed[0].see is not None
    assert all(each.fail is not None for each in large.needed)


def test_a_gate_needs_a_hundred_pairs_and_twenty_wrong_answers() -> None:
    """Right in 98 %: 20 wrong answers in both runs take 500 Items; after a loss of .5 a hundred pairs have them."""
    rows = [row(i, 0.9 + i % 7 / 100, i % 50 > 0) for i in range(1000)]
    brier = needed(sx.plan(frame(rows), delta=0.5), "brier")

    assert (brier.passes, brier.fail) == (500, 100)
    assert (brier.see or 0) < 50


def test_without_a_wrong_answer_nothing_passes() -> None:
    outlook = sx.plan(frame([row(i, 0.9 + i % 7 / 100) for i in range(200)]))

    assert [each.passes for each in outlook.needed] == [None, None, 183]
    assert outlook.basis.accuracy == 1


def test_coverage_without_a_loss_takes_the_exact_bound() -> None:
    """1 − .025^(1/n) ≤ .02 from n = ln .025 / ln .98 = 182.6 on."""
    assert needed(sx.plan(), "coverage").passes == 183


def test_unusable_answers_ask_for_more_items(runs: tuple[list[Answered], list[Answered]]) -> None:
    table = frame(runs[0])
    half = table.assign(confidence=table["confidence"].where(table.index % 2 > 0))
    whole, missing = needed(sx.plan(table), "brier"), needed(sx.plan(half), "brier")

    assert (missing.see or 0) == pytest.approx(2 * (whole.see or 0), rel=0.15)
    assert sx.plan(half).items == 1500


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"delta": 0.0}, "delta is 0"),
        ({"power": 1.0}, "power is 1"),
        ({"level": 0.4}, "level is 0.4"),
        ({"items": 0}, "items is 0"),
        ({"model": "openai/x"}, "nothing that it would be asked"),
        ({"before": pd.DataFrame({"item": ["a"], "confidence": [0.5], "correct": [1]})}, "1 usable Item"),
    ],
)
def test_what_cannot_be_planned_is_refused(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        sx.plan(**wrong)  # type: ignore[arg-type]


def test_two_sides_that_cannot_be_compared_are_refused() -> None:
    one, other = (frame([row(name, 0.5) for name in names]) for names in ("abc", "abd"))

    with pytest.raises(InputError, match="cannot be compared"):
        sx.plan(one, other)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Run of 20 questions, and a price."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "q.csv").write_text("id,question,gold\n" + "".join(f"q{i},Capital {i}?,Lima\n" for i in range(20)))
    replies = [
        {"item": f"q{i}", "reply": f"Answer: {'Lima' if i % 4 else 'Quito'}\nConfidence: {80 + i}"} for i in range(20)
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, replies)))
    prices = '[tool.selfexplain.prices."openai/x"]\ninput = 2.0\noutput = 10.0\n'
    (tmp_path / "pyproject.toml").write_text(prices)
    result = sx.run("q.csv", model="scripted/r.jsonl", template="answer-confidence")
    assert result.folder is not None
    return result.folder


def test_the_cost_is_that_of_the_runs_questions_at_the_prices_of_the_model(asked: Path) -> None:
    """As `--dry-run` says of the 20 questions, times five for a hundred Items."""
    forecast = sx.dry_run("q.csv", model="openai/x", template="answer-confidence")
    cost = sx.plan(asked, items=100, model="openai/x").cost
    assert cost is not None
    (these,) = (each for each in cost["sizes"] if each["for"] == "these")

    assert these["calls"] == 100
    assert these["prompt_tokens"] == 5 * forecast["prompt_tokens"]
    assert these["cost"]["amount"] == pytest.approx(5 * forecast["cost"]["amount"])


def test_a_model_without_a_price_has_an_unknown_cost_and_a_plan_of_a_table_has_none(asked: Path) -> None:
    cost = sx.plan(asked).cost
    assert cost is not None

    assert all("no price" in each["cost"]["unknown"] for each in cost["sizes"])
    assert sx.plan().cost is None


class Counting:
    """Says the same to everything, and what it took: 30 tokens read, 10 written."""

    prefix = "counting"
    name = "counting/it"
    concurrency = 1
    identity: Mapping[str, str] = {}

    async def generate(self, request: Request) -> Response:
        sure = 60 + len(request.messages[-1].content) % 30
        return Response("completed", text=f"Answer: Lima\nConfidence: {sure}", usage=Usage(30, 10))

    async def aclose(self) -> None:
        pass


def test_a_run_whose_replies_state_their_tokens_costs_what_they_took(asked: Path) -> None:
    """Twenty answers of one call each, so ten Items asked twice are 20 calls and 600 tokens read."""
    folder = sx.run(str(asked.parents[1] / "q.csv"), model=Counting(), template="answer-confidence").folder
    assert folder is not None
    cost = sx.plan(folder, items=10, repeats=2).cost
    assert cost is not None
    (these,) = (each for each in cost["sizes"] if each["for"] == "these")

    assert "recorded replies" in cost["rule"]
    assert (these["calls"], these["prompt_tokens"], these["completion_tokens"]) == (20, 600, 200)


def test_the_command_prints_a_plan_and_its_json(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["plan", str(asked), "--json", "--repeats", "2"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    cli.main(["baseline", "set", str(asked), "main"], standalone_mode=False)
    cli.main(["plan", "--baseline", "main", "--delta", "0.1"], standalone_mode=False)
    shown = capsys.readouterr().out

    assert [each["name"] for each in found["needed"]] == ["gap", "brier", "coverage"]
    assert found["basis"]["spreads"]["gap"].keys() == {"stays", "noise", "added", "included"}
    assert found["cost"]["sizes"][0]["calls"] == 40
    assert "Planned from main: 20 Items" in shown
    assert "So few say little" in shown


def test_coverage_is_planned_in_clusters_as_the_gate_counts_it() -> None:
    """400 Items in 40 clusters of ten: the bound is 1 − 0.025^(1/40), and 183 clusters take 1,830 Items."""
    rows = [row(i, 0.8, i % 5 < 4, cluster=f"c{i % 40}") for i in range(400)]
    alone, together = (sx.plan(frame(each)) for each in ([row(i, 0.8, i % 5 < 4) for i in range(400)], rows))

    assert needed(alone, "coverage").passes == 183
    assert needed(together, "coverage").passes == 1830
    assert sight(together, "coverage").decidable == pytest.approx(1 - 0.025 ** (1 / 40))
    assert sight(together, "coverage").decidable == pytest.approx(expected(side(rows)).found["coverage"].tolerance)
