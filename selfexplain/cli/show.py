"""`selfexplain show`: one thing, as far as it is known. Nothing is asked."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import click
import msgspec

from selfexplain import plugins
from selfexplain.cli.kind import Kind
from selfexplain.cli.speak import print_json
from selfexplain.providers.provider import transparency_of
from selfexplain.report.visible import visible
from selfexplain.settings import read_settings


@click.command()
@click.argument("kind", type=Kind(["model", *plugins.KINDS]), metavar="KIND")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print an object to stdout.")
def show(kind: str, name: str, as_json: bool) -> None:
    """Show what is known of one thing: `show model openai/NAME`, `show metric ece`, `show template few-shot`.

    Of a model: how open it is. Of a dataset, which may be a file: its size, its groups and its first Item, and of one
    that ships its own words, as of all others.
    """
    found = LOOK_UP[kind](name)
    if as_json:
        print_json(found)
    elif kind == "model":
        print_card(found)
    else:
        print_facts(found)


def model(name: str) -> dict[str, Any]:
    """Return a model's transparency card, with what the user declares of it; nothing is sent, no key is needed."""
    provider = plugins.provider(name, asks=False)
    card = read_settings().declared(provider.name, transparency_of(provider))
    return {"model": provider.name, "identity": dict(provider.identity), "transparency": msgspec.to_builtins(card)}


def provider(name: str) -> dict[str, Any]:
    """Return an adapter's page."""
    return {"provider": name, "text": words_of(plugins.pick(plugins.providers(), name, kind="provider"))}


def template(name: str) -> dict[str, Any]:
    """Return a template's front matter and its whole text."""
    found = plugins.template(name)
    return {"template": found.id, "front": msgspec.to_builtins(found.front), "text": found.text.rstrip()}


def dataset(name: str) -> dict[str, Any]:
    """Return a dataset's size, its groups with theirs, and its first Item."""
    found = plugins.dataset(name)
    groups: dict[str, int] = {}
    for item in found.items:
        if item.group is not None:
            groups[item.group] = groups.get(item.group, 0) + 1
    first = msgspec.to_builtins(found.items[0]) if found.items else None
    # A file has no words of its own; of a set that ships, its module says what it is for.
    told = {"text": words_of(inspect.getmodule(plugins.datasets()[name]))} if name in plugins.datasets() else {}
    return {
        "dataset": found.name,
        "version": found.version,
        "n_items": len(found.items),
        "groups": groups,
        "first_item": first,
        **told,
    }


def metric(name: str) -> dict[str, Any]:
    """Return a metric's facts and its page; those of the coverage too, which stands beside all metrics and is none."""
    if name == "coverage":
        return coverage()
    found = plugins.metric(name, plugins.metrics())
    facts = found.facts
    within = [each if abs(each) != float("inf") else None for each in facts.within]
    about = {"title": facts.title, "meaning": facts.meaning, "best": facts.best, "within": within, "gate": facts.gate}
    return {"metric": facts.name, **about, "direction": facts.direction, "text": words_of(found)}


def coverage() -> dict[str, Any]:
    """Return the page of the share of usable answers, with the facts that a metric has."""
    from selfexplain.calibration import usable_share  # noqa: PLC0415 - numpy, which `--help` must not load

    meaning = "The share of questions that ended in a usable answer and confidence."
    about = {"title": "Coverage", "meaning": meaning, "best": 1.0, "within": [0.0, 1.0], "gate": "default"}
    return {"metric": "coverage", **about, "direction": "higher", "text": words_of(usable_share.coverage)}


def grader(name: str) -> dict[str, Any]:
    """Return a grader's rule."""
    found = plugins.pick(plugins.graders(), name, kind="grader")
    return {"grader": name, "version": found.facts.version, "text": words_of(found)}


def categoriser(name: str) -> dict[str, Any]:
    """Return the rule by which a survey's answers are sorted."""
    found = plugins.pick(plugins.categorisers(), name, kind="categoriser")
    return {"categoriser": name, "version": found.facts.version, "text": words_of(found)}


