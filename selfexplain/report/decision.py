"""From which confidence on to answer, for a terminal: the sentence, then every threshold."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfexplain.report.numbers import percent

if TYPE_CHECKING:
    from rich.console import RenderableType


def limit_of(share: float) -> str:
    """Write an upper limit, rounded upwards: what is shown is promised too.

    >>> limit_of(0.1002), limit_of(0.1)
    ('10.1 %', '10.0 %')
    """
    return percent(math.ceil(1000 * share - 1e-9) / 1000, 1)


def sentence(decision: Mapping[str, Any]) -> str:
    """Say which threshold to use and what it promises, or why there is none.

    Parameters
    ----------
    decision : mapping
        `Decision.to_dict()`.
    """
    error, level = percent(decision["error"], 1), percent(decision["level"])
    if decision["threshold"] is None:
        return f"No threshold promises at most {error} wrong at a level of {level}: {decision['reason']}."
    chosen = next(row for row in decision["thresholds"] if row["threshold"] == decision["threshold"])
    of = "answers" if decision["clusters"] is None else "answers, each cluster counted once,"
    return (
        f"Answer when the confidence is at least {chosen['threshold']:g}: that is {percent(chosen['coverage'])} of the "
        f"answers, and at most {error} of those {of} are wrong (seen {percent(chosen['observed'], 1)}, limit "
        f"{limit_of(chosen['limit'])}, level {level})."
    )


def table_of(decision: Mapping[str, Any]) -> "RenderableType":
    """Return the sentence, one row per threshold, and how the limits were made."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for title in ("Answer from", "Answered", "", "Wrong", "Seen", "Limit", ""):
        table.add_column(title, justify="right")
    for row in decision["thresholds"]:
        table.add_row(
            f"{row['threshold']:g}",
            f"{row['answered']:,}",
            percent(row["coverage"]),
            f"{row['wrong']:,}",
            percent(row["observed"], 1),
            limit_of(row["limit"]),
            "promised" if row["promised"] else "",
        )
    limits = f"Limit: the share wrong is at most that, at a level of {percent(decision['level'])} for all rows together"
    lines = [f"{limits} ({decision['method']}).", *(f"Beware: {warning}." for warning in decision["warnings"])]
    return Group(Text(sentence(decision), style="bold"), Text(), table, Text(), *map(Text, lines))
