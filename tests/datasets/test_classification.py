"""Classification sets of others: labels as gold or as choices, a few rows of one split as examples of another."""

from pathlib import Path

import pandas as pd

import selfexplain as sx
from selfexplain import plugins
from selfexplain.grading.choice import choice
from selfexplain.prompting import template


def framed(rows: pd.DataFrame, text: str, label: str, split: str) -> pd.DataFrame:
    return pd.DataFrame({"id": rows.id.astype(str), "question": rows[text], "gold": rows[label], "split": split})


def test_reviews_are_classified_by_label_text(tmp_path: Path, shared: Path) -> None:
    """A model that always says positive is right on the share of positive reviews."""
    reviews = pd.read_csv(shared / "data" / "classify_sentiment.csv")
    train, test = reviews[reviews.split == "train"], reviews[reviews.split == "test"]
    frame = pd.concat([framed(train[:6], "text", "label_word", "example"), framed(test, "text", "label_word", "ask")])
    (tmp_path / "r.jsonl").write_text('{"item": "*", "reply": "Answer: Positive\\nConfidence: 90"}\n')

    result = sx.run(frame, model=f"scripted/{tmp_path / 'r.jsonl'}", template="classify", results=tmp_path)

    assert result.to_dict()["n_items"] == 247
    assert result.to_dict()["sources"]["stated"]["metrics"]["accuracy"]["value"] == test.label.mean()


def test_150_intents_are_numbered_choices(shared: Path) -> None:
    """Gold is a label's text; an answer is its number or its text; the template shows both."""
    requests = pd.read_csv(shared / "data" / "classify_intent_domain.csv")
    requests = requests[requests.intent != "oos"]
    intents = sorted(requests.intent.unique())
    test, train = requests[requests.split == "test"][:20], requests[requests.split == "train"][:3]
    frame = pd.concat([framed(train, "text", "intent", "example"), framed(test, "text", "intent", "ask")])
    frame["choices"] = [intents] * len(frame)

    dataset = plugins.dataset(frame)
    (*_, last) = template.named("classify").showing(dataset.examples).render(dataset.items[0])
    system = template.named("classify").showing(dataset.examples).render(dataset.items[0])[0].content

    assert len(intents) == 150
    assert "\n150) " in system
    assert last.content == dataset.items[0].question
    for item in dataset.items:
        number = str(intents.index(item.gold[0]) + 1)
        assert choice(number, item).verdict == choice(item.gold[0].upper(), item).verdict == "correct"
        assert choice(f"{number}) {item.gold[0]}", item).rule == "number and text"
