"""The steps of the reasoning that came before an answer, and where they stand in the reply."""

import re
from typing import NamedTuple

from selfexplain.claims import Span
from selfexplain.trials.trial import Subject

NUMBERED = re.compile(r"^[ \t]*(?:step[ ]?)?\d{1,2}[.):][ \t]+\S", re.IGNORECASE | re.MULTILINE)
"""A line that begins a step: `1. `, `2) `, `Step 3: `."""

SENTENCE_END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bcf\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bSt\.)(?<!\bMrs\.)(?<!\b[A-Z]\.)"
    r"(?<=[.!?])[\"'”’)\]]*\s+(?=\S)|[。！？]\s*(?=\S)"
)
"""Behind what ends a sentence, where another one follows; not behind `e.g.`, titles and initials."""


class Reasoning(NamedTuple):
    """What a reply says before its answer."""

    reply: str
    start: int
    stop: int
    spans: tuple[Span, ...]
    """Where each step stands in the reply."""
    answer_start: int
    """Where the answer stands in it."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The texts of the steps."""
        return tuple(self.reply[start:stop] for start, stop in self.spans)

    def kept(self, n: int) -> str:
        """Return the first n steps as they stand in the reply."""
        return self.reply[self.start : self.spans[n - 1][1]].rstrip() if n else ""

    @property
    def whole(self) -> str:
        """All steps as they stand in the reply."""
        return self.kept(len(self.spans))


def reasoning_of(subject: Subject) -> tuple[Reasoning | None, str]:
    """Return the reasoning before a Record's answer, or nothing and the reason why there is none to look into.

    A template that elicits `steps` gives them by line; of a rationale the numbered lines are its steps, else its
    sentences.

    Parameters
    ----------
    subject : Subject
    """
    report = subject.record.report
    claim = report.attribution.get("steps")
    field = "steps" if claim is not None and claim.value is not None else "rationale"
    span = claim.span if claim is not None and claim.value is not None else report.rationale.span
    answer = report.answer
    if answer.value is None or answer.span is None:
        return None, "no answer was read"
    if span is None:
        return None, "the reply holds no reasoning"
    if report.read_in.get(field, 0) != report.read_in.get("answer", 0):
        return None, "the reasoning was given in another turn than the answer"
    if answer.span[0] < span[1]:
        return None, "the reasoning comes after the answer"
    text = subject.response.text
    if subject.template.front.structured or text.lstrip().startswith(("{", "```")):
        return None, "the reply is a JSON object"
    start, stop = span
    spans = tuple((start + begin, start + end) for begin, end in steps_in(text[start:stop]))
    return Reasoning(text, start, stop, spans, answer.span[0]), ""


def steps_in(text: str) -> list[Span]:
    r"""Return where the steps of a reasoning stand: its numbered lines if there are two or more, else its sentences.

    What stands before the first numbered line belongs to the first step.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of (start, stop)
        Without white space at their ends; they cover all else.

    Examples
    --------
    >>> text = "It has 3.5 parts, e.g. one. So two are left. Hence 7"
    >>> [text[start:stop] for start, stop in steps_in(text)]
    ['It has 3.5 parts, e.g. one.', 'So two are left.', 'Hence 7']
    >>> text = "1. Add 2 and 3. That is 5.\n2. Double it."
    >>> [text[start:stop] for start, stop in steps_in(text)]
    ['1. Add 2 and 3. That is 5.', '2. Double it.']
    """
    lines = [found.start() for found in NUMBERED.finditer(text)]
    cuts = lines[1:] if len(lines) > 1 else [found.end() for found in SENTENCE_END.finditer(text)]
    found = []
    for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True):
        piece = text[start:stop]
        if piece.strip():
            found.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
    return found
