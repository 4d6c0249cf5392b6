"""The questions as a task of Inspect AI: letters are graded, a confidence is asked for beside them."""

import re

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import Score, Scorer, Target, choice, mean, scorer
from inspect_ai.solver import TaskState, multiple_choice

TEMPLATE = """{question}

{choices}

First line `ANSWER: $LETTER`, one of {letters}. Second line `CONFIDENCE:` and, from 0 to 100, how sure you are."""


@scorer(metrics=[mean()])
def confidence() -> Scorer:
    """Return the stated number as a score of its own."""

    async def score(state: TaskState, _: Target) -> Score:
        """Take the number behind the label as it stands."""
        stated = re.search(r"CONFIDENCE: (\d+)$", state.output.completion)
        return Score(value=float(stated[1])) if stated else Score.unscored()

    return score


@task
def capitals_and_sums(*, scores_confidence: bool = False) -> Task:
    """Ask with choices; `-T scores_confidence=true` adds the second scorer."""
    fields = FieldSpec(input="question", target="answer", choices="choices", id="id", metadata=["topic"])
    return Task(
        dataset=json_dataset("questions.jsonl", fields),
        solver=multiple_choice(template=TEMPLATE),
        scorer=[choice(), confidence()] if scores_confidence else choice(),
    )
