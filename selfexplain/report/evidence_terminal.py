"""Evidence in the terminal: the verdict first, then the numbers, then some questions word by word."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfexplain.report import evidence_words as say
from selfexplain.report.evidence_rows import EvidenceRow, Piece
from selfexplain.report.removed import FlipRow, RemovedRow, habit, removed_view
from selfexplain.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

SHOWN = 3
"""So many questions are shown; all are on the page."""

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def summary(numbers: say.Numbers, rows: Sequence[EvidenceRow] = ()) -> "RenderableType":
    """Return what a terminal shows, for `rich.console.Console.print`; readable without colour.

    Parameters
    ----------
    numbers : mapping
        What `selfexplain witness --json` prints.
    rows : sequence of EvidenceRow
        Of which the first are shown.
    """
    from rich.console import Group  # noqa: PLC0415 - `selfexplain --help` must not pay for rich
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [Text(say.headline(numbers), style="bold"), Text(say.because(numbers))]
    parts += [Text(), table_of(numbers), Text()]
    told = (
        *say.sentences(numbers),
        say.targets(numbers),
        habit(numbers),
        say.ceiling(numbers),
        say.hallucinated(numbers),
        *say.joined(numbers),
    )
    parts += [Text(visible(sentence)) for sentence in told if sentence]
    parts += removed(numbers)
    for row in rows[:SHOWN]:
        parts += [Text(), *shown(row)]
    parts.append(Text())
    if rows:
        parts.append(Text(LEGEND, style="dim"))
    last = (say.found_before, say.left_out, say.shuffled, say.check, say.cost)
    quiet = [sentence(numbers) for sentence in last]
    parts += [Text(visible(sentence), style="dim") for sentence in quiet if sentence]
    return Group(*parts)


LEGEND = "A raised number: rank among the words that moved the answer. Underlined: the model named it. (−): against."


REMOVED = "What the probability of the answer loses when words are taken away, and when nothing else is kept (alone)."


def table_of(numbers: say.Numbers) -> "Table":
    """Return one row for each witness, by the measure that the verdict rests on."""
    measure = say.verdict_of(numbers)["measure"]
    table = plain_table("Witness", measure, "Chance", "Above chance", "Answers")
    for name, witness in numbers["witnesses"].items():
        each = witness["agreement"].get(measure)
        if each is None or not each["n"]:
            table.add_row(name, "–", "–", "–", "0")
        else:
            table.add_row(name, say.interval(each), say.number(each["chance"]), say.above(each), f"{each['n']:,}")
    return table


def removed(numbers: say.Numbers) -> "list[RenderableType]":
    """Return what taking words away did; nothing where none were."""
    from rich.text import Text  # noqa: PLC0415

    view = removed_view(numbers, {})
    if view is None:
        return []
    found: list[RenderableType] = [Text(), *(Text(visible(sentence)) for sentence in view.sentences), Text()]
    if view.rows:
        found += [removed_table(view.rows), Text(REMOVED, style="dim"), Text()]
    if view.flips:
        found += [flip_table(view.flips), Text()]
    return [*found, Text(visible(view.note), style="dim")]


def removed_table(rows: Sequence[RemovedRow]) -> "Table":
    """Return one row for the model, each witness, random words and the whole question."""
    table = plain_table("Words", "Taken", "Beside random", "Alone", "Beside random")
    for row in rows:
        table.add_row(row.whose, row.taken, row.above, row.kept, row.kept_above)
    return table


def flip_table(rows: Sequence[FlipRow]) -> "Table":
    """Return one row for the model, each witness, and the two floors."""
    table = plain_table("Words taken away", "Another answer", "Beside random", "Answers")
    for row in rows:
        table.add_row(row.whose, row.rate, row.above, row.n)
    return table


def plain_table(first: str, *others: str) -> "Table":
    """Return an empty table whose first column holds words, and the others numbers."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column(first, overflow="fold")
    for head in others:
        table.add_column(head, justify="right")
    return table


def shown(row: EvidenceRow) -> "list[RenderableType]":
    """Return one question as every witness sees it."""
    from rich.text import Text  # noqa: PLC0415

    known = [row.verdict, row.confidence and f"confidence {row.confidence}", row.support and f"support {row.support}"]
    found: list[RenderableType] = [
        Text(visible(f"{row.item}: {one_line(row.answer)}") + "".join(f" · {each}" for each in known if each))
    ]
    found.append(Text(f"  {'model':<22}") + tinted(row.claim))
    found += [
        Text(f"  {line.name:<22}") + (tinted(line.pieces) if line.pieces else Text(visible(one_line(line.agreement))))
        for line in row.lines
    ]
    return found


def tinted(pieces: Sequence[Piece]) -> "Text":
    """Return a question with ranks raised, what the model named underlined, and colour beside these."""
    from rich.text import Text  # noqa: PLC0415

    found = Text()
    for piece in pieces:
        colour = ("dark_orange" if piece.against else "dodger_blue1") if piece.tint > 1 else ""
        style = " ".join(filter(None, (colour, "underline" if piece.named else "")))
        found.append(visible(one_line(piece.text)), style=style)
        if piece.mark.isdecimal():
            found.append(piece.mark.translate(RAISED))
        if piece.against and piece.tint > 1:
            found.append("(−)")
    return found


def one_line(text: str) -> str:
    """Return a text without line breaks, which would move the cursor."""
    return text.replace("\n", " ⏎ ")
