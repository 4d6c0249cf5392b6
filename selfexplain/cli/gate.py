"""`selfexplain gate`: whether confidence became less trustworthy."""

import math
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec

from selfexplain import verdicts
from selfexplain.cli.github import Annotated, protected, publish
from selfexplain.cli.speak import pairs, print_json, show, tell
from selfexplain.cli.table_options import columns_of, log_options, results_option, table_options
from selfexplain.errors import InputError
from selfexplain.records import Source
from selfexplain.runs.folder import write_atomically
from selfexplain.settings import PAIRED_RULES, RULES_ON_REQUEST, Policy, SureLimit, read_settings

if TYPE_CHECKING:
    from selfexplain.pipeline.gate import Verdict


class Number(click.FloatRange):
    """A range that holds numbers only: click lets NaN through, which is neither within it nor outside."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail("nan is no number", param, ctx)
        return found


SHARE = Number(0, 1)

RULES = (*PAIRED_RULES, *RULES_ON_REQUEST)


@click.command(cls=Annotated)
@click.argument("of", metavar="RUN|FILE", type=click.Path(path_type=Path))
@click.option("--baseline", required=True, metavar="NAME", help="What to judge against.")
@table_options
@log_options
@results_option
@click.option("--tolerance", multiple=True, metavar="RULE=SHARE", help="How much harm passes; may be repeated.")
@click.option("--off", multiple=True, type=click.Choice(RULES), help="A rule not to judge; may be repeated.")
@click.option("--level", type=Number(0.5, 1, min_open=True, max_open=True), help="Of intervals.  [default: 0.95]")
@click.option("--on-inconclusive", type=click.Choice(["warn", "fail"]), help="Exit with 3 or with 1.  [default: warn]")
@click.option("--max-gap", type=SHARE, help="Largest gap in either direction.")
@click.option("--max-error-when-sure", metavar="AT=ERROR", help="Largest share wrong among answers stated >= AT.")
@click.option("--per-group/--no-per-group", default=None, help="Judge each group too.  [default: no]")
@click.option("--anchor", metavar="NAME", help="A second baseline that never moves.")
@click.option("--look", type=click.IntRange(min=1), help="Which look of a planned series this is.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the verdict for a pull request.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write the verdict as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as an object to stdout.")
@click.option("--github", is_flag=True, help="In a job on GitHub: annotate it, and write its summary and output.")
def gate(
    of: Path,
    baseline: str,
    source: Source | None,
    mapped: tuple[str, ...],
    scale: Literal["probability", "percent"],
    log: dict[str, Any],
    results: Path,
    look: int | None,
    markdown: Path | None,
    junit: Path | None,
    as_json: bool,
    github: bool,
    **flags: Any,
) -> int:
    """Judge whether confidence became less trustworthy than in a baseline.

    The policy stands in [tool.selfexplain.gate] of the nearest pyproject.toml; flags come before it.

    Exit codes: 0 pass · 1 fail · 2 misuse · 3 inconclusive · 4 not comparable.
    """
    if github and as_json:
        raise InputError("--github and --json both write to stdout", hint="leave one of them out")
    verdict = verdicts.gate(
        of,
        baseline,
        source,
        policy=policy_of(read_settings().gate, **flags),
        look=look,
        results=results,
        columns=columns_of(mapped),
        scale=scale,
        **log,
    )
    if as_json:
        print_json(verdict.to_dict())
    else:
        from selfexplain.report.gate_terminal import summary  # noqa: PLC0415 - numpy

        with protected() if github else nullcontext():
            show(summary(verdict))
    write_texts(verdict, markdown, junit)  # first: where a file cannot be written there is one error, and no verdict
    if github:
        publish(verdict)
    return verdict.exit_code


def write_texts(verdict: "Verdict", markdown: Path | None, junit: Path | None) -> None:
    """Write a verdict for a pull request and for a list of tests, where these are asked for."""
    from selfexplain.report import gate_markdown  # noqa: PLC0415 - numpy
    from selfexplain.report import junit as junit_xml  # noqa: PLC0415 - numpy

    for path, content in ((markdown, gate_markdown.render(verdict).encode()), (junit, junit_xml.render(verdict))):
        if path is not None:
            tell(f"Written: {write_atomically(path, content)}")


def policy_of(
    policy: Policy, *, tolerance: tuple[str, ...], off: tuple[str, ...], max_error_when_sure: str | None, **flags: Any
) -> Policy:
    """Return the policy with what the flags say in place of what it says.

    Raises
    ------
    InputError
        When a flag's value cannot be used.
    """
    changed = {name: value for name, value in flags.items() if value is not None}
    stated = pairs(tolerance, option="--tolerance", example="overconfidence=0.05")
    unknown = sorted(stated.keys() - set(RULES))
    if unknown:
        raise InputError(f"--tolerance knows no rule {unknown[0]!r}", hint=f"rules: {', '.join(RULES)}")
    given = {rule: share(value, option="--tolerance") for rule, value in stated.items()}
    if max_error_when_sure is not None:
        at, equals, error = max_error_when_sure.partition("=")
        if not equals:
            raise InputError(f"--max-error-when-sure {max_error_when_sure!r}", hint="write AT=ERROR, such as 0.9=0.05")
        option = "--max-error-when-sure"
        changed["max_error_when_sure"] = SureLimit(share(at, option=option), share(error, option=option))
    stays = {rule: value for rule, value in policy.tolerance.items() if rule not in off or rule in PAIRED_RULES}
    return msgspec.structs.replace(
        policy,
        tolerance={**stays, **given},
        # A tolerance on the command line asks for its rule, whatever the file says of it.
        off=tuple(rule for rule in PAIRED_RULES if rule in off or (rule in policy.off and rule not in given)),
        **changed,
    )


def share(text: str, *, option: str) -> float:
    """Return a number from 0 to 1 that a flag holds."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise InputError(f"{option} has {text!r}", hint="expected a number from 0 to 1, such as 0.05")
    return number
