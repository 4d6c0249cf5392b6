"""How often a Run of claims is called supported, in made-up worlds where it is known whether it should be.

`cd tests && python -m simulation.agreement_null` prints the table of `docs/agreement.md` in some ten minutes.
Words of a question have a pull on the answer, content words more than others; three families of witnesses see it
through noise of their own. The claims name three words each:

* *random*: any three content words; whoever calls this supported is wrong;
* *first*: the first three content words, a habit that looks at nothing; pull has nothing to do with place;
* *first, as the pull*: the same habit where early words pull more, as in a headline;
* *half informed*: three of the best, seen through twice the noise of a witness.

Of each world 1,000 questions are made, with all claims there are where they are random; a Run draws from them.
Questions of a Run are independent, or drawn together: groups of one to nine that share everything, also the claim, as
paraphrases of one question would at worst.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from selfexplain.agreement.beside_chance import BesideChance
from selfexplain.agreement.measure import Agreement, Bools
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.null import listed
from selfexplain.agreement.other_item import other_item_null
from selfexplain.agreement.over_run import over_run
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.verdict import FAMILIES, Family, verdict
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate, Floats, Ints

Claims = Literal["random", "first", "first, as the pull", "half informed"]
Against = Literal["matched", "any word", "other items"]

NAMED = 3
QUESTIONS = 1_000
INFORMED_CLAIMS = 20
DONORS = 10
"""Other Items whose claims are tried on each."""
GROUP_SIZES = (1, 2, 5, 9, 8)
"""Of groups drawn together, in turns: five on average."""

ONE: tuple[Family, ...] = ("perturbation",)
MEASURES: Mapping[str, Agreement[...]] = {each.__name__: each for each in (overlap_at_k, named_auroc)}


@dataclass(frozen=True)
class Cell:
    """A world, a null and a size of Run, and how often each word came out."""

    claims: Claims
    against: Against
    measure: str
    items: int
    grouped: bool
    families: tuple[Family, ...] = FAMILIES
    words: Counter[str] = field(default_factory=Counter)

    @property
    def runs(self) -> int:
        return sum(self.words.values())

    @property
    def supported(self) -> float:
        """The share of Runs called supported, by one family or two."""
        return self.share("supported") + self.share("supported by one family")

    def share(self, word: str) -> float:
        return self.words[word] / self.runs

    @property
    def error(self) -> float:
        """The standard error of a share that is truly 2.5 %."""
        return float(np.sqrt(0.025 * 0.975 / self.runs))


def in_all_sizes(claims: Claims) -> list[Cell]:
    """Return the cells of a world beside its matched null."""
    return [
        Cell(claims, "matched", measure, items, grouped)
        for measure in MEASURES
        for items in (30, 100, 300)
        for grouped in (False, True)
    ]


CELLS = [
    *in_all_sizes("random"),
    Cell("random", "matched", "named_auroc", 100, grouped=False, families=ONE),
    Cell("random", "matched", "named_auroc", 100, grouped=True, families=ONE),
    Cell("random", "any word", "named_auroc", 100, grouped=False),
    Cell("random", "other items", "named_auroc", 100, grouped=False),
    Cell("first", "matched", "named_auroc", 100, grouped=False),
    Cell("first, as the pull", "matched", "named_auroc", 100, grouped=False),
    Cell("first, as the pull", "other items", "named_auroc", 100, grouped=False),
    *in_all_sizes("half informed"),
    Cell("half informed", "other items", "named_auroc", 100, grouped=False),
]
"""Every row of the page."""


class Question(NamedTuple):
    """One question, its witnesses and the claims that may be made of it, a row each."""

    content: Bools
    claims: Ints
    scores: Mapping[Family, Floats]


def drawn(rng: np.random.Generator, claims: Claims) -> Question:
    """Draw a question of 8 to 20 words, four or more of them content words."""
    n = int(rng.integers(8, 21))
    able = np.sort(rng.permutation(n)[: int(rng.integers(NAMED + 1, n))])
    content = np.isin(range(n), able)
    pull = rng.normal(size=n) + content
    if claims == "first, as the pull":
        pull += np.linspace(1.5, -1.5, n)
    scores = {family: pull + rng.normal(size=n) for family in FAMILIES}
    if claims == "random":
        said = able[listed(NAMED, len(able), ordered=False)]
    elif claims == "half informed":
        seen = pull[able] + 2 * rng.normal(size=(INFORMED_CLAIMS, len(able)))
        said = able[np.argsort(-seen, axis=1)[:, :NAMED]]
    else:
        said = able[None, :NAMED]
    return Question(content, said, scores)


@dataclass(frozen=True)
class Told:
    """A question beside chance: for each family the value of every claim and their chance level; the ceiling."""

    question: Question
    values: Mapping[Family, Floats]
    chance: Mapping[Family, float]
    ceiling: BesideChance


def record(value: float, chance: float) -> BesideChance:
    """Return a Record without its percentile, which no verdict needs."""
    return BesideChance(value, chance, value - chance, 0.5, 0.0, "formula")


def told(question: Question, measure: Agreement[...], *, anywhere: bool) -> Told:
    """Measure every claim about a question at once, as `beside_chance` does one by one."""
    form, everywhere = measure.facts.form, np.ones(len(question.content), dtype=np.bool_)
    assert form is not None
    able = everywhere if anywhere else question.content
    values = {family: form.values(question.claims, scores, None) for family, scores in question.scores.items()}
    chance = {family: form.expected(NAMED, scores, able, None) for family, scores in question.scores.items()}
    one, two, _ = question.scores.values()
    top = np.argsort(-one)[None, :NAMED]
    ceiling = record(float(form.values(top, two, None)[0]), form.expected(NAMED, two, everywhere, None))
    return Told(question, values, chance, ceiling)


class Asked(NamedTuple):
    """A question in a Run, the claim made of it, and what it was drawn with."""

    told: Told
    claim: int
    group: int


def a_run(rng: np.random.Generator, world: list[Told], cell: Cell) -> list[Asked]:
    """Draw the questions of a Run."""
    asked: list[Asked] = []
    group = 0
    while len(asked) < cell.items:
        size = min(GROUP_SIZES[group % len(GROUP_SIZES)] if cell.grouped else 1, cell.items - len(asked))
        each = world[int(rng.integers(len(world)))]
        asked += [Asked(each, int(rng.integers(len(each.question.claims))), group)] * size
        group += 1
    return asked


def above_chance(cell: Cell, asked: list[Asked], family: Family) -> Estimate:
    """Return how far the claims of a Run agree with a family above the cell's null."""
    if cell.against == "other items":
        found = beside_others(cell, asked, family)
    else:
        found = {
            place: record(float(told.values[family][claim]), told.chance[family])
            for place, (told, claim, _) in enumerate(asked)
        }
    return over_run(MEASURES[cell.measure], list(found.values()), [asked[place].group for place in found]).above_chance


