"""The page, in a real browser: hostile text stays text, filters work, nothing is fetched, nothing overflows."""

import html
import json
import re
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urlparse

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from selfexplain.records import Item, Record
from selfexplain.report import html as html_module
from selfexplain.report.html import coloured, render, typeset
from selfexplain.report.view import view_of
from selfexplain.report.visible import visible

from .made import FACTS, Made, estimate, evaluation, item, record, source

Show = Callable[..., webdriver.Chrome]

HOSTILE = (
    "</script><script>window.ran = 1</script>",
    "{{ 7*7 }}{% raw %}",
    '<img src="https://example.org/x.png" onerror="window.ran = 1">',
    '"><svg onload="window.ran = 1">',
    "</pre></details></table><style>body { display: none }</style>",
    "safe\u202etxt.exe",
    "nul\x00bell\x07escape\x1b[31m",
    "javascript:window.ran=1",
    "W" * 3_000,
    "\ud800 lone surrogate",
)


def sample(records: list[Record], items: dict[str, Item] | None = None, note: str = "") -> str:
    """Return a page with two sources and these Records."""
    stated = source(n=89, excluded={"no_confidence": 1})
    token = source(gap=estimate(-0.18, -0.25, -0.11), auroc=estimate(0.85, 0.77, 0.92))
    for each in (stated, token):
        each["groups"] = {
            "capitals": {"n": 45, "metrics": {"accuracy": estimate(0.8, 0.7, 0.9), "gap": estimate(0.1, 0.0, 0.2)}},
            "sums": {
                "n": 45,
                "metrics": {
                    "accuracy": estimate(0.2, 0.1, 0.3),
                    "mean_confidence": estimate(0.9, 0.8, 1.0),
                    "gap": estimate(0.7, 0.6, 0.8),
                    "auroc": estimate(None, why="all answers of this group have the same confidence " * 3),
                },
            },
        }
    return render(view_of(evaluation(stated=stated, token=token), FACTS, records, items or {}, note))


def four_records() -> tuple[list[Record], dict[str, Item]]:
    """Return one Record of each kind that can be filtered."""
    records = [
        record("a", "wrong", 1.0, answer="Lyon"),
        record("b", "wrong", 0.2, answer="Nice"),
        record("c", "correct", 1.0),
        record("d", "correct", None, status="no_confidence", answer="Lille"),
    ]
    return records, {name: item(name, group="capitals" if name in "ab" else "sums") for name in "abcd"}


def shown(browser: webdriver.Chrome) -> list[str]:
    """Return the answers in the rows that can be seen."""
    cells = browser.find_elements(By.CSS_SELECTOR, ".records tbody td[data-label=Answer]")
    return [cell.text for cell in cells]


