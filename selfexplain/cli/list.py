"""`selfexplain list`: what there is."""

from collections.abc import Callable, Iterable

import click

from selfexplain import plugins
from selfexplain.cli.kind import Kind
from selfexplain.cli.speak import print_json, print_text
from selfexplain.prompting import template


@click.command(name="list")
@click.argument("kind", type=Kind(plugins.KINDS), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print an object of kind and names to stdout.")
def list_(kind: str | None, as_json: bool) -> None:
    """List the names that commands understand, of one KIND or of all."""
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
        "trial": plugins.trials,
    }
    found = {each: sorted(look_up[each]()) for each in plugins.KINDS if kind in (None, each)}
    if as_json:
        print_json(found)
        return
    for each, names in found.items():
        for name in names:
            print_text(name if kind else f"{each:<12} {name}")
