"""Noise is no verdict: the same calls give the same bytes, and last digits that batches change turn nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.pipeline.gate import Verdict, gate
from selfexplain.records import Answered
from selfexplain.settings import Policy
from sides import near, row, side

NARROW = Policy(tolerance={"overconfidence": 0.03, "underconfidence": 0.03, "brier": 0.02})


def token_probabilities(rng: np.random.Generator, n: int) -> list[Answered]:
    """Return answers of a calibrated model whose confidences are the probabilities of tokens, no two alike."""
    confidence = rng.beta(6, 1, n)
    return [row(i, float(p), bool(rng.random() < p)) for i, p in enumerate(confidence)]


def jittered(rows: list[Answered], rng: np.random.Generator, by: float) -> list[Answered]:
    """Return the same answers, each confidence moved by at most so much."""
    return [
        each._replace(confidence=float(np.clip((each.confidence or 0) + rng.uniform(-by, by), 0, 1))) for each in rows
    ]


def in_log_probability(rows: list[Answered], rng: np.random.Generator, by: float) -> list[Answered]:
    """Return the same answers, the logarithm of each confidence moved by at most so much."""
    return [
        each._replace(confidence=min(1.0, (each.confidence or 0) * float(np.exp(rng.uniform(-by, by)))))
        for each in rows
    ]


def judged(after: list[Answered], before: list[Answered]) -> Verdict:
    return gate(side(after, name="run"), side(before, name="main"), NARROW)


@pytest.mark.parametrize("n", [300, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_confidences_that_moved_by_a_thousandth_pass(n: int, seed: int) -> None:
    """Answers are equal: what is left of the harm is far below any tolerance, with 300 answers too.

    Beside the thousandth stands only what n answers of which none flipped cannot exclude.
    """
    rng = np.random.default_rng(seed)
    before = token_probabilities(rng, n)
    verdict = judged(jittered(before, rng, 1e-3), before)

    assert not verdict.identical
    assert verdict.verdict == "pass"
    not_seen = 1 - 0.025 ** (1 / n)
    assert all((rule.high or 0) < 1e-3 + not_seen for rule in verdict.rules if rule.name != "coverage")


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_noise_seen_in_log_probabilities_passes_too(seed: int) -> None:
    """Another order of requests moved them by up to .26 on a small local model; here every answer moves as far."""
    rng = np.random.default_rng(seed)
    before = [each._replace(confidence=0.8 * (each.confidence or 0)) for each in token_probabilities(rng, 1000)]

    assert judged(in_log_probability(before, rng, 0.26), before).verdict == "pass"


@pytest.mark.parametrize(("drop", "verdict"), [(0.0, "pass"), (0.10, "fail"), (0.03, "inconclusive")])
def test_a_thousandth_turns_no_verdict(drop: float, verdict: str) -> None:
    """Twenty times each: a run that passes, one that fails and one that cannot be told stay what they are."""
    rng = np.random.default_rng(9)
    before, after = near(rng, 1500, drop=drop)
    verdicts = {judged(jittered(after, rng, 1e-3), before).verdict for _ in range(20)}

    assert judged(after, before).verdict == verdict
    assert verdicts == {verdict}


def test_a_verdict_is_a_function_of_the_recorded_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Judged twice, the second time with everything derived deleted: not a byte differs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "q.csv").write_text("id,question,gold\n" + "".join(f"q{i},Capital {i}?,Lima\n" for i in range(150)))
    for name, every in (("one", 4), ("two", 3)):
        said = [f"Answer: {'Lima' if i % every else 'Quito'}\nConfidence: {70 + i % 30}" for i in range(150)]
        lines = [json.dumps({"item": f"q{i}", "reply": reply}) for i, reply in enumerate(said)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    before, after = (
        sx.run("q.csv", model=f"scripted/{name}.jsonl", template="answer-confidence").folder for name in ("one", "two")
    )
    assert before is not None
    assert after is not None
    sx.set_baseline(before, "main")

    def printed() -> bytes:
        cli.main(["gate", str(after), "--baseline", "main", "--json"], standalone_mode=False)
        return capsysbinary.readouterr().out

    first = printed()
    for derived in ("records.jsonl", "metrics.json", "report.html", "report.md"):
        (after / derived).unlink()

    assert json.loads(first)["rules"]
    assert printed() == first