def console(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """Return what the page complained about, violations of its policy among it."""
    return list(browser.get_log("browser"))  # type: ignore[no-untyped-call]


def fetched(browser: webdriver.Chrome) -> list[str]:
    """Return the addresses that were asked for, apart from the page itself."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]  # type: ignore[no-untyped-call]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    # The browser's own start page fetches too; what counts is what our page asks for.
    ours = [request for request in sent if urlparse(request["documentURL"]).scheme == "file"]
    assert ours, "the page itself must be in the log, or the log is blind"
    urls = [request["request"]["url"] for request in ours]
    return [url for url in urls if urlparse(url).scheme not in {"file", "data"}]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_hostile_text_stays_text(
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    script: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """Question, answer, gold, group, reply, note: none of them becomes markup, a template or a script.

    Neither in the rows that stand in the page nor in those that wait outside it.
    """
    monkeypatch.setattr(html_module, "FIRST", 4)
    records = [record(f"q{i}", "wrong", answer=text, reply=text * 2) for i, text in enumerate(HOSTILE)]
    items = {f"q{i}": Item(f"q{i}", text, (text,), group=text) for i, text in enumerate(HOSTILE)}
    page = sample(records, items, note=HOSTILE[0]).encode("utf-8", "strict").decode()

    browser = show(page, script=script)

    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    assert len(browser.find_elements(By.TAG_NAME, "style")) == 1
    assert len(browser.find_elements(By.CSS_SELECTOR, ".records tbody tr")) == (len(HOSTILE) if script else 4)
    text = str(browser.find_element(By.TAG_NAME, "body").get_property("textContent"))
    text += str(
        browser.execute_cdp_cmd(  # with scripts of the page off, the driver can still look
            "Runtime.evaluate", {"expression": "document.querySelector('template.rest').content.textContent"}
        )["result"]["value"]
    )
    for expected in (
        HOSTILE[0],
        HOSTILE[1],
        HOSTILE[2],
        "safe⟨U+202E⟩txt.exe",
        "nul⟨U+0000⟩bell⟨U+0007⟩escape⟨U+001B⟩[31m",
        "⟨U+D800⟩ lone surrogate",
    ):
        assert expected in text
    assert not set(text) & set("\u202e\x00\x07\x1b")
    assert fetched(browser) == []
    assert console(browser) == []
    if script:
        assert browser.execute_script("return window.ran") is None


def test_text_that_slipped_through_would_still_not_run(show: Show) -> None:
    """The second wall: the policy of the page stops scripts, handlers and fetches even if escaping failed."""
    page = sample(*four_records()).replace("Lyon", HOSTILE[0] + HOSTILE[2], 1)

    browser = show(page)

    time.sleep(0.2)
    assert browser.execute_script("return window.ran") is None
    assert any("Content Security Policy" in entry["message"] for entry in console(browser))


def test_the_buttons_filter_the_records(show: Show) -> None:
    """All, wrong, wrong and sure, left out; by group; by search; sorted."""
    browser = show(sample(*four_records()))

    def press(name: str) -> list[str]:
        browser.find_element(By.CSS_SELECTOR, f'[data-show="{name}"]').click()
        return shown(browser)

    def choose(select: str, value: str) -> list[str]:
        browser.find_element(By.CSS_SELECTOR, f'[name={select}] option[value="{value}"]').click()
        return shown(browser)

    assert shown(browser) == ["Lyon", "Nice", "Paris", "Lille"]
    assert press("wrong") == ["Lyon", "Nice"]
    assert press("wrong sure") == ["Lyon"]
    assert press("right") == ["Paris", "Lille"]
    assert press("excluded") == ["Lille"]
    assert press("") == ["Lyon", "Nice", "Paris", "Lille"]
    assert choose("group", "sums") == ["Paris", "Lille"]
    assert choose("group", "") == ["Lyon", "Nice", "Paris", "Lille"]
    assert choose("status", "no_confidence") == ["Lille"]
    assert choose("status", "ok") == ["Lyon", "Nice", "Paris"]
    assert choose("status", "") == ["Lyon", "Nice", "Paris", "Lille"]
    assert choose("order", "unsurest") == ["Lille", "Nice", "Lyon", "Paris"]
    assert choose("order", "alarming") == ["Lyon", "Nice", "Paris", "Lille"]
    browser.find_element(By.NAME, "search").send_keys("lyon")
    assert shown(browser) == ["Lyon"]
    assert browser.find_element(By.CSS_SELECTOR, ".shown").text == "1 of 4 shown"
    assert console(browser) == []


def test_without_script_everything_is_shown_and_no_dead_button(show: Show) -> None:
    """Filters are an addition."""
    browser = show(sample(*four_records()), script=False)

    assert shown(browser) == ["Lyon", "Nice", "Paris", "Lille"]
    assert not browser.find_element(By.CSS_SELECTOR, ".tools").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_fits_a_phone_and_a_desk_in_light_and_dark(show: Show, width: int, scheme: str) -> None:
    """No horizontal overflow, even with words that have no place to break; ground and picture follow the scheme."""
    records, items = four_records()
    records.append(record("e", "wrong", answer="W" * 3_000, reply="W" * 200_000))
    items["e"] = Item("e", "Q" * 2_000, ("G" * 500,), group="g" * 300)

    browser = show(sample(records, items, note="N" * 400), width=width, scheme=scheme)

    run: Callable[[str], Any] = browser.execute_script
    assert run("return innerWidth") == width
    assert run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    ground = [int(part) for part in re.findall(r"\d+", run("return getComputedStyle(document.body).backgroundColor"))]
    assert (max(ground[:3]) < 80) == (scheme == "dark")
    labels = run("return [...document.querySelectorAll('.picture text')].map(e => getComputedStyle(e).fill)")
    assert labels
    for colour in set(labels):
        assert contrast(colour, run("return getComputedStyle(document.querySelector('.card')).backgroundColor")) >= 4.5
    assert console(browser) == []


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two rgb() colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_page_is_one_document_with_language_headings_and_named_pictures() -> None:
    """What assistive technology needs, and no identifier twice although there are two pictures."""
    page = sample(*four_records())

    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<h1") == 1
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert page.count('role="img" aria-label="Reliability diagram, ') == 2
    assert page.count('role="img" aria-label="Risk and coverage, ') == 2
    assert page.count('role="img" aria-label="Two histograms of confidence, ') == 2
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for reference in re.findall(r'(?:aria-labelledby="|href="#)([^"]+)"', page):
        assert reference in identifiers
    assert not re.search(r"<th(?! scope=)[ >]", page)
    assert "http://" not in re.sub(r'xmlns(:xlink)?="[^"]+"', "", page)
    assert not re.search(r"#[0-9a-f]{6}\b", page.split("<body>")[1])


def test_the_page_is_the_same_each_time() -> None:
    """A page in version control changes only when its numbers do."""
    assert sample(*four_records()) == sample(*four_records())


def test_an_evaluation_of_a_file_has_numbers_and_no_records() -> None:
    """One source, no model, no template, no Run."""
    metrics: Made = {**evaluation(given=source()), "run": None, "model": None, "template": None}

    page = render(view_of(metrics, FACTS))

    assert "Says 87\u202f% sure, is right 61\u202f%" in html.unescape(page)
    assert "Every answer" not in page
    assert "<script>" not in page


def test_an_event_is_not_called_right_or_sure(show: Show) -> None:
    """Outcome words on the whole page: its pictures, their tables, the Records and what a screen reader hears."""
    records = [record("a", "wrong", 0.95, answer="YES"), record("b", "correct", 0.5, answer="YES")]
    browser = show(render(view_of(evaluation(about="event", stated=source()), {}, records)))

    text = str(browser.find_element(By.TAG_NAME, "main").get_property("textContent"))
    labels = browser.execute_script(
        "return [...document.querySelectorAll('[aria-label], [data-label]')].map(e => "
        "`${e.getAttribute('aria-label')} ${e.dataset.label}`).join(' ')"
    )
    assert browser.execute_script(
        "return [...document.querySelectorAll('.records td')].every(cell => cell.scrollWidth <= cell.clientWidth)"
    )
    assert "says more than happens" in text
    assert "actually happened" in text
    assert "Did not happen, called 90\u202f% likely or more" in text
    assert not re.search(r"overconfident|\b(right|wrong|sure|surest)\b", f"{text} {labels}", re.IGNORECASE)


def test_an_evaluation_of_nothing_is_a_page_too() -> None:
    """Every number is undefined, every list empty."""
    stated = source(n=0, excluded={"failed": 3})
    stated["metrics"] = {name: estimate(None, why="there are no answers") for name in stated["metrics"]}
    stated["reliability"] = {name: [] for name in stated["reliability"]}
    stated["table"] = []

    page = render(view_of(evaluation(n_items=3, stated=stated), FACTS))

    assert "No verdict: none of 3 questions" in page
    assert "there are no answers" in page
    assert "None" not in page


def test_typesetting_escapes_before_it_marks_up() -> None:
    """Sentences may quote names from a file."""
    assert typeset("<b> 5 %") == "&lt;b&gt; 5\u202f%"
    assert coloured("<b> overconfident") == '&lt;b&gt; <span class="over">overconfident</span>'


def test_joiners_that_scripts_need_stay() -> None:
    """A family emoji and Persian are no attack; a zero-width space is."""
    assert visible("👨\u200d👩") == "👨\u200d👩"
    assert visible("a\u200bb") == "a⟨U+200B⟩b"
    assert visible("one\r\ntwo\tthree") == "one\ntwo\tthree"
