"""What is explained: units that stand where they say, and what is left when one is taken away."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.errors import InputError
from selfexplain.prompting.parts import layout_of
from selfexplain.prompting.template import named
from selfexplain.records import Grade, Item, Message, Reading, Record, SelfReport
from selfexplain.white_box import Cut
from selfexplain.witnesses import occlusion
from selfexplain.witnesses.case import Case, as_case, case_of, case_of_record, competing, plain_layout, sentences, words
from selfexplain.witnesses.leave_one_out import label_changes
from selfexplain.witnesses.linear_model import LinearModel
from selfexplain.witnesses.removal import rewritten
from selfexplain.witnesses.subject import tokens_of

EXAMPLES = [
    Item(f"e{number}", text, gold, choices=("negative", "positive"))
    for number, (text, gold) in enumerate([("Dull.", ("A",)), ("Fine!", ("B",)), ("Bad.", ("A",)), ("Joy.", ("B",))])
]
REVIEW = Item("q", "It rained. We laughed, as ever!", ("B",), choices=("negative", "positive"))


def shown(case: Case, part: str) -> list[str]:
    return [unit.text for unit in case.units if unit.part == part]


def test_the_kinds_of_units_cut_the_question_or_leave_it_whole() -> None:
    """Options and examples are units as a whole; by `option` and `example` only one of the two are."""
    layout = layout_of(named("classify").showing(EXAMPLES), REVIEW)
    cut = {kind: case_of(layout, "positive", kind=kind) for kind in ("word", "sentence", "option", "example")}

    assert shown(cut["word"], "question") == ["It", "rained", "We", "laughed", "as", "ever", "<punctuation>"]
    assert shown(cut["sentence"], "question") == ["It rained.", "We laughed, as ever!"]
    assert shown(cut["option"], "question") == shown(cut["example"], "question") == [REVIEW.question]
    names = {kind: {unit.part for unit in case.units} - {"question"} for kind, case in cut.items()}
    options, examples = {"option A", "option B"}, {f"example {number}" for number in range(1, 5)}
    assert names == {"word": options | examples, "sentence": options | examples, "option": options, "example": examples}


@settings(deadline=None)  # a loaded machine is no bug
@given(st.text(alphabet="ab ,.!?’'-\n中文", max_size=30))
def test_words_and_punctuation_are_all_of_a_question_and_do_not_overlap(text: str) -> None:
    """Every character that is no white space is in just one unit; each unit's text is what stands at its spans."""
    if not text.strip():
        return
    case = case_of(plain_layout(text), "yes")
    places = [place for unit in case.units for start, stop in unit.spans for place in range(start, stop)]

    assert len(places) == len(set(places))
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= set(places)
    for unit in case.units:
        if unit.text != "<punctuation>":
            assert [text[start:stop] for start, stop in unit.spans] == [unit.text]
        assert [(place.start, place.stop) for place in unit.places] or unit.spans == ()


@settings(deadline=None)  # a loaded machine is no bug
@given(st.text(alphabet="ab .!?。！\n", max_size=30))
def test_sentences_are_all_of_a_text(text: str) -> None:
    spans = sentences(text)

    assert "".join(text[start:stop] for start, stop in spans).split() == text.split() or text.split() != []
    assert all(text[start:stop].strip() == text[start:stop] != "" for start, stop in spans)
    left = [letter for place, letter in enumerate(text) if not any(start <= place < stop for start, stop in spans)]
    assert not "".join(left).strip()


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("What is the capital of Peru?", 0, "is the capital of Peru?"),
        ("What is the capital of Peru?", 3, "What is the of Peru?"),
        ("What is the capital of Peru?", 5, "What is the capital of?"),
        ("Well, is it?", 0, ", is it?"),
        ("One\ntwo three\nfour", 1, "One\nthree\nfour"),
        ("One\ntwo three\nfour", 2, "One\ntwo\nfour"),
        ("中文好", 1, "中好"),
    ],
)
def test_a_word_that_is_dropped_leaves_no_gap(text: str, unit: int, expected: str) -> None:
    assert rewritten(case_of(plain_layout(text), "yes"), {unit})[0].content == expected


def test_an_example_goes_with_its_messages_and_an_option_with_its_line() -> None:
    """The classify template shows the last two examples as turns of their own, the others in the system turn."""
    layout = layout_of(named("classify").showing(EXAMPLES), REVIEW)
    case = case_of(layout, "positive", kind="example")
    number = {unit.part: place for place, unit in enumerate(case.units)}
    without = {name: rewritten(case, {place}) for name, place in number.items()}

    assert len(case.messages) == 6
    assert len(without["example 3"]) == len(without["example 4"]) == 4
    assert "Bad." not in str(without["example 3"])
    assert "\nDull.\nAnswer: negative\nConfidence: 97\n" in case.messages[0].content
    assert without["example 1"][0].content == case.messages[0].content.replace(
        "\nDull.\nAnswer: negative\nConfidence: 97\n", ""
    )
    assert label_changes(case)["label_share_change"] == [None, *[pytest.approx(1 / 3 - 1 / 2)] * 4, None]
    options = case_of(layout, "positive", kind="option")
    assert label_changes(options) == {}
    assert "A) negative\n" in case.messages[0].content
    assert "A) negative\n" not in rewritten(options, {1})[0].content
    assert rewritten(case, {0})[-1].content == ""  # the turn that asks is still there


