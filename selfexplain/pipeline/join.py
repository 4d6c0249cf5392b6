"""Two sides joined answer by answer: what stands in the way of comparing them, what they differ in, and the pairs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from selfexplain.calibration.harm import Lost
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.calibration.rows import read_confidence
from selfexplain.inference import Floats
from selfexplain.records import STATUSES, Answered
from selfexplain.runs.answers import Answers, Provenance

SHOWN = 5
"""Names that a sentence lists."""


class Differs(NamedTuple):
    """Something that is not the same on both sides: what is being compared, or what is worth knowing."""

    what: str
    a: str
    b: str


@dataclass(frozen=True)
class Joined:
    """The pairs of answers of two sides to the same Items and repeats, in that order; clusters and groups are A's."""

    pairs: tuple[tuple[Answered, Answered], ...]

    @classmethod
    def of(cls, a: Answers, b: Answers) -> "Joined":
        """Join what was asked on both sides by Item and repeat, never by position."""
        others = {(row.item, row.repeat): row for row in b.rows}
        keys = ((row, (row.item, row.repeat)) for row in a.rows)
        return cls(tuple((row, others[key]) for row, key in keys if key in others))

    def where(self, keep: Callable[[Answered, Answered], bool]) -> "Joined":
        """Return the pairs that a condition holds for."""
        return Joined(tuple(pair for pair in self.pairs if keep(*pair)))

    @property
    def usable(self) -> "Joined":
        """The pairs that can be measured: usable on both sides."""
        return self.where(lambda a, b: a.status == b.status == "ok")

    @property
    def lost(self) -> Lost:
        """What A's confidence could be used for and B's cannot."""
        gone = [a for a, b in self.pairs if a.status == "ok" != b.status]
        return Lost(*arrays(gone))

    @property
    def clusters(self) -> list[str]:
        """The cluster of each pair."""
        return [a.cluster for a, _ in self.pairs]

    @property
    def groups(self) -> list[str]:
        """The groups there are."""
        return sorted({a.group for a, _ in self.pairs if a.group is not None})

    @property
    def statuses(self) -> dict[tuple[str, str], int]:
        """How often each pair of statuses occurs, in the order of the words."""
        counts = Counter((a.status, b.status) for a, b in self.pairs)
        return {(one, other): counts[one, other] for one in STATUSES for other in STATUSES if counts[one, other]}

    @property
    def identical(self) -> bool:
        """Whether B repeats A: each status, confidence and grade."""
        same = ((a.status, a.confidence, a.correct) == (b.status, b.confidence, b.correct) for a, b in self.pairs)
        return bool(self.pairs) and all(same)

    def table(self) -> PairedTable:
        """Count the usable pairs."""
        usable = self.usable
        a, b = (arrays([pair[side] for pair in usable.pairs]) for side in (0, 1))
        return PairedTable.from_rows(*a, *b, cluster=usable.clusters)


def arrays(rows: Iterable[Answered]) -> tuple[Floats, Floats]:
    """Return confidence and correctness of usable rows, as arrays."""
    rows = list(rows)
    confidence = read_confidence([row.confidence for row in rows if row.confidence is not None])
    return confidence, read_confidence([float(bool(row.correct)) for row in rows], name="correct")


def obstacles(
    a: Answers,
    b: Answers,
    *,
    strict: bool,
    sources: bool = True,
    names: tuple[str, str] = ("A", "B"),
    translated: Collection[str] = (),
) -> list[str]:
    """Return why two sides cannot be compared, a sentence each; nothing if they can.

    Parameters
    ----------
    a, b : Answers
    strict : bool
        For a gate: the scale must be the same too.
    sources : bool
        Whether the confidence must be of one source on both sides.
    names : (str, str)
        What sentences call the two sides.
    translated : collection of str
        Items of which one side asks a translation: their questions and gold answers are in two languages.
    """
    in_a, in_b = (f"in {name}" for name in names)
    found = [*asked_differently(a, b, names)]
    common = sorted(a.provenance.items.keys() & b.provenance.items.keys())
    same_text = [item for item in common if item not in translated]
    for field, words in (("question", "the question"), ("gold", "the gold answer")):
        changed = [
            item
            for item in same_text
            if getattr(a.provenance.items[item], field) != getattr(b.provenance.items[item], field)
        ]
        if changed:
            found.append(f"{words} differs in {count(changed, 'Item')}: {listed(changed)}")
    graders = [(a.provenance.items[item].grader, b.provenance.items[item].grader, item) for item in common]
    for one, other in sorted({(one, other) for one, other, _ in graders if one != other}):
        changed = [item for x, y, item in graders if (x, y) == (one, other)]
        found.append(f"{count(changed, 'Item')} graded by {one} {in_a} and by {other} {in_b}: {listed(changed)}")
    moved = sorted({x.item for x, y in Joined.of(a, b).pairs if x.cluster != y.cluster})
    if moved:
        found.append(f"{count(moved, 'Item')} in another cluster: {listed(moved)}")
    if sources and "given" not in (a.source, b.source) and a.source != b.source:
        found.append(f"the confidence is {a.source} {in_a} and {b.source} {in_b}")
    if a.provenance.about != b.provenance.about:
        found.append(f"the confidence is about {a.provenance.about} {in_a} and about {b.provenance.about} {in_b}")
    if strict and a.provenance.estimand != b.provenance.estimand:
        found.append(f"the confidence is a {a.provenance.estimand} {in_a} and a {b.provenance.estimand} {in_b}")
    if strict and scales_differ(a.provenance, b.provenance):
        found.append(f"the scale is {a.provenance.scale} {in_a} and {b.provenance.scale} {in_b}")
    return found


