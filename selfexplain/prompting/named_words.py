"""Which words of a question a free text names: the claim that a rationale makes without making a list."""

from selfexplain.words_in import Word, stem, words_in

ENGLISH = (
    "a about after all also am an and any are as at be because been before being between but by can could did do does"
    " doing during each for from had has have having he her here him his how i if in into is it its just may me might"
    " more most must my no nor not of on one only or other our out over own same shall she should so some such than"
    " that the their them then there these they this those through to too under until up us very was we were what"
    " when where which while who whom whose why will with would you your"
)
CHINESE = "的了是在和与及或吗呢吧么什哪谁怎样这那个之为而且也都就但又把被从到对于其以可能会有没不我你他她它们请问"

FUNCTION_WORDS = frozenset(ENGLISH.split()) | frozenset(CHINESE)
"""English words and Chinese characters that say little alone; in other languages every word is a content word."""


def is_content(word: Word) -> bool:
    """Tell whether naming a word says something about a question: it is no function word and no single letter."""
    text = word.text
    return text not in FUNCTION_WORDS and (len(text) > 1 or not text.isascii() or text.isdigit())


def content_words(question: list[Word]) -> list[int]:
    """Return the places of a question's content words."""
    return [place for place, word in enumerate(question) if is_content(word)]


def named_in(text: str, question: list[Word]) -> list[int]:
    """Return the places of the content words of a question that a text names, whatever their endings.

    Parameters
    ----------
    text : str
        A rationale, or the steps of one.
    question : list of Word
        The words of the question.

    Examples
    --------
    >>> named_in("Peru's capital city is Lima.", words_in("What is the capital of Peru?"))
    [3, 5]
    """
    said = {stem(word.text) for word in words_in(text)}
    return [place for place in content_words(question) if stem(question[place].text) in said]
