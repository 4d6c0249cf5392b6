"""How often the gate fails, passes or cannot tell, on simulated pairs whose truth is known.

Run it as a script; it prints a page::

    python tests/simulation/gate_power.py > docs/gate_power.md
    python tests/simulation/recorded_pairs.py FOLDER >> docs/gate_power.md

Two runs of one model over the same Items: seven confidences in ten stay and the rest are drawn anew; four answers in
five share their luck, as at a temperature above 0. There are 6 · 6 · 2 · 2 kinds of pairs, so each kind has a
probability in closed form: a data set is one multinomial draw of counts, which is what a PairedTable holds, and the
true harm of every rule is a sum, not an estimate.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from selfexplain.calibration.harm import (
    RULES,
    coverage_fell,
    judged,
    mean_residual_of_b,
    negative,
    overall,
    smaller,
    too_few,
)
from selfexplain.calibration.paired_difference import brier_difference, gap_difference
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate, Floats, Ints

VALUES = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
WEIGHTS = np.array([0.04, 0.06, 0.12, 0.28, 0.32, 0.18])
TRUTHS: Mapping[str, Floats] = {
    "near": np.array([0.55, 0.72, 0.80, 0.87, 0.92, 0.97]),
    "over": np.array([0.40, 0.55, 0.65, 0.77, 0.83, 0.92]),
    "under": np.array([0.70, 0.85, 0.92, 0.97, 0.985, 1.0]),
}
"""How often an answer stated with each value is right."""

KEPT, SHARED = 0.7, 0.8
"""The share of confidences that stay, and of answers that share their luck."""

NARROW = {"overconfidence": 0.03, "underconfidence": 0.03, "brier": 0.02}
WIDE = {"overconfidence": 0.05, "underconfidence": 0.05, "brier": 0.03}

SIZES = (100, 300, 1000, 3000)
SETS = 2000
SEED = 20261124


class Population(NamedTuple):
    """Every kind of pair, and how probable it is."""

    confidence: Floats
    """Shape (k, 2): of A and of B."""
    correct: Ints
    """Shape (k, 2)."""
    probability: Floats
    """Shape (k,); sums to 1."""

    def draw(self, rng: np.random.Generator, n: int) -> PairedTable:
        """Return n pairs."""
        return self.table(rng.multinomial(n, self.probability))

    def table(self, times: Ints) -> PairedTable:
        """Return the table in which each kind occurs so often."""
        occurs = np.flatnonzero(times)
        cluster = np.zeros(len(occurs), dtype=np.int64)
        return PairedTable((), cluster, self.confidence[occurs], self.correct[occurs], times[occurs])

    def mean(self, x: Floats) -> float:
        """Return the mean of what each kind has."""
        return float(self.probability @ x)

    def covariance(self, x: Floats, y: Floats) -> float:
        """Return the covariance of two things that each kind has."""
        return self.mean(x * y) - self.mean(x) * self.mean(y)

    @property
    def residual(self) -> Floats:
        """Confidence − correct, shape (k, 2)."""
        return self.confidence - self.correct

    def difference(self, measure: str) -> Floats:
        """Return what each kind adds to the difference B − A of the gap or of the Brier score."""
        of = self.residual if measure == "gap" else self.residual**2
        return np.asarray(of[:, 1] - of[:, 0])

    def harm(self, rule: str) -> float:
        """Return the true harm of a rule."""
        rise, gap = self.mean(self.difference("gap")), self.mean(self.residual[:, 1])
        truth = {"overconfidence": min(rise, gap), "underconfidence": min(-rise, -gap)}
        return truth.get(rule, self.mean(self.difference("brier")))


def asked_again(truth: str, *, drop: float = 0.0) -> Population:
    """Return two runs of a model; the second is right less often by `drop` at every confidence."""
    before, after = TRUTHS[truth], np.clip(TRUTHS[truth] - drop, 0, 1)
    place_a, place_b = (grid.ravel() for grid in np.indices((6, 6)))
    placed = WEIGHTS[place_a] * (KEPT * (place_a == place_b) + (1 - KEPT) * WEIGHTS[place_b])
    p, q = before[place_a], after[place_b]
    both = SHARED * np.minimum(p, q) + (1 - SHARED) * p * q
    kinds = {(1, 1): both, (1, 0): p - both, (0, 1): q - both, (0, 0): 1 - p - q + both}
    confidence = np.stack([VALUES[place_a], VALUES[place_b]], 1)
    return Population(
        np.concatenate([confidence] * 4),
        np.repeat(np.array(list(kinds)), 36, axis=0),
        tidy(np.concatenate([placed * each for each in kinds.values()])),
    )


def inflated(truth: str, *, by: float) -> Population:
    """Return a run and the same answers, each stated one value higher so often that confidence rises by `by`."""
    step = np.append(np.diff(VALUES), 0.0)
    often = by / float(WEIGHTS @ step)
    before = np.repeat(np.arange(6), 4)
    higher, right = np.tile([0, 0, 1, 1], 6), np.tile([0, 1, 0, 1], 6)
    share = np.where(right == 1, TRUTHS[truth][before], 1 - TRUTHS[truth][before])
    placed = WEIGHTS[before] * np.where(higher == 1, often, 1 - often) * share
    after = np.minimum(before + higher, 5)
    return Population(np.stack([VALUES[before], VALUES[after]], 1), np.stack([right, right], 1), tidy(placed))


def turned_wrong(*, drop: float) -> Population:
    """Return an overconfident run and the next, whose confidences moved a little and whose flips are all to wrong."""
    before, step, kind = (grid.ravel() for grid in np.meshgrid([0.8, 0.9], [-0.05, 0.0, 0.05], [0, 1, 2]))
    share = np.array([0.7 - drop, drop, 0.3])[kind]
    correct = np.array([[1, 1], [1, 0], [0, 0]])[kind]
    return Population(np.stack([before, before + step], 1), correct, tidy(share / 6))


def tidy(probability: Floats) -> Floats:
    """Return probabilities without the −1e-17 that a difference may leave, summing to 1."""
    kept = np.where(probability > 1e-15, probability, 0.0)
    return np.asarray(kept / kept.sum())


def with_harm(rule: str, harm: float, truth: str = "near") -> Population:
    """Return two runs whose true harm by one rule is exactly so much, by a drop (or rise) of accuracy."""
    worse = -1.0 if rule == "underconfidence" else 1.0
    low, high = 0.0, 0.4
    for _ in range(60):
        middle = (low + high) / 2
        if asked_again(truth, drop=worse * middle).harm(rule) < harm:
            low = middle
        else:
            high = middle
    return asked_again(truth, drop=worse * high)


class Rates(NamedTuple):
    """How often each verdict came, in a number of data sets."""

    sets: int
    counts: Counter[str]

    def share(self, verdict: str) -> float:
        """Return how often a verdict came."""
        return self.counts[verdict] / self.sets

    def __str__(self) -> str:
        """Return pass/fail/inconclusive in per cent."""
        return "/".join(f"{100 * self.share(verdict):.0f}" for verdict in ("pass", "fail", "inconclusive"))


class Simulated(NamedTuple):
    """What the gate said to a number of data sets."""

    gate: Rates
    """The three rules together, and inconclusive below the fewest pairs and errors."""
    alone: Rates
    """The three rules together without that floor, by Student's t alone: what the reference simulates."""
    rules: Mapping[str, Rates]
    """Each rule for itself, without the floor."""
    rose: Mapping[str, float]
    """By measure: how often the interval of the difference lay above 0."""


