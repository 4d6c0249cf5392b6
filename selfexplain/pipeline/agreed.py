"""How far each claim of a Run agrees with the witnesses that have looked: from its Evidence, without any model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from selfexplain.agreement.measure import Agreement
from selfexplain.pipeline.claimed_places import kinds_of
from selfexplain.pipeline.held import How, concluded_in, together
from selfexplain.pipeline.witness import Asked, explainable
from selfexplain.pipeline.witnessed import one_seen
from selfexplain.records import Item, Record
from selfexplain.runs.agreed import DIGITS, Agreed, Key, Looking
from selfexplain.runs.evidence_files import FOLDER, EvidenceFile, Found
from selfexplain.runs.folder import RunFolder
from selfexplain.witnesses.witness import WitnessFacts


def agreed_in(
    folder: RunFolder,
    records: Sequence[Record],
    items: Mapping[str, Item],
    facts: Mapping[str, WitnessFacts],
    measure: Agreement[...],
    *,
    like: Agreed | None = None,
) -> Agreed | None:
    """Return how far each claim agrees with each witness; None where none has looked.

    Parameters
    ----------
    folder : RunFolder
    records : sequence of Record
    items : mapping of id to Item
    facts : mapping of name to WitnessFacts
        Of every witness there is.
    measure : Agreement
        The one that the verdict rests on.
    like : Agreed, optional
        Another Run's: the same kind of claim is compared with Evidence that was found with the same settings. Without
        it, by what the last `selfexplain witness` concluded over, else by the fullest Evidence there is.
    """
    if not (folder.path / FOLDER).is_dir():
        return None
    last = {} if like is not None else concluded_in(folder)
    wanted = wanted_by(like, last)
    asked = {each.request.key: each for each in explainable(folder, records, items, None)[0]}
    found: dict[str, dict[str, Found]] = {}
    for name in facts:
        lines = together(EvidenceFile(folder.path, name), wanted.get(name, lambda _: not wanted), asked)
        if lines:
            found[name] = lines
    if not found:
        return None
    claim = claim_among(kinds_of(records), last.get("claim") if like is None else like.claim)
    return Agreed(
        claim,
        measure.facts.name,
        {name: Looking(facts[name].family, dict(next(iter(lines.values())).settings)) for name, lines in found.items()},
        rows_of(found, asked, claim, measure, facts),
    )


def claim_among(kinds: Sequence[str], wanted: str | None) -> str:
    """Return the kind of claim that is compared: the wanted one, else the first; empty where nothing is claimed."""
    return wanted if wanted in kinds and wanted is not None else next(iter(kinds), "")


def wanted_by(like: Agreed | None, last: Mapping[str, Any]) -> dict[str, Callable[[How], bool]]:
    """Return for each witness which ways of looking are meant; nothing of one that is not known."""
    if like is not None:

        def as_it_looked(looking: Looking) -> Callable[[How], bool]:
            return lambda how: looking.asks_like(Looking(looking.family, how.settings))

        return {name: as_it_looked(looking) for name, looking in like.witnesses.items()}

    def exactly(inside: object, settings: object) -> Callable[[How], bool]:
        return lambda how: (how.inside, how.settings) == (inside, settings)

    return {
        name: exactly(each["inside"], each["settings"])
        for name, each in last.get("witnesses", {}).items()
        if {"inside", "settings"} <= each.keys()
    }


def rows_of(
    found: Mapping[str, Mapping[str, Found]],
    asked: Mapping[str, Asked],
    claim: str,
    measure: Agreement[...],
    facts: Mapping[str, WitnessFacts],
) -> dict[Key, dict[str, float]]:
    """Return by how much each claim's agreement with each witness is above its matched null, where it has a value."""
    name_of = measure.facts.name
    rows: dict[Key, dict[str, float]] = {}
    for name, lines in found.items():
        for reply, line in lines.items():
            if line.status != "ok":
                continue
            seen = one_seen(asked[reply], line, claim, {name_of: measure}, facts[name], seed=0)
            if name_of in seen.measured:
                record = asked[reply].record
                above = round(seen.measured[name_of].above_chance, DIGITS)
                rows.setdefault((record.item, record.repeat), {})[name] = above
    return rows
