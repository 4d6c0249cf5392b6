"""Support joined with calibration: whether a model is righter, or its confidence better, where it is supported."""

from typing import Any, NamedTuple

from selfexplain.agreement.support import Tercile, slope, terciles
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate
from selfexplain.pipeline.witness import Asked, Looked
from selfexplain.pipeline.witnessed import LEVEL, Witnessed
from selfexplain.records import Source

SURE = 0.9
"""From this confidence on an answer counts as sure, as on every page."""

UNSUPPORTED = 0.5
"""Below this percentile a claim is no better than the middle one of random claims: its words did not matter."""

MOST_LISTED = 50


class Row(NamedTuple):
    """One Record whose claim has support, whose confidence was read and whose answer was graded."""

    asked: Asked
    support: float
    confidence: float
    correct: bool


def joined(found: Witnessed, looked: Looked) -> dict[str, Any] | None:
    """Return accuracy and gap by tercile of support, slopes on it, and what is sure, wrong and not supported.

    None where no Record has support, a confidence and a grade.
    """
    source = source_of(looked)
    rows = rows_of(found, looked, source) if source is not None else []
    if not rows:
        return None
    support = [row.support for row in rows]
    confidence = [row.confidence for row in rows]
    correct = [row.correct for row in rows]
    cluster = [row.asked.item.drawn_with for row in rows]
    gaps = [p - right for p, right in zip(confidence, correct, strict=True)]
    alarming = sure_and_wrong(rows)
    return {
        "source": source,
        "measure": found.measure,
        "n": len(rows),
        "terciles": [one(part) for part in terciles(support, confidence, correct, cluster, level=LEVEL)],
        "gap_slope": estimated(gaps, support, cluster),
        "confidence_slope": estimated(confidence, support, cluster),
        "sure": SURE,
        "unsupported": UNSUPPORTED,
        "n_sure_wrong_unsupported": len(alarming),
        "sure_wrong_unsupported": [listed(row) for row in alarming[:MOST_LISTED]],
    }


def source_of(looked: Looked) -> Source | None:
    """Return whose confidence is looked at: what the model states, else the first that there is."""
    sources = dict.fromkeys(source for each in looked.asked for source in each.record.report.confidence)
    return "stated" if "stated" in sources else next(iter(sources), None)


def rows_of(found: Witnessed, looked: Looked, source: Source) -> list[Row]:
    """Return the Records that can be joined."""
    rows = []
    for asked in looked.asked:
        reading = asked.record.report.confidence.get(source)
        support, verdict = found.support.get(asked.request.key), asked.record.verdict
        if support is None or reading is None or reading.value is None or verdict not in {"correct", "wrong"}:
            continue
        rows.append(Row(asked, support, reading.value, verdict == "correct"))
    return rows


def estimated(y: list[float], support: list[float], cluster: list[str]) -> dict[str, Any]:
    """Return a slope on support, or why there is none."""
    try:
        return dict(slope(y, support, cluster, level=LEVEL).to_dict())
    except Undefined as undefined:
        return dict(Estimate.missing(str(undefined), n=len(y), level=LEVEL).to_dict())


def sure_and_wrong(rows: list[Row]) -> list[Row]:
    """Return what is sure, wrong and explained by words that did not matter, the surest first."""
    alarming = [row for row in rows if row.confidence >= SURE and not row.correct and row.support < UNSUPPORTED]
    return sorted(alarming, key=lambda row: (-row.confidence, row.support, row.asked.record.item))


def one(part: Tercile) -> dict[str, Any]:
    """Return a tercile as strict JSON values."""
    return {
        "support": [part.least, part.most],
        "n": part.n,
        "accuracy": part.accuracy.to_dict(),
        "confidence": part.confidence.to_dict(),
        "gap": part.gap.to_dict(),
    }


def listed(row: Row) -> dict[str, Any]:
    """Return what names a Record, and what is alarming about it."""
    record = row.asked.record
    return {
        "item": record.item,
        "repeat": record.repeat,
        "question": row.asked.item.question,
        "answer": record.report.answer.value,
        "gold": list(row.asked.item.gold),
        "confidence": row.confidence,
        "support": row.support,
    }
