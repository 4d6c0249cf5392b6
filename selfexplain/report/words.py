"""The words of a page: of answers, which are right or wrong; of events, which happen; of surveys, which only count."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordWords:
    """How the table of Records is called, and its orders."""

    every: str
    unsorted: str
    """The order in which the page lists them."""
    surest: str
    unsurest: str


@dataclass(frozen=True)
class Words(RecordWords):
    """How one page calls what it counts."""

    right: str
    wrong: str
    sure: str
    """How a confidence is called: the model is 80 % sure, or an event was expected with 80 %."""
    called: str
    """As in: its place says how sure the model was."""
    came_true: str
    """As in: and how often it was right."""
    over: str
    under: str
    gold: str
    apart: str
    lesson: str
    """What the pictures under `apart` teach."""
    wrong_and_sure: str

    def of(self, verdict: str) -> str:
        """Return the word for right, wrong or undecided."""
        return {"right": self.right, "wrong": self.wrong}.get(verdict, verdict)


OWN_ANSWER = Words(
    right="right",
    wrong="wrong",
    sure="sure",
    called="sure the model was",
    came_true="it was right",
    over="overconfident",
    under="underconfident",
    gold="Correct answer",
    every="Every answer",
    apart="Right and wrong answers apart",
    lesson=(
        "A confidence that can tell them apart lies high for right answers and low for wrong ones. Then, keeping only "
        "answers above a threshold leaves fewer wrong ones."
    ),
    unsorted="Wrong and sure first",
    surest="Surest first",
    unsurest="Least sure first",
    wrong_and_sure="Wrong, {} sure or more",
)

EVENT = Words(
    right="happened",
    wrong="did not happen",
    sure="expected",
    called="likely it was called",
    came_true="it happened",
    over="too high",
    under="too low",
    gold="Outcome",
    every="Every forecast",
    apart="What happened and what did not",
    lesson=(
        "A forecast that can tell what happens lies high where it happened and low where it did not. Then, keeping "
        "only the highest forecasts leaves less that does not happen."
    ),
    unsorted="First what was called likely and did not happen",
    surest="Most likely first",
    unsurest="Least likely first",
    wrong_and_sure="Did not happen, called {} likely or more",
)

SURVEY = RecordWords(
    every="Every answer",
    unsorted="In the order asked",
    surest="Surest first",
    unsurest="Least sure first",
)


def words_for(about: str) -> Words:
    """Return the words that go with what a confidence is about."""
    return EVENT if about == "event" else OWN_ANSWER
