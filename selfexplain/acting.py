"""The verbs for acting on confidences: recalibrate them, load such a map, decide from which one on to answer."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from selfexplain import plugins
from selfexplain.answer_files import read_answers
from selfexplain.errors import InputError
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.many_records import by_id
from selfexplain.records import SCHEMA_VERSION, Answered, Source
from selfexplain.rereading import records_of, require_gold
from selfexplain.runs.folder import RunFolder, versions, write_atomically

if TYPE_CHECKING:  # numpy, scikit-learn and pandas, which `selfexplain --help` must not load
    from numpy.typing import ArrayLike
    from pandas import DataFrame

    from selfexplain.calibration.decision import Decision
    from selfexplain.recalibration.confidence_map import ConfidenceMap
    from selfexplain.recalibration.recalibrator import Recalibrator

__all__ = ["Recalibration", "decide", "load_map", "recalibrate"]

METRICS = ("gap", "brier", "ece", "log_loss", "auroc")
"""What is shown before and after; the accuracy is the same."""

DEFAULT_METHOD = "value-map"

Scale = Literal["probability", "percent"]


@dataclass(frozen=True)
class Rows:
    """The answers of one source of confidence, and where they come from."""

    answered: Sequence[Answered]
    source: Source
    model: str
    template: str
    scale: str
    dataset: str
    dataset_hash: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recalibration:
    """A map, and what it does on answers that it has not seen."""

    map: "ConfidenceMap"
    """Fitted on all rows; call it with a confidence, `write` it for production."""
    numbers: Mapping[str, Any]
    """Stated and recalibrated side by side, the latter out of fold."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return strict JSON values: the numbers and the map."""
        return {**self.numbers, "map": self.map.to_dict()}

    def write(self, path: str | Path) -> Path:
        """Write the map, whole or not at all, and return its path."""
        return write_atomically(Path(path), self.map.to_json())