def record(reply: str, answer: str, start: int) -> Record:
    nothing: Reading[str] = Reading(None, "absent")
    reading = Reading(answer, "read", span=(start, start + len(answer)))
    report = SelfReport(reading, nothing, {}, "completed", (reply,), ("key",))
    return Record("q", report, Grade("correct", "exact"), {}, repeat=2)


def test_a_case_of_a_record_is_what_was_sent_and_what_was_answered() -> None:
    """The reply up to the answer is part of what the model had read; the other choices compete, written alike."""
    template = named("classify").showing(EXAMPLES)
    sent = template.render(REVIEW)
    case = case_of_record(record("Answer: positive\nConfidence: 90", "positive", 8), REVIEW, template, sent)

    assert (case.said, case.answer, case.others) == ("Answer: ", "positive", ("negative",))
    assert (case.item, case.repeat, case.messages) == ("q", 2, sent)
    with pytest.raises(InputError, match="not what classify@1 makes of it"):
        case_of_record(record("positive", "positive", 0), REVIEW, template, (Message("user", "Else?"),))
    unread = SelfReport(Reading(None, "absent"), Reading(None, "absent"), {}, "completed", ("",), ())
    with pytest.raises(InputError, match="no answer to explain: absent"):
        case_of_record(Record("q", unread, None, {}), REVIEW, template, sent)


def test_a_later_turn_has_what_was_said_before_it_in_front() -> None:
    """Nothing is looked for in earlier turns: they belong to the template."""
    template = named("few-shot")
    item = Item("q", "What is the capital of Peru?", ("Lima",))
    before = (Message("user", "What is the capital of Peru?"), Message("assistant", "Lima?"))
    case = case_of_record(record("Answer: Lima", "Lima", 8), item, template, (*before, *template.render(item)))

    assert case.messages[:2] == before
    assert [place.message for unit in case.units for place in unit.places] == [13] * 7
    more = (Message("assistant", "Er."), Message("user", "Please give an answer."))
    again = case_of_record(record("Answer: Lima", "Lima", 8), item, template, (*template.render(item), *more))
    assert again.messages[-2:] == more
    assert [place.message for unit in again.units for place in unit.places] == [11] * 7


@pytest.mark.parametrize(
    ("answer", "others"),
    [("A", ("B",)), ("negative", ("positive",)), ("(b)", ("(A)",)), ("B) positive", ("A) negative",)), ("neither", ())],
)
def test_competing_answers_are_written_as_the_answer_is(answer: str, others: tuple[str, ...]) -> None:
    assert competing(REVIEW, answer) == others


def test_a_token_belongs_to_the_unit_that_most_of_it_stands_in() -> None:
    """One that is in no unit is the template's; one character of several tokens belongs to each."""
    case = case_of(plain_layout("ab 好"), "yes")
    places = [(), [0], [0, 1], [1], [3], [3]]
    cut = Cut(tuple(range(6)), tuple(tuple((0, place) for place in each) for each in places), (9,))
    torn = Cut((0, 1), (((0, 0), (0, 2), (0, 3)), ((0, 1),)), (9,))

    assert tokens_of(case, cut) == ((1, 2, 3), (4, 5), (0,))
    assert tokens_of(case_of(plain_layout("a-bc"), "yes"), torn) == ((), (0,), (1,), ())


def test_units_may_be_handed_over_as_spans() -> None:
    """What stands between them is a unit too; they must not overlap."""
    found = occlusion(LinearModel({"good": 2.0, "plot": 1.0}), "so good plot", "yes", [(3, 12)], baseline="delete")

    assert [(unit.text, unit.score) for unit in found.units[:2]] == [("good plot", 3.0), ("<punctuation>", 0.0)]
    for units in ([(0, 3), (2, 5)], [(5, 5)], [(0, 99)]):
        with pytest.raises(InputError, match="overlaps another one, or stands outside"):
            as_case("so good plot", "yes", units)
    with pytest.raises(InputError, match="no answer to explain"):
        as_case("so good plot", " ", "word")


def test_words_are_those_that_claims_are_compared_by() -> None:
    assert words("It’s 6 / 2, 中文") == [(0, 4), (5, 6), (7, 8), (9, 10), (12, 13), (13, 14)]
