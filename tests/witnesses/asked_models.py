"""What answers in tests: models whose replies are known for every question, and a count of what they were asked."""

import functools
import re
from collections.abc import Callable

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Grade, Item, Record, Request, Response
from selfexplain.witnesses.inquiry import Inquiry

REVIEW = Item("q", "A dull plot, but superb actors.", ("positive",), choices=("negative", "positive"))

SAME = SameAnswer(plugins.graders(), plugins.categorisers())

ELICIT = functools.partial(once, sampling=Sampling(0.0, 1))


class Asked:
    """Answers by a function of the question and the Request, and remembers each Request by its key."""

    def __init__(self, reply: Callable[[str, Request], str | Response]) -> None:
        self._reply = reply
        self.requests: list[Request] = []
        self.known: dict[str, Response] = {}

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        question = request.messages[-1].content.split("\n\n")[0]
        said = self._reply(question, request)
        self.known[request.key] = said if isinstance(said, Response) else Response("completed", said)
        return self.known[request.key]

    async def again(self, request: Request) -> Response:
        """Reply from what is known alone."""
        return self.known[request.key]


async def inquiry(ask: Ask, item: Item = REVIEW, template: Template | None = None, *, repeat: int = 0) -> Inquiry:
    """Return the Inquiry into the Record of an Item that is asked once."""
    template = template or plugins.template("answer-confidence")
    report = await ELICIT(item, template, ask, repeat=repeat)
    return Inquiry(
        Record(item.id, report, Grade("undecided", "choice"), {}, repeat=repeat), item, template, ELICIT, SAME
    )


def letter_of(text: str, request: Request) -> str:
    """Return the letter of an option as the last message shows it; the first one's where it is not shown."""
    shown = re.findall(r"^([A-Z])\) (.*)$", request.messages[-1].content, re.MULTILINE)
    return next((letter for letter, option in shown if option == text), "A")
