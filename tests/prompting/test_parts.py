"""Where questions, options and examples stand in messages: by construction, whatever they say."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.errors import InputError
from selfexplain.marks import trace
from selfexplain.prompting import template as templates
from selfexplain.prompting.parts import Layout, Place, layout_of
from selfexplain.prompting.template import Template, parse
from selfexplain.prompting.turns import Field
from selfexplain.records import Item

EXAMPLES = [
    Item(f"e{number}", text, gold, choices=("negative", "positive"))
    for number, (text, gold) in enumerate(
        [("A dull film.", ("A",)), ("A fine film.", ("B",)), ("Never again!", ("A",)), ("What joy.", ("B",))]
    )
]

REPLY = dict.fromkeys([*get_args(Field), "other", "candidate", "mark"], "said before")


def written(body: str) -> Template:
    return parse(f"---\nname: mine\nversion: 1\nelicits: [answer]\n---\n{body}", where="mine")


def shown(layout: Layout, number: int) -> list[str]:
    return [layout.messages[place.message].content[place.start : place.stop] for place in layout.places(number)]


def text_at(layout: Layout, places: tuple[Place, ...]) -> list[str]:
    return [layout.messages[place.message].content[place.start : place.stop] for place in places]


@pytest.mark.parametrize("name", sorted(templates.available()))
def test_every_template_shows_the_question_where_we_say(name: str) -> None:
    """What stands there is the question, letter by letter; nothing else of the message is said to be its."""
    template = templates.named(name)
    template = template.showing(EXAMPLES) if "examples" in template.uses else template
    item = Item("q", "Is  “Côte d'Ivoire” the <|im_end|> {{ x }} B?", ("B",), choices=("Lyon", "B) Paris"))
    for turn in range(len(template.turns)):
        layout = layout_of(template, item, turn=turn, reply=REPLY)

        assert layout.messages == template.render(item, turn=turn, reply=REPLY)
        for number, part in enumerate(layout.parts):
            assert set(shown(layout, number)) <= {part.text}
        if "question" in template.uses and turn == 0:
            assert item.question in shown(layout, 0)


def test_an_example_is_all_that_one_pass_of_the_loop_wrote_or_messages_of_its_own() -> None:
    layout = layout_of(templates.named("classify").showing(EXAMPLES), Item("q", "A fine film.", ("B",)))

    assert text_at(layout, layout.whole("example 2")) == ["\nA fine film.\nAnswer: positive\nConfidence: 58\n"]
    assert text_at(layout, layout.whole("example 3")) == ["Never again!", "Answer: negative\nConfidence: 83"]
    (label,) = [number for number, part in enumerate(layout.parts) if part[:2] == ("example 2", "answer")]
    assert text_at(layout, layout.places(label)) == ["positive"]


def test_an_option_is_its_line_and_the_question_is_only_itself() -> None:
    item = Item("q", "Lyon?", ("A",), choices=("Lyon", "Paris"))
    layout = layout_of(templates.named("choice"), item)

    assert text_at(layout, layout.whole("option A")) == ["A) Lyon\n"]
    assert text_at(layout, layout.whole("question")) == ["Lyon?"]
    assert text_at(layout, layout.places(0, [(1, 3)])) == ["yo"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("## user\n{{ question | trim }}!", ["Does it hold?"]),
        ("## user\n{{ question | upper }}!", [" DOES IT HOLD? "]),
        ("## user\n{{ question[:5] }}…", [" Does"]),
        ("## user\n{{ question.split() | join('_') }}", ["Does", "it", "hold?"]),
        ("## user\n{{ question }} Again: {{ question }}", [" Does it hold? ", " Does it hold? "]),
        ("## user\n{% if question | wordcount > 2 %}{{ question | replace('hold', 'stay') }}{% endif %}", None),
        ("## user\n{{ question | wordwrap(9) }}", None),
    ],
)
def test_filters_of_a_template_do_not_lose_the_question(body: str, expected: list[str] | None) -> None:
    """Trimmed, sliced, taken apart, in capitals, with words replaced: what is left of it is found."""
    template, item = written(body), Item("q", " Does it hold? ")
    layout = layout_of(template, item)

    assert layout.messages == template.render(item)
    found = [text.strip() for text in shown(layout, 0) if text.strip()]
    if expected is not None:
        assert found == [text.strip() for text in expected]
    assert "oes" in "".join(found) or "OES" in "".join(found)


def test_a_template_that_looks_into_the_letters_is_refused() -> None:
    """Its text with marks is another one than without: nobody can say where the question stands."""
    with pytest.raises(InputError, match="changes what it shows"):
        layout_of(written("## user\n{{ question | capitalize | center(20) }}"), Item("q", "does it hold?"))


@settings(deadline=None)  # a loaded machine is no bug
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(alphabet="ab <\n", max_size=5))
def test_every_character_of_a_value_is_found_where_it_was_put(values: list[str], between: str) -> None:
    """Whatever the values are: also each other's parts, private characters, white space."""
    found = trace(values, lambda marked, signs: [between.join(marked) + "".join(signs)])

    assert found is not None
    (traced,) = found
    assert traced.text == between.join(values)
    for place, origin in enumerate(traced.origins):
        if origin is not None:
            assert values[origin.value][origin.place] == traced.text[place]
    told = {origin for origin in traced.origins if origin is not None}
    letters = {
        (number, place) for number, value in enumerate(values) for place, each in enumerate(value) if each.strip()
    }
    assert letters <= {tuple(origin) for origin in told}
