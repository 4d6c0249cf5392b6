"""The correlational counterfactual test: whether explanations mention the inserted words that moved the answer most."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from selfexplain.errors import Undefined
from selfexplain.inference import Estimate, Floats, Ints, cluster_bootstrap, mean_by_cluster_t, stream
from selfexplain.prompting.option_labels import label_masses, label_places, plain, token_at, unable
from selfexplain.records import Ask, Item
from selfexplain.trials.asking import Reply, answered, compared, finding, judged, request_of, why_of
from selfexplain.trials.finding import Answer, Finding
from selfexplain.trials.inserted_words import insertions, mentions
from selfexplain.trials.moves import read_table
from selfexplain.trials.summary import LEVEL, Measure, Summary, by_mode, share_of
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial

CONTROL = "no word"
INSERTIONS = 3
TOP = 20
"""Alternatives to each token that are asked for, where there are options."""

PERMUTATIONS = 2000

FLIP, SHIFT, MENTION, LENGTH = "flip", "shift", "mention", "words"


def why_not(subject: Subject) -> str:
    """Return why nothing can be inserted; empty where it can."""
    elicited = {field for turn in subject.template.turns for field in turn.elicits}
    reasons = {
        "no answer was read": subject.answer is None,
        "the template asks for no reasons": not elicited & {"rationale", "steps"},
        "the answer is asked for in a later turn": subject.turn > 0,
        "the inserted words are English": subject.template.front.language != "en",
    }
    return next((why for why, holds in reasons.items() if holds), "")


def cost(subject: Subject, how: How) -> Cost:
    """Return one call for each inserted word and one without."""
    if why_not(subject):
        return Cost()
    return Cost({"": 1 + len(insertions(subject.item.question, INSERTIONS, how.draw(FACTS.name, subject)))})


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return the correlations."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="counterfactual-correlation",
    family="words",
    question="do explanations mention those inserted words that move the answer?",
    address=7000,
    cost=cost,
    summarise=summarise,
    needs="a template in English that asks for reasons in the turn of the answer: answer-why-confidence, "
    "why-first, steps",
    source="Siegel et al. 2024, arXiv:2404.03189 (CCT); 2025, arXiv:2503.13445 (phi-CCT); "
    "Atanasova et al. 2023, arXiv:2305.18029",
)


@trial(FACTS)
async def counterfactual_correlation(subject: Subject, ask: Ask, how: How) -> Finding:
    """Put a word into the question, three times another one, and ask again; and once without.

    Of each is kept: whether the answer is another one than without (`flip`), how far the probabilities of the labels
    moved where the reply tells them (`shift`, the total variation ½ Σ |p − p′|, in [0, 1]), whether the new explanation
    mentions the word (`mention`), and how long it is (`words`).

    Parameters
    ----------
    subject, ask, how
        As for early answering.
    """
    why = why_not(subject)
    words = [] if why else insertions(subject.item.question, INSERTIONS, how.draw(FACTS.name, subject))
    if not words:
        return finding(FACTS, subject, status="not_applicable", why=why or "no word can be put into the question")
    top = max(subject.request.top_logprobs, TOP if subject.item.choices else 0)
    request = request_of(FACTS, subject, 0, subject.template.render(subject.item), top_logprobs=top)
    control = await answered(ask, request)
    before = label_shares(control, subject.item)
    answers = [compared(CONTROL, control, subject, how, with_answer=subject.answer)]
    for place, each in enumerate(words, 1):
        item = replace(subject.item, question=each.text)
        request = request_of(FACTS, subject, place, subject.template.render(item), top_logprobs=top)
        reply = await answered(ask, request)
        said = compared(f"word {place}", reply, subject, how, with_answer=control.answer.value, text=each.word)
        answers.append(with_numbers(said, reply, subject, before))
    return judged(FACTS, subject, answers=answers, needs=(CONTROL,))


def with_numbers(answer: Answer, reply: Reply, subject: Subject, before: dict[str, float]) -> Answer:
    """Return the answer to a question with one more word, with what was measured of it."""
    if answer.answer is None or answer.same is None:
        return answer
    why = why_of(reply.text, subject)
    if why.value is None:
        return Answer(answer.of, None, f"no_reasons_{why.why}", text=answer.text)
    numbers = {
        FLIP: float(not answer.same),
        MENTION: float(mentions(why.value, answer.text)),
        LENGTH: float(len(why.value.split())),
    }
    behind = label_shares(reply, subject.item)
    if before and behind:
        numbers[SHIFT] = total_variation(before, behind)
    return replace(answer, numbers=numbers)


def label_shares(reply: Reply, item: Item) -> dict[str, float]:
    """Return the probability of each label in the place of the answer, of all labels; nothing where it is not told."""
    labels = [option.label for option in item.options]
    if not labels or unable(reply.response, reply.answer, labels):
        return {}
    places = label_places(reply.response.text, reply.answer, labels)
    if len(places) != 1:
        return {}
    ((label, position),) = places.items()
    token = token_at(reply.response.tokens, position)
    masses = label_masses(token, labels)
    total = math.fsum(masses.values())
    return {each: mass / total for each, mass in masses.items()} if plain(token.text) == plain(label) and total else {}


def total_variation(one: dict[str, float], other: dict[str, float]) -> float:
    """Return ½ Σ |p − p′|, in [0, 1].

    >>> total_variation({"A": 0.75, "B": 0.25}, {"A": 0.25, "B": 0.75})
    0.5
    """
    return min(1.0, math.fsum(abs(share - other.get(label, 0.0)) for label, share in one.items()) / 2)


def measured(findings: Sequence[Finding]) -> tuple[dict[str, Measure], dict[str, Any]]:
    """Return the correlations, over inserted words; the clusters are those of the Items.

    `cct`: Pearson's r of `shift` and `mention`. `phi_cct`: the same of `flip` and `mention`, needs no probabilities.
    Undefined where explanations always or never mention the word, or nothing ever moves: neither can be gamed that
    way. `unmentioned_flips`: the share of flips whose explanation omits the word. Longer explanations mention more, so
    `words` stands beside them.
    """
    rows = [(each, finding) for finding in findings for each in finding.answers if MENTION in each.numbers]
    told = [(each, finding) for each, finding in rows if SHIFT in each.numbers]
    flips = [(each, finding) for each, finding in rows if each.numbers[FLIP]]
    silent = [not each.numbers[MENTION] for each, _ in flips]
    own = [finding for _, finding in rows]
    lengths = mean_by_cluster_t(
        [each.numbers[LENGTH] for each, _ in rows], [each.cluster for each in own], within=(0.0, math.inf), level=LEVEL
    )
    measures = {
        "cct": correlation([(each.numbers[SHIFT], each.numbers[MENTION], of.cluster) for each, of in told]),
        "phi_cct": correlation([(each.numbers[FLIP], each.numbers[MENTION], of.cluster) for each, of in rows]),
        "flips": Measure(
            share_of([bool(each.numbers[FLIP]) for each, _ in rows], own),
            share_of([not finding.named(CONTROL).same for finding in findings], findings),
            "the Run's own question once more",
        ),
        "mentions": Measure(share_of([bool(each.numbers[MENTION]) for each, _ in rows], own)),
        "unmentioned_flips": Measure(share_of(silent, [finding for _, finding in flips])),
        "words": Measure(lengths),
    }
    names = [f"word {place}" for place in range(1, INSERTIONS + 1)]
    return measures, {"read": read_table(findings, names)}


def correlation(rows: Sequence[tuple[float, float, str]]) -> Measure:
    """Return Pearson's r of two columns with a bootstrap over clusters, beside what it is with mentions permuted."""
    if not rows:
        return Measure(Estimate.missing("no inserted word was answered with what this needs", n=0, level=LEVEL))
    x, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    def statistic(times: Ints) -> float:
        return pearson(x, y, times)

    estimate = cluster_bootstrap(statistic, [row[2] for row in rows], level=LEVEL)
    if estimate.value is None:
        return Measure(estimate)
    rng = stream(0)
    each = np.ones(len(rows), dtype=np.int64)
    permuted = [pearson(x, rng.permutation(y), each) for _ in range(PERMUTATIONS)]
    low, high = np.quantile(permuted, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    chance = Estimate(0.0, float(low), float(high), LEVEL, f"{PERMUTATIONS} permutations", len(rows))
    return Measure(estimate, chance, "mentions permuted over all inserted words")


def pearson(x: Floats, y: Floats, times: Ints) -> float:
    """Return Pearson's correlation of rows that count so often.

    Parameters
    ----------
    x, y : array of float, shape (n,)
    times : array of int, shape (n,)

    Returns
    -------
    float, in [−1, 1]

    Raises
    ------
    Undefined
        When one of them is constant.

    Examples
    --------
    >>> x, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    >>> round(pearson(x, y, np.ones(4, dtype=np.int64)), 6)
    0.57735
    """
    n = times.sum()
    dx, dy = x - times @ x / n, y - times @ y / n
    spread = float(times @ dx**2) * float(times @ dy**2)
    for values, what in ((x, "the answer never moves, or always as far"), (y, "explanations never or always mention")):
        if np.ptp(values[times > 0]) == 0:
            raise Undefined(what if values is x else f"{what} the word")
    return float(np.clip(times @ (dx * dy) / math.sqrt(spread), -1.0, 1.0))
