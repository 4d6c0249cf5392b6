"""Do the witnesses look at the model at all? What they find about some answers once all its layers are noise.

Each weight is shuffled within itself, so that the model is as large and as loud as before and knows nothing. A witness
that ranks the units as before explains the text, or the habits of the method, and not the model.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from msgspec.structs import asdict, replace

from selfexplain.errors import InputError, Undefined
from selfexplain.evidence import Evidence
from selfexplain.inference import mean_by_cluster_t
from selfexplain.pipeline.witness import Asked, Look, Looked, Tell, case_for, nothing_found
from selfexplain.runs.evidence_files import EvidenceFile, Found, place_of
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.sanity import likeness
from selfexplain.witnesses.witness import Witness

EVERY_LAYER = sys.maxsize

LEVEL = 0.95


def require_inside(n: int, look: Look) -> None:
    """Raise InputError where a number of answers is no number, or nothing is looked into."""
    if n < 0:
        raise InputError(f"{n} answers with shuffled layers", hint="expected 0 or more")
    if n and look.inside is None:
        raise InputError(
            "no witness here looks into the model, so there is nothing to shuffle",
            hint="leave --shuffle out, or name one that does: selfexplain list witnesses",
        )


def look_at_noise(look: Look, looked: Looked, n: int, *, seed: int, say: Tell) -> dict[str, Any] | None:
    """Return for each witness how much its ranking of units stays when the model is noise; None for n = 0.

    Evidence goes to `evidence/NAME-shuffled.jsonl`, and what is there is not looked for again.

    Parameters
    ----------
    look : Look
    looked : Looked
        What was found in the model as it is.
    n : int
        At so many answers, the first ones that were looked at.
    seed : int
        Of the shuffling.
    say : callable
        Told what is done.

    Returns
    -------
    dict
        By witness Spearman's rho over units, the mean over answers with its interval over clusters; `left_out` counts
        answers without one, by reason.

    Raises
    ------
    InputError
        When no model is looked into.
    """
    require_inside(n, look)
    if not n or look.inside is None:
        return None
    inside = [name for name in look.witnesses if look.looks_inside(name)]
    chosen = {name: list(usable(looked, name))[:n] for name in inside}
    identity = {**look.inside.identity, "shuffled": f"all layers, {seed}"}
    files = {name: EvidenceFile(look.folder.path, f"{name}-shuffled") for name in inside}
    left = [
        (name, asked)
        for name, rows in chosen.items()
        for asked, _ in rows
        if files[name].is_open(place_of(asked.request.key, identity, look.how(name)))
    ]
    if left:
        say(f"All layers shuffled: {len(left):,} looks more.")
        with look.inside.model.shuffled(EVERY_LAYER, seed=seed):
            for name, asked in left:
                how, device = look.how(name), look.device(name)
                found = asdict(seen_now(look, look.inside.model, name, asked))
                files[name].append(
                    Found(**found, reply=asked.request.key, inside=identity, settings=how, device=device)
                )
    told = {}
    for name, rows in chosen.items():
        places = [place_of(asked.request.key, identity, look.how(name)) for asked, _ in rows]
        told[name] = over(rows, [files[name].get(place) for place in places])
    return {"n": n, "layers": "all", "seed": seed, "witnesses": told}


def usable(looked: Looked, name: str) -> Iterator[tuple[Asked, Found]]:
    """Yield the Records of which a witness found something, with what it found."""
    for asked, found in zip(looked.asked, looked.evidence[name], strict=True):
        if found.status == "ok":
            yield asked, found


def seen_now(look: Look, model: WhiteBox, name: str, asked: Asked) -> Evidence:
    """Return what a witness finds about a Record in a model as it is now, whatever that would have answered."""
    witness = cast("Witness", look.witnesses[name])
    try:
        case = case_for(asked, look.template, look.settings.unit)
        return witness(model, case, **look.keywords(name, asked))
    except InputError as error:
        nothing = nothing_found(asked.record, name, look.how(name))
        return replace(nothing, status="not_applicable", why=error.message)


def over(rows: Sequence[tuple[Asked, Found]], others: Sequence[Found | None]) -> Mapping[str, Any]:
    """Return the mean rank correlation over Records, as strict JSON values."""
    values, owners, left_out = [], [], Counter[str]()
    for (asked, found), other in zip(rows, others, strict=True):
        if other is None or other.status != "ok":
            left_out["not looked at" if other is None else other.status] += 1
            continue
        try:
            values.append(likeness(found, other))
        except Undefined as undefined:
            left_out[str(undefined)] += 1
            continue
        owners.append(asked.item.drawn_with)
    if not values:
        return {"value": None, "low": None, "high": None, "n": 0, "left_out": dict(left_out)}
    mean = mean_by_cluster_t(values, owners, within=(-1, 1), level=LEVEL).to_dict()
    return {**mean, "left_out": dict(left_out)}
