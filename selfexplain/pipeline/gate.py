"""Judge a run against its baseline: every rule of the policy, and one verdict.

Precedence: not comparable; then coverage, judged on everything that was asked; then too few usable pairs; then
identical runs; then the other rules. Nothing random decides: the same answers give the same verdict.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from selfexplain.calibration.harm import (
    FEWEST_PAIRS,
    RULES,
    Judged,
    holm,
    judged,
    overall,
    smallest_level,
    too_few,
    with_the_lost,
)
from selfexplain.errors import InputError
from selfexplain.inference import Estimate
from selfexplain.pipeline.agreement_compared import IDENTICAL as AGREES_ALIKE
from selfexplain.pipeline.agreement_compared import RULE as AGREEMENT
from selfexplain.pipeline.agreement_compared import judge_agreement
from selfexplain.pipeline.calibrated import Limits, at_worst, measured, with_unusable
from selfexplain.pipeline.compare import CACHED, Side, StatusPair, coverage_drop, side_of
from selfexplain.pipeline.decidable import decidable
from selfexplain.pipeline.join import Differs, Joined, count, differences, listed, obstacles, remarks
from selfexplain.records import SCHEMA_VERSION
from selfexplain.runs.answers import Answers
from selfexplain.settings import PAIRED_RULES, RULES_ON_REQUEST, Policy

Outcome = Literal["pass", "fail", "inconclusive", "not comparable"]

EXIT_CODES: Mapping[Outcome, int] = {"pass": 0, "fail": 1, "inconclusive": 3, "not comparable": 4}

MANY = 1000
"""From so many Items on, asked on both sides, the narrower tolerances are decidable."""

WIDE = {"overconfidence": 0.05, "underconfidence": 0.05, "brier": 0.03, "coverage": 0.02}
NARROW = {"overconfidence": 0.03, "underconfidence": 0.03, "brier": 0.02, "coverage": 0.02}

NAMES = ("the baseline", "this run")

IDENTICAL = "identical: no answer differs from the baseline's"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate says, and all that it rests on."""

    verdict: Outcome
    source: str
    rules: tuple[Judged, ...] = ()
    why: tuple[str, ...] = ()
    """Why nothing can be compared; empty otherwise."""
    baseline: Side
    run: Side
    anchor: Side | None = None
    policy: Policy
    look: int | None = None
    level: float
    """Of every interval; with looks, that of this one."""
    n_items: int = 0
    n_answers: int = 0
    n_pairs: int = 0
    identical: bool = False
    decidable: Mapping[str, float | None] = {}
    """By what is measured: the smallest tolerance at which an unchanged model passes four times out of five."""
    undecidable: Mapping[str, str] = {}
    """Why there is none, where there is none."""
    differs: tuple[Differs, ...] = ()
    remarks: tuple[str, ...] = ()
    statuses: tuple[StatusPair, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive (1 where the policy says so), 4 not comparable."""
        if self.verdict == "inconclusive" and self.policy.on_inconclusive == "fail":
            return EXIT_CODES["fail"]
        return EXIT_CODES[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            **msgspec.to_builtins(self),
            "rules": [rule._asdict() for rule in self.rules],
            "differs": [each._asdict() for each in self.differs],
            "exit_code": self.exit_code,
        }


def gate(
    run: Answers, baseline: Answers, policy: Policy, *, anchor: Answers | None = None, look: int | None = None
) -> Verdict:
    """Judge a run by a policy.

    Parameters
    ----------
    run, baseline : Answers
    policy : Policy
    anchor : Answers, optional
        A second baseline; the paired rules must hold for both.
    look : int, optional
        Which look of a planned series this is, from 1: the k-th has the level 1 − α/(k(k+1)), so that all of them
        together err no more often than one look at α.

    Raises
    ------
    InputError
        When the policy judges nothing, or what a baseline does not hold, or the look is none.
    """
    require_a_rule(policy)
    require_agreement(policy, {"baseline": baseline, "anchor": anchor})
    if look is not None and look < 1:
        raise InputError(f"look is {look}", hint="expected a whole number of at least 1: the first look is 1")
    level = policy.level if look is None else 1 - (1 - policy.level) / (look * (look + 1))
    differs = tuple(differences(baseline, run))
    why = obstacles(baseline, run, strict=True, names=NAMES)
    if anchor is not None:
        why += [f"anchor: {reason}" for reason in obstacles(anchor, run, strict=True, names=("the anchor", "this run"))]
    told: dict[str, Any] = {
        "source": run.source,
        "baseline": side_of(baseline),
        "run": side_of(run),
        "anchor": None if anchor is None else side_of(anchor),
        "policy": policy,
        "look": look,
        "level": level,
        "differs": differs,
    }
    if why:
        return Verdict(verdict="not comparable", why=tuple(why), **told)
    joined = Joined.of(baseline, run)
    before = {"": joined} if anchor is None else {"": joined, "anchor:": Joined.of(anchor, run)}
    rules = [
        rule._replace(name=f"{prefix}{rule.name}")
        for prefix, each in before.items()
        for rule in judge(each, policy, level)
    ]
    rules += (by_agreement := judge_agreements(before, {"": baseline, "anchor:": anchor}, run, policy, level))
    same = joined.identical and all(each.why == AGREES_ALIKE for each in by_agreement)
    said = remarks(baseline, run)
    if policy.per_group:
        parts, not_judged = groups_of(before)
        rules += judge_groups(parts, policy, level)
        said += not_judged
    rules += judge_alone(run, policy, level)
    pairs = joined.table()
    smallest_ones = decidable(pairs, coverage_drop(joined, level=level), joined.clusters, level=level)
    if same:
        said.append(CACHED)
    return Verdict(
        verdict=overall(rules),
        rules=tuple(rules),
        n_items=len({a.item for a, _ in joined.pairs}),
        n_answers=len(joined.pairs),
        n_pairs=pairs.total,
        identical=same,
        decidable={name: each.tolerance for name, each in smallest_ones.items()},
        undecidable={name: each.why for name, each in smallest_ones.items() if each.why},
        remarks=tuple(said),
        statuses=tuple(StatusPair(a, b, n) for (a, b), n in joined.statuses.items()),
        **told,
    )


def require_a_rule(policy: Policy) -> None:
    """Raise InputError for a policy under which everything would pass."""
    paired = set(PAIRED_RULES) - set(policy.off) or set(RULES_ON_REQUEST) & policy.tolerance.keys()
    if not paired and policy.max_gap is None and policy.max_error_when_sure is None:
        raise InputError(
            "every rule is off: nothing would be judged",
            hint=f"leave one of {', '.join(PAIRED_RULES)} on, or set max_gap or max_error_when_sure",
        )


def require_agreement(policy: Policy, frozen: Mapping[str, Answers | None]) -> None:
    """Raise InputError when agreement is to be judged against what holds none."""
    for what, answers in frozen.items():
        if AGREEMENT in policy.tolerance and answers is not None and answers.agreed is None:
            raise InputError(
                f"the policy judges agreement, and the {what} {answers.name!r} holds none",
                hint="let witnesses look at its Run (selfexplain witness RUN -w occlusion,gradient-input), set it "
                f"again (selfexplain baseline set RUN {answers.name} --replace), or leave it out: --off {AGREEMENT}",
            )


def judge_agreements(
    before: Mapping[str, Joined], frozen: Mapping[str, Answers | None], run: Answers, policy: Policy, level: float
) -> list[Judged]:
    """Return the rule on agreement, where the policy asks for it, against the baseline and against the anchor."""
    tolerance = policy.tolerance.get(AGREEMENT)
    if tolerance is None:
        return []
    return [
        judge_agreement(joined, answers.agreed, run.agreed, tolerance, level)._replace(name=f"{prefix}{AGREEMENT}")
        for prefix, joined in before.items()
        if (answers := frozen[prefix]) is not None and answers.agreed is not None
    ]


def tolerances(joined: Joined, policy: Policy) -> dict[str, float]:
    """Return the tolerance of each paired rule that is judged: the policy's, else the default for so many Items.

    What was asked counts, not what can be used: else a run that loses answers would be judged more leniently for it.
    """
    items = len({a.item for a, _ in joined.pairs})
    defaults = NARROW if items >= MANY else WIDE
    return {name: policy.tolerance.get(name, defaults[name]) for name in defaults if name not in policy.off}


def judge(joined: Joined, policy: Policy, level: float) -> list[Judged]:
    """Return the paired rules, applied."""
    pairs, lost = joined.table(), joined.lost
    few = too_few(pairs)
    identical = joined.identical and not few
    found = []
    for name, tolerance in tolerances(joined, policy).items():
        if name == "coverage":
            result = judged(name, coverage_drop(joined, level=level), tolerance)
            if identical:
                result = result._replace(verdict="pass", why=IDENTICAL)
        else:
            result = judged(name, RULES[name].harm(pairs, level), tolerance)
            if few:
                result = result._replace(verdict="inconclusive", why=few)
            elif identical:  # also where one cluster gives no interval
                result = result._replace(verdict="pass", why=IDENTICAL)
            m = len(lost.confidence)
            if result.verdict == "pass" and m:
                result = with_the_lost(result, RULES[name].highest(pairs, lost, level), m)
        found.append(result)
    return found


def groups_of(before: Mapping[str, Joined]) -> tuple[dict[str, Joined], list[str]]:
    """Return the groups that are judged, by what begins their rules' names, and what to say of those that are not.

    Parameters
    ----------
    before : mapping of str to Joined
        The pairs with the baseline and with the anchor, by what begins the names of their rules.
    """
    found = {
        (prefix, name): joined.where(lambda a, _, name=name: a.group == name)  # type: ignore[misc]
        for prefix, joined in before.items()
        for name in joined.groups
    }
    small = sorted({name for (_, name), part in found.items() if len(part.pairs) < FEWEST_PAIRS})
    parts = {f"{prefix}group:{name}": part for (prefix, name), part in found.items() if name not in small}
    if not found:
        return parts, ["per_group: no answer of the baseline has a group, so nothing was judged by group"]
    if small:
        fewer = f"{count(small, 'group')} with fewer than {FEWEST_PAIRS} answers asked for"
        return parts, [f"per_group: not judged apart, {fewer}: {listed(small)}"]
    return parts, []


def judge_groups(parts: Mapping[str, Joined], policy: Policy, level: float) -> list[Judged]:
    """Return the paired rules within each group; a fail must stand when all groups are looked at together (Holm).

    All groups means those of the anchor too: each is one more chance to fail where nothing changed.
    """
    by_group = {name: {rule.name: rule for rule in judge(part, policy, level)} for name, part in parts.items()}
    stands: dict[str, set[str]] = {}
    for rule in {rule for found in by_group.values() for rule in found}:
        p_values = {
            name: p_value(parts[name], found[rule]) if found[rule].verdict == "fail" else 1.0
            for name, found in by_group.items()
        }
        stands[rule] = holm(p_values, alpha=1 - level)
    return [
        held(result, stands=name in stands[rule], groups=len(parts))._replace(name=f"{name}:{rule}")
        for name, found in by_group.items()
        for rule, result in found.items()
    ]


def p_value(joined: Joined, result: Judged) -> float:
    """Return the p-value of a rule's harm above its tolerance."""
    pairs = joined.table()

    def harm(level: float) -> Estimate:
        if result.name == "coverage":
            return coverage_drop(joined, level=level)
        return RULES[result.name].harm(pairs, level)

    return smallest_level(harm, result.tolerance)


def held(result: Judged, *, stands: bool, groups: int) -> Judged:
    """Return a group's result, inconclusive if its fail may be one of the chances that many groups are."""
    if result.verdict != "fail" or stands:
        return result
    why = f"{result.why}, but one of {groups} groups may do so by chance"
    return result._replace(verdict="inconclusive", why=why)


def judge_alone(run: Answers, policy: Policy, level: float) -> Iterable[Judged]:
    """Return the absolute rules, which look at this run only; none passes by what it could not use."""
    limits = Limits(gap=policy.max_gap, error_when_sure=policy.max_error_when_sure)
    usable = [row for row in run.rows if row.status == "ok"]
    others = [row for row in run.rows if row.status != "ok"]
    return [with_unusable(rule, *at_worst(rule.name, others, limits)) for rule in measured(usable, limits, level)]
