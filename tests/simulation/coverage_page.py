"""The page on the coverage of intervals."""

from simulation.interval_coverage import Cell


def page(cells: list[Cell]) -> str:
    """Return the page."""
    return str(len(cells))
