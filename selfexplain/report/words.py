"""The words of a page: those of a model's own answers, which are right or wrong, or those of events, which happen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """How one page calls what it counts."""

    right: str
    wrong: str
    sure: str
    """How a confidence is called: the model is 80 % sure, or an event was expected with 80 %."""
    was_right: str
    """As in: 60 % of them were right."""
    over: str
    under: str
    gold: str
    every: str
    apart: str
    alarming: str
    surest: str
    unsurest: str
    wrong_and_sure: str

    def of(self, verdict: str) -> str:
        """Return the word for right, wrong or undecided."""
        return {"right": self.right, "wrong": self.wrong}.get(verdict, verdict)


OWN_ANSWER = Words(
    right="right",
    wrong="wrong",
    sure="sure",
    was_right="are right",
    over="overconfident",
    under="underconfident",
    gold="Correct answer",
    every="Every answer",
    apart="Right and wrong answers apart",
    alarming="Wrong and sure first",
    surest="Surest first",
    unsurest="Least sure first",
    wrong_and_sure="Wrong, {} sure or more",
)

EVENT = Words(
    right="happened",
    wrong="did not happen",
    sure="expected",
    was_right="happened",
    over="too high",
    under="too low",
    gold="Outcome",
    every="Every forecast",
    apart="What happened and what did not",
    alarming="Called likely, did not happen: first",
    surest="Most likely first",
    unsurest="Least likely first",
    wrong_and_sure="Did not happen, called {} likely or more",
)


def words_for(about: str) -> Words:
    """Return the words that go with what a confidence is about."""
    return EVENT if about == "event" else OWN_ANSWER
