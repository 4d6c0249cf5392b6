"""The linear bag as a white box: one token for each word, whose embedding row is its weight."""

from collections.abc import Sequence

from selfexplain.errors import InputError
from selfexplain.glass.bag import BIAS, WEIGHTS
from selfexplain.glass.form import first_paragraph
from selfexplain.glass.thinking import NEGATIVE, POSITIVE
from selfexplain.records import Message
from selfexplain.white_box import Cut
from selfexplain.witnesses.linear_model import NO, TURN, YES, LinearModel


class BagInside(LinearModel):
    r"""The white box of `glass/bag-honest` and `glass/bag-lying`: `positive` is its `yes`.

    Only words of the question are read, as by the model itself: of every other message, and of what the reply says
    before its answer, there is one token of the chat format.

    Parameters
    ----------
    name : str
        As the Provider is called.

    Examples
    --------
    >>> from selfexplain.white_box import Aim, Input
    >>> model = BagInside("glass/bag-honest")
    >>> cut = model.cut([Message("user", "A superb plot.\n\nSay superb.")], "Answer: ", "positive")
    >>> model.values([Input(cut.ids)], Aim("margin", cut.answer)).values  # 2.4 and the bias
    array([2.6])
    """

    def __init__(self, name: str) -> None:
        super().__init__(WEIGHTS, bias=BIAS)
        self.name = name

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:  # noqa: ARG002 - the protocol has `said`
        """Return one token for each turn and each word of the question; the answer is `positive` or `negative`.

        Raises
        ------
        InputError
            When the answer is neither, or the last message is not the one that asks.
        """
        names = {POSITIVE: "yes", NEGATIVE: "no"}
        if answer.strip().casefold() not in names:
            raise InputError(f"{self.name} answers positive or negative, never {answer!r}", hint="explain one of these")
        if not messages or messages[-1].role != "user":
            raise InputError(f"{self.name} reads the last message, and it is none of the user's", hint="ask it first")
        last, content = len(messages) - 1, messages[-1].content
        before = len(content) - len(content.lstrip())
        alone = Message("user", first_paragraph(content))
        ids, places, token = super().cut([alone], "", names[answer.strip().casefold()])
        moved = (tuple((last, place + before) for _, place in each) for each in places)
        return Cut((TURN,) * last + ids, ((),) * last + tuple(moved), token)

    def text(self, ids: Sequence[int]) -> str:
        """Return words with spaces between them, and the answers as the model gives them."""
        labels = {YES: POSITIVE, NO: NEGATIVE}
        return " ".join(labels.get(each) or super(BagInside, self).text([each]) for each in ids)
