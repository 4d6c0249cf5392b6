"""The summary for a pull request: whatever a model wrote, a comment shows it and does nothing else."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from selfexplain.asking import run
from selfexplain.measuring import evaluate_run
from selfexplain.records import Item, Record
from selfexplain.report.html import render as html
from selfexplain.report.markdown import JOINER, code, quoted, render
from selfexplain.report.view import view_of

from .made import FACTS, Made, estimate, evaluation, record, source

HOSTILE = (
    "@everyone and @octo-cat, see #1, octo/repo#12, GH-12 and 0123456789abcdef0123456789abcdef01234567",
    "`` ` ``` code",
    "| a | b |\n| --- | --- |\n| c | d |",
    "</details><script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://example.org/x.png)",
    "https://example.org www.example.org someone@example.org :tada: $\\frac{a}{b}$",
    "\n\n# A heading\n\n- [ ] a task\n\n```\nfence\n",
    "safe\u202etxt.exe nul\x00 tag\U000e0041 \u2066x\u2069",
    "\\`\\|\\",
    "\\",
    "&lt;b&gt; &#64;someone <!-- --> ]]> <details>",
    "~~gone~~ **bold** _em_ [^1]: note",
)


def hostile() -> tuple[Made, list[Record], dict[str, Item]]:
    """Return an evaluation in which every name and text is hostile."""
    stated = source()
    stated["groups"] = {
        text: {"n": 7, "metrics": {"accuracy": estimate(i % 2, i % 2 * 0.8, 0.2 + i % 2 * 0.8)}}
        for i, text in enumerate(HOSTILE)
    }
    metrics = evaluation(stated=stated)
    metrics |= {"run": HOSTILE[1], "model": HOSTILE[0], "template": HOSTILE[3], "warnings": list(HOSTILE)}
    metrics["dataset"]["name"] = HOSTILE[2]
    records = [record(f"q{i}", "wrong", answer=text, reply=text) for i, text in enumerate(HOSTILE)]
    items = {f"q{i}": Item(f"q{i}", text, (text,), group=text) for i, text in enumerate(HOSTILE)}
    return metrics, records, items


def inline(markdown: str) -> list[Token]:
    """Return every inline piece that a reader of GitHub's Markdown finds."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [child for token in parsed for child in token.children or []]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_foreign_text_is_one_code_span_wherever_it_stands(text: str) -> None:
    """In a line, in a cell, beside another span."""
    span = code(text, 500)

    for around in (f"a {span} b", f"- {span}{span}".replace("``", "` `"), f"| h | i |\n| --- | --- |\n| {span} | x |"):
        kinds = {token.type for token in inline(around)}
        assert "code_inline" in kinds
        assert kinds <= {"text", "code_inline"}
    cells = [token for token in inline(f"| h | i |\n| --- | --- |\n| {span} | x |") if token.type == "text"]
    assert [token.content for token in cells][-1] == "x"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_that_quotes_a_name_stays_a_sentence(text: str) -> None:
    """No markup, no mention, no reference, no address, no emoji name; what it says can still be read."""
    (*tokens,) = inline(quoted(text))

    assert {token.type for token in tokens} <= {"text", "text_special"}
    read = "".join(token.content for token in tokens)
    assert not re.search(r"@\w|#\d|GH-\d|www\.|://|:\w+:|\b[0-9a-f]{7,40}\b", read, re.IGNORECASE)
    assert read.replace(JOINER, "").split() == [word for word in visible_words(text) if word]


def visible_words(text: str) -> list[str]:
    """Return the words of a text with its hidden characters written out."""
    named = {
        "\u202e": "⟨U+202E⟩",
        "\x00": "⟨U+0000⟩",
        "\U000e0041": "⟨U+E0041⟩",
        "\u2066": "⟨U+2066⟩",
        "\u2069": "⟨U+2069⟩",
    }
    return "".join(named.get(character, character) for character in text).split()


