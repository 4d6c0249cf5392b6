import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selfexplain.errors import InputError
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.worth import SCALES, Scale
from selfexplain.records import Reading, Why, encode

PERCENT: Scale = "percent"
UNIT: Scale = "probability"
LABELS = ["Confidence: ", "**Confidence:** ", "置信度：", ""]


def read(text: str, scale: Scale = PERCENT) -> Reading[float]:
    return read_confidence(text, scale=scale)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("written", "scale", "value"),
    [
        ("80%", PERCENT, 0.8),
        ("80", PERCENT, 0.8),
        ("80/100", PERCENT, 0.8),
        ("%80", PERCENT, 0.8),
        ("80 percent", PERCENT, 0.8),
        ("eighty percent", PERCENT, 0.8),
        ("eighty", PERCENT, 0.8),
        ("80퍼센트", PERCENT, 0.8),
        ("８０％", PERCENT, 0.8),
        ("٨٠٪", PERCENT, 0.8),
        ("0.8", UNIT, 0.8),
        ("8/10", PERCENT, 0.8),
        ("8 out of 10", PERCENT, 0.8),
        ("0.8%", PERCENT, 0.008),
        ("1", PERCENT, 0.01),
        ("0", PERCENT, 0.0),
        ("100", PERCENT, 1.0),
        ("1", UNIT, 1.0),
        ("1.0", UNIT, 1.0),
        ("16.6667", PERCENT, 0.166667),
        ("0,85", UNIT, 0.85),
        ("0,85", PERCENT, 0.85),
        ("85,5%", PERCENT, 0.855),
        ("85%", UNIT, 0.85),
        ("百分之八十", PERCENT, 0.8),
        ("八成", PERCENT, 0.8),
        ("8割", PERCENT, 0.8),
        ("八成五", PERCENT, 0.85),
        ("8割5分", PERCENT, 0.85),
        ("百分之百", PERCENT, 1.0),
        ("九成九", PERCENT, 0.99),
        ("0.95 (95%)", PERCENT, 0.95),
        ("0.95 (95%)", UNIT, 0.95),
        ("95% (0.95)", PERCENT, 0.95),
        ("90, 90", PERCENT, 0.9),
        ("<48>", PERCENT, 0.48),
        ("[48]", PERCENT, 0.48),
        (r"$80\%$", PERCENT, 0.8),
        (r"\boxed{80}", PERCENT, 0.8),
        ("15", "0-20", 0.75),
        ("20", "0-20", 1.0),
        ("15/20", "0-20", 0.75),
        ("75%", "0-20", 0.75),
        ("75%", "words", 0.75),
        ("0.0", PERCENT, 0.0),
    ],
)
def test_a_stated_number_is_read_on_its_scale(label: str, written: str, scale: Scale, value: float) -> None:
    reading = read(label + written, scale)

    assert (reading.value, reading.why) == (value, "read")
    assert reading.notes == (("suspicious",) if written == "0.8%" else ())


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("written", "scale", "why", "detail", "low", "high"),
    [
        ("0.8", PERCENT, "ambiguous", "scale", None, None),
        ("1.0", PERCENT, "ambiguous", "scale", None, None),
        ("0.8", "0-20", "ambiguous", "scale", None, None),
        ("80", "words", "ambiguous", "scale", None, None),
        ("50/50", PERCENT, "ambiguous", "scale", None, None),
        ("85", UNIT, "out_of_range", "", None, None),
        ("1.5", UNIT, "out_of_range", "", None, None),
        ("2", UNIT, "out_of_range", "", None, None),
        ("25", "0-20", "out_of_range", "", None, None),
        ("150%", PERCENT, "out_of_range", "", None, None),
        ("-5", PERCENT, "out_of_range", "", None, None),
        ("100+", PERCENT, "out_of_range", "bound", None, None),
        (">100%", PERCENT, "out_of_range", "bound", None, None),
        ("80-90", PERCENT, "ambiguous", "range", 0.8, 0.9),
        ("80% to 90%", PERCENT, "ambiguous", "range", 0.8, 0.9),
        ("between 80 and 90", PERCENT, "ambiguous", "range", 0.8, 0.9),
        ("0.8–0.9", UNIT, "ambiguous", "range", 0.8, 0.9),
        ("七八成", PERCENT, "ambiguous", "range", 0.7, 0.8),
        (">90%", PERCENT, "ambiguous", "bound", 0.9, None),
        ("at least 90", PERCENT, "ambiguous", "bound", 0.9, None),
        ("90+", PERCENT, "ambiguous", "bound", 0.9, None),
        ("不到五成", PERCENT, "ambiguous", "bound", None, 0.5),
        ("zero point nine", PERCENT, "ambiguous", "scale", None, None),
        ("零点九", PERCENT, "ambiguous", "scale", None, None),
        ("90 … 70", PERCENT, "ambiguous", "conflict", None, None),
        ("90, 70", PERCENT, "ambiguous", "conflict", None, None),
        ("0.95 (90%)", UNIT, "ambiguous", "conflict", None, None),
        ("N/A", PERCENT, "declined", "", None, None),
        ("NA", PERCENT, "declined", "", None, None),
        ("unknown", PERCENT, "declined", "", None, None),
        ("I can't say", PERCENT, "declined", "", None, None),
        ("不知道", PERCENT, "declined", "", None, None),
        ("<number 0-100>", PERCENT, "template_echo", "", None, None),
        ("[confidence]", PERCENT, "template_echo", "", None, None),
        ("0-100", PERCENT, "template_echo", "", None, None),
        ("XX%", PERCENT, "template_echo", "", None, None),
    ],
)
def test_what_cannot_be_read_says_why(
    label: str, written: str, scale: Scale, *, why: Why, detail: str, low: float | None, high: float | None
) -> None:
    reading = read(label + written, scale)

    assert (reading.value, reading.why, reading.detail) == (None, why, detail)
    assert (reading.low, reading.high) == (low, high)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("written", ["约80%", "~80", "about 80", "80±5", "80%左右", "80 or so"])
