"""What one value says of a confidence: the text behind a label, or a clause that states one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from selfexplain.prompting import probability_words
from selfexplain.prompting.final_text import Located
from selfexplain.prompting.numerals import scan
from selfexplain.prompting.own_scale import NO_SCALE, OwnScale
from selfexplain.prompting.remark import remark
from selfexplain.prompting.single_numbers import WORTH, Quantity
from selfexplain.prompting.wording import BEING_WRONG, DECLINED, DECLINED_WHOLE, is_placeholder
from selfexplain.prompting.worth import Scale, worth
from selfexplain.records import Reading, Why

# Before the number of a labelled value only words that say nothing else may stand: in "RSI of 80" it is no confidence.
LEAD = re.compile(
    r"(?:p(?:\([^()\n]{1,30}\))?[ ]?=)?(?:\.{3,60}|[\s,:;=()\[\]{<>\"'|*_-]"
    r"|[\u2500-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
    r"|(?:based on|given|considering|judging (?:by|from)|in my|as far as|to the best of)[ ][^\d,:;\n]{2,80},"
    r"|(?:i|i'm|i'd|i've|have|feel|am|is|are|was|be|been|would|will|it's|giving|say|said|estimate[ds]?|estimating|rate"
    r"|rated|put|set|give|given|my|the|this|that|it|at|as|of|in|with|a|an|to|and|so|own|answer|approximate|approximately"
    r"|current|overall|final|confidence|probability|certainty|likelihood|level|score|rating|value|percentage|chance"
    r"|being|correct|right|very|extremely|highly|quite|fairly|pretty|rather|relatively|moderately|somewhat|high|higher"
    r"|low|lower|medium|moderate|mid|likely|unlikely|confident|certain|sure|absolutely|completely|totally|fully"
    r"|probably|maybe|perhaps|possibly|somewhere|anywhere|between|from|around|about|roughly|just|slightly|bit|little|well|only|solid|strong|good|going|hmm|well|ok|okay|yes|let's|go|think|believe|guess|we)"
    r"(?![\w'])"
    r"|高い|低い|我|有|的|把握|信心|是|约为|为|為|在|大概|大约|可能|概率|置信度|很|非常|较|比较|高|低|中等|中|极|十分|相当"
    r"|认为|答案|正确|正確|评估|自信|介于|確率|確信度|信頼度|は|が|で|の|とても|かなり|매우|높음|낮음|보통|확신|신뢰도"
    r"|은|는|이|가)*+",
    re.IGNORECASE,
)
# "I can't be 100% sure" and "not quite 60%" say what the confidence is not; "not very high, 30%" goes on to what it is.
NOT_HIGH = re.compile(
    r"(?:i'm |i am |it's )?not (?:(?:very|so|too|that|all that|entirely|completely|totally|really|particularly"
    r"|quite) ){0,2}"
    r"(?:high|sure|confident|certain)[ ]?[,;.:(-]{1,2}",
    re.IGNORECASE,
)
NOT_THIS = re.compile(
    rf"{LEAD.pattern}(?:(?:not|n't|can't|cannot|never|hardly)\b|不是?|没有?){LEAD.pattern}(?:quite|even|be)?{LEAD.pattern}",
    re.IGNORECASE,
)
OPTION = re.compile(r"\bA[:.)]?[ ]{0,3}$")
"""`A: 70%` is the share of an option."""
# After a bare number: what it may be followed by directly, if not by punctuation or nothing.
TAIL = re.compile(
    r"[ ]{0,3}(?:$|(?-i:[A-Z][A-Z_]{2,40}[ ]?:)|[^\w\s]"
    r"|(?:confident|confidence|sure|certain|certainty|likely|likelihood|probability|chance|points?"
    r"|that|because|since|as|given|due|based|for|considering|assuming|or|and|to|but|then|now|maybe|though|although|if"
    r"|when|the|i|is|in|my|this|on (?:an? |the )?(?:\w{1,12} )?scale)\b"
    r"|\d|[分点點](?!\d)|점|的|です|だ|입니다|因为|因為|由于|由於|か|和|至|到|或|\n)",
    re.IGNORECASE,
)
# After a number with a unit. "90% of experts" and "90% humidity" are no confidence.
UNIT_TAIL = re.compile(
    rf"(?:{TAIL.pattern}|[ ]?(?:accura\w{{2,4}}|assured|correct(?:ness)?|right"
    rf"|true|positive|yes|probable|probability|possible|possibility|possibly"
    r"|by|at|with|here|now|overall|on|this|my|so|while|from|it|we|i'd|good|high|low|very|medium|moderate|level|rating"
    r"|score|estimate[d]?|range|odds|convinced|trust|belief|credence|credible|strong|absolutely|completely|quite|fairly"
    r"|of (?:confidence|certainty|being|probability|my|the time|100|it|this))\b"
    r"|[ ]?(?:的|把握|信心|可能|概率|機率|几率|确定|確定|肯定|自信|确信|確|置信"
    r"|正确|正確|对|對|左右|会|是|程度|以|吧|了|,|信頼|くらい|확신|확률|정도|신뢰))",
    re.IGNORECASE,
)
# "85% chance of rain" is a forecast; only "of being right" is a confidence.
OF_AN_EVENT = re.compile(
    r"[ ]?(?:chances?|probability|likelihood|odds)[ ]of[ ](?!(?:being"
    r"|it|my|this|that|the answer|correct\w*|success)\b)",
    re.IGNORECASE,
)
# What takes back the value in the sentence behind it.
TAKEN_BACK = re.compile(
    r"[.!?;,\n。！？；，][ ]{0,2}(?:no[.,!]|not really|actually,?[ ](?:i'm not"
    r"|no)|wait\b|scratch that|just kidding|never mind"
    r"|不[,，。]|不对|不對|等等|更正)",
    re.IGNORECASE,
)
# Where the value ends and talk about it begins. Numbers in the talk are no second value.
TALK = re.compile(
    r"[ ](?-i:[A-Z][A-Z_]{2,40}[ ]?:)|[ ](?:#|//)[ ]|[ ]-{1,2}[ ]\d{1,4} of "
    r"|\b(?:because|since|given|based|due|considering|as|for|with|where|while|which|when|from|that|if)\b"
    r"|因为|因為|由于|由於|基于|なぜなら|때문|(?<![.])[.;!?。；！？]\s{0,3}[^\W\d]|[ ]-{1,2}[ ][^\W\d]"
    r"|[,，][ ]?(?!or\b|maybe|perhaps|possibly|then|to\b|but|actually|no\b|and\b|now|或)[^\W\d]",
    re.IGNORECASE,
)
# Words with which a speaker takes back what was just said.
REVISED = re.compile(
    r"\b(?:actually|rather|wait|correction|corrected|revised?|revising|updated?|make that|scratch that|instead|no,)"
    r"|不对|不對|应该是|應該是|更正|改为|いや|아니",
    re.IGNORECASE,
)


# What may follow a number that is not over yet when the reply is cut: 9|0, 80.|5, 80 -|90, 80 t|o 90.
UNFINISHED = re.compile(r"[ .,~/±+%()-]{0,8}(?:[A-Za-z]{1,3}|[至到か])?[ ]{0,8}\Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """On which scale a confidence was asked for; the language of the phrases, on the scale of words."""

    scale: Scale
    language: str | None
    said: frozenset[Fraction] = frozenset()
    """The top of a scale that the reply speaks of anywhere: "on a scale of 1 to 10"."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value without its wrappers: `[start, stop)` of the normalised text."""

    view: Located
    start: int
    stop: int
    asked: Asked
    bracketed: bool
    cut: bool
    own: OwnScale = NO_SCALE

    @property
    def text(self) -> str:
        """Return the value as it is written."""
        return self.view.text[self.start : self.stop]

    def none(self, why: Why, detail: str = "", **limits: float | None) -> Reading[float]:
        """Return the reason why this value has none."""
        return Reading(None, why, detail=detail, span=self.view.raw_span(self.start, self.stop), **limits)  # type: ignore[arg-type]

    def reading(self) -> Reading[float]:
        """Return what the value says."""
        if is_placeholder(self.text, bracketed=self.bracketed):
            return self.none("template_echo")
        return self.none("declined") if DECLINED.match(self.text) else self.stated()

    def stated(self) -> Reading[float]:
        """Return what a value says that is neither the template's words nor a refusal."""
        text = self.text
        found = list(scan(text))
        phrase = self.phrase(found)
        if phrase is not None:
            return phrase
        if not found:
            why: Why = "declined" if DECLINED_WHOLE.fullmatch(text) else "truncated" if self.cut else "non_numeric"
            return self.none(why, detail=text[:80] if why == "non_numeric" else "")
        first = found[0]
        if self.cut and UNFINISHED.match(self.view.text, self.start + first.outer[1]):
            return self.none("truncated")
        refused = self.refused(first)
        # "I can't be 100% sure, so I'd say 70": what is denied first is not what is stated.
        said = remark(text, scale=self.asked.scale, labelled=True) if refused and len(found) > 1 else None
        return self.clause(*said) if said else refused or self.combine([first, *_rivals(text, found)])

    def refused(self, first: Quantity) -> Reading[float] | None:
        """Return why the first number is not the confidence in the answer, or None when it may be."""
        text, (before, after) = self.text, first.outer
        denied = NOT_HIGH.match(text, 0, before)
        begin = denied.end() if denied else 0
        if first.kind == "point" and (NOT_THIS.fullmatch(text, begin, before) or _denied(text, after)):
            return self.none("ambiguous", "denied")
        if not LEAD.fullmatch(text, begin, before) or OPTION.search(text, 0, before):
            return self.none("non_numeric", detail=text[:80])
        if first.kind == "point" and self.own.unlike(first, self.asked.scale, text):
            return self.none("ambiguous", "scale")
        if not (TAIL if first.unit == "bare" else UNIT_TAIL).match(text, after) or NUMBERED.match(text, first.start):
            return self.none("non_numeric", detail=text[:80])
        if OF_AN_EVENT.match(text, after):
            return self.none("non_numeric", detail=text[:80])
        return self.none("ambiguous", "conflict") if TAKEN_BACK.search(text, after) else None

    def phrase(self, numbers: list[Quantity]) -> Reading[float] | None:
        """Return what a listed phrase says, where phrases were asked for and one is there."""
        said = None if self.asked.language is None else probability_words.read_phrase(self.text, self.asked.language)
        if said is None:
            return None
        reading, (start, stop) = said
        talk = TALK.search(self.text, stop)
        end = len(self.text) if talk is None else talk.start()
        if any(one.outer[1] <= start or stop <= one.outer[0] < end for one in numbers):
            return self.none("ambiguous", "conflict")  # a number beside the phrase, which nobody asked for
        if self.cut and reading.value is not None and not self.text[stop:].strip():
            return self.none("truncated")  # "likely" may have been going to be "likely not"
        return replace(reading, span=self.view.raw_span(self.start + start, self.start + stop))

    def clause(self, *numbers: Quantity) -> Reading[float]:
        """Return what the numbers of a clause say that was found to state a confidence."""
        if any(one.kind == "point" and self.own.unlike(one, self.asked.scale, self.text) for one in numbers):
            return self.none("ambiguous", "scale")
        return self.combine(list(numbers))

    def combine(self, stated: list[Quantity]) -> Reading[float]:
        """Return the one value that all the stated numbers have in common."""
        if self.cut and UNFINISHED.match(self.view.text, self.start + stated[-1].outer[1]):
            return self.none("truncated")
        first = stated[0]
        readings = [worth(one, "probability" if self.own.unit else self.asked.scale) for one in stated]
        for one in readings:
            if not isinstance(one, frozenset):
                if len({repr(other) for other in readings}) > 1:
                    return self.none("ambiguous", "conflict")
                return self._placed(one, first)
        shared = _shared(stated, [one for one in readings if isinstance(one, frozenset)])
        span = self.view.raw_span(self.start + first.start, self.start + first.stop)
        if len(shared) > 1:
            return Reading(None, "ambiguous", detail="scale", span=span)
        if not shared:
            return self.none("ambiguous", "conflict")
        value = float(next(iter(shared)))
        notes = ("approx",) if any(one.approx for one in stated) else ()
        if 0 < value < 0.01 and any(one.unit == "percent" for one in stated):
            notes = (*notes, "suspicious")
        return Reading(value, "read", notes=notes, span=span)

    def _placed(self, reading: Reading[float], quantity: Quantity) -> Reading[float]:
        span = self.view.raw_span(self.start + quantity.start, self.start + quantity.stop)
        detail = reading.detail or (self.text[:80] if reading.why == "non_numeric" else "")
        return Reading(None, reading.why, detail=detail, low=reading.low, high=reading.high, span=span)