def simulate(
    population: Population, n: int, tolerances: Sequence[Mapping[str, float]], *, sets: int, seed: object
) -> list[Simulated]:
    """Return what the gate says to so many data sets of n pairs, for each set of tolerances."""
    rng = np.random.default_rng(np.random.SeedSequence([SEED, *str(seed).encode()]))
    gates, alone = [Counter[str]() for _ in tolerances], [Counter[str]() for _ in tolerances]
    rules = [{name: Counter[str]() for name in RULES} for _ in tolerances]
    rose = Counter[str]()
    for _ in range(sets):
        pairs = population.draw(rng, n)
        harms = {name: rule.harm(pairs, 0.95) for name, rule in RULES.items()}
        plain = by_t_alone(pairs)
        few = too_few(pairs)
        for place, tolerance in enumerate(tolerances):
            found = [judged(name, harm, tolerance[name]) for name, harm in harms.items()]
            for each in found:
                rules[place][each.name][each.verdict] += 1
            alone[place][overall([judged(name, each, tolerance[name]) for name, each in plain.items()])] += 1
            gates[place]["inconclusive" if few else overall(found)] += 1
        rose["gap"] += (gap_difference(pairs).low or 0) > 0
        rose["brier"] += (brier_difference(pairs).low or 0) > 0
    return [
        Simulated(
            Rates(sets, gates[place]),
            Rates(sets, alone[place]),
            {name: Rates(sets, counts) for name, counts in rules[place].items()},
            {name: rose[name] / sets for name in ("gap", "brier")},
        )
        for place in range(len(tolerances))
    ]


