"""`selfexplain list`: what there is."""

from collections.abc import Callable, Iterable

import click

from selfexplain import plugins
from selfexplain.cli.kind import Kind
from selfexplain.cli.speak import print_json, print_text
from selfexplain.errors import InputError
from selfexplain.prompting import template


@click.command(name="list")
@click.argument("kind", type=Kind(plugins.KINDS), required=False, metavar="[KIND]")
@click.option("-m", "--model", metavar="PROVIDER/NAME", help="Of witnesses: which can look at this model, and why not.")
@click.option("--json", "as_json", is_flag=True, help="Print an object of kind and names to stdout.")
def list_(kind: str | None, model: str | None, as_json: bool) -> None:
    """List the names that commands understand, of one KIND or of all.

    `selfexplain list witnesses -m MODEL` says which witnesses can look at a model, by how open it is.
    """
    if model is not None:
        list_runnable(kind, model, as_json=as_json)
        return
    look_up: dict[str, Callable[[], Iterable[str]]] = {
        "provider": plugins.providers,
        "template": template.available,
        "dataset": plugins.datasets,
        "metric": plugins.metrics,
        "grader": plugins.graders,
        "categoriser": plugins.categorisers,
        "elicitation": plugins.elicitations,
        "recalibrator": plugins.recalibrators,
        "reader": plugins.readers,
        "agreement": plugins.agreements,
        "witness": plugins.all_witnesses,
        "trial": plugins.trials,
    }
    found = {each: sorted(look_up[each]()) for each in plugins.KINDS if kind in (None, each)}
    if as_json:
        print_json(found)
        return
    for each, names in found.items():
        for name in names:
            print_text(name if kind else f"{each:<12} {name}")


def list_runnable(kind: str | None, model: str, *, as_json: bool) -> None:
    """List every witness with whether it can look at a model, and why it cannot."""
    from selfexplain.able_to_look import runnable  # noqa: PLC0415 - only who asks for it

    if kind != "witness":
        raise InputError("-m goes with witnesses alone", hint=f"selfexplain list witnesses -m {model}")
    found = runnable(model)
    if as_json:
        print_json({"witness": {name: {"runs": not why, "why": why} for name, why in found.items()}})
        return
    for name, why in found.items():
        print_text(f"{name:<22} {'no: ' + why if why else 'yes'}")
