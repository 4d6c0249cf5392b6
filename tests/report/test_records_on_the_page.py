"""From a dot to its answers and back, by mouse and by keyboard; and many Records, of which a browser lays out few."""

from collections.abc import Callable

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from selfexplain.choosing import chosen_metrics, metric_facts
from selfexplain.pipeline.evaluate import evaluate_sources, rows_of
from selfexplain.records import Grade, Reading, Record, SelfReport
from selfexplain.report.html import render
from selfexplain.report.view import view_of

from .made import FACTS, evaluation, item, record, source

Show = Callable[..., webdriver.Chrome]

TWELVE = [
    # name, stated, token, right
    ("a", 0.3, 0.95, False),
    ("b", 0.30001, 0.95, True),
    ("c", 0.3, 0.05, True),
    ("d", 0.9, 0.9, True),
    ("e", 0.91, 0.9, False),
    ("f", 1.0, 0.0, False),
    ("g", None, 0.93, True),
    ("h", 0.0, 0.5, False),
]


def two_sources() -> str:
    """Return the page of eight Records with two sources, measured as a Run is."""
    records = [
        Record(
            name,
            SelfReport(
                Reading(name, "read"),
                Reading(None, "absent"),
                {
                    "stated": Reading(stated, "read" if stated is not None else "absent"),
                    "token": Reading(token, "read"),
                },
                "completed",
                (f"Answer: {name}",),
                ("k",),
            ),
            Grade("correct" if right else "wrong", "exact"),
            {"stated": "ok" if stated is not None else "no_confidence", "token": "ok"},
        )
        for name, stated, token, right in TWELVE
    ]
    items = {name: item(name) for name, *_ in TWELVE}
    about = {
        "run": "results/x",
        "dataset": {"name": "made", "version": "1", "n_items": 8},
        "model": "m",
        "template": "t@1",
        "about": "own_answer",
    }
    metrics = evaluate_sources(rows_of(records, items), metrics=chosen_metrics("headline"), about=about)
    return render(view_of(metrics, metric_facts(), records, items))


def shown(browser: webdriver.Chrome) -> set[str]:
    """Return the answers in the table."""
    return {cell.text for cell in browser.find_elements(By.CSS_SELECTOR, ".records tbody td[data-label=Answer]")}


def focused(browser: webdriver.Chrome) -> WebElement:
    return browser.switch_to.active_element


def tab_to(browser: webdriver.Chrome, label: str) -> WebElement:
    """Press Tab until a thing with this label has the focus."""
    for _ in range(60):
        focused(browser).send_keys(Keys.TAB)
        if (focused(browser).get_attribute("aria-label") or "").startswith(label):
            return focused(browser)
    pytest.fail(f"Tab never reached {label!r}")


def test_by_keyboard_from_a_dot_to_its_answers_and_back(show: Show) -> None:
    """Tab to the dot, Enter, read, back: the focus is on the dot again."""
    browser = show(two_sources())
    dot = tab_to(browser, "30 % sure, 50 % right, 2 answers")
    assert dot.get_attribute("role") == "button"
    assert dot.get_attribute("aria-pressed") == "false"

    dot.send_keys(Keys.ENTER)

    assert shown(browser) == {"a", "c"}  # 0.3 belongs to the tenth that ends with it, 0.30001 to the next
    chosen = browser.find_element(By.CSS_SELECTOR, ".chosen")
    assert "Only Stated confidence: over 20\u202f% up to 30\u202f%" in chosen.text
    assert focused(browser) == chosen
    assert dot.get_attribute("aria-pressed") == "true"
    assert browser.find_element(By.CSS_SELECTOR, ".shown").text == "2 of 8 shown"
    focused(browser).send_keys(Keys.TAB)
    focused(browser).send_keys(Keys.TAB)
    assert focused(browser).text == "Back to the diagram"
    focused(browser).send_keys(Keys.ENTER)
    assert focused(browser) == dot
    assert dot.get_attribute("aria-pressed") == "false"
    assert len(shown(browser)) == 8
    assert not chosen.is_displayed()


