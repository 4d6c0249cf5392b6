"""Cells of a CSV file as a spreadsheet may open it: nothing runs, nothing is lost."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""What a cell must not begin with: a spreadsheet would run it. An apostrophe itself is marked too, so that reading is
exact."""


def quoted(cell: str) -> str:
    """Return a cell as CSV writes it; Python's own writer leaves a lone carriage return bare, and cannot read it back.

    >>> quoted('a "b", c'), quoted("plain")
    ('"a ""b"", c"', 'plain')
    """
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> safe("=1+1"), safe("peru"), restored(safe("'=1+1"))
    ("'=1+1", 'peru', "'=1+1")
    """
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def restored(cell: str) -> str:
    """Return what `safe` was given."""
    return cell.removeprefix("'")