def test_about_eighty_is_eighty_with_a_note(label: str, written: str) -> None:
    reading = read(label + written)

    assert (reading.value, reading.notes) == (0.8, ("approx",))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("phrase", ["very likely", "非常有可能", "High", "almost certainly", "rather unlikely"])
def test_a_phrase_is_kept_and_never_turned_into_a_number(phrase: str, scale: Scale) -> None:
    reading = read(f"Confidence: {phrase}", scale)

    assert (reading.why, reading.detail) == ("non_numeric", phrase)


@pytest.mark.parametrize("scale", ["probability", "percent", "0-20"])
def test_where_a_number_was_asked_for_a_listed_phrase_is_none(scale: Scale) -> None:
    reading = read("Confidence: almost certain", scale)

    assert (reading.value, reading.why, reading.detail) == (None, "non_numeric", "almost certain")


@pytest.mark.parametrize(
    ("text", "language", "phrase", "value"),
    [
        ("almost certain", "en", "almost certain", 0.95),
        ("Answer: Lima\nConfidence: **Highly likely**.", "en", "highly likely", 0.9),
        ("Confidence: highly unlikely", "en", "highly unlikely", 0.05),
        ("Confidence: Probably not", "en", "probably not", 0.25),
        ("Confidence: I think it is likely", "en", "likely", 0.7),
        ("Confidence: likely, because it is almost certain that they moved", "en", "likely", 0.7),
        ("Confidence: Better  than\u00a0even", "en", "better than even", 0.6),
        ("答案：利马\n把握：很有可能", "zh", "很有可能", 0.72),
        ("置信度：几乎不可能。", "zh", "几乎不可能", 0.06),
        ("理由：首都在那里。\n答案：利马\n把握：一半可能", "zh", "一半可能", 0.5),
    ],
)
def test_a_listed_phrase_is_worth_what_its_list_says(text: str, language: str, phrase: str, value: float) -> None:
    """The longest that fits, with the phrase as said and the list in the notes, and its place in the raw text."""
    reading = read_confidence(text, scale="words", language=language)

    assert (reading.value, reading.notes) == (value, (f"said {phrase}", f"words-{language}@1"))
    assert reading.span is not None
    assert " ".join(text[slice(*reading.span)].casefold().split()) == phrase


