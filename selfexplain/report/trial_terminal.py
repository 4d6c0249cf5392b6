"""Trials in the terminal: a table for each, every measure beside its chance level."""

from typing import TYPE_CHECKING

from selfexplain.report import trial_words as say
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def summary(numbers: say.Numbers) -> "RenderableType":
    """Return what a terminal shows, for `rich.console.Console.print`; readable without colour.

    Parameters
    ----------
    numbers : mapping
        What `selfexplain trial --json` prints.
    """
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [Text(say.headline(numbers), style="bold")]
    for name, each in numbers["trials"].items():
        if each["state"] != "conducted":
            parts += [Text(), Text(visible(say.sentence(name, each)))]
            continue
        parts += [Text(), Text(f"{name}: {each['question']}", style="bold")]
        for mode in each["modes"]:
            if mode["mode"]:
                parts.append(Text(f"{mode['mode']}, {mode['n_used']:,} of {mode['n']:,} answers"))
            parts.append(table_of(mode))
            parts += [Text(visible(line), style="dim") for line in undefined(mode)]
        quiet = [say.cost_of(each), f"left out: {say.left_out(each)}" if each["left_out"] else ""]
        parts += [Text(visible(line), style="dim") for line in quiet if line]
    parts += [Text(), *(Text(caution, style="dim") for caution in say.CAUTIONS)]
    return Group(*parts)


def table_of(mode: say.Numbers) -> "Table":
    """Return one row for each measure of one mode, by its short name; the page says what each is."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("Measure", overflow="fold")
    for head in ("Value", "By chance", "Beside chance"):
        table.add_column(head, no_wrap=True)
    table.add_column("n", justify="right")
    for name, each in mode["measures"].items():
        cells = (
            name,
            say.value_of(each) if each["undefined"] is None else "undefined",
            say.chance_of(each),
            say.beside(each),
            f"{each['n']:,}",
        )
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


def undefined(mode: say.Numbers) -> list[str]:
    """Return why measures have no value: each reason once, with whose it is."""
    whose: dict[str, list[str]] = {}
    for name, each in mode["measures"].items():
        if each["undefined"] is not None:
            whose.setdefault(each["undefined"], []).append(name)
    return [f"undefined, {why}: {', '.join(names)}" for why, names in whose.items()]
