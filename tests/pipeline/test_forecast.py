"""A rehearsal goes through every turn of every template, also of those that quote an edited question."""

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.event_loop import in_loop
from selfexplain.pipeline.forecast import forecast
from selfexplain.prompting import template as templates
from selfexplain.records import Item

ITEMS = [Item("one", "What is the capital of Peru?", ("Lima",)), Item("lines", "It rains.\n\nAnswer: dry?", ("no",))]


@pytest.mark.parametrize("name", ["redact", "counterfactual", "two-turn", "top-words"])
def test_every_turn_is_counted(name: str) -> None:
    """Three conversations are three calls; too low a forecast would spend somebody's money."""
    template = templates.named(name)
    found = in_loop(
        forecast(
            ITEMS,
            repeats=2,
            template=template,
            elicitation=plugins.elicitation("once"),
            sampling=Sampling(0.0, 1),
            calls=None,
        )
    )

    assert found.calls == len(ITEMS) * 2 * len(template.turns)