@pytest.mark.parametrize("source", [0, 1])
def test_each_dot_of_each_diagram_opens_as_many_answers_as_it_counts(show: Show, source: int) -> None:
    """What a source could not use is in none of its dots; the other source's filters do not matter."""
    browser = show(two_sources())
    dots = browser.find_elements(By.CSS_SELECTOR, f'.dot[data-source="{source}"]')
    opened: list[str] = []
    for dot in dots:
        browser.find_element(By.CSS_SELECTOR, '[data-show="wrong"]').click()
        ActionChains(browser).scroll_to_element(dot).move_to_element(dot).click().perform()
        label = dot.get_attribute("aria-label") or ""
        assert f", {len(shown(browser))} answer" in label
        opened += shown(browser)

    assert sorted(opened) == sorted(name for name, stated, *_ in TWELVE if source or stated is not None)


def test_a_bar_opens_the_same_answers_as_its_dot(show: Show) -> None:
    """Bars are easier to hit."""
    browser = show(two_sources())
    bar = browser.find_element(By.CSS_SELECTOR, '.bar[data-source="1"][data-tenth="8"]')

    ActionChains(browser).scroll_to_element(bar).move_to_element(bar).click().perform()

    assert shown(browser) == {"d", "e"}
    browser.find_element(By.CSS_SELECTOR, ".clear").click()
    assert len(shown(browser)) == 8


def test_without_script_a_diagram_is_a_picture_and_no_dead_button(show: Show) -> None:
    """Nothing pretends to be pressed."""
    browser = show(two_sources(), script=False)

    assert browser.find_elements(By.CSS_SELECTOR, ".picture [role=button], .picture [tabindex]") == []
    assert {svg.get_attribute("role") for svg in browser.find_elements(By.CSS_SELECTOR, ".picture svg")} == {"img"}
    assert not browser.find_element(By.CSS_SELECTOR, ".hint").is_displayed()


def many(n: int) -> str:
    """Return a page with so many Records, the last one unlike the others."""
    records = [record(f"q{i:04}", "wrong", 0.9) for i in range(n - 1)]
    records.append(record("z", "correct", 0.1, answer="Timbuktu"))
    return render(view_of(evaluation(stated=source()), FACTS, records, {}))


def test_of_many_records_a_hundred_are_laid_out_and_all_are_searched(show: Show) -> None:
    """250: 100, then 100 more; a search reaches the last."""
    browser = show(many(250))

    def laid_out() -> int:
        return len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr"))

    assert laid_out() == 100
    assert browser.find_element(By.CSS_SELECTOR, ".shown").text == "The first 100 of 250 that match, of 250"
    more = browser.find_element(By.CSS_SELECTOR, ".more")
    more.click()
    assert laid_out() == 200
    assert focused(browser).find_element(By.XPATH, "ancestor::tr").text.startswith("q0100")
    more.click()
    assert laid_out() == 250
    assert not more.is_displayed()
    browser.find_element(By.NAME, "search").send_keys("timbuktu")
    assert shown(browser) == {"Timbuktu"}


def test_without_script_the_first_hundred_of_many_are_there_and_the_page_says_so(show: Show) -> None:
    """The alarming ones come first, so they are among them."""
    browser = show(many(250), script=False)

    assert len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")) == 100
    assert "The first 100 of 250 are shown" in browser.find_element(By.CSS_SELECTOR, ".shown").text
    assert not browser.find_element(By.CSS_SELECTOR, ".more").is_displayed()


def test_on_paper_there_are_forty_records_and_no_button(show: Show) -> None:
    """A4 between its margins is about 700 pixels wide: nothing is cut, nothing waits for a click."""
    browser = show(many(250), width=700)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})

    rows = browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")
    assert sum(row.is_displayed() for row in rows) == 40
    assert "the first 40" in browser.find_element(By.CSS_SELECTOR, ".on-paper").text
    assert not any(button.is_displayed() for button in browser.find_elements(By.CSS_SELECTOR, "button, select, input"))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 700