def recalibrator(name: str) -> dict[str, Any]:
    """Return a method of recalibration's page."""
    return {"recalibrator": name, "text": words_of(plugins.recalibrator(name))}


def reader(name: str) -> dict[str, Any]:
    """Return the page of a reader of other tools' logs."""
    return {"reader": name, "text": words_of(plugins.pick(plugins.readers(), name, kind="reader"))}


def agreement(name: str) -> dict[str, Any]:
    """Return the facts of a measure of agreement and its page."""
    found = plugins.pick(plugins.agreements(), name, kind="agreement")
    facts = dict(found.facts.to_dict())
    return {"agreement": facts.pop("name"), **facts, "text": words_of(found)}


def witness(name: str) -> dict[str, Any]:
    """Return what a witness asks, what it needs of a model, and its page."""
    found = plugins.pick(plugins.all_witnesses(), name, kind="witness")
    facts = found.facts
    about = {"family": facts.family, "needs": facts.needs, "question": facts.question, "signed": facts.signed}
    about |= {"targets": list(facts.targets), "source": facts.source}
    return {"witness": facts.name, **about, "text": words_of(found)}


def trial(name: str) -> dict[str, Any]:
    """Return a test of explanations: which question it settles, where it was published, and its page."""
    found = plugins.trial(name)
    facts = found.facts
    return {
        "trial": name,
        "question": facts.question,
        "family": facts.family,
        "needs": facts.needs,
        "role": facts.role,
        "source": facts.source,
        "text": words_of(found),
    }


def elicitation(name: str) -> dict[str, Any]:
    """Return an elicitation's page."""
    return {"elicitation": name, "text": words_of(plugins.elicitation(name))}


LOOK_UP: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "model": model,
    "provider": provider,
    "template": template,
    "dataset": dataset,
    "metric": metric,
    "grader": grader,
    "categoriser": categoriser,
    "elicitation": elicitation,
    "recalibrator": recalibrator,
    "reader": reader,
    "agreement": agreement,
    "witness": witness,
    "trial": trial,
}


def words_of(thing: Any) -> str:
    """Return a thing's docstring."""
    return inspect.getdoc(thing) or "It has no description."


def print_card(found: Mapping[str, Any]) -> None:
    """Print a model's card as a table."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only where something is shown
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for title in (found["model"], "", "What is known"):
        table.add_column(Text(visible(title)), overflow="fold")
    for field, openness in found["transparency"].items():
        cells = (field.replace("_", " "), openness["state"], visible(openness["detail"]))
        table.add_row(*map(Text, cells))  # Text: square brackets are no markup
    Console(highlight=False).print(table)


def print_facts(found: Mapping[str, Any]) -> None:
    """Print facts as lines, and the text, if there is one, under them."""
    for key, value in found.items():
        if key == "text":
            click.echo()
            # A template's text is shown as it is; a docstring without the marks of its markup.
            click.echo(visible(value if "template" in found else readable(value)))
        elif isinstance(value, dict):
            click.echo(f"{key}:")
            for inner, each in value.items():
                click.echo(visible(f"  {inner}: {plain(each)}"))
        else:
            click.echo(visible(f"{key}: {plain(value)}"))


def readable(page: str) -> str:
    """Return a docstring as a terminal shows it: names without their role, sections by their title, no asterisks.

    >>> readable("**Name.** See :func:`ece` or ``x``.")
    'Name. See `ece` or `x`.'
    """
    page = re.sub(r":\w+:(?=`)", "", page).replace("``", "`")
    return re.sub(r"\*\*(.+?)\*\*", r"\1", page)


def plain(value: Any) -> str:
    """Return a value of a list of facts on one line."""
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value)) or "–"
    return "–" if value is None or value == "" else str(value).replace("\n", " ⏎ ")