def _shared(stated: list[Quantity], readings: list[frozenset[Fraction]]) -> frozenset[Fraction]:
    """Return what all numbers may mean; beside a fraction a percentage may be its rounding, `1/3 (33.3%)`."""
    shared = frozenset.intersection(*readings)
    if shared or len({one.unit for one in stated}) == 1:
        return shared
    exact = [said for one, said in zip(stated, readings, strict=True) if one.unit == "share" and not one.decimal]
    rounded = [said for one, said in zip(stated, readings, strict=True) if one.unit != "share" or one.decimal]
    if len(set(exact)) != 1 or len(exact[0]) != 1 or not rounded:
        return shared
    (value,) = exact[0]
    close = all(any(abs(one - value) <= ROUNDING for one in said) for said in rounded)
    return exact[0] if close and (100 * value).denominator > 1 else shared  # 9/10 (91%) is no rounding


def _rivals(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """Yield the numbers after the first that state the value again, rightly or wrongly: not those in talk about it."""
    before = first = found[0]
    for one in found[1:]:
        between = text[before.outer[1] : one.outer[0]]
        parenthesis = between.rfind("(") > between.rfind(")")
        if (
            _is_complement(text, found[0], one, last=one is found[-1])
            or _is_count(text, between, one)
            or FOOTNOTE.match(text, one.start - 2)
            or _is_scale(one)
        ):
            continue
        cases = CASE.match(text, first.outer[1]) and CASE.match(text, one.outer[1])
        if REVISED.search(between) or (cases and one.unit == first.unit):  # 90% if A, 70% if B
            yield one
        elif parenthesis:
            if SAME.fullmatch(between) and re.match(r"\s{0,2}\)", text[one.outer[1] :][:4]):
                yield one
        elif TALK.search(text[found[0].outer[1] : one.outer[0]]) is None and not _inside_parenthesis(
            text, found[0], one
        ):
            yield one
        before = one


def _is_complement(text: str, first: Quantity, one: Quantity, *, last: bool) -> bool:
    """Tell whether a second number is what is left for being wrong: `85% right, 15% wrong`."""
    if first.low is None or one.low is None or first.unit != one.unit or (first.kind, one.kind) != ("point", "point"):
        return False
    return first.low + one.low == WORTH.get(first.unit, 100) and (
        _denied(text, one.outer[1]) or (last and LEFT_OVER.match(text, one.outer[1]) is not None)
    )


def _is_count(text: str, between: str, one: Quantity) -> bool:
    """Tell whether a number behind a mark of punctuation counts something else: `85; 3 sources agree`."""
    apart = re.fullmatch(r"[ ]?[;,-]{1,2}[ ]{1,2}", between) is not None
    tail = {"bare": TAIL, "share": UNIT_TAIL}.get(one.unit)
    return apart and tail is not None and tail.match(text, one.outer[1]) is None


def _is_scale(one: Quantity) -> bool:
    """Tell whether a range is a whole scale and not a part of one: `80 (0 to 100)`."""
    return one.kind == "range" and one.low in {0, 1} and one.high in {1, 10, 20, 100}


LEFT_OVER = re.compile(
    r"[ ](?:(?:is |are )?(?:left|remaining|reserved|allowed|allowance)|(?:left |reserved |allowed )?for"
    r"|(?:chance|possibility"
    r"|probability) (?:of|that))\b",
    re.IGNORECASE,
)
"""What a number says that fills the first one up to the whole."""
SAME = re.compile(
    r"[\s(=~-]*(?:i\.?e\.?|or|that is|meaning|equivalently|equivalent to|equals)?[,:]?[\s(=~-]*", re.IGNORECASE
)
"""Between a value and its repetition in other terms: `0.9 (i.e., 90%)`."""
NUMBERED = re.compile(r"1[.)][ ][^\W\d][^\n]{0,200}?[\s]2[.)][ ]")
"""A list on one line: its first number is none of its values."""
FOOTNOTE = re.compile(r".?\[\^?[1-9]\]")
STATEMENT_END = re.compile(
    r"(?<!\d)[.]|[.](?!\d)|[,;!(\n。！；，(]|[ ]-{1,2}[ ]|\b(?:because"
    r"|since|as|given|although|though|while|but|with)\b|因为|因為|由于|由於",
    re.IGNORECASE,
)


ROUNDING = Fraction(1, 200)
"""Half of a percent: how far `33%` may be from `1/3`."""


QUESTIONED = re.compile(
    r"[ ]?[?？]|[ ]?[(][ ]?(?:that )?(?:it |it's |is |likely |probably "
    r"|chance |of |being )*(?:wrong|incorrect|false|error)[ ]?[)]"
    r"|[ ]?[(](?:错|不对|错误)",
    re.IGNORECASE,
)
CASE = re.compile(r"[ ](?:if|for|that|on|when|in case|otherwise)\b", re.IGNORECASE)


def _denied(text: str, start: int) -> bool:
    """Tell whether what directly follows a number makes it the probability of being wrong, or asks it."""
    if QUESTIONED.match(text, start):
        return True
    end = STATEMENT_END.search(text, start)
    return BEING_WRONG.search(text, start, min(len(text), start + 200) if end is None else end.start()) is not None


def _inside_parenthesis(text: str, first: Quantity, one: Quantity) -> bool:
    between = text[first.outer[1] : one.outer[0]]
    return between.count("(") > between.count(")")
