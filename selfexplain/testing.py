"""Assertions for tests: a failure is the verdict in plain words.

They need no test runner. pytest and unittest show what cannot be told as a skipped test; with pytest,
:mod:`selfexplain.pytest_plugin` brings them as a fixture that knows where results lie.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias, Unpack
from unittest import SkipTest

from selfexplain.errors import InputError, SelfexplainError
from selfexplain.measuring import Result
from selfexplain.records import Source
from selfexplain.runs import baseline as baselines
from selfexplain.runs.folder import RESULTS
from selfexplain.settings import Policy, SureLimit, read_settings
from selfexplain.verdicts import Answering, Reading, answers

if TYPE_CHECKING:  # numpy, which collecting tests must not load
    from selfexplain.pipeline.calibrated import Calibrated
    from selfexplain.pipeline.gate import Verdict

__all__ = ["Assertions", "assert_calibrated", "assert_not_worse"]

Asserted: TypeAlias = "Answering | Result"
"""A Run's folder, the Result of `selfexplain.run`, a table FILE or a DataFrame with item, confidence and correct, or a
log of another tool."""


def assert_calibrated(
    run: Asserted,
    gap: float | None = 0.05,
    *,
    ece: float | None = None,
    error_when_sure: SureLimit | tuple[float, float] | None = None,
    coverage: float = 0.98,
    source: Source | None = None,
    policy: Policy | None = None,
    **reading: Unpack[Reading],
) -> None:
    """Fail when a run's confidence surely exceeds a limit; skip the test when that cannot be told.

    A limit is kept when the whole interval lies within it, and exceeded when the whole interval lies above it.

    Parameters
    ----------
    run : str, Path, Result or DataFrame
        A Run's folder, the Result of :func:`selfexplain.run`, a table with columns item, confidence, correct, or a log
        of Inspect AI, lm-evaluation-harness or promptfoo.
    gap : float, in [0, 1], optional
        Largest distance of mean confidence from accuracy, in either direction.
    ece : float, in [0, 1], optional
        Largest expected calibration error.
    error_when_sure : (at, error), optional
        At most the share `error` may be wrong among answers stated with at least `at`; kept where none is.
    coverage : float, in [0, 1]
        Least share of usable answers. Surely fewer fail; and where fewer are usable, a limit must be kept whatever the
        missing answers would have been.
    source : str, optional
        Which confidence: by default `stated` of a Run and `given` of a table.
    policy : Policy, optional
        Its `level` and `on_inconclusive` hold; by default that of the nearest `pyproject.toml`.
    **reading
        Of a table or of another tool's log: columns, scale, format, scorer, only, as in
        :func:`selfexplain.evaluate_file`.

    Raises
    ------
    AssertionError
        When a limit is exceeded; or not decided, where the policy has `on_inconclusive = "fail"`.
    InputError
        When the run cannot be read, or no limit is set.

    Examples
    --------
    >>> import pandas as pd
    >>> from selfexplain.testing import assert_calibrated
    >>> right = [1] * 800 + [0] * 200
    >>> table = pd.DataFrame({"item": range(1000), "confidence": 0.8, "correct": right})
    >>> assert_calibrated(table, gap=0.05)
    >>> try:
    ...     assert_calibrated(table.assign(confidence=0.95), gap=0.05)
    ... except AssertionError as failure:
    ...     print(str(failure).splitlines()[0])
    A limit is exceeded: Gap, in either direction.
    """
    __tracebackhide__ = True
    try:
        policy = read_settings().gate if policy is None else policy
        limits = (gap, ece, error_when_sure, coverage)
        found = calibrated(run, limits, source, policy, reading=reading)
        from selfexplain.report.assertion_words import of_calibration  # noqa: PLC0415 - numpy
    except SelfexplainError as error:
        raise error.with_traceback(None) from None  # where it happened in here is noise in a test of others
    if found.verdict != "pass":
        settle(of_calibration(found), skips=found.verdict == "inconclusive" and policy.on_inconclusive == "warn")


def assert_not_worse(
    run: Asserted,
    baseline: Asserted,
    *,
    source: Source | None = None,
    policy: Policy | None = None,
    look: int | None = None,
    results: str | Path = RESULTS,
    **reading: Unpack[Reading],
) -> None:
    """Fail when a run's confidence is less trustworthy than a baseline's; skip the test when that cannot be told.

    Parameters
    ----------
    run : str, Path, Result or DataFrame
        As in :func:`assert_calibrated`.
    baseline : str, Path, Result or DataFrame
        A str is the name of a baseline in `results`; anything else is a run to compare with.
    source : str, optional
        Which confidence: by default `stated` of a Run and `given` of a table.
    policy : Policy, optional
        By default that of `[tool.selfexplain.gate]` in the nearest `pyproject.toml`.
    look : int, optional
        Which look of a planned series this is, from 1.
    results : str or Path
        Where `baselines` lies.
    **reading
        Of tables and logs, the same for both sides, as in :func:`assert_calibrated`.

    Raises
    ------
    AssertionError
        When the gate fails, or the two cannot be compared.
    InputError
        When the run, the baseline or the policy cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from selfexplain.testing import assert_not_worse
    >>> before = pd.DataFrame({"item": range(400), "confidence": 0.8, "correct": [1] * 320 + [0] * 80})
    >>> assert_not_worse(before, before)
    """
    __tracebackhide__ = True
    try:
        policy = read_settings().gate if policy is None else policy
        verdict = judged(run, baseline, source, policy, look=look, results=Path(results), reading=reading)
        from selfexplain.report.assertion_words import of_gate  # noqa: PLC0415 - numpy
    except SelfexplainError as error:
        raise error.with_traceback(None) from None
    if verdict.verdict != "pass":
        settle(of_gate(verdict), skips=verdict.verdict == "inconclusive" and verdict.exit_code != 1)


@dataclass(frozen=True)
class Assertions:
    """The assertions of one test session, which know where its results and its policy are."""

    results: Path
    root: Path
    """From here upwards the nearest `pyproject.toml` has the policy."""

    def assert_calibrated(
        self,
        run: Asserted,
        gap: float | None = 0.05,
        *,
        ece: float | None = None,
        error_when_sure: SureLimit | tuple[float, float] | None = None,
        coverage: float = 0.98,
        source: Source | None = None,
        policy: Policy | None = None,
        **reading: Unpack[Reading],
    ) -> None:
        """Assert as :func:`assert_calibrated` does."""
        __tracebackhide__ = True
        assert_calibrated(
            run,
            gap,
            ece=ece,
            error_when_sure=error_when_sure,
            coverage=coverage,
            source=source,
            policy=policy or read_settings(self.root).gate,
            **reading,
        )

    def assert_not_worse(
        self,
        run: Asserted,
        baseline: Asserted,
        *,
        source: Source | None = None,
        policy: Policy | None = None,
        look: int | None = None,
        **reading: Unpack[Reading],
    ) -> None:
        """Assert as :func:`assert_not_worse` does, with the session's results."""
        __tracebackhide__ = True
        assert_not_worse(
            run,
            baseline,
            source=source,
            policy=policy or read_settings(self.root).gate,
            look=look,
            results=self.results,
            **reading,
        )