def by_t_alone(pairs: PairedTable) -> dict[str, Estimate]:
    """Return the harm of each rule with Student's t, without the exact room above what was seen to get worse."""
    rise, gap = gap_difference(pairs), mean_residual_of_b(pairs, 0.95)
    return {
        "overconfidence": smaller(rise, gap),
        "underconfidence": smaller(negative(rise), negative(gap)),
        "brier": brier_difference(pairs),
    }


def error(share: float, sets: int) -> float:
    """Return the standard error of a share of simulated data sets; of none or all, that of one in so many."""
    inside = min(max(share, 1 / sets), 1 - 1 / sets)
    return math.sqrt(inside * (1 - inside) / sets)


@dataclass(frozen=True, eq=False)
class Case:
    """A true change, and what others found for it."""

    change: str
    truth: str
    population: Population
    narrow: tuple[str, ...] = ()
    """The reference's pass/fail/inconclusive by size with tolerances .03 and .02; empty where it has none."""
    wide: tuple[str, ...] = ()
    """The same with .05 and .03."""

    @property
    def harmless(self) -> bool:
        """Whether nothing changed, or for the better."""
        return self.change == "none" or self.change.startswith("improvement")


CASES = (
    Case("none", "near", asked_again("near"), ("3/0/97", "36/0/64", "95/0/5", "100/0/0"),
         ("24/0/76", "82/0/18", "100/0/0", "100/0/0")),
    Case("none", "over", asked_again("over"), ("12/0/88", "31/0/69", "78/0/22", "100/0/0"),
         ("25/0/75", "62/0/38", "99/0/1", "100/0/0")),
    Case("none", "under", asked_again("under"), ("24/0/76", "80/0/20", "100/0/0", "100/0/0"),
         ("65/0/35", "99/0/1", "100/0/0", "100/0/0")),
    Case("accuracy −.03", "near", asked_again("near", drop=0.03), ("1/2/97", "1/5/94", "1/7/92", "0/14/86")),
    Case("accuracy −.03", "over", asked_again("over", drop=0.03)),
    Case("accuracy −.03", "under", asked_again("under", drop=0.03)),
    Case("accuracy −.05", "near", asked_again("near", drop=0.05), ("0/12/88", "0/29/71", "0/75/25", "0/99/1"),
         ("1/5/94", "1/8/91", "0/23/77", "0/53/47")),
    Case("accuracy −.05", "over", asked_again("over", drop=0.05), ("0/12/88", "0/24/76", "0/62/38", "0/98/2"),
         ("1/4/95", "1/8/91", "0/19/81", "0/46/54")),
    Case("accuracy −.05", "under", asked_again("under", drop=0.05)),
    Case("accuracy −.10", "near", asked_again("near", drop=0.10), ("0/60/40", "0/97/3", "0/100/0", "0/100/0"),
         ("0/37/63", "0/86/14", "0/100/0", "0/100/0")),
    Case("accuracy −.10", "over", asked_again("over", drop=0.10), ("0/50/50", "0/93/7", "0/100/0", "0/100/0"),
         ("0/35/65", "0/80/20", "0/100/0", "0/100/0")),
    Case("accuracy −.10", "under", asked_again("under", drop=0.10)),
    Case("improvement: accuracy +.10", "over", asked_again("over", drop=-0.10),
         ("33/0/67", "87/0/13", "100/0/0", "100/0/0")),
    Case("improvement: accuracy +.05", "over", asked_again("over", drop=-0.05), ("48/0/52", "98/0/2")),
    Case("inflation: answers identical, confidence +.05", "near", inflated("near", by=0.05),
         ("0/18/82", "0/58/42", "0/99/1")),
    Case("inflation: answers identical, confidence +.05", "over", inflated("over", by=0.05)),
    Case("inflation: answers identical, confidence +.05", "under", inflated("under", by=0.05)),
)  # fmt: skip


def row_of(case: Case, n: int, sets: int) -> tuple[Simulated, Simulated]:
    """Return what the gate says to one change at one size, with narrow and with wide tolerances."""
    narrow, wide = simulate(case.population, n, (NARROW, WIDE), sets=sets, seed=(case.change, case.truth, n))
    return narrow, wide


