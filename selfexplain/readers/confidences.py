"""From a log's samples to rows: where the confidence stands, what it is worth, and which answers belong together."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from selfexplain.errors import InputError
from selfexplain.readers.log_file import LogFile, listed
from selfexplain.readers.reader import MISSING, Log, Logged, Options, Reader, Sample, Scale, at, text_of
from selfexplain.records import STATUSES, Answered, Reading, Source, Status
from selfexplain.runs.answers import Asked
from selfexplain.runs.calls import whole_characters

MAPPED = ("confidence", "item", "cluster", "group")
"""What --map can name in a log; what is right is the scorer's to say."""

SHOWN = 20
"""Places that a hint lists."""

OUTPUT = "output"
"""The place of what the model wrote: a confidence that is read there is stated by the model."""


def read_log(reader: Reader, file: LogFile, options: Options) -> Log:
    """Return a log's answers, as every verb takes them.

    Raises
    ------
    InputError
        When it is damaged, ambiguous, or does not hold what the options name.
    """
    require_mapped(options)
    logged = reader.read(file, options)
    place, source = confidence_place(logged, options, file.path)
    readings = [reading_of(sample, place, options.scale) for sample in logged.samples]
    require_scale(readings, options.scale, file.path)
    samples, items = named_items(logged.samples, options, file.path)
    rows = [row_of(sample, reading, options) for sample, reading in zip(samples, readings, strict=True)]
    require_apart(rows, samples)
    known = logged.provenance
    provenance = replace(
        known,
        scale="probability" if place is None else options.scale,
        items={item: replace(one, grader=whole_characters(one.grader)) for item, one in sorted(items.items())},
        **{name: whole_characters(getattr(known, name)) for name in ("dataset", "model", "template", "template_hash")},
    )
    confidence = whole_characters(place or "log-probabilities of the options")
    how = {"format": reader.format, "scorer": whole_characters(logged.scorer), "confidence": confidence}
    said = [*map(whole_characters, logged.remarks), *remarks(rows, readings, options.scale)]
    return Log(rows, source, provenance, said, how)


def require_mapped(options: Options) -> None:
    """Raise InputError for a column that a log does not have."""
    unknown = sorted(options.columns.keys() - set(MAPPED))
    if unknown:
        hint = "say --scorer NAME" if unknown[0] == "correct" else f"of a log it names: {', '.join(MAPPED)}"
        raise InputError(f"--map cannot name {unknown[0]!r} in a log", hint=hint)


def confidence_place(logged: Logged, options: Options, path: Path) -> tuple[str | None, Source]:
    """Return where the confidence stands, None for what the tool's own numbers make, and its source.

    Raises
    ------
    InputError
        When nobody says and the log does not leave only one place.
    """
    named = options.columns.get("confidence")
    if named is None and any(sample.confidence is not None for sample in logged.samples):
        if options.scale != "probability":
            raise InputError(
                f"--scale is {options.scale}, and the confidence of {path} comes from log-probabilities",
                hint="leave it out",
            )
        return None, logged.source
    if named is None and len(logged.candidates) != 1:
        found = f"these may hold it: {listed(logged.candidates)}" if logged.candidates else "no place holds only that"
        raise InputError(
            f"{path} does not say where the confidence stands; {found}",
            hint=f"name it: --map confidence=output reads what the model wrote (say --scale percent for 0 to 100); "
            f"other places: {', '.join(places(logged.samples))}",
        )
    place = named or logged.candidates[0]
    if all(at(sample.fields, place) is MISSING for sample in logged.samples):
        raise InputError(f"{path}: nothing stands at {place!r}", hint=f"there are: {', '.join(places(logged.samples))}")
    return place, "stated" if place == OUTPUT or place.startswith(f"{OUTPUT}.") else "given"


def places(samples: Sequence[Sample]) -> list[str]:
    """Return the places that samples have, objects opened once."""
    found: dict[str, None] = {}
    for sample in samples[:100]:
        for name, value in sample.fields.items():
            found |= dict.fromkeys([f"{name}.{key}" for key in value] if isinstance(value, dict) else [name])
    return list(found)[:SHOWN]


def reading_of(sample: Sample, place: str | None, scale: Scale) -> Reading[float]:
    """Return the confidence of a sample: a number on the scale, or what a text states."""
    if place is None:
        return sample.confidence or Reading(None, "absent")
    value = at(sample.fields, place)
    if value is MISSING or value is None:
        return Reading(None, "absent")
    if isinstance(value, str):
        from selfexplain.prompting.read_confidence import read_confidence  # noqa: PLC0415 - most files are tables

        reading = read_confidence(
            value, scale=scale, finish="truncated" if sample.status == "truncated" else "completed"
        )
        return reading if reading.value is None else replace(reading, value=rounded(reading.value))
    if isinstance(value, bool) or not isinstance(value, int | float) or value in {math.inf, -math.inf}:
        raise InputError(
            f"{sample.where}: {place} is {text_of(value)[:60]}; expected a number or a text",
            hint="name another place: --map confidence=PLACE",
        )
    if value != value:  # noqa: PLR0124 - a NaN; math.isnan refuses whole numbers of 400 digits
        return Reading(None, "absent")  # how Inspect AI writes a score that could not be given
    top = 100 if scale == "percent" else 1
    return Reading(rounded(value / top), "read") if 0 <= value <= top else Reading(None, "out_of_range")