def calibrated(
    run: Asserted,
    limits: tuple[float | None, float | None, SureLimit | tuple[float, float] | None, float],
    source: Source | None,
    policy: Policy,
    *,
    reading: Reading,
) -> "Calibrated":
    """Judge a run by limits: gap, calibration error, error when sure, coverage."""
    from selfexplain.pipeline.calibrated import Limits, judge_calibration  # noqa: PLC0415 - numpy

    gap, ece, sure, coverage = limits
    if gap is None and ece is None and sure is None:
        raise InputError("no limit is set", hint="set gap, ece or error_when_sure")
    sure = SureLimit(*sure) if isinstance(sure, tuple) else sure
    stated = {"gap": gap, "ece": ece, "coverage": coverage}
    stated |= {} if sure is None else {"error_when_sure[0]": sure.at, "error_when_sure[1]": sure.error}
    for name, limit in stated.items():
        if limit is not None and not 0 <= limit <= 1:
            raise InputError(f"{name} is {limit!r}", hint="expected a number from 0 to 1, such as 0.05")
    asserted = answers(subject(run), source, **reading)
    return judge_calibration(
        asserted, Limits(gap=gap, ece=ece, error_when_sure=sure, coverage=coverage), level=policy.level
    )


def judged(
    run: Asserted,
    baseline: Asserted,
    source: Source | None,
    policy: Policy,
    *,
    look: int | None,
    results: Path,
    reading: Reading,
) -> "Verdict":
    """Judge a run against a baseline, by its name or as another run."""
    from selfexplain import verdicts  # noqa: PLC0415 - beside the pipeline's own

    if isinstance(baseline, str):
        return verdicts.gate(subject(run), baseline, source, policy=policy, look=look, results=results, **reading)
    from selfexplain.pipeline.gate import gate  # noqa: PLC0415 - numpy

    on_request = "agreement" in policy.tolerance
    before = answers(subject(baseline), source, **reading, agreement=on_request)
    now = answers(subject(run), source, **reading, agreement=on_request and (before.agreed or False))
    anchor = None if policy.anchor is None else baselines.read_baseline(results, policy.anchor)
    return gate(now, before, policy, anchor=anchor, look=look)


def subject(of: Asserted) -> Answering:
    """Return what holds the answers: of a Result its Run's folder.

    Raises
    ------
    InputError
        When it holds none.
    """
    if isinstance(of, Result):
        path = of.folder or of.metrics.get("run")
        if path is None:
            raise InputError(
                "this Result is of a table, and holds its numbers, not its answers", hint="give the table itself"
            )
        return Path(path)
    if isinstance(of, str | Path) or hasattr(of, "columns"):
        return of
    raise InputError(
        f"{type(of).__name__} holds no answers",
        hint="give a Run's folder, the Result of selfexplain.run, or a table: a FILE or a DataFrame",
    )


def settle(lines: Sequence[str], *, skips: bool) -> NoReturn:
    """End a test with what is to be said: skipped, or failed."""
    __tracebackhide__ = True
    if not skips:
        raise AssertionError("\n".join(lines))
    if "pytest" in sys.modules and "PYTEST_CURRENT_TEST" in os.environ:  # one of its tests is running, in this process
        import pytest  # noqa: PLC0415 - no dependency of ours; its own way of skipping names the test's line

        pytest.skip(" ".join(lines))
    raise SkipTest(" ".join(lines))
