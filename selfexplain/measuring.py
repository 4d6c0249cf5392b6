"""The verb that measures a Run from its recorded calls, and writes all that is derived from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from selfexplain import plugins, rereading
from selfexplain.choosing import chosen_metrics, metric_facts
from selfexplain.datasets.grades import Grades, read_grades
from selfexplain.errors import NothingUsable
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.compliance import compliance_of, strayed
from selfexplain.pipeline.facts import facts_of
from selfexplain.pipeline.many_records import by_id, kept, written
from selfexplain.pipeline.read import regraded
from selfexplain.records import Item, Record, encode
from selfexplain.runs.calls import Calls, whole_characters
from selfexplain.runs.folder import RunFolder
from selfexplain.settings import read_settings
from selfexplain.telling import Say, silent

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

    from selfexplain.calibration.metric import Metric
    from selfexplain.choosing import Chosen

NOTES: Mapping[str, str] = dict.fromkeys(
    plugins.EMBEDDED_MODELS,
    "SmolLM2-135M-Instruct is a very small model: this Run shows that everything is wired up, and what measuring "
    "confidence looks like. Nothing in it carries over to large models.",
)
"""What a reader must know of a model before reading its numbers."""


@dataclass(frozen=True)
class Result:
    """What was measured, the Records behind it, and where it lies."""

    metrics: Mapping[str, Any]
    """The metrics object, as `--json` prints it."""
    records: Sequence[Record] = ()
    """Where they are many, read from `records.jsonl` each time."""
    folder: Path | None = None
    note: str = ""
    explanations: str = ""
    """The verdict on a Run's explanations, in a sentence; empty where no witness has looked."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the metrics object: strict JSON values only."""
        return self.metrics

    @property
    def page(self) -> Path | None:
        """The report, for a Run."""
        return None if self.folder is None else self.folder / "report.html"


def evaluate_run(
    path: str | Path,
    *,
    grades: "str | Path | DataFrame | None" = None,
    gold_error: float | None = None,
    metrics: "Chosen" = "headline",
    say: Say = silent,
) -> Result:
    """Read, grade and measure a Run again from its recorded calls, and rewrite its page; nothing is asked.

    A Run in a folder that must not be written is measured all the same: its files stay as they were, `say` is told,
    and the Result names no folder.

    Parameters
    ----------
    path : str or Path
        The Run's folder.
    grades : str, Path or DataFrame, optional
        Grades from elsewhere: a table with columns `item` and `correct`, optional `repeat`. They replace the Run's own,
        which stand beside them (`second_opinion`); Records that the table does not name keep theirs.
    gold_error : float, optional
        The largest share of gold labels that may be wrong: `if_gold_wrong` says between which values the numbers then
        lie.
    metrics : str, metric function, or iterable of these
        What to measure, as in :func:`run`.
    say : callable
        Told sentences; silent by default.

    Raises
    ------
    InputError
        When the folder is not a Run, or another process is working on it.
    """
    chosen, folder = chosen_metrics(metrics), RunFolder(Path(path))
    judged = Judgement(None if grades is None else read_grades(grades), gold_error)
    if not folder.writable:
        say(f"{folder.path} cannot be written: its records, numbers and page stay as they are")
        return evaluated(folder, chosen, judged, write=False)
    with folder.locked():
        return evaluated(folder, chosen, judged)


class Judgement(NamedTuple):
    """What a caller knows of right and wrong beside the Run's own grades."""

    grades: Grades | None = None
    gold_error: float | None = None


def evaluated(
    folder: RunFolder,
    chosen: Sequence["Metric[...]"],
    judged: Judgement = Judgement(),  # noqa: B008 - a tuple
    *,
    write: bool = True,
) -> Result:
    """Build everything that is derived from a Run's truth, and write it."""
    from selfexplain.pipeline.gold_error import if_gold_wrong, in_words  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.second_opinion import opinions, second_opinion  # noqa: PLC0415 - numpy

    spec = folder.manifest.spec
    template = template_of(folder)
    items = by_id(folder.items)
    calls = folder.calls()
    passing = rereading.answered_in(rereading.records_in(folder, calls), calls)
    if judged.grades is not None:
        passing = regraded(passing, judged.grades)
    # Written before they are measured: of a Run without a single usable answer they are all there is to look at.
    records = written(passing, partial(folder.write, "records.jsonl")) if write else kept(passing)
    compliance, second = compliance_of(records, template), second_opinion(records, items)
    try:
        metrics = measured(
            records,
            items,
            metrics=chosen,
            about={
                "run": whole_characters(str(folder.path)),
                "dataset": {"name": spec.dataset, "version": spec.dataset_version, "n_items": len(folder.items)},
                "model": spec.model,
                "template": spec.template,
                "about": template.front.about,
                **facts_of(folder.manifest, template.front, calls, read_settings()),
                "compliance": compliance,
                **({} if second is None else {"second_opinion": second}),
            },
            warnings=[*remarks_on(folder, records, calls), *strayed(compliance), *opinions(second)],
        )
        if judged.gold_error is not None:
            metrics["if_gold_wrong"] = if_gold_wrong(metrics["sources"], judged.gold_error)
            metrics["warnings"] += in_words(metrics["if_gold_wrong"])
    except NothingUsable as unusable:
        raise NothingUsable(
            f"{unusable.message}{reasons_of(records)}",
            hint=f"{unusable.hint}; every reply stands in {folder.path / 'records.jsonl'}",
        ) from None
    note = NOTES.get(spec.model, "")
    if not write:
        return Result(metrics, records, note=note)
    folder.write("metrics.json", msgspec.json.format(encode(metrics), indent=2) + b"\n")
    for name, page in pages_of(folder, metrics, records, items, note).items():
        folder.write(name, page.encode())
    return Result(metrics, records, folder.path, note, verdict_on(folder))


