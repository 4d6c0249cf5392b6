"""Who is told in sentences what a verb is doing: nobody, unless somebody is named."""

from collections.abc import Callable

Say = Callable[[str], None]


def silent(_: object) -> None:
    """Say nothing, watch nothing."""