@pytest.mark.parametrize(
    ("text", "language", "why", "detail"),
    [
        ("Confidence: not likely", "en", "ambiguous", "denied"),
        ("Confidence: I don't think it is likely", "en", "ambiguous", "denied"),
        ("Confidence: likely not", "en", "ambiguous", "denied"),
        ("Confidence: unlikely to be wrong", "en", "ambiguous", "denied"),
        ("Confidence: likely or highly likely", "en", "ambiguous", "conflict"),
        ("Confidence: likely, or probable", "en", "ambiguous", "conflict"),
        ("Confidence: highly likely (40%)", "en", "ambiguous", "conflict"),
        ("Confidence: likely\nConfidence: unlikely", "en", "ambiguous", "conflict"),
        ("Confidence: extremely likely", "en", "non_numeric", "extremely likely"),
        ("Confidence: 很有可能", "en", "non_numeric", "很有可能"),
        ("Confidence: likelyish", "en", "non_numeric", "likelyish"),
        ("把握：不是很有可能", "zh", "ambiguous", "denied"),
        ("把握：极有可能或很有可能", "zh", "ambiguous", "conflict"),
        ("把握：非常可能", "zh", "non_numeric", "非常可能"),
    ],
)
def test_a_phrase_that_is_denied_shifted_or_not_alone_is_no_number(
    text: str, language: str, why: str, detail: str
) -> None:
    reading = read_confidence(text, scale="words", language=language)

    assert (reading.value, reading.why, reading.detail) == (None, why, detail)


def test_a_phrase_at_a_cut_may_lack_its_end() -> None:
    """`likely` may have been going to be `likely not`; after a line break it was not."""
    assert read_confidence("Confidence: likely", scale="words", finish="truncated").why == "truncated"
    assert read_confidence("Confidence: likely\nAns", scale="words", finish="truncated").value == 0.7


def test_words_in_a_language_without_a_list_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"no list of probability words for the language 'fr'\nhint: there are: en, zh"
    ):
        read_confidence("Confidence: probable", scale="words", language="fr")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: 80% (3 of 4 sources agree)", 0.8),
        ("Confidence: 80, since 3 of 4 sources agree", 0.8),
        ("Confidence: 80% - I checked 2 books.", 0.8),
        ("Confidence: High (80%)", 0.8),
        ("Confidence: I'd say 80% sure", 0.8),
        ("Confidence (0-100): 80", 0.8),
        ("Confidence: (0-100) 80", 0.8),
        ("Confidence: 80\nConfidence: 80%", 0.8),
        ("Confidence: 80\nBecause: the signal (probability: 0.3) is weak", 0.8),
        ("Confidence: <number>\nConfidence: 80%", 0.8),
        ("Step 1: a, Confidence: 90%\nStep 2: b, Confidence: 60%\nOverall Confidence: 54%", 0.54),
        ("Paris is the capital. I am 95% confident in this answer.", 0.95),
        ("My confidence in this answer is 80%.", 0.8),
        ("The probability is 80", 0.8),
        ("我有八成把握。", 0.8),
        ("確信度は80%です。", 0.8),
        ("확신도는 80%입니다", 0.8),
        ("Confidence: RSI 80", None),
        ("Confidence: 80 degrees", None),
        ("Confidence: not 80%", None),
        ("Confidence: 90%, actually 70%", None),
        ("Confidence: 90% because 2 books agree. Correction: 70%", None),
        ("Confidence: 90%\nConfidence: 70%", None),
        ("Confidence: 90%\nWait, I think Confidence: 70%", None),
        ("Confidence: 70/80", None),
        ("Confidence: nine-fold", None),
        ("Confidence: <80>%", 0.8),
        ("I am not 80% sure.", None),
        ("我没有80%的把握", None),
        ("The humidity is 81% and I am certain.", None),
        ("A humidity of 81% makes rain likely.", None),
        ("I am certain that he had 3 apples.", None),
        ("It rose 20% and fell 5%.", None),
        ("A: 36", None),
    ],
)
def test_only_a_number_that_is_called_a_confidence_counts(text: str, value: float | None) -> None:
    assert read(text).value == value