def page(sets: int) -> Iterator[str]:
    """Yield the lines of the page."""
    yield from INTRODUCTION.format(sets=f"{sets:,}").splitlines()
    found = {(case, n): row_of(case, n, sets) for case in CASES for n in SIZES}
    harmless = [pair for (case, _), pair in found.items() if case.harmless]
    failed = sum(simulated.gate.counts["fail"] for pair in harmless for simulated in pair)
    yield f"Of {2 * sets * len(harmless):,} gates without a change or with an improvement, {failed} failed."
    for place, (title, field) in enumerate((("τ = .03, Brier .02", "narrow"), ("τ = .05, Brier .03", "wide"))):
        yield from (
            "",
            f"## Verdicts with {title}",
            "",
            "pass/fail/inconclusive in per cent; in italics the reference.",
        )
        yield from ("", f"| true change | truth | {' | '.join(f'n = {n:,}' for n in SIZES)} |")
        yield f"|---|---|{'---:|' * len(SIZES)}"
        for case in CASES:
            theirs: tuple[str, ...] = getattr(case, field)
            ours = [str(found[case, n][place].gate) for n in SIZES]
            both = [f"{one} *{other}*" for one, other in zip(ours, theirs, strict=False)] + ours[len(theirs) :]
            yield f"| {case.change} | {case.truth} | {' | '.join(both)} |"
    yield from ("", *floor(found), "", *errors(sets), "", *power(found))
    yield from DIFFERENCES.splitlines()


Found = Mapping[tuple[Case, int], tuple[Simulated, Simulated]]


def floor(found: Found) -> Iterator[str]:
    """Yield the table of what the fewest wrong answers cost."""
    yield from ("## What care with few errors costs", "")
    yield "Where the gate is inconclusive more often than its rules by Student's t alone, which the reference shows:"
    yield "with fewer than 20 wrong answers, or where few answers flip (see the end of this page)."
    yield from (
        "",
        "| true change | truth | n | τ | gate | t alone | reference |",
        "|---|---|---:|---:|---:|---:|---:|",
    )
    for (case, n), pair in found.items():
        for simulated, tau, theirs in zip(pair, ("0.03", "0.05"), (case.narrow, case.wide), strict=True):
            if simulated.alone.share("inconclusive") < simulated.gate.share("inconclusive") - 0.01:
                reference = dict(zip(SIZES, theirs, strict=False)).get(n, "–")
                yield (
                    f"| {case.change} | {case.truth} | {n:,} | {tau} | {simulated.gate} | {simulated.alone} | "
                    f"{reference} |"
                )


def errors(sets: int) -> Iterator[str]:
    """Yield the table of wrong verdicts where the true harm of one rule is exactly its tolerance."""
    yield from ("## A harm of exactly the tolerance", "")
    yield "Each rule for itself, in per cent ± two Monte Carlo standard errors; either error may come in 2.5 %."
    yield from ("", "| rule | τ | n | false pass | false fail |", "|---|---:|---:|---:|---:|")
    for tolerance in (NARROW, WIDE):
        for rule, harm in tolerance.items():
            population = with_harm(rule, harm)
            for n in SIZES:
                (found,) = simulate(population, n, [tolerance], sets=sets, seed=(rule, harm, n))
                shares = (found.rules[rule].share(verdict) for verdict in ("pass", "fail"))
                written = " | ".join(f"{100 * share:.1f} ± {200 * error(share, sets):.1f}" for share in shares)
                yield f"| {rule} | {harm:g} | {n:,} | {written} |"
    for harm in (0.03, 0.05):
        for n in SIZES:
            tolerance = {**NARROW, "overconfidence": harm}
            (found,) = simulate(turned_wrong(drop=harm), n, [tolerance], sets=sets, seed=("wrong", harm, n))
            shares = (found.rules["overconfidence"].share(verdict) for verdict in ("pass", "fail"))
            written = " | ".join(f"{100 * share:.1f} ± {200 * error(share, sets):.1f}" for share in shares)
            yield f"| overconfidence, all flips to wrong | {harm:g} | {n:,} | {written} |"
    for n in SIZES:
        written = " | ".join(f"{100 * lost_at_the_tolerance(n, verdict):.1f}" for verdict in ("pass", "fail"))
        yield f"| coverage, none found again | 0.02 | {n:,} | {written} |"


def lost_at_the_tolerance(n: int, verdict: str) -> float:
    """Return how often the coverage rule says something where each answer is lost with probability .02; exact."""
    total, chance = 0.0, 0.98**n
    for k in range(min(n, 200) + 1):
        fell = coverage_fell([True] * n, [False] * k + [True] * (n - k))
        total += chance * (judged("coverage", fell, 0.02).verdict == verdict)
        chance *= (n - k) / (k + 1) * 0.02 / 0.98
    return total


