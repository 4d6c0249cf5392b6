"""The verbs that compare: two sides, or one side with its baseline; for notebooks, scripts and the commands."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

import msgspec

from selfexplain import plugins
from selfexplain.agreeing import agreement_of_run
from selfexplain.errors import InputError
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.many_records import by_id
from selfexplain.records import RANKS_ONLY, Record, Source
from selfexplain.rereading import records_of, require_gold
from selfexplain.runs import baseline as baselines
from selfexplain.runs.agreed import Agreed
from selfexplain.runs.answers import Answers, Provenance
from selfexplain.runs.folder import RESULTS, RunFolder, versions
from selfexplain.settings import Policy, read_settings

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from pandas import DataFrame

    from selfexplain.pipeline.claims_compared import Side
    from selfexplain.pipeline.compare import Comparison
    from selfexplain.pipeline.gate import Verdict

Scale: TypeAlias = Literal["probability", "percent"]

Answering: TypeAlias = "str | Path | DataFrame"
"""A Run's folder, a table FILE or a DataFrame."""


class Reading(TypedDict, total=False):
    """How tables and logs are read, as in :func:`selfexplain.evaluate_file`; a Run needs none of it."""

    columns: Mapping[str, str] | None
    scale: Scale
    format: str | None
    scorer: str | None
    only: Mapping[str, str] | None


