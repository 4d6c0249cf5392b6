"""A history in the terminal: a table for each series, then what could not be read."""

from typing import TYPE_CHECKING

from selfexplain.pipeline.history import History, Point, Series, Unread
from selfexplain.report.gate_terminal import plain
from selfexplain.report.numbers import percent, written

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def summary(history: History) -> "RenderableType":
    """Return what a terminal shows of a history, for `rich.console.Console.print`."""
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = []
    for series in history.series:
        about = ", P(event)" if series.about == "event" else ""
        head = " · ".join(filter(None, (series.dataset, f"{series.source} confidence{about}", series.template)))
        parts += [Text(plain(head), style="bold"), table(history.metric, series)]
        parts += [Text(plain(f"Note: {remark}."), style="italic") for remark in series.remarks]
        parts.append(Text())
    if len(history.series) > 1:
        parts.append(Text("Other Items or another source are another series: their numbers do not compare."))
    parts += [Text(plain(f"Note: {remark}."), style="italic") for remark in history.remarks]
    parts += [Text(plain(f"Not read: {told(each)}"), style="yellow") for each in history.unread]
    return Group(*parts)


def told(each: Unread) -> str:
    """Return why a run was not read, with its name once."""
    return each.why if each.name in each.why else f"{each.name}: {each.why}"


def table(metric: str, series: Series) -> "Table":
    """Return one row for each run, and the baseline as the last."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    found = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    found.add_column("Asked (UTC)", no_wrap=True)
    found.add_column("Run", overflow="fold")
    found.add_column("n", justify="right", no_wrap=True)
    found.add_column("Usable", justify="right", no_wrap=True)
    found.add_column(f"{metric} (95 % interval)", justify="right")
    for point in series.points:
        found.add_row(when(point), Text(plain(name_of(point))), *numbers(metric, point))
    if series.baseline is not None:
        named = Text(plain(f"baseline {series.baseline.name}"))
        found.add_row("", named, *numbers(metric, series.baseline), style="italic")
    return found


def numbers(metric: str, point: Point) -> tuple[str, str, str]:
    """Return n, coverage and the value with its interval, or why there is none."""
    estimate = written(metric, point.estimate.to_dict())
    usable = "–" if point.coverage.value is None else percent(point.coverage.value)
    return f"{point.n:,}", usable, plain(f"undefined: {estimate.reason}" if estimate.reason else str(estimate))


def when(point: Point) -> str:
    """Return when a run was asked."""
    return "–" if point.asked is None else f"{point.asked:%Y-%m-%d %H:%M}"


def name_of(point: Point) -> str:
    """Return what tells a run from its neighbours: model, template and the end of its name; of a table its name."""
    if not point.model:
        return point.name
    return f"{point.model} · {point.template} · {point.name.rsplit('__', 1)[-1]}"