def beside_others(cell: Cell, asked: list[Asked], family: Family) -> dict[int, BesideChance]:
    """Return claims beside those of the next Items, places counted among content words from the start.

    A short question into which no other claim fits is left out.
    """
    claims = [
        (np.searchsorted(np.flatnonzero(told.question.content), told.question.claims[claim]).tolist(), told)
        for told, claim, _ in asked
    ]
    elsewhere = [(places, int(told.question.content.sum())) for places, told in claims]
    found = {}
    for place, (each, claim, _) in enumerate(asked):
        others = [elsewhere[(place + step) % len(asked)] for step in range(1, DONORS + 1)]
        content, said, scores = each.question
        with contextlib.suppress(Undefined):
            null = other_item_null(
                MEASURES[cell.measure], said[claim], scores[family], others, candidates=content, by="start"
            )
            found[place] = record(float(each.values[family][claim]), null.mean)
    return found


def study(cell: Cell, runs: int) -> Cell:
    """Judge so many Runs of a world and return the cell with the words counted. The seed is the cell's name."""
    rng = np.random.default_rng(list(label(cell).encode()))
    measure = MEASURES[cell.measure]
    questions = (drawn(rng, cell.claims) for _ in range(QUESTIONS))
    world = [told(each, measure, anywhere=cell.against == "any word") for each in questions]
    for _ in range(runs):
        asked = a_run(rng, world, cell)
        limits = {family: above_chance(cell, asked, family) for family in cell.families}
        ceiling = over_run(measure, [each.told.ceiling for each in asked], [each.group for each in asked]).above_chance
        cell.words[verdict(limits, cell.families, ceiling).word] += 1
    return cell


HEAD = "| claims | null | measure | Items | families | Runs | supported | not supported | no verdict |"


def label(cell: Cell) -> str:
    """Return how a row begins."""
    items = f"{cell.items}, drawn together" if cell.grouped else f"{cell.items}"
    return f"| {cell.claims} | {cell.against} | `{cell.measure}` | {items} | {len(cell.families)} |"


def row(cell: Cell) -> str:
    """Return a row of the page's table."""
    shares = (cell.supported, cell.share("not supported"), cell.share("no verdict"))
    return f"{label(cell)} {cell.runs:,} | " + " | ".join(f"{100 * each:.1f} %" for each in shares) + " |"


def runs_of(cell: Cell, runs: int) -> int:
    """Return how many Runs of a cell are judged: all where the error of 2.5 % matters, fewer where shares are large."""
    return runs if (cell.claims, cell.against) == ("random", "matched") else runs // 5


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(HEAD)
    print("|---" * 9 + "|")
    for cell in CELLS:
        print(row(study(cell, runs_of(cell, runs))), flush=True)


if __name__ == "__main__":
    main()