def recalibrate(
    answers: "str | Path | DataFrame",
    *,
    method: "str | Recalibrator" = DEFAULT_METHOD,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    model: str = "",
    template: str = "",
    folds: int = 5,
    seed: int = 0,
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> Recalibration:
    r"""Fit a map from stated to recalibrated confidence, and measure out of fold what it is good for.

    Parameters
    ----------
    answers : str, Path or DataFrame
        The folder of a Run, or a table with `confidence` and `correct` (`docs/datasets.md`).
    method : str or Recalibrator
        `value-map`, `temperature`, `platt`, `beta`, `isotonic`, or an object with their methods.
    source : str, optional
        Of a Run: whose confidence, by default `stated`.
    columns, scale, model, template
        Of a table: its columns' names, `percent` for 0 to 100, and what the map is for; a Run knows all that.
    folds, seed : int
        Of the cross-fitting.
    format, scorer, only
        Of another tool's log, as in :func:`selfexplain.evaluate_file`.

    Raises
    ------
    InputError
        When the answers cannot be used, or are too few.
    Undefined
        When they determine no map by this method.

    Examples
    --------
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> answers = pd.DataFrame({"confidence": [0.9] * 40, "correct": [1, 0] * 20})
    >>> recalibration = sx.recalibrate(answers)
    >>> recalibration.map(0.9)  # (20 + 10 · 0.9) / (40 + 10)
    0.58
    >>> recalibration.numbers["stated"]["metrics"]["gap"]["value"]
    0.4
    """
    from sklearn.base import clone  # noqa: PLC0415 - scikit-learn

    from selfexplain.pipeline.recalibrate import before_and_after, usable_of  # noqa: PLC0415 - numpy
    from selfexplain.recalibration.confidence_map import ConfidenceMap, Provenance  # noqa: PLC0415 - with them

    recalibrator = plugins.recalibrator(method)() if isinstance(method, str) else method
    rows = rows_in(
        answers,
        source=source,
        columns=columns,
        scale=scale,
        model=model,
        template=template,
        format=format,
        scorer=scorer,
        only=only,
    )
    usable = usable_of(rows.answered)
    known = plugins.metrics()
    recalibrator = clone(recalibrator)  # what is handed over stays as it is
    chosen = [known[name] for name in METRICS]
    measured = before_and_after(recalibrator, usable, metrics=chosen, folds=folds, seed=seed, source=rows.source)
    fitted = recalibrator.fit(usable.confidence, usable.correct)
    fitted_map = ConfidenceMap(
        knots=tuple((rounded(x), rounded(y)) for x, y in fitted.knots()),
        error_bound=recalibrator.error_bound,
        provenance=Provenance(
            model=rows.model,
            template=rows.template,
            scale=rows.scale,
            source=rows.source,
            dataset=rows.dataset,
            dataset_hash=rows.dataset_hash,
            n=len(usable.confidence),
            clusters=usable.clusters,
            method=recalibrator.method,
            parameters=fitted.get_params(),
            learned=fitted.learned(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            selfexplain=versions()["selfexplain"],
        ),
    )
    numbers = {
        "schema_version": SCHEMA_VERSION,
        "source": rows.source,
        "method": recalibrator.method,
        "n_answers": len(rows.answered),
        "excluded": usable.excluded,
        "warnings": list(rows.remarks),
        **measured,
    }
    return Recalibration(fitted_map, numbers)


def load_map(
    path: str | Path,
    *,
    model: str | None = None,
    template: str | None = None,
    scale: str | None = None,
    anyway: bool = False,
) -> "ConfidenceMap":
    r"""Return a saved map; call it with a confidence in [0, 1].

    Parameters
    ----------
    path : str or Path
        What `selfexplain recalibrate -o` wrote.
    model, template, scale : str, optional
        What it is going to be used for. State them where you can: a map that was made for something else is refused.
    anyway : bool
        Take it nevertheless.

    Raises
    ------
    InputError
        When the file is no map, or was made for something else.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> answers = pd.DataFrame({"confidence": [0.9] * 40, "correct": [1, 0] * 20})
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "map.json"
    >>> _ = sx.recalibrate(answers, model="openai/NAME").write(file)
    >>> sx.load_map(file, model="openai/NAME")(0.9)
    0.58
    """
    from selfexplain.recalibration.confidence_map import read_map, require_made_for  # noqa: PLC0415 - with this verb

    found = read_map(Path(path))
    if not anyway:
        require_made_for(found, model=model, template=template, scale=scale)
    return found


def decide(
    confidence: "ArrayLike",
    correct: "ArrayLike",
    *,
    error: float = 0.05,
    level: float = 0.95,
    cluster: Iterable[Hashable] | None = None,
    thresholds: "ArrayLike | None" = None,
) -> "Decision":
    """Find the lowest confidence from which on answers may be used, with a promise on how often they are wrong.

    Parameters
    ----------
    confidence : array of shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of shape (n,)
        Whether it was: booleans, or 0 and 1.
    error : float
        The largest share of wrong answers among the used ones that is tolerable.
    level : float
        How sure the promise must be.
    cluster : iterable of length n, optional
        What each row was drawn with.
    thresholds : array, optional
        Candidates, chosen without looking at `correct`; by default every stated confidence.

    Returns
    -------
    Decision
        `.threshold`, None if nothing can be promised, with `.reason`; `.frame()`, `.to_dict()`.

    Raises
    ------
    InputError
        When a row or an option cannot be used.
    Undefined
        When there are no rows.

    Examples
    --------
    >>> import selfexplain as sx
    >>> decision = sx.decide([0.9] * 200 + [0.6] * 100, [1] * 198 + [0] * 2 + [1, 0] * 50)
    >>> decision.threshold, f"{decision.chosen.coverage:.0%} answered, at most {decision.chosen.limit:.1%} wrong"
    (0.9, '67% answered, at most 3.6% wrong')
    >>> sx.decide([0.9] * 10, [1] * 10).threshold is None  # ten answers promise little, right as they all are
    True
    """
    from selfexplain.calibration.decision import decide as decided  # noqa: PLC0415 - numpy

    return decided(confidence, correct, error=error, level=level, cluster=cluster, thresholds=thresholds)


def decide_answers(
    answers: "str | Path | DataFrame",
    *,
    error: float = 0.05,
    level: float = 0.95,
    thresholds: "ArrayLike | None" = None,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> "Decision":
    """Decide on the usable answers of a Run or a table; as :func:`decide`, with what was drawn together kept together.

    What could not be used says so in the warnings: those questions have no answer at any threshold.
    """
    from selfexplain.pipeline.evaluate import in_words  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.recalibrate import usable_of  # noqa: PLC0415 - numpy

    rows = rows_in(answers, source=source, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
    usable = usable_of(rows.answered)
    decision = decide(
        usable.confidence, usable.correct, error=error, level=level, cluster=usable.cluster, thresholds=thresholds
    )
    left_out = f"{len(rows.answered) - decision.n:,} of {len(rows.answered):,} answers cannot be used at any threshold"
    missing = (f"{left_out} ({in_words(usable.excluded)})",) if usable.excluded else ()
    return replace(decision, warnings=(*missing, *rows.remarks, *decision.warnings))


def rows_in(
    answers: "str | Path | DataFrame",
    *,
    source: str | None,
    columns: Mapping[str, str] | None,
    scale: Scale,
    model: str = "",
    template: str = "",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> Rows:
    """Return the answers of a Run, a table or a log.

    Raises
    ------
    InputError
        When they cannot be read, the source is not among them, or what a Run knows is stated beside it.
    """
    answers = Path(answers) if isinstance(answers, str) else answers
    if not (isinstance(answers, Path) and answers.is_dir()):
        found = read_answers(answers, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
        if source not in (None, found.source):
            what = f"this log holds {found.source} confidences" if found.how else "this is a table"
            raise InputError(
                f"--source {source!r} names a Run's source, and {what}", hint="leave it out, or name a Run"
            )
        content = answers.read_bytes() if isinstance(answers, Path) else answers.to_csv().encode()
        hashed, known = hashlib.sha256(content).hexdigest(), found.provenance
        model, template = model or known.model, template or known.template
        name, remarks = known.dataset, tuple(found.remarks)
        return Rows(found.rows, found.source, model, template, known.scale, name, hashed, remarks)
    if columns or scale != "probability" or model or template:
        raise InputError(
            "--map, --scale, --model and --template describe a table, and this is a Run", hint="leave them out"
        )
    return rows_of_run(answers, source or "stated")


def rows_of_run(path: Path, source: str) -> Rows:
    """Return the answers of one source of a Run, read again from its recorded calls."""
    from selfexplain.pipeline.evaluate import rows_of  # noqa: PLC0415 - numpy

    folder = RunFolder(path)
    spec = folder.manifest.spec
    require_gold(folder)
    front = template_of(folder).front
    calls = folder.calls()
    records = records_of(folder, calls, answered=True)
    sources = rows_of(records, by_id(folder.items))
    for known, answered in sources.items():
        if known == source:
            return Rows(answered, known, spec.model, spec.template, front.scale, spec.dataset, spec.dataset_hash)
    raise InputError(f"{path} has no {source!r} confidence", hint=f"it has: {', '.join(sources)}")


def rounded(number: float) -> float:
    """Return a number with 12 significant digits, which is what confidences carry."""
    return float(f"{number:.12g}")
