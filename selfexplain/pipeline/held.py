"""Evidence that lies in a Run already, whoever looked and when: which of its lines go together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from selfexplain.errors import InputError
from selfexplain.pipeline.witness import AnyWitness, Asked, Look, Looked
from selfexplain.runs.calls import NO_JSON
from selfexplain.runs.evidence_files import EvidenceFile, Found
from selfexplain.runs.folder import RunFolder

CONCLUDED = "witness.json"
"""What the last `selfexplain witness` came to, in a Run's folder; it can be deleted and is written again."""


class How(NamedTuple):
    """Which model a witness looked at, and with what settings."""

    inside: Mapping[str, str]
    settings: Mapping[str, Any]


def together(lines: Iterable[Found], wanted: Callable[[How], bool], replies: Collection[str]) -> dict[str, Found]:
    """Return one witness's lines about some replies that were found in one way; with several ways, the fullest.

    Parameters
    ----------
    lines : iterable of Found
        In the order in which they were found.
    wanted : callable
        Which ways are considered.
    replies : collection of str
        Keys of Requests.

    Returns
    -------
    dict of str to Found
        By the key of the Request. Of ways with as many lines that can be relied on, the later one.
    """
    ways: dict[bytes, dict[str, Found]] = {}
    for line in lines:
        if line.reply in replies and wanted(How(line.inside, line.settings)):
            ways.setdefault(line.place.how, {})[line.reply] = line
    fullest: dict[str, Found] = {}
    for way in ways.values():
        if reliable(way) >= reliable(fullest):
            fullest = way
    return fullest


def with_held(look: Look, looked: Looked, records: Sequence[Asked], known: Mapping[str, AnyWitness]) -> Looked:
    """Return what was found now together with what other witnesses had found before in the same way.

    Parameters
    ----------
    look : Look
        Whoever looked now; the others had to be called with the same settings, and to look at the same model.
    looked : Looked
    records : sequence of Asked
        Every Record that can be explained, in order: also those beyond a limit, where somebody has looked at them.
    known : mapping of name to witness
        All there are.
    """
    replies, now = {each.request.key for each in records}, {each.request.key for each in looked.asked}
    found: dict[str, dict[str, Found]] = {}
    for name, witness in {**look.witnesses, **known}.items():
        wanted = alike(look, witness)
        lines = {} if wanted is None else together(EvidenceFile(look.folder.path, name), wanted, replies)
        if lines or name in look.witnesses:
            found[name] = lines
    seen = now.union(*found.values())
    return replace(
        looked,
        asked=[each for each in records if each.request.key in seen],
        evidence={
            name: [lines[each.request.key] for each in records if each.request.key in lines]
            for name, lines in found.items()
        },
    )


def alike(look: Look, witness: AnyWitness) -> Callable[[How], bool] | None:
    """Return which ways of looking of a witness are the same as now; None where it cannot look in this way."""
    try:
        settings = look.settings_of(witness)
    except InputError:
        return None
    who = look.who_is(witness)
    return lambda how: how.settings == settings and (not who or how.inside == who)


def reliable(way: Mapping[str, Found]) -> int:
    """Return how many lines have scores to rely on."""
    return sum(line.status == "ok" for line in way.values())


def concluded_in(folder: RunFolder) -> Mapping[str, Any]:
    """Return what the last `selfexplain witness` of a Run came to; empty where it left nothing that can be read."""
    try:
        found = msgspec.json.decode((folder.path / CONCLUDED).read_bytes())
    except (OSError, *NO_JSON):
        return {}
    return found if isinstance(found, dict) and {"witnesses", "verdicts", "claim"} <= found.keys() else {}
