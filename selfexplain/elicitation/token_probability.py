"""The probability that the model gave to the very words of its answer."""

import math

from selfexplain.records import Reading, Response


def token_probability(response: Response, answer: Reading[str]) -> Reading[float]:
    """Return the product of the probabilities of the tokens that make up the answer, in [0, 1].

    A token belongs to the answer when it shares a character with it; the label before the answer and the line end
    after it do not count. The product, not the mean: of several rules tried on the embedded model, the product
    ranked right answers above wrong ones best. With a grammar the probabilities are those of the unconstrained
    distribution.

    Parameters
    ----------
    response : Response
        A reply, with or without log-probabilities.
    answer : Reading of str
        The answer read from that reply, with its span.

    Returns
    -------
    Reading of float
        `absent` when the provider gave no log-probabilities or there is no answer.

    Examples
    --------
    >>> from selfexplain.records import Token
    >>> tokens = tuple(Token(text, math.log(p)) for text, p in (("Answer: ", 0.9), ("Par", 0.5), ("is", 0.8)))
    >>> response = Response("completed", text="Answer: Paris", tokens=tokens)
    >>> token_probability(response, Reading("Paris", "read", span=(8, 13)))
    Reading(value=0.4, why='read')
    """
    if not response.tokens or answer.span is None:
        return Reading(None, "absent")
    logprob = 0.0
    for each in answer_logprobs(response, answer):
        logprob += each
    return Reading(min(1.0, float(f"{math.exp(logprob):.12g}")), "read")


def answer_logprobs(response: Response, answer: Reading[str]) -> list[float]:
    """Return the natural log-probabilities of the tokens that make up the answer; none where there are none."""
    if answer.span is None:
        return []
    start, end = answer.span
    position, found = 0, []
    for token in response.tokens:
        begins, position = position, position + len(token.text)
        if begins < end and position > start:
            found.append(token.logprob)
    return found