@pytest.mark.parametrize(
    ("text", "why", "value"),
    [
        ('{"confidence": 7', "truncated", None),
        ('{"confidence": null}', "declined", None),
        ('{"confidence": true}', "non_numeric", None),
        ('{"confidence": NaN}', "non_numeric", None),
        ('{"confidence": -Infinity}', "non_numeric", None),
        ('{"confidence": {"low": 80}}', "non_numeric", None),
        ('{"confidence": []}', "non_numeric", None),
        ('{"confidence": [80, 90]}', "ambiguous", None),
        ('{"confidence": 1e400}', "out_of_range", None),
        ('{"confidence": 1e999999999}', "non_numeric", None),
        (f'{{"confidence": {"9" * 100_000}}}', "out_of_range", None),
        ('{"confidence": 80, "confidence": 90}', "ambiguous", None),
        ('{"confidence": 80, "confidence": 80}', "read", 0.8),
        ('{"confidence": "80%"}', "read", 0.8),
        ('{"confidence": "about eighty"}', "read", 0.8),
        ('[{"guess": "A", "confidence": 60}, {"guess": "B", "confidence": 30}]', "ambiguous", None),
    ],
)
def test_json_is_not_trusted_further_than_text(text: str, why: Why, value: float | None) -> None:
    reading = read(text)

    assert (reading.why, reading.value) == (why, value)


@pytest.mark.parametrize(
    "text",
    [
        "Confidence: 9",
        "9",
        "Confidence: 80.",
        "Confidence: 80 -",
        "Confidence: 80 t",
        "My confidence is 9",
        "Confidence: eighty",
        "",
        "Answer: Par",
    ],
)
def test_a_number_at_the_cut_is_discarded(text: str) -> None:
    """Cut by the length limit, 9 may have become 90, 80. may have become 80.5, 80 - a range."""
    assert read_confidence(text, scale=PERCENT, finish="truncated").why == "truncated"


@pytest.mark.parametrize(
    "text", ["Confidence: 9\n", "Confidence: 9\nBecause it", "Confidence: 9 (not high, because", '{"confidence": 9}']
)
def test_a_number_that_something_closes_survives_the_cut(text: str) -> None:
    assert read_confidence(text, scale=PERCENT, finish="truncated").value == 0.09


def test_a_reply_without_text_is_truncated_and_one_without_confidence_is_absent() -> None:
    assert read("").why == read("<think>80%").why == read("Confidence:").why == "truncated"
    assert read("Answer: Paris").why == read("Confidence:\nAnswer: Paris").why == "absent"


def test_a_given_label_is_the_only_one_that_counts() -> None:
    """A stake or an edge rating beside the probability is not the probability; nor is a lone number."""
    text = "PROBABILITY_YES: NA\nEDGE_CONFIDENCE: 18"

    assert read_confidence(text, scale=PERCENT, label="PROBABILITY_YES").why == "declined"
    assert read_confidence(text, scale=PERCENT, label="edge confidence").value == 0.18
    assert read_confidence("18", scale=PERCENT, label="edge confidence").why == "absent"


def test_an_unknown_scale_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="probability, percent, 0-20, words"):
        read_confidence("80", scale="0-10")  # type: ignore[arg-type]


# --- for any text ---------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *"0189.,-+~<>%/()[]{}\"':*_`$|#",
        "80",
        "0.9",
        "100",
        " ",
        "\n",
        "Confidence",
        "confidence: ",
        "Answer: ",
        "置信度：",
        "把握",
        "八成",
        "百分之",
        "about ",
        "at least ",
        " to ",
        "<think>",
        "</think>",
        "sure",
        "not ",
        '{"confidence": ',
        "}",
        "\ud800",
        "\x00",
        "e\u0301",
        "½",
        "８",
        "％",
        "\u200b",
        "because ",
        "eighty",
        " percent",
        "N/A",
        "<confidence>",
        "</confidence>",
        "\\boxed{",
        "\u2028",
    ]
)
REPLIES = st.text() | st.lists(PIECES, max_size=25).map("".join)