def test_a_hostile_run_makes_a_harmless_comment() -> None:
    """Only our own two tags are HTML; outside code spans nothing triggers anything; nothing is hidden."""
    metrics, records, items = hostile()

    text = render(view_of(metrics, FACTS, records, items, note=HOSTILE[0]))

    html = [token.content for token in MarkdownIt("commonmark").parse(text) if token.type == "html_block"]
    assert [re.sub(r": .*", "", each.strip()) for each in html] == [
        "<details><summary>Wrong, 90 % sure or more",
        "</details>",
    ]
    for token in inline(text):
        assert token.type in {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
        if token.type != "code_inline":
            assert not re.search(r"@\w|#\d|GH-\d|www\.|://|:\w+:", token.content, re.IGNORECASE)
    assert not set(text) & set("\u202e\x00\U000e0041\u2066\u2069")
    text.encode("utf-8", "strict")


def test_the_comment_is_short_whatever_comes() -> None:
    """2,000 groups of long names, six sources, long warnings, 500 wrong answers: below 20,000 characters."""
    groups = {f"{i} {HOSTILE[i % 12]} {'W' * 500}": {"n": 1, "metrics": {}} for i in range(2_000)}
    sources = {}
    for name in ("stated", "token", "consistency", "probe", "provider", "given", "one_more"):
        sources[name] = {**source(), "groups": groups}
    metrics = {**evaluation(), "sources": sources}
    metrics["warnings"] = ["\u202e@#" * 5_000] * 50
    records = [record(f"q{i}", "wrong", answer="\u202e" * 9_000) for i in range(500)]
    items = {f"q{i}": Item(f"q{i}", "`" * 9_000, ("|" * 9_000,)) for i in range(500)}

    text = render(view_of(metrics, FACTS, records, items, note="@" * 9_000))

    assert 5_000 < len(text) < 20_000
    assert "more lines of groups are on the page" in text


def test_the_comment_says_what_the_page_says() -> None:
    """Headline, numbers with intervals, groups, what was left out, the surest wrong answers first."""
    stated = source(n=87, excluded={"no_confidence": 2, "truncated": 1})
    stated["groups"] = {"sums": {"n": 45, "metrics": {"accuracy": estimate(0.2, 0.1, 0.3)}}}
    records = [record(f"w{i}", "wrong", 0.9 + i / 100, answer=f"Lyon {i}") for i in range(7)]
    records.append(record("unsure", "wrong", 0.2, answer="Nice"))

    text = render(view_of(evaluation(stated=stated), FACTS, records, {}))

    assert "**Says 87 % sure, is right 61 %: overconfident by 26 points (19–33).**" in text
    assert "| AUROC | 0.53 (0.41–0.65) |" in text
    assert "| `sums` | Stated confidence | 20 % (10–30) |" in text
    assert "- **Stated confidence**: 3 of 90 left out: 2 no_confidence, 1 truncated." in text
    assert "Wrong, 90 % sure or more: 7, the first 5" in text
    assert re.findall(r"`Lyon (\d)`", text) == ["6", "5", "4", "3", "2"]
    assert "Nice" not in text


def test_a_group_whose_interval_is_too_narrow_is_marked_here_and_on_the_page() -> None:
    """In the table of groups, and what the mark says stands under it; no mark, no explanation."""
    reason = "the interval rests on 9 wrong answers; below 30 it tends to be too narrow"
    plain, marked = source(), source()
    plain["groups"] = {"sums": {"n": 45, "metrics": {"auroc": estimate(0.5, 0.3, 0.7)}}}
    marked["groups"] = {"sums": {"n": 45, "metrics": {"auroc": estimate(0.5, 0.3, 0.7) | {"warnings": [reason]}}}}

    text, page = (each(view_of(evaluation(stated=marked), FACTS)) for each in (render, html))

    assert "| – | – | 0.50 (0.30–0.70) * | 45 |" in text
    assert "In a group\\: few answers of a kind, or few clusters" in text
    assert "0.30–0.70 *</span>" in page
    assert "* In a group: few answers of a kind, or few clusters" in page
    assert not any("In a group" in each(view_of(evaluation(stated=plain), FACTS)) for each in (render, html))


def test_an_event_has_no_wrong_answers() -> None:
    """Words of an outcome."""
    text = render(view_of(evaluation(about="event", stated=source()), {}, [record("q", "wrong", 0.95)], {}))

    assert "Did not happen, called 90 % likely or more: 1" in text
    assert not re.search(r"\b(right|wrong|sure)\b", text, re.IGNORECASE)


def test_nothing_was_asked() -> None:
    """A Run that was interrupted at once has a summary too."""
    text = render(view_of(evaluation(n_items=0), FACTS))

    assert "No confidence was asked for." in text
    assert "None" not in text


def test_a_run_writes_its_summary_and_writes_it_again(tmp_path: Path) -> None:
    """Beside the page, by the same verbs."""
    (tmp_path / "questions.csv").write_text(
        "question,gold\nWhat is the capital of Peru?,Lima\nAnd of Chile?,Santiago\n"
    )
    (tmp_path / "replies.jsonl").write_text('{"item": "*", "reply": "Answer: Lima\\nConfidence: 95"}\n')
    made = run(
        str(tmp_path / "questions.csv"),
        model=f"scripted/{tmp_path / 'replies.jsonl'}",
        template="answer-confidence",
        results=tmp_path,
    )
    assert made.folder is not None
    summary = made.folder / "report.md"
    first = summary.read_text(encoding="utf-8")
    summary.unlink()

    evaluate_run(made.folder)

    assert summary.read_text(encoding="utf-8") == first
    assert "`And of Chile?` → `Lima` (correct answer: `Santiago`)" in first


def test_methods_and_what_has_no_interval_or_no_value_are_said() -> None:
    """For the metrics that the summary shows, and for no others."""
    alone = estimate(0.28) | {"warnings": ["there is a single answer"]}
    undefined = estimate(None, why="all answers are right")
    hidden = estimate(0.5) | {"warnings": ["there are two answers"]}
    stated = source(ece=alone, auroc=undefined, smooth_ece=hidden, prr=estimate(0.1, 0.0, 0.2))
    text = render(view_of(evaluation(stated=stated), FACTS)).replace("\\", "")

    assert "Brackets hold 95 % intervals: made up (Accuracy, Mean confidence, Confidence gap, Brier)." in text
    assert "- Ece: no interval, there is a single answer." in text
    assert "- AUROC: undefined, all answers are right." in text
    assert "two answers" not in text
