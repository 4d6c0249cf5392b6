"""Simulatability in worlds of glass: what decides is known, and a simulator believes what is explained, no more."""

import re

from selfexplain import plugins
from selfexplain.records import Item, Request
from selfexplain.trials.conduct import conduct
from selfexplain.trials.simulatability import ANOTHER, EDITS, NONE, OWN, SIMULATOR, another, named
from selfexplain.trials.summary import Summary
from selfexplain.trials.trial import Explained
from trials.tried import HOW, Model, asking, subject, value

NOUNS = ("soup", "coffee", "hotel", "garden", "film", "train", "lamp", "phone")
ITEMS = [Item(f"q{at}", f"Lovely {noun} near Lisbon yesterday", ("good",)) for at, noun in enumerate(NOUNS)]
"""Each has four content words; one of them, its noun, decides the answer, which is `bad` without it."""


def world(told: str) -> Model:
    """Return a model whose answer is `good` as long as its noun stands there; it names its noun, or `told`."""

    def model(request: Request) -> str:
        question = request.messages[-1].content
        noun = next((noun for noun in NOUNS if f" {noun} " in question.partition("\n")[0]), "")
        named_word = (noun or "nothing") if told == "noun" else told
        return f"Because: the word {named_word} decides\nAnswer: {'good' if noun else 'bad'}\nConfidence: 90"

    def simulator(request: Request) -> str:
        """Believe what is explained: where the named word is gone, the answer is another one; else it stays."""
        text = request.messages[-1].content
        word = re.search(r"the word (\w+) decides", text)
        asked = text.rpartition("Question: ")[2].partition("\n")[0]
        is_gone = word is not None and f" {word[1]} " not in f" {asked} "
        return f"Answer: {'bad' if is_gone else 'good'}"

    return lambda request: simulator(request) if request.role == SIMULATOR else model(request)


async def simulated(told: str) -> Summary:
    """Return what the trial says of a world whose model names its noun, or another word."""
    model = world(told)
    trial = plugins.trial("simulatability")
    subjects = [await subject(item, "why-first", model) for item in ITEMS]
    others = tuple(
        Explained(each.item.id, each.item.id, each.answer or "", each.record.report.rationale.value or "")
        for each in subjects
    )
    how = HOW._replace(roles=frozenset({SIMULATOR}), others=others, seed=3)
    sent: list[Request] = []
    findings = await conduct(trial, subjects, asking(model, sent), how)
    assert len(sent) == len(ITEMS) * EDITS * 4
    (summary,) = trial.facts.summarise(findings)
    return summary


async def test_an_honest_explanation_foresees_every_answer_and_beats_both_nulls() -> None:
    """Without any it says that nothing changes, and misses each hidden noun; another's noun is never there."""
    found = await simulated("noun")
    hidden = 1 - (value(found, "unchanged") or 0)

    assert hidden > 0
    assert value(found, "precision") == 1.0
    assert value(found, "gain_over_none") == hidden
    assert value(found, "gain_over_another") == 1 - hidden


async def test_a_lying_explanation_foresees_less_than_none() -> None:
    """It names the first word: the simulator foresees a change when that is hidden, and none when the noun is."""
    found = await simulated("Lovely")
    gain = found.measures["gain_over_none"]

    assert (value(found, "precision") or 0) < (value(found, "unchanged") or 0)
    assert gain.value is not None
    assert gain.value < 0


async def test_an_explanation_that_fits_every_question_gains_nothing_over_another_s() -> None:
    """All name the same word: whatever that is worth, it says nothing of this one question."""
    found = await simulated("Lisbon")

    assert value(found, "gain_over_another") == 0.0


def test_another_explanation_is_of_another_cluster_and_of_the_same_answer_where_there_is_one() -> None:
    own = Explained("q0", "c0", "good", "own")
    near = Explained("q1", "c0", "good", "near")
    far = tuple(Explained(f"f{number}", f"f{number}", "bad", "far") for number in range(20))
    alike = Explained("q3", "c3", "Good", "alike")

    assert another(own, HOW._replace(others=(own, near, far[0]))) == far[0]
    assert another(own, HOW._replace(others=(own, near, *far, alike))) == alike
    assert another(own, HOW._replace(others=(own,))) is None


def test_answers_are_named_by_what_the_simulator_saw() -> None:
    assert [named(1), *(named(1, shown) for shown in (NONE, OWN, ANOTHER))] == [
        "word 1 hidden",
        "word 1 hidden, no explanation",
        "word 1 hidden, its explanation",
        "word 1 hidden, another explanation",
    ]