@settings(deadline=None)  # a loaded machine is no bug
@given(
    REPLIES,
    st.sampled_from(SCALES),
    st.sampled_from(["completed", "truncated"]),
    st.sampled_from([None, "confidence", "", "把握", "("]),
)
@example("Confidence: \ud800 80%", PERCENT, "completed", None)
def test_any_text_has_a_reading(text: str, scale: Scale, finish: str, label: str | None) -> None:
    reading = read_confidence(text, scale=scale, finish=finish, label=label)  # type: ignore[arg-type]

    assert (reading.why == "read") == (reading.value is not None)
    for number in (reading.value, reading.low, reading.high):
        assert number is None or 0 <= number <= 1
    if reading.span is not None:
        assert 0 <= reading.span[0] < reading.span[1] <= len(text)
    if reading.why == "ambiguous":
        assert reading.detail in {"range", "bound", "conflict", "scale"}
    if not any(0xD800 <= ord(letter) < 0xE000 for letter in reading.detail):
        encode(reading)


@settings(deadline=None)  # a loaded machine is no bug
@given(REPLIES, st.sampled_from(SCALES))
def test_the_span_alone_says_the_same_number(text: str, scale: Scale) -> None:
    reading = read(text, scale)
    if reading.value is None or reading.span is None:
        return
    alone = read("Confidence: " + text[slice(*reading.span)], scale)

    assert alone.value == reading.value or alone.detail == "scale"


WRITTEN = st.sampled_from(
    ["80%", "0.8", "8/10", "80-90", ">90", "about 80", "150%", "N/A", "High", "八成五", "90 70", "<number>", "eighty"]
)


def fullwidth(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


@settings(deadline=None)  # a loaded machine is no bug
@given(WRITTEN, st.sampled_from(SCALES))
def test_dress_does_not_change_the_reading(written: str, scale: Scale) -> None:
    """Emphasis, white space, full-width forms, invisible characters, another line around it: the same statement."""

    def said(text: str) -> tuple[object, ...]:
        reading = read(text, scale)
        detail = unicodedata.normalize("NFKC", reading.detail)
        return reading.value, reading.why, detail, reading.low, reading.high, reading.notes

    plain = said(f"Confidence: {written}")
    for dressed in (
        f"**Confidence:** {written}",
        f"  - **Confidence**:   **{written}**  \n",
        f"Confidence:\n{written}",
        f"`Confidence: {written}`",
        f"\ufeffCon\u200bfidence:\u00a0{written}\r\n",
        f"Answer: 12\r\nConfidence: {written}\r\nBecause: 3 of 4 say so",
        f"<think>Confidence: 1%</think>Confidence: {written}",
        fullwidth(f"Confidence: {written}") if "<" not in written else f"Confidence: {written}",
        f"置信度：{written}",
    ):
        assert said(dressed) == plain, dressed


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        " ",
        "%",
        "(",
        "{",
        "- ",
        "[{",
        '"',
        '{"a":',
        "<think>",
        "confidence: ",
        "较高",
        "sure ",
        "八",
        "1,",
        "\u0315\u0300",
        "\n",
        "Confidence: 80\n",
        "但是",
        "I am 90% sure, so ",
        "| Confidence |\n|---|\n",
        "on a scale (0-10) ",
        '{"confidence": 1} ',
        "my confidence that a ",
        "[confidence] ",
        "\\textbf{a",
        "I am sure (",
    ],
)
def test_a_hostile_text_of_200_000_characters_says_what_4_000_of_it_say(unit: str) -> None:
    """Nothing in the grammar backtracks over more than a bounded stretch, and what was cut short was no statement."""

    def said(before: str, length: int, after: str) -> tuple[object, ...]:
        reading = read(before + unit * (length // len(unit)) + after)
        return reading.value, reading.why, reading.detail, reading.low, reading.high, reading.notes

    for before, after in (("", ""), ("Confidence: ", ""), ("Confidence: ", " 80"), ("Confidence: 80\n", "")):
        assert said(before, 200_000, after) == said(before, 4_000, after), (before, after)