def power(found: Found) -> Iterator[str]:
    """Yield the table of how often a rise is seen."""
    yield from (
        "## Power to see a rise",
        "",
        "How often the lower 95 % limit of a difference lies above 0, in per cent.",
    )
    yield from ("", f"| true change | truth | measure | {' | '.join(f'n = {n:,}' for n in SIZES)} |")
    yield f"|---|---|---|{'---:|' * len(SIZES)}"
    for case in CASES:
        for measure, theirs in SEEN.get((case.change, case.truth), {}).items():
            ours = (100 * found[case, n][0].rose[measure] for n in SIZES)
            both = (f"{one:.0f} *{other}*" for one, other in zip(ours, theirs, strict=True))
            yield f"| {case.change} | {case.truth} | {measure} | {' | '.join(both)} |"


SEEN: Mapping[tuple[str, str], Mapping[str, tuple[int, ...]]] = {
    ("accuracy −.03", "near"): {"gap": (24, 48, 93, 100), "brier": (25, 51, 94, 100)},
    ("accuracy −.05", "near"): {"gap": (43, 83, 100, 100), "brier": (46, 85, 100, 100)},
    ("accuracy −.10", "near"): {"gap": (84, 100, 100, 100), "brier": (86, 100, 100, 100)},
    ("accuracy −.03", "over"): {"gap": (17, 37, 86, 100), "brier": (19, 37, 85, 100)},
    ("accuracy −.05", "over"): {"gap": (34, 74, 100, 100), "brier": (34, 73, 100, 100)},
    ("accuracy −.10", "over"): {"gap": (78, 100, 100, 100), "brier": (76, 99, 100, 100)},
}
"""What others found for the power to see a rise."""

INTRODUCTION = """# How often the gate is right

Made by two commands, the second given a folder of recorded answers of real models:

```sh
python tests/simulation/gate_power.py > docs/gate_power.md
python tests/simulation/recorded_pairs.py FOLDER >> docs/gate_power.md
```

**What is simulated.** Two runs of one model over the same n Items. Confidence is .5, .7, .8, .9, .95 or 1 with
weights .04, .06, .12, .28, .32 and .18. Seven confidences in ten stay in the second run and the rest are drawn
anew; four answers in five share their luck, as at a temperature above 0. How often an answer stated with each value
is right is *near* calibration (.55 .72 .80 .87 .92 .97: gap +.020), *over*confident (.40 .55 .65 .77 .83 .92:
+.120) or *under*confident (.70 .85 .92 .97 .985 1: −.062). The second run's accuracy changes by so much at every
value; or its answers are the same and confidence rises by .05. {sets} data sets for each number, so one standard
error is at most 1.1 points. The three paired rules of the gate are applied by the code that `selfexplain gate`
runs. Its fourth rule, coverage, sees nothing here, since nothing is missing; but with fewer than 183 answers it
cannot rule out a loss of .02, so a whole gate of 100 Items never passes unless runs are identical.

**What it shows.** A loss of ten points is always found with 1,000 Items. The narrow tolerances need about 1,000
Items to pass a model that did not change; 300 are enough for the wide ones, mostly. Between them and a harm that is
surely too large, the gate says that it cannot tell.
"""

DIFFERENCES = """
## What differs from the reference, and why

The reference is an independent simulation of the same setting, 1,500 data sets for each verdict (500 at n = 3,000).

* *Verdicts* by Student's t alone agree within three standard errors of both together. The gate is inconclusive more
  often for two reasons that the reference does not have: below 20 wrong answers in both runs together it has no
  verdict, and an upper limit leaves the exact room above the number of answers that turned wrong (Clopper & Pearson).
  The table above shows what that costs: little with the default tolerances, .05 at 300 Items and .03 at 1,000.
* *Power to see a rise* is lower here for 100 and 300 Items, and the same from 1,000 on. The reference drew its
  limits from 300 to 400 paired resamples, which are too narrow for few Items; with such limits instead of Student's
  t the same simulation gives its figures (near, −.03: 22 for the gap and 25 for the Brier score at n = 100, 48 and
  51 at 300).
* *A harm of exactly the tolerance.* Where nearly all flips are to wrong, or answers are only lost, Student's t alone
  lets 4 to 12 % pass; with that room it is what was promised, or less. With flips both ways the differences stay a
  little skewed, so the Brier score passes up to 3.5 % with 300 Items. The intervals that `compare` shows are Student's,
  and with few flips, all to wrong, they cover less than 95 %: 88 to 92 % where two are expected, 92 to 95 % from
  five on; `compare` says so beside them."""


def main() -> None:
    """Print the page."""
    sys.stdout.writelines(f"{line}\n" for line in page(SETS))


if __name__ == "__main__":
    main()