def asked_differently(a: Answers, b: Answers, names: tuple[str, str]) -> Iterable[str]:
    """Yield in which Items and repeats two sides differ."""
    items_a, items_b = ({row.item for row in side.rows} for side in (a, b))
    for only, side in zip((items_a - items_b, items_b - items_a), names, strict=True):
        if only:
            yield f"{count(only, 'Item')} only in {side}: {listed(only)}"
    keys_a, keys_b = ({(row.item, row.repeat) for row in side.rows} for side in (a, b))
    repeated = {item for item, _ in keys_a ^ keys_b if item in items_a & items_b}
    if repeated:
        yield f"{count(repeated, 'Item')} with other repeats in {names[1]} than in {names[0]}: {listed(repeated)}"


def scales_differ(a: Provenance, b: Provenance) -> bool:
    """Tell whether confidence was asked for on two scales; a FILE's scale is only how its numbers are written."""
    return a.kind == b.kind == "run" and a.scale != b.scale


def differences(a: Answers, b: Answers) -> list[Differs]:
    """Return what two sides differ in without that forbidding a comparison."""
    one, other = a.provenance, b.provenance
    found = [
        Differs(what, *map(written, pair))
        for what, *pair in (
            ("model", one.model, other.model),
            ("model identity", identity(one), identity(other)),
            ("template", one.template, other.template),
            ("template text", one.template_hash[:12], other.template_hash[:12]),
            ("temperature", one.temperature, other.temperature),
            ("seed", one.seed, other.seed),
            ("scale", one.scale, other.scale),
            ("what confidence is", one.estimand, other.estimand),
            (
                "dataset",
                f"{one.dataset} {one.dataset_version}".strip(),
                f"{other.dataset} {other.dataset_version}".strip(),
            ),
            ("source", a.source, b.source),
            ("selfexplain", one.selfexplain, other.selfexplain),
        )
        if pair[0] != pair[1]
    ]
    if one.kind != other.kind or one.kind == "file":
        # Half of what a Run knows of itself a FILE cannot say: that it is silent is no difference.
        found = [each for each in found if each.what == "source"]
    regrouped = sum(x.group != y.group for x, y in Joined.of(a, b).pairs)
    if regrouped:
        found.append(Differs("group", "kept", f"another in {regrouped} answers"))
    return found


def remarks(a: Answers, b: Answers) -> list[str]:
    """Return what a reader of a comparison must know about how its two sides go together."""
    said = []
    if not (a.provenance.items and b.provenance.items):
        said.append("a FILE holds neither questions nor gold answers: that they are the same is believed, not checked")
    if scales_differ(a.provenance, b.provenance):
        said.append(
            f"confidence was asked for on two scales, {a.provenance.scale} and {b.provenance.scale}: part of a "
            "difference may be the scale's"
        )
    return said


def identity(provenance: Provenance) -> str:
    """Return what identifies a model beside its name."""
    return ", ".join(f"{name} {value[:12]}" for name, value in sorted(provenance.model_identity.items()))


def written(value: object) -> str:
    """Return a value as a table shows it."""
    return "–" if value in (None, "") else str(value)


def count(names: Iterable[str], word: str) -> str:
    """Return how many there are of a thing.

    >>> count(["a"], "Item"), count(["a", "b"], "Item")
    ('1 Item', '2 Items')
    """
    n = len(list(names))
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def listed(names: Iterable[str]) -> str:
    """Return the first names in order.

    >>> listed("fbacdeg")
    'a, b, c, d, e and 2 more'
    """
    names = sorted(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