def compare(
    a: Answering,
    b: Answering,
    source: Source | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> "Comparison":
    """Compare B with A, answer by answer, on the same Items.

    Parameters
    ----------
    a, b : str, Path or DataFrame
        A Run's folder; or a table, with a column `item`, or a log, as :func:`selfexplain.evaluate_file` takes them.
    source : str, optional
        Which confidence: by default `stated` of a Run, `given` of a table, what it holds of a log.
    columns, scale, format, scorer, only
        Of tables and of other tools' logs, as in :func:`selfexplain.evaluate_file`; the same for both sides.

    Returns
    -------
    Comparison
        `.comparable`, and `.why` not; `.metrics["gap"].difference.value`, `.low`, `.high` …; `.flips`, `.statuses`;
        `.claims`, of two Runs that hold claims or rationales (`docs/explanations.md`);
        `.to_dict()` is what `selfexplain compare --json` prints.

    Raises
    ------
    InputError
        When a side cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> a = pd.DataFrame({"item": ["p", "q"], "confidence": [0.8, 0.8], "correct": [1, 1]})
    >>> b = pd.DataFrame({"item": ["q", "p"], "confidence": [0.9, 0.8], "correct": [0, 1]})
    >>> comparison = sx.compare(a, b)
    >>> [changed.item for changed in comparison.flips.right_to_wrong]
    ['q']
    >>> comparison.metrics["accuracy"].difference.value
    -0.5
    """
    from msgspec.structs import replace  # noqa: PLC0415 - with this verb

    from selfexplain.pipeline.claims_compared import compare_claims  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.compare import compare as compared  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.shared_units import translations  # noqa: PLC0415 - with this verb

    read = partial(side, source=source, columns=columns, scale=scale, format=format, scorer=scorer, only=only)
    one, claims_a = read(a, agreement=True)
    other, claims_b = read(b, agreement=one.agreed or True)
    if claims_a is None or claims_b is None:
        return compared(one, other)
    asked_a, asked_b = one.provenance.items, other.provenance.items
    changed = [name for name in asked_a.keys() & asked_b.keys() if asked_a[name].question != asked_b[name].question]
    comparison = compared(one, other, translated=translations(claims_a.items, claims_b.items, changed))
    return replace(comparison, claims=compare_claims(claims_a, claims_b, plugins.graders(), source=one.source))


def set_baseline(
    of: Answering,
    name: str,
    source: Source | None = None,
    *,
    replace: bool = False,
    results: str | Path = RESULTS,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> Path:
    """Freeze a Run's or table's answers as a baseline; return the path of its json file.

    Parameters
    ----------
    of : str, Path or DataFrame
        As in :func:`compare`.
    name : str
        Letters, digits, dots, dashes and underscores.
    source : str, optional
        Which confidence: by default `stated` of a Run, `given` of a table, what it holds of a log.
    replace : bool
        Whether a baseline of this name may be overwritten.
    results : str or Path
        Its folder `baselines` takes the two files.
    columns, scale, format, scorer, only
        Of a table or of another tool's log, as in :func:`selfexplain.evaluate_file`.

    Raises
    ------
    InputError
        When the name is taken or cannot be one, or the answers cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> results = pathlib.Path(tempfile.mkdtemp())
    >>> table = pd.DataFrame({"item": ["p", "q"], "confidence": [0.8, 0.8], "correct": [1, 0]})
    >>> sx.set_baseline(table, "main", results=results).name
    'main.json'
    >>> sx.gate(table, "main", results=results).verdict  # two answers are too few
    'inconclusive'
    """
    frozen = answers(of, source, columns, scale, format=format, scorer=scorer, only=only, agreement=True)
    return baselines.write_baseline(Path(results), name, frozen, version=versions()["selfexplain"], replace=replace)


def gate(
    of: Answering,
    baseline: str,
    source: Source | None = None,
    *,
    policy: Policy | None = None,
    look: int | None = None,
    results: str | Path = RESULTS,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
) -> "Verdict":
    """Judge whether confidence became less trustworthy than in a baseline.

    Parameters
    ----------
    of : str, Path or DataFrame
        As in :func:`compare`.
    baseline : str
        The baseline's name.
    source : str, optional
        Which confidence: by default `stated` of a Run, `given` of a table, what it holds of a log.
    policy : Policy, optional
        By default that of `[tool.selfexplain.gate]` in the nearest `pyproject.toml`.
    look : int, optional
        Which look of a planned series this is, from 1.
    results : str or Path
        Where `baselines` lies.
    columns, scale, format, scorer, only
        Of a table or of another tool's log, as in :func:`selfexplain.evaluate_file`.

    Returns
    -------
    Verdict
        `.verdict`: pass, fail, inconclusive or not comparable; `.rules`; `.to_dict()` is what `selfexplain gate
        --json` prints.

    Raises
    ------
    InputError
        When the answers, the baseline or the policy cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import selfexplain as sx
    >>> results = pathlib.Path(tempfile.mkdtemp())
    >>> items = [f"q{i}" for i in range(400)]
    >>> right = [1] * 320 + [0] * 80
    >>> before = pd.DataFrame({"item": items, "confidence": [0.8] * 400, "correct": right})
    >>> after = before.assign(confidence=0.95)
    >>> _ = sx.set_baseline(before, "main", results=results)
    >>> verdict = sx.gate(after, "main", results=results)
    >>> verdict.verdict, [rule.name for rule in verdict.rules if rule.verdict == "fail"]
    ('fail', ['overconfidence'])
    """
    from selfexplain.pipeline.gate import gate as judged  # noqa: PLC0415 - numpy

    policy = read_settings().gate if policy is None else policy
    frozen = baselines.read_baseline(Path(results), baseline)
    require_probability(frozen.source)
    anchor = None if policy.anchor is None else baselines.read_baseline(Path(results), policy.anchor)
    if anchor is not None:
        require_probability(anchor.source)
    like = "agreement" in policy.tolerance and frozen.agreed
    asked = answers(of, source, columns, scale, format=format, scorer=scorer, only=only, agreement=like or False)
    return judged(asked, frozen, policy, anchor=anchor, look=look)


def earlier(results: str | Path, name: str) -> Answers | None:
    """Return the answers of a baseline that is about to be replaced, if there is one and it can be read."""
    try:
        return baselines.read_baseline(Path(results), name)
    except InputError:
        return None


def prospects(results: str | Path, name: str, *, before: Answers | None = None) -> list[str]:
    """Return what can be judged against a baseline, a sentence each: how small a tolerance, and what hinders.

    Parameters
    ----------
    results, name
        As in :func:`set_baseline`.
    before : Answers, optional
        Of the baseline that it has replaced: the pairs with it show how much two runs differ.
    """
    from selfexplain.calibration.harm import FEWEST_PAIRS  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.decidable import expected  # noqa: PLC0415 - numpy
    from selfexplain.report.gate_words import decidable  # noqa: PLC0415 - with the rest of this verb

    frozen = baselines.read_baseline(Path(results), name)
    usable = sum(row.status == "ok" for row in frozen.rows)
    said = [f"{len(frozen.rows):,} answers, {usable:,} usable; {frozen.source} confidence."]
    if usable < FEWEST_PAIRS:
        said.append(f"Too few for a verdict: every gate will be inconclusive below {FEWEST_PAIRS} usable answers.")
    if frozen.agreed is not None:
        kept, who = len(frozen.agreed.rows), ", ".join(frozen.agreed.witnesses)
        said.append(
            f"Agreement of {kept:,} answers with {who} is kept; --tolerance agreement=0.05 has a gate judge it."
        )
    found, basis = expected(frozen, before)
    known, why = {name: each.tolerance for name, each in found.items()}, {n: each.why for n, each in found.items()}
    return [*said, decidable(known, {name: reason for name, reason in why.items() if reason}, basis=basis)]


def draw(comparison: "Comparison", path: str | Path) -> Path:
    """Draw a comparison as `.png` or `.svg`, and return the path.

    Raises
    ------
    InputError
        When the file is of another kind.
    """
    from selfexplain.display.comparison import (  # noqa: PLC0415 - matplotlib
        DifferenceForestDisplay,
        PairedReliabilityDisplay,
        picture,
    )
    from selfexplain.display.picture import write_picture  # noqa: PLC0415 - matplotlib
    from selfexplain.report.comparison_terminal import spoken_against  # noqa: PLC0415 - with the rest of this verb
    from selfexplain.report.visible import visible  # noqa: PLC0415

    path = Path(path)
    if path.suffix not in {".png", ".svg"}:
        raise InputError(f"{path} is neither .png nor .svg", hint="give the picture one of these endings")
    sides = [visible(f"{letter}: {side.name}") for letter, side in (("A", comparison.a), ("B", comparison.b))]
    figure = picture(
        PairedReliabilityDisplay.of(comparison.reliability),
        DifferenceForestDisplay.of({name: each.difference for name, each in comparison.metrics.items()}),
        [
            *sides,
            f"{comparison.n_pairs:,} pairs of usable answers. Line: 95 % interval; grey: it holds 0, it may be chance.",
            *spoken_against(comparison),
        ],
    )
    return write_picture(figure, path)


def answers(
    of: Answering,
    source: Source | None,
    columns: Mapping[str, str] | None = None,
    scale: Scale = "probability",
    *,
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
    agreement: bool | Agreed = False,
) -> Answers:
    """Return everything that was asked for in a Run, a table or a log, seen through one source.

    `agreement` says whether the agreement of a Run's claims with witnesses is wanted, or like whose.

    Raises
    ------
    InputError
        When it cannot be read, holds no such source, or the source only puts answers in order.
    """
    found = side(of, source, columns, scale, format=format, scorer=scorer, only=only, agreement=agreement)[0]
    require_probability(found.source)
    return found


def side(
    of: Answering,
    source: Source | None,
    columns: Mapping[str, str] | None,
    scale: Scale,
    *,
    format: str | None = None,  # noqa: A002 - what everybody calls it
    scorer: str | None = None,
    only: Mapping[str, str] | None = None,
    agreement: bool | Agreed = False,
) -> "tuple[Answers, Side | None]":
    """Return the answers of a Run or a table and, of a Run, its Records, which may hold claims."""
    of = Path(of) if isinstance(of, str) else of
    if isinstance(of, Path) and of.is_dir():
        from selfexplain.pipeline.claims_compared import Side  # noqa: PLC0415 - numpy

        folder = RunFolder(of)
        require_gold(folder)
        records = records_of(folder, folder.calls())  # failed calls stay in: the coverage rule is about them
        items = by_id(folder.items)
        said = answers_of_run(folder, source or "stated", records)
        like = None if isinstance(agreement, bool) else agreement
        agreed = agreement_of_run(folder, records, items, like) if agreement else None
        return msgspec.structs.replace(said, agreed=agreed), Side(records, items)
    from selfexplain.answer_files import read_answers, source_of  # noqa: PLC0415 - with the rest of this verb

    found = read_answers(of, columns=columns, scale=scale, format=format, scorer=scorer, only=only, joined=True)
    name = str(of) if isinstance(of, Path) else "DataFrame"
    return Answers.of(name, source_of(found, source, where=name), found.provenance, found.rows), None


def require_probability(source: Source) -> None:
    """Raise InputError for a source whose numbers only put answers in order."""
    if source in RANKS_ONLY:
        raise InputError(
            f"the source {source!r} only puts answers in order, and this verb compares confidences with how often they "
            "are right",
            hint="recalibrate it first, or name a source that is a probability",
        )


def answers_of_run(folder: RunFolder, source: Source, records: Sequence[Record]) -> Answers:
    """Return the answers in a Run's Records; nothing is asked or written."""
    from selfexplain.pipeline.evaluate import rows_by_source  # noqa: PLC0415 - numpy

    spec, template = folder.manifest.spec, template_of(folder)
    sources = rows_by_source(records, by_id(folder.items))
    if source not in sources:
        raise InputError(
            f"{folder.path} holds no confidence of the source {source!r}",
            hint=f"say --source with one that it holds: {', '.join(sorted(sources)) or 'none'}",
        )
    require_probability(source)
    front = template.front
    provenance = Provenance.of_run(
        spec,
        folder.items,
        scale=front.scale,
        about=front.about,
        version=versions()["selfexplain"],
        estimand=template.estimand,
    )
    return Answers.of(str(folder.path), source, provenance, sources[source])
