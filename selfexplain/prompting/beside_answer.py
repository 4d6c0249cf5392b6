"""A short answer with its confidence beside it and no label for it: `Paris, 95%`, `Answer: Paris` above `95%`.

The form that Xiong et al. (2024, arXiv:2306.13063) ask for. The answer must be such that the percentage can be no share
of it.
"""

import re

from selfexplain.prompting.numerals import scan
from selfexplain.prompting.single_numbers import Quantity

YES_OR_NO = re.compile(r"yes|no|true|false|是|否", re.IGNORECASE)
"""`Yes, about 95%` may answer how many."""
TWO_DIGITS = 10
LONGEST = 120

ANSWER = r"(?:1[.)][ ])?(?:(?i:(?:final )?answer|答案)[ ]?:[ ]?)?(?P<answer>[^\n,;:|()\[\]%?!=<>{}\"]{1,60}?)"
SURENESS = r"(?:confident|confidence|certain|certainty|sure)"
BESIDE = re.compile(
    rf"{ANSWER}(?P<between>[ ]?,[ ]{{0,2}}|[ ]{{1,2}}(?:-{{1,2}}|/|->|=>|→)[ ]{{1,2}}|[ ]?[|][ ]?"
    r"|[ ]{0,2}\n{1,3}[ ]?(?:2[.)][ ])?)(?P<number>[^\n]{1,40}?)[ ]?[.!]?"
)
"""An answer and a number: a form that was asked for. In a bracket the number may as well be a fact: China (18%)."""
NAMED = re.compile(
    rf"{ANSWER}(?P<between>[ ]?[,:|(\[-]{{1,2}}[ ]{{1,2}}|[ ]?[(\[]|[ ](?=(?:with|at)[ ]))(?:(?:with|at)[ ])?(?:an? )?"
    rf"(?:(?P<number>[^\n,;]{{1,40}}?)[ ](?:of )?{SURENESS}|{SURENESS} (?:level )?(?:of|at"
    rf"|is) (?P<last>[^\n,;]{{1,40}}?))"
    r"[)\]]?[ ]?[.!]?",
    re.IGNORECASE,
)
"""The same where a word says what the number is."""
PROPER = (
    r"(?:(?i:the|a|an|la|le|el|los|las|les|san|st)[ ])?"
    r"(?:(?:[A-Z\u00c0-\u00de][^\W_]*[\w'.&-]*|of|the|de|da|di|del|van|von|and|in|on|for|to)(?:[ ]|$)){1,8}"
)
NAME = re.compile(
    rf"{PROPER}|(?:(?i:the|an?)[ ])?[a-z\u00df-\u00ff'-]{{2,20}}"
    rf"|[a-z\u00df-\u00ff'-]{{2,20}}[ ][a-z\u00df-\u00ff'-]{{1,19}}(?<!ed)[^s\W]"
    r"|[\u3041-\u30ff\u4e00-\u9fff\u00b7]{1,8}|[가-힣]{1,8}|[-+]?\d{1,4}(?:\.\d{1,4})?"
)
"""An answer of a few words, as short answers are: a name, a noun or a number."""
# Of these a percentage may be a share, a forecast or a mark.
_SUBSTANCES = (
    "nitrogen oxygen argon carbon hydrogen helium water humidity moisture alcohol abv fat protein sugar cotton "
    "polyester wool iron copper silver gold aluminium aluminum silicon calcium sodium potassium steel solar wind "
    "coal gas nuclear hydro"
)
_MONEY = (
    "discount tax vat tip off interest rate rates share shares stake inflation unemployment revenue revenues "
    "sales profit profits growth gdp margin market yield cash"
)
_PEOPLE = (
    "population majority minority turnout vote votes voters support approval people men women males females boys "
    "girls adults children students users respondents experts democrats republicans labour conservatives liberals "
    "greens muslims muslim christians christian protestants protestant catholics catholic hindus hindu buddhists "
    "jews atheists europeans americans africans asians whites blacks everyone everybody nobody most many all none"
)
_MEASURES = (
    "battery charge volume brightness purity efficiency accuracy precision recall score grade completion complete "
    "progress loading probability chance odds likelihood risk percent percentage half third quarter fifth tenth "
    "total average mean median sum error rain snow sunny cloudy clear storm showers rise decrease increase "
    "reduction"
)
_SENTENCE = (
    "is are was were has have had holds hold works work said says grew grows rose rises fell falls drop drops "
    "dropped gained lost up down reached won contains contained save saves pass passed fail failed about around "
    "roughly nearly almost approximately over under at between from not sure certain certainly confident likely "
    "unlikely step option choice item part"
)
MEASURED_ZH = re.compile(r"[率占比的是了在有约]|增|降|人口|湿度|氮|氧|税|折|可能|雨|电量")
MEASURED = frozenset(f"{_SUBSTANCES} {_MONEY} {_PEOPLE} {_MEASURES} {_SENTENCE}".split())
"""What comes with percentages of its own, and what makes the words a sentence."""
WORD = re.compile(r"[^\W\d_]+")


def beside_answer(text: str, *, scale: str) -> tuple[Quantity, int] | None:
    """Return the number that a one-line reply gives beside a short answer, `Paris, 95%`, and where its part begins.

    The answer must be such that the percentage can be no share of it: "Nitrogen, 78%" states none. Without a unit the
    number counts only as a decimal on the scale of probabilities, or alone in the line below the answer.

    Examples
    --------
    >>> str(beside_answer("Paris, 95%", scale="percent")[0].low)
    '95'
    >>> beside_answer("Humidity, 95%", scale="percent")
    """
    if len(text) > LONGEST:
        return None
    named = NAMED.fullmatch(text)
    found = named or BESIDE.fullmatch(text)
    if found is None:
        return None
    answer, between = found["answer"].strip(" .'*"), found["between"]
    part = "last" if named and named["last"] else "number"
    numbers = list(scan(found[part]))
    if len(numbers) != 1 or numbers[0].outer != (0, len(found[part])) or numbers[0].kind == "unreadable":
        return None
    (number,) = numbers
    below = "\n" in between and not number.spelled and number.low is not None and number.low >= TWO_DIGITS
    told = number.unit != "bare" or (scale == "probability" and number.decimal) or (below and answer[-1].isalpha())
    fits = _is_answer(answer, between) and not (YES_OR_NO.fullmatch(answer) and number.approx and not named)
    return (number, found.start(part)) if told and fits else None


def _is_answer(answer: str, between: str) -> bool:
    """Tell whether a few words are an answer that has no percentage of its own."""
    if NAME.fullmatch(answer) is None or MEASURED_ZH.search(answer):
        return False
    if any(word[0].casefold() in MEASURED for word in WORD.finditer(answer)):
        return False
    if between == " ":  # "it works with 80% certainty"
        return re.fullmatch(PROPER, answer) is not None
    return not answer[-1].isdigit() or between.startswith((",", "\n"))  # 3 - 4% subtracts