def require_scale(readings: Sequence[Reading[float]], scale: Scale, path: Path) -> None:
    """Raise InputError when most numbers are no probabilities: then the scale is another, and the rest misread."""
    outside = sum(reading.why == "out_of_range" for reading in readings)
    inside = sum(reading.value is not None for reading in readings)
    if outside > inside:
        hint = "say --scale percent" if scale == "probability" else "leave out --scale percent, or name another place"
        raise InputError(
            f"{path}: {outside} of {outside + inside} confidences are out of range on the scale {scale}",
            hint=f"{hint}, if that is how they are written",
        )


def named_items(samples: Sequence[Sample], options: Options, path: Path) -> tuple[list[Sample], dict[str, Asked]]:
    """Return samples with the names and repeats that they are joined by, and what each name asks.

    Raises
    ------
    InputError
        When a name is missing, or two questions have the same.
    """
    place = options.columns.get("item")
    items: dict[str, Asked] = {}
    counts: Counter[str] = Counter()
    named: list[Sample] = []
    for sample in samples:
        item = whole(sample.item, sample.where) if place is None else scalar(sample, place)
        if item is None:
            raise InputError(
                f"{sample.where}: nothing stands at {place!r}", hint="name another place: --map item=PLACE"
            )
        if items.setdefault(item, sample.asked) != sample.asked:
            raise InputError(
                f"{path}: two questions are called {item!r}, the second at {sample.where}",
                hint="name a place that tells questions apart: --map item=PLACE",
            )
        repeat = counts[item] if sample.repeat is None else sample.repeat
        counts[item] += 1
        named.append(sample._replace(item=item, repeat=repeat))
    return named, items


def row_of(sample: Sample, reading: Reading[float], options: Options) -> Answered:
    """Return the row of a sample: the first status that applies."""
    cluster, group = (
        scalar(sample, options.columns[name]) if name in options.columns else None for name in ("cluster", "group")
    )
    return Answered(
        item=sample.item,
        cluster=sample.item if cluster is None else cluster,
        group=group,
        confidence=reading.value,
        correct=sample.correct,
        status=sample.status or status_of(reading, decided=sample.correct is not None),
        repeat=sample.repeat or 0,
    )


def status_of(reading: Reading[float], *, decided: bool) -> Status:
    """Return the status of a reply that nothing is wrong with."""
    if reading.value is None:
        return next((status for status in STATUSES if status == reading.why), "no_confidence")
    return "ok" if decided else "undecided"


def scalar(sample: Sample, place: str) -> str | None:
    """Return what stands at a place as a name; None where nothing does."""
    value = at(sample.fields, place)
    if value is MISSING or value is None or value == "":
        return None
    if isinstance(value, dict | list):
        raise InputError(f"{sample.where}: {place} is no single value", hint="name a place that holds one")
    return whole(text_of(value), sample.where)


def whole(name: str, where: str) -> str:
    """Return a name that every file can hold; refuse half a character."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{where}: a name holds half a character (a lone surrogate)", hint="mend it") from None
    return name


def require_apart(rows: Sequence[Answered], samples: Sequence[Sample]) -> None:
    """Raise InputError when two rows have the same item and repeat: one would count twice."""
    seen: set[tuple[str, int]] = set()
    for row, sample in zip(rows, samples, strict=True):
        if (row.item, row.repeat) in seen:
            raise InputError(
                f"{sample.where}: a second answer to {row.item!r}, repeat {row.repeat}",
                hint="keep one of them: --only PLACE=VALUE, or have the tool write the log again",
            )
        seen.add((row.item, row.repeat))


def remarks(rows: Sequence[Answered], readings: Sequence[Reading[float]], scale: Scale) -> list[str]:
    """Return what a careful reader should know about how the samples were read."""
    said = []
    undecided = sum(row.correct is None and row.status == "undecided" for row in rows)
    if undecided:
        said.append(f"{undecided} of {len(rows)} scores are neither right nor wrong: undecided, never rounded")
    outside = sum(reading.why == "out_of_range" for reading in readings)
    if outside and scale == "probability":
        said.append(f"{outside} confidences are above 1: if they are percentages, say --scale percent")
    highest = max((reading.value for reading in readings if reading.value is not None), default=1.0)
    if scale == "percent" and highest <= 1 / 100:
        said.append("no confidence is above 1 %: if they are 0 to 1, leave out --scale percent")
    return said


def rounded(value: Any) -> float:
    """Return a confidence as it is rounded once, at the door: 12 significant digits."""
    return float(f"{value:.12g}")
