"""What `list` and `show` call a kind of thing: `metric`, or `metrics` as people say."""

from typing import Any

import click


class Kind(click.Choice[str]):
    """A choice that takes the plural of each of its names too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the kind in the singular; complain about what is neither."""
        singular = str(value).removesuffix("s")
        if singular not in self.choices:
            singular = str(value).removesuffix("es")  # witnesses
        return super().convert(singular if singular in self.choices else value, param, ctx)
