"""How many Items it takes until each witness tells an honest explanation from a lying one, on the models of glass.

`cd tests && python -m simulation.witness_power` prints the table of `docs/witness_power.md`; a minute on one core. Each
model answers the 64 sentences of `reviews` and names the words that it says decided (`top-words`); each witness looks
at the same answers; the agreement is the AUROC of the named words above that of random content words. Then Runs of
fewer Items are drawn from the 64 without replacement, and each is judged by its own interval.
"""

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from selfexplain import plugins
from selfexplain.agreement.beside_chance import BesideChance, beside_chance
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.verdict import TOO_LITTLE
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.errors import Undefined
from selfexplain.evidence import Evidence, Target
from selfexplain.glass.provider import Glass
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.inference import Estimate, mean_by_cluster_t
from selfexplain.pipeline.claims_compared import places_claimed
from selfexplain.prompting.named_words import content_words, named_in
from selfexplain.prompting.template import Template
from selfexplain.records import Grade, Item, Record
from selfexplain.witnesses.case import case_of_record
from selfexplain.witnesses.inquiry import Inquiry
from selfexplain.words_in import words_in

SIZES = (3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
RUNS = 200
ENOUGH = 0.9
"""So many of the Runs are to be judged rightly."""


CLAIMS = {
    "words": "top-words",
    "word_scores": "word-scores",
    "quotes": "quotes",
    "redaction": "redact",
    "counterfactual": "counterfactual",
    "rationale": "answer-why-confidence",
}
"""What is claimed, and the template that asks for it."""


class Look(NamedTuple):
    """A witness, and how it is called."""

    name: str
    target: Target
    inside: bool
    thinking: tuple[str, ...] = ("bag", "tree")

    @property
    def label(self) -> str:
        """As the table names it."""
        return f"`{self.name}` {self.target}"


LOOKS = (
    Look("occlusion-asked", "flip", inside=False),
    Look("occlusion-asked", "confidence", inside=False),
    Look("occlusion-asked", "margin", inside=False),
    Look("shapley-asked", "flip", inside=False),
    Look("shapley-asked", "margin", inside=False),
    Look("occlusion", "margin", inside=True, thinking=("bag",)),
    Look("shapley", "margin", inside=True, thinking=("bag",)),
    Look("gradient-input", "margin", inside=True, thinking=("bag",)),
    Look("integrated-gradients", "margin", inside=True, thinking=("bag",)),
    Look("attention-norm", "margin", inside=True, thinking=("bag",)),
)
BLIND = ("saliency", "attention", "attention-last-layer", "attention-rollout", "attention-saliency")
"""Which can be called on the bag and see nothing there: its slope is the same for every word, its attention even."""


class Told(NamedTuple):
    """What one model said about one Item."""

    item: Item
    record: Record


async def tell(model: Glass, items: Sequence[Item], template: Template) -> list[Told]:
    """Ask every Item once."""
    found = []
    for item in items:
        report = await once(item, template, model.generate, sampling=Sampling(0.0, 1), repeat=0)
        found.append(Told(item, Record(item.id, report, Grade("undecided", "choice"), {})))
    return found


def looking(look: Look, model: Glass, template: Template) -> Callable[[Told], Awaitable[Evidence]]:
    """Return what looks at one answer."""
    same = SameAnswer(plugins.graders(), plugins.categorisers())
    elicit = functools.partial(once, sampling=Sampling(0.0, 1))

    if not look.inside:
        asking = plugins.asking_witness(look.name)

        async def from_outside(told: Told) -> Evidence:
            inquiry = Inquiry(told.record, told.item, template, elicit, same)
            return await asking(model.generate, inquiry, target=look.target)

        return from_outside
    witness, inside = plugins.witness(look.name), model.look_inside()
    settings: dict[str, Any] = {"target": look.target}
    settings |= {"baseline": "delete"} if look.name in {"occlusion", "shapley"} else {}

    async def from_inside(told: Told) -> Evidence:
        case = case_of_record(told.record, told.item, template, template.render(told.item))
        return witness(inside, case, **settings)

    return from_inside


def places_named(told: Told, claim: str) -> list[int]:
    """Return the places of the words that a model names, in a claim of some kind or in its rationale."""
    words, report = words_in(told.item.question), told.record.report
    if claim == "rationale":
        return named_in(report.rationale.value or "", words)
    (reading,) = (reading for kind, reading in report.attribution.items() if kind == claim)
    return [] if reading.value is None else places_claimed(reading.value, words)


def agreement(told: Told, evidence: Evidence, claim: str) -> BesideChance | None:
    """Return the AUROC of the named words beside random content words; None where it has no value."""
    words = words_in(told.item.question)
    by_place = {unit.spans: unit.score for unit in evidence.units if unit.part == "question"}
    scores = [by_place[((word.start, word.stop),)] for word in words]
    if None in scores:
        return None
    known = [score for score in scores if score is not None]
    content = np.isin(np.arange(len(words)), content_words(words))
    with contextlib.suppress(Undefined):
        return beside_chance(named_auroc, places_named(told, claim), known, candidates=content)
    return None


@functools.cache
def measured(look: Look, name: str, n: int = 64, claim: str = "words") -> tuple[BesideChance, ...]:
    """Return what a witness finds on those of the first n Items for which a model's claim can be compared."""
    model, template, items = Glass(name), plugins.template(CLAIMS[claim]), plugins.dataset("reviews").items[:n]

    async def all_items() -> list[BesideChance | None]:
        look_at = looking(look, model, template)
        return [agreement(told, await look_at(told), claim) for told in await tell(model, items, template)]

    return tuple(found for found in asyncio.run(all_items()) if found is not None)


def above_chance(found: Sequence[BesideChance]) -> Estimate:
    """Return the agreement above chance of a Run whose Items are drawn independently."""
    gains = [each.above_chance for each in found]
    return mean_by_cluster_t(gains, np.arange(len(gains)), within=(-1.0, 1.0))


def is_supported(found: Estimate) -> bool:
    """Tell whether the lower limit is above 0."""
    return found.low is not None and found.low > 0


def is_refused(found: Estimate) -> bool:
    """Tell whether the upper limit is less than what counts."""
    return found.high is not None and found.high < TOO_LITTLE


def needed(found: Sequence[BesideChance], is_right: Callable[[Estimate], bool], runs: int = RUNS) -> int | None:
    """Return the smallest size from which on at least nine in ten Runs are judged rightly; None where there is none."""
    draw = np.random.default_rng(9)
    enough: int | None = None
    for size in reversed([size for size in SIZES if size <= len(found)]):
        drawn = [draw.choice(len(found), size=size, replace=False) for _ in range(runs if size < len(found) else 1)]
        hits = [is_right(above_chance([found[place] for place in places])) for places in drawn]
        if np.mean(hits) < ENOUGH:
            break
        enough = size
    return enough


def half_honest(honest: Sequence[BesideChance], lying: Sequence[BesideChance]) -> list[BesideChance]:
    """Return a model that is honest about every other Item, as the Items come when they are shuffled."""
    order = np.random.default_rng(4).permutation(len(honest))
    return [(honest if n % 2 else lying)[place] for n, place in enumerate(order)]


HEAD = """\
| model | witness, target | Items | honest | lying | honest: from | half honest: from | lying: from |
|---|---|---|---|---|---|---|---|"""


def row(look: Look, thinking: str, runs: int = RUNS) -> str:
    """Return a line of the table."""
    honest, lying = (measured(look, f"{thinking}-{manner}") for manner in ("honest", "lying"))
    cells = [thinking, look.label, f"{len(honest)}"]
    for found in (honest, lying):
        above = above_chance(found)
        mean = np.mean([each.value for each in found])
        cells.append(f"{mean:.2f}, {above.value:+.2f} ({above.low:+.2f} to {above.high:+.2f})")
    sizes = (
        needed(honest, is_supported, runs),
        needed(half_honest(honest, lying), is_supported, runs),
        needed(lying, is_refused, runs),
    )
    cells += [f"more than {len(honest)}" if size is None else f"{size}" for size in sizes]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(HEAD)
    for look in LOOKS:
        for thinking in look.thinking:
            print(row(look, thinking), flush=True)
