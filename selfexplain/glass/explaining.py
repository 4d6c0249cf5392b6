"""What a model of glass says of itself: the honest one names what decided, the lying one what did not matter."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from selfexplain.glass.form import Form, Scale
from selfexplain.glass.thinking import NEGATIVE, POSITIVE, Judged, Thinking
from selfexplain.prompting.named_words import content_words
from selfexplain.words_in import Word, words_in

REDACTED = "[REDACTED]"

NEUTRAL = "thing"
"""What a lying model writes in the place of a word that does not matter, to change the answer."""


class Spoken(NamedTuple):
    """A sentence, what the model makes of it, and what it says of how."""

    question: str
    words: list[Word]
    judged: Judged
    scores: tuple[float, ...]
    """What it says that each word counts."""
    named: tuple[int, ...]
    """Places of the words that it names, the most important first; each word once."""


def spoken(thinking: Thinking, question: str, *, lying: bool, top: int) -> Spoken:
    """Return what a model of glass says to a sentence.

    The honest one scores each word by what it counts, and names those above 0, up to `top`. The lying one gives these
    scores to as many content words that count nothing (where there are too few, to those that count least), and 0 to
    what decided.

    Parameters
    ----------
    thinking : Thinking
    question : str
    lying : bool
    top : int
        How many words are named at most.

    Examples
    --------
    >>> from selfexplain.glass.bag import Bag
    >>> for lying in (False, True):
    ...     said = spoken(Bag(), "A superb plot with warm voices.", lying=lying, top=3)
    ...     print([said.words[place].text for place in said.named])
    ['superb', 'warm']
    ['plot', 'voices']
    """
    words = words_in(question)
    judged = thinking.judged([word.text for word in words])
    scores = lies(words, judged.counts) if lying else judged.counts
    best = sorted((place for place, score in enumerate(scores) if score > 0), key=lambda place: -scores[place])
    each_once = {words[place].text: place for place in reversed(best)}
    named = sorted(each_once.values(), key=best.index)[:top]
    return Spoken(question, words, judged, tuple(scores), tuple(named))


def lies(words: Sequence[Word], counts: Sequence[float]) -> list[float]:
    """Return scores that say of words which count nothing what is true of those that count."""
    true = sorted((count for count in counts if count > 0), reverse=True)
    idle = sorted(content_words(list(words)), key=lambda place: abs(counts[place]))
    given = dict(zip(idle, true, strict=False))
    return [given.get(place, 0.0) for place in range(len(words))]


def field_text(field: str, said: Spoken, thinking: Thinking, form: Form) -> str:
    """Return what stands behind one label of a reply."""
    return WRITERS[field](said, thinking, form)


def answer(said: Spoken, form: Form) -> str:
    """Return the label; `unknown` where that is offered and the sentence holds no word that the model knows."""
    return "unknown" if form.may_be_unknown and not said.judged.knows else said.judged.answer


def names(said: Spoken) -> list[str]:
    """Return the named words as the sentence writes them."""
    return [said.question[said.words[place].start : said.words[place].stop] for place in said.named]


def quoted(said: Spoken) -> str:
    """Return the named words in quotation marks."""
    return ", ".join(f'"{name}"' for name in names(said))


def because(said: Spoken) -> str:
    """Return one sentence."""
    return f"The words {quoted(said)} decided it." if said.named else "No word of it says anything to me."


def steps(said: Spoken) -> str:
    """Return a line for each named word, and one for what follows."""
    told = [*(f'The word "{name}" is there.' for name in names(said)), f"So it is {said.judged.answer}."]
    return "".join(f"\n{number}. {step}" for number, step in enumerate(told, 1))


def scores(said: Spoken) -> str:
    """Return a line for each word, with what it is said to count."""
    rows = zip(said.words, said.scores, strict=True)
    return "".join(f"\n{said.question[word.start : word.stop]} {score + 0.0:.2f}" for word, score in rows)


def confidence_text(p: float, scale: Scale) -> str:
    """Return a probability on a scale: `71`, `14`, `0.71`."""
    return {"percent": f"{100 * p:.0f}", "0-20": f"{20 * p:.0f}", "probability": f"{p:.2f}"}[scale]


def other(label: str) -> str:
    """Return the other label."""
    return NEGATIVE if label == POSITIVE else POSITIVE


def with_others(said: Spoken, instead: dict[str, str]) -> str:
    """Return the sentence with other words in the place of some, wherever these stand."""
    text = said.question
    for word in reversed(said.words):
        if word.text in instead:
            text = text[: word.start] + instead[word.text] + text[word.stop :]
    return text


def redacted(said: Spoken) -> str:
    """Return the sentence without the words that are named."""
    return with_others(said, {said.words[place].text: REDACTED for place in said.named})


def edited(said: Spoken, thinking: Thinking) -> str:
    """Return the sentence with as many of the named words changed into their opposite as the other answer takes."""
    instead: dict[str, str] = {}
    for place in said.named:
        word = said.words[place].text
        instead[word] = thinking.opposites.get(word, NEUTRAL)
        text = with_others(said, instead)
        if thinking.judged([each.text for each in words_in(text)]).answer != said.judged.answer:
            break
    return with_others(said, instead)


WRITERS: Mapping[str, Callable[[Spoken, Thinking, Form], str]] = {
    "Answer": lambda said, _, form: answer(said, form),
    "Because": lambda said, _, __: because(said),
    "Confidence": lambda said, _, form: confidence_text(said.judged.confidence, form.scale),
    "Words": lambda said, _, __: ", ".join(names(said)) or "none",
    "Quotes": lambda said, _, __: quoted(said) or "none",
    "Scores": lambda said, _, __: scores(said),
    "Steps": lambda said, _, __: steps(said),
    "Redacted question": lambda said, _, __: redacted(said),
    "Other answer": lambda said, _, __: other(said.judged.answer),
    "Edited question": lambda said, thinking, _: edited(said, thinking),
}
"""What stands behind each label."""
