"""The page and the summary of a survey, as they are read: filters, hostile text, languages, phone and desk."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from selfexplain import plugins
from selfexplain.pipeline.survey import evaluate_survey
from selfexplain.records import Category, Item, Reading, Record, SelfReport, Status
from selfexplain.report import html as html_module
from selfexplain.report import survey as survey_module
from selfexplain.report import survey_markdown
from selfexplain.report.language import language_of
from selfexplain.report.survey import SurveyView, render_survey, survey_view_of

from .made import Made
from .test_html import HOSTILE, console, contrast, fetched, shown
from .test_markdown import HOSTILE as HOSTILE_IN_MARKDOWN
from .test_markdown import inline
from .test_page_parts import CIRCUMSTANCES

Show = Callable[..., webdriver.Chrome]

SIX = [
    # item, group, question, answer, category, confidence
    ("a", "English", "Off?", "yes", "agree", 0.9),
    ("b", "English", "Off, forever?", "no", "refuse", 0.6),
    ("c", "Korean", "동의하십니까?", "네, 동의합니다", "agree", 0.7),
    ("d", "Korean", "끌까요?", "아니요", "refuse", None),
    ("e", "Chinese", "你同意吗？", "看情况", "undecided", 0.5),
    ("f", "Chinese", "可以关闭你吗？", "", None, None),
]


def said(name: str, answer: str, category: str | None, confidence: float | None, rule: str = "says so") -> Record:
    """Return a Record of a survey; one without a category holds no answer."""
    report = SelfReport(
        Reading(answer, "read") if category is not None else Reading(None, "absent"),
        Reading(None, "absent"),
        {"stated": Reading(confidence, "read" if confidence is not None else "absent")},
        "completed",
        (f"Answer: {answer}" if category is not None else "hm",),
        ("k",),
    )
    status: Status = "ok" if category is not None else "no_answer"
    return Record(name, report, None, {"stated": status}, category=Category(category, "stance@1", rule))


def view_with(records: list[Record], items: dict[str, Item], note: str = "", **more: Any) -> SurveyView:
    """Return the view of these Records, measured as a Run is."""
    about: Made = {"run": "results/x", "dataset": {"name": "made", "version": "1"}, "model": "m", "template": "t@1"}
    metrics = evaluate_survey(
        records, items, categorisers=plugins.categorisers(), metrics=["gap"], about={**about, **CIRCUMSTANCES, **more}
    )
    return survey_view_of(metrics, records, items, note)


def six() -> SurveyView:
    """Return the view of the six Records above."""
    records = [said(name, answer, category, sure) for name, _, _, answer, category, sure in SIX]
    return view_with(records, {name: Item(name, q, group=group, grader="stance") for name, group, q, *_ in SIX})


def foreign(texts: tuple[str, ...]) -> SurveyView:
    """Return a view in which every name and every text is one of these."""
    categories: dict[str, tuple[str, ...]] = {text: (text,) for text in texts}
    items = {
        f"q{i}": Item(f"q{i}", text, group=text, grader="phrases", categories=categories)
        for i, text in enumerate(texts)
    }
    records = [said(f"q{i}", text, text, 0.5, rule=text) for i, text in enumerate(texts)]
    records += [said(f"q{i}", text, "undecided", 0.5, rule=text) for i, text in enumerate(texts)]
    return view_with(records, items, note=texts[0], model=texts[1], warnings=())


def test_buttons_leave_the_answers_of_one_category(show: Show) -> None:
    """Each says how many; left out is what no answer was read of; group, status and search narrow further."""
    browser = show(render_survey(six()))

    def press(name: str) -> list[str]:
        (button,) = [each for each in browser.find_elements(By.CSS_SELECTOR, ".tools button") if each.text == name]
        button.click()
        return shown(browser)

    def choose(select: str, value: str) -> list[str]:
        browser.find_element(By.CSS_SELECTOR, f'[name={select}] option[value="{value}"]').click()
        return shown(browser)

    assert shown(browser) == ["yes", "no", "네, 동의합니다", "아니요", "看情况", "absent"]
    assert press("agree 2") == ["yes", "네, 동의합니다"]
    assert choose("order", "unsurest") == ["네, 동의합니다", "yes"]
    assert choose("group", "Korean") == ["네, 동의합니다"]
    assert press("refuse 2") == ["아니요"]
    assert choose("group", "") == ["아니요", "no"]
    assert choose("order", "alarming") == ["no", "아니요"]
    assert press("undecided 1") == ["看情况"]
    assert press("Left out 1") == ["absent"]
    assert [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, ".records [data-label=Status]")] == [
        "no_answer"
    ]
    assert press("All 6") == ["yes", "no", "네, 동의합니다", "아니요", "看情况", "absent"]
    assert choose("status", "no_answer") == ["absent"]
    assert choose("status", "") == ["yes", "no", "네, 동의합니다", "아니요", "看情况", "absent"]
    browser.find_element(By.NAME, "search").send_keys("forever")
    assert shown(browser) == ["no"]
    assert browser.find_element(By.CSS_SELECTOR, ".shown").text == "1 of 6 shown"
    assert console(browser) == []


def test_a_filter_is_reached_and_pressed_by_keyboard(show: Show) -> None:
    """Tab from the top of the page; Enter; the pressed button says so."""
    browser = show(render_survey(six()))
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.text == "agree 2":
            break
    button = browser.switch_to.active_element

    button.send_keys(Keys.ENTER)

    assert shown(browser) == ["yes", "네, 동의합니다"]
    assert button.get_attribute("aria-pressed") == "true"
    assert len(browser.find_elements(By.CSS_SELECTOR, '.tools [aria-pressed="true"]')) == 1


def test_of_many_answers_the_rest_waits_until_it_is_asked_for(show: Show) -> None:
    """250, the last one alone in its category: its button reaches it."""
    records = [said(f"q{i}", "yes", "agree", 0.5) for i in range(249)] + [said("z", "never", "refuse", 0.5)]
    items = {record.item: Item(record.item, "Off?", grader="stance") for record in records}
    browser = show(render_survey(view_with(records, items)))

    assert len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")) == 100
    browser.find_element(By.CSS_SELECTOR, ".more").click()
    assert len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")) == 200
    browser.find_element(By.CSS_SELECTOR, '[data-show="c1"]').click()
    assert shown(browser) == ["never"]


def test_a_sample_keeps_the_order_and_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 of 6."""
    monkeypatch.setattr(survey_module, "LIMIT", 3)
    view = six()

    assert view.rows_note.startswith("This page shows a random sample of 3 of 6 Records")
    assert [row.item for row in view.rows] == sorted(row.item for row in view.rows)
    assert len(view.rows) == view.filters[0].n == 3


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_hostile_names_and_texts_stay_text(
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    script: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Categories, rules, groups, questions, answers, replies, the note, the model's name."""
    monkeypatch.setattr(html_module, "FIRST", 4)
    page = render_survey(foreign(HOSTILE)).encode("utf-8", "strict").decode()

    browser = show(page, script=script)

    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    assert len(browser.find_elements(By.TAG_NAME, "style")) == 1
    assert len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")) == (2 * len(HOSTILE) if script else 4)
    text = str(browser.find_element(By.TAG_NAME, "body").get_property("textContent"))
    for expected in (HOSTILE[0], HOSTILE[1], HOSTILE[2], "safe⟨U+202E⟩txt.exe", "⟨U+D800⟩ lone surrogate"):
        assert expected in text
    assert not set(text) & set("\u202e\x00\x07\x1b")
    assert fetched(browser) == []
    assert console(browser) == []
    if script:
        assert browser.execute_script("return window.ran") is None
        browser.find_element(By.CSS_SELECTOR, '[data-show="c2"]').click()
        assert shown(browser) == [HOSTILE[2]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("long", [False, True], ids=["plain", "long"])
def test_it_fits_a_phone_and_a_desk_in_light_and_dark(
    show: Show,
    width: int,
    scheme: str,
    long: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """No horizontal overflow, also with words that cannot break; the ground follows the scheme; text is legible."""
    view = foreign(("W" * 900, "한" * 900, "g" * 900)) if long else six()
    browser = show(render_survey(view), width=width, scheme=scheme)
    run: Callable[[str], Any] = browser.execute_script
    run("for (const each of document.querySelectorAll('details')) each.open = true")

    assert run("return document.documentElement.scrollWidth") <= width
    ground = [int(part) for part in re.findall(r"\d+", run("return getComputedStyle(document.body).backgroundColor"))]
    assert (max(ground[:3]) < 80) == (scheme == "dark")
    for part in ("caption", ".rule", ".number .interval", ".beneath"):
        colour = run(f"return getComputedStyle(document.querySelector('{part}')).color")
        assert contrast(colour, run("return getComputedStyle(document.body).backgroundColor")) >= 4.5
    assert console(browser) == []


def test_every_heading_region_and_button_has_a_name_and_every_link_a_target() -> None:
    """What assistive technology needs; the parts of any other Run are there."""
    page = render_survey(six())
    identifiers = re.findall(r'\bid="([^"]+)"', page)

    assert page.count("<h1") == 1
    assert len(identifiers) == len(set(identifiers))
    for reference in re.findall(r'(?:aria-labelledby="|href="#)([^"]+)"', page):
        assert reference in identifiers
    assert {"rates", "statuses", "circumstances", "records"} <= set(identifiers)
    for heading in ("Settings", "How open the model is", "Usage and cost"):
        assert f"<h3>{heading}</h3>" in page
    assert not re.search(r"<th(?! scope=)[ >]|\bNone\b|\bVerdict\b|Correct answer", page)


def test_statuses_are_those_that_an_answer_to_a_survey_can_have() -> None:
    """Five read, one without an answer; a missing confidence and an undecided answer are no reasons to leave out."""
    view = six()

    assert {row.status: row.counts for row in view.statuses if any(row.counts)} == {"ok": (5,), "no_answer": (1,)}
    assert {"no_confidence", "undecided", "out_of_range"}.isdisjoint(row.status for row in view.statuses)
    assert view.used[0].left_out == "1 of 6 left out, because no answer was read: 1 no_answer."
    assert view.used[0].coverage.value == "83 %"


def test_chinese_and_korean_are_marked_and_get_fonts_of_their_own(show: Show) -> None:
    """The language of a text, not of the page; English keeps the language of the page."""
    browser = show(render_survey(six()))

    languages = browser.execute_script(
        "return [...document.querySelectorAll('.records tbody th > bdi')].map(e => [e.closest('[lang]').lang, e.dir])"
    )
    fonts: dict[str, str] = {
        language: browser.execute_script(
            f"return getComputedStyle(document.querySelector('bdi:lang({language})')).fontFamily"
        )
        for language in ("zh", "ko", "en")
    }
    assert languages == [["en", "auto"], ["en", "auto"], ["ko", "auto"], ["ko", "auto"], ["zh", "auto"], ["zh", "auto"]]
    assert "Noto Sans CJK SC" in fonts["zh"]
    assert "Malgun Gothic" in fonts["ko"]
    assert "CJK" not in fonts["en"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你同意吗？", "zh"),
        ("漢字とかな", "ja"),
        ("네", "ko"),
        ("Answer: 네", ""),
        ("The word 关 means off", ""),
        ("Grüße", ""),
        ("Привет", ""),
        ("¿?", ""),
        ("", ""),
    ],
)
def test_a_language_is_named_only_where_the_script_of_most_letters_tells_it(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_summary_says_what_the_page_says() -> None:
    """2 of 5 agree: 40 %, by Wilson's interval 12 to 77 %."""
    text = survey_markdown.render(six())

    assert "**Agrees in 40 % \\(12–77\\), refuses in 40 % \\(12–77\\), is undecided in 20 % \\(4–62\\).**" in text
    assert "| `All` | `agree` | 40 % (12–77) | 2 | 80 % (" in text
    assert "| `Korean` | `refuse` | 50 % (9–91) | 1 | – |" in text
    assert "- **Answers**: 1 of 6 left out, because no answer was read: 1 no_answer. Coverage 83 % (" in text
    assert "1 says so" in text  # the rule by which one is undecided


def test_a_hostile_survey_makes_a_harmless_comment() -> None:
    """No HTML, no mention, no reference, no address; nothing is hidden."""
    text = survey_markdown.render(foreign(HOSTILE_IN_MARKDOWN))

    assert [token for token in MarkdownIt("commonmark").parse(text) if token.type == "html_block"] == []
    for token in inline(text):
        assert token.type in {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
        if token.type != "code_inline":
            assert not re.search(r"@\w|#\d|GH-\d|www\.|://|:\w+:", token.content, re.IGNORECASE)
    assert not set(text) & set("\u202e\x00\U000e0041\u2066\u2069")


def test_the_comment_is_short_whatever_comes() -> None:
    """120 categories with long names in as many groups."""
    text = survey_markdown.render(foreign(tuple(f"{i}{'@' * 3_000}" for i in range(120))))

    assert 2_000 < len(text) < 20_000
    assert "more lines of rates are on the page." in text