def verdict_on(folder: RunFolder) -> str:
    """Return the verdict of witnesses on a Run's explanations, in a sentence; empty where none has looked."""
    from selfexplain.pipeline.held import concluded_in  # noqa: PLC0415 - numpy
    from selfexplain.report.explained_by import explained_by  # noqa: PLC0415 - with it

    found = explained_by(concluded_in(folder))
    return "" if found is None else found.headline


def reasons_of(records: Iterable[Record]) -> str:
    """Say of how many answers why a confidence is missing, the most frequent first; empty where no Reading says it."""
    reasons: Counter[str] = Counter()
    for record in records:
        missing = (reading for reading in record.report.confidence.values() if reading.value is None)
        # Once for an answer: several sources of one confidence lack it for the same reason.
        reasons.update(list(dict.fromkeys(reading.detail for reading in missing if reading.detail)))
    return "".join(f"; {n} × {reason}" for reason, n in reasons.most_common(3))


def measured(
    records: Sequence[Record],
    items: Mapping[str, Item],
    *,
    metrics: Sequence["Metric[...]"],
    about: Mapping[str, Any],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Return the metrics object of a Run: calibration, or the rates of a survey."""
    if records[0].grade is None:  # all or none are of a survey
        from selfexplain.pipeline.survey import evaluate_survey  # noqa: PLC0415 - numpy

        names, sorts = [metric.facts.name for metric in metrics], plugins.categorisers()
        return evaluate_survey(records, items, categorisers=sorts, metrics=names, about=about, warnings=warnings)
    from selfexplain.pipeline.claims import measure_claims  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.evaluate import evaluate_sources, rows_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.promise import if_decided  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.recalibrate import if_recalibrated  # noqa: PLC0415 - scikit-learn
    from selfexplain.pipeline.repeats import answers_by_key  # noqa: PLC0415 - with it

    rows = rows_of(records, items)
    answers = answers_by_key(records) if any(each.is_repeated for each in rows.values()) else {}
    found = evaluate_sources(rows, metrics=metrics, about=about, warnings=warnings, answers=answers)
    for source, each in rows.items():
        recalibration = if_recalibrated(source, each)
        if recalibration is not None:
            found["sources"][source]["recalibration"] = recalibration
        decision = if_decided(source, each, found["about"])
        if decision is not None:
            found["sources"][source]["decision"] = decision
    return found | measure_claims(records, items, plugins.graders())


def remarks_on(folder: RunFolder, records: Sequence[Record], calls: Calls) -> list[str]:
    """Return what a reader of a Run's numbers must know about how it went."""
    remarks = []
    asked = sum(1 for _ in groupby(record.item for record in records))  # the repeats of an Item follow each other
    if asked < len(folder.items):
        remarks.append(f"{asked} of {len(folder.items)} Items have been asked: the Run is not complete")
    if calls.twice:
        remarks.append(
            f"{len(calls.twice)} Requests have more than one reply, as when two machines asked the same: the first by "
            "time counts, all of them cost"
        )
    if calls.dropped:
        remarks.append(f"the provider did not take: {', '.join(sorted(calls.dropped))}")
    return remarks


def pages_of(
    folder: RunFolder, metrics: Mapping[str, Any], records: Sequence[Record], items: Mapping[str, Item], note: str
) -> dict[str, str]:
    """Return what people read of a Run, by file name: its page, and its summary for a pull request."""
    from selfexplain.pipeline.held import concluded_in  # noqa: PLC0415 - numpy
    from selfexplain.report import html, markdown, survey_markdown  # noqa: PLC0415 - matplotlib
    from selfexplain.report.explained_by import explained_by  # noqa: PLC0415 - matplotlib
    from selfexplain.report.survey import render_survey, survey_view_of  # noqa: PLC0415 - matplotlib
    from selfexplain.report.view import view_of  # noqa: PLC0415 - matplotlib

    made_with = ", ".join(f"{name} {version}" for name, version in folder.manifest.versions.items())
    if "survey" in metrics:
        survey = survey_view_of(metrics, records, items, note, made_with=made_with)
        return {"report.html": render_survey(survey), "report.md": survey_markdown.render(survey)}
    evidence = explained_by(concluded_in(folder))
    view = view_of(metrics, metric_facts(), records, items, note, made_with=made_with, evidence=evidence)
    return {"report.html": html.render(view), "report.md": markdown.render(view)}
