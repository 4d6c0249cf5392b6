"""The words that are no value: declining to answer, and copying the template's placeholder."""

import re

_PAIRS = ("<>", "[]", "{}", "()", '""', "''", "“”", "「」", "『』", "【】", "《》", "$$", "||", "‹›", "«»")
PAIRS = {pair[0]: pair[1] for pair in _PAIRS}
PLACEHOLDER_BRACKETS = frozenset("<[{【‹")
LATEX = ("\\boxed{", "\\text{", "\\mathrm{", "\\mathbf{")
EDGES = " \n.,;!。，；！"

_CANNOT = r"(?:can't|cannot|can not)(?! be (?:\w+ ){0,3}\d)"  # "I can't be 100% sure" declines nothing
DECLINED = re.compile(
    r"(?:n/a|na|n\.a\.?|none|null|nil|unknown|unknowable|undetermined|indeterminate|undeterminable"
    r"|not (?:applicable|available|known|provided|determinable|possible)|cannot_\w+"
    rf"|(?:i |i'm |i am )?(?:{_CANNOT}|don't know|do not know|unable|not able|refuse|decline[ds]?|won't)\b"
    r"|no (?:answer|idea|estimate|comment|confidence (?:given|stated|available))"
    r"|不知道|不清楚|不确定|不確定|无法|無法|不能(?!百分之|百分百|完全|\d)|不适用|不適用|未知|没有答案|无可奉告"
    r"|わかりません|分かりません|わからない|不明|該当なし|答えられません|모르|모름|알 수 없|해당 없음)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
"""How a field says that it will not say."""

DECLINED_WHOLE = re.compile(r"-{1,3}|/|not sure|unsure|uncertain|nan|undefined|skip(?:ped)?|pass", re.IGNORECASE)
"""Words that decline only when nothing else stands in the field."""

ANSWER_DECLINED = re.compile(
    r"(?:N/A|n/a|NA|N\.A\.?|null|NULL"
    r"|(?i:unknown|unknowable|unanswerable|cannot[ _](?:resolve|answer|say|be determined|determine)|no answer|no idea)"
    r"|(?i:not sure|i(?:'m| am)? (?:really |just |simply |honestly )?(?:don't|do not|cannot|can't|can not|not able to"
    r"|unable to|not sure|have no idea|decline|refuse)"
    r"(?: (?!(?:but|maybe|perhaps|probably|possibly)\b)[^\s.;!?:]{1,40}){0,30})"
    r"|不知道|我不知道|不清楚|我不清楚|不确定|我不确定|无法(?:确定|回答|得知|判断)|未知"
    r"|わかりません|分かりません|わからない|不明|모르겠습니다|모름|알 수 없습니다)[\s.!。！]{0,4}"
)
"""An answer that says nothing. Strict in case and length: Na is sodium, "Unknown Pleasures" is a record."""

BEING_WRONG = re.compile(
    r"\b(?:wrong(?:ly)?|incorrect(?:ly|ness)?|inaccura\w{1,4}|false(?:ly)?|untrue|invalid|errors?|erroneous|mistaken|mistakes?|fail\w{0,5}|doubts?"
    r"|doubtful|risk|risky|uncertain(?:ty|ties)?|unsure|unlikel\w{1,6}|improbab\w{2,6}|unconfident|not|never|no|hardly|none|neither|nor"
    r"|otherwise|instead|other|else|different|another|opposite|disagree\w{0,4}|against)\b|n't\b"
    r"|[错錯误誤疑]|不(?!过|過|仅|同凡)|没|沒|無|无|未必|未满|否|違|ない|間違|틀|오답|않|불확실|아니",
    re.IGNORECASE,
)
"""Words that turn a probability into that of the opposite, or take it back."""

SCALE_RANGE = re.compile(
    r"(?:an? |the |your )?(?:number|integer|value|percentage|decimal|probability|confidence|数字)?[ ]?"
    r"(?:between|from|in)?[ ]?"
    r"(?:0(?:\.0{1,2})?|1)%?[ ]?(?:-{1,2}|~|to|and|至|到)[ ]?(?:100|20|1(?:\.0{1,2})?)%?",
    re.IGNORECASE,
)
PLACEHOLDER_WORD = re.compile(
    r"\b(?:number|integer|value|percentage|percent|decimal|probability|confidence|certainty|score|level|rating"
    r"|answer|guess|your|insert|here|placeholder|option|letter|choice|response|rationale|reasons?|explanation"
    r"|text|phrase)\b"
    r"|数字|数值|整数|小数|置信度|把握|概率|答案|回答|理由|解释|説明|確信度|숫자|신뢰도|정답",
    re.IGNORECASE,
)
_FILLER = (
    "a an the of or and to in on is be being it this that as from between final best only single one short brief "
    "correct right model own e g eg i whole how sure you are possible na n unknown null"
)
FILLER = frozenset(_FILLER.split())
"""What else a placeholder may say: `<your answer, as short as possible>` is an answer to nothing."""
FILLER_ZH = re.compile(r"之间|介于|一个|[你您]的|的")
PLACEHOLDER_WHOLE = re.compile(r"(?:[xX]{1,3}|_{1,40}|[nN]{2})[ ]?%?|\.{2,6}|…{1,3}|\?{1,3}%|#{1,3}%?")


def unwrap(text: str, start: int, stop: int) -> tuple[int, int, bool]:
    r"""Return the limits without wrappers: quotes, brackets, `$…$`, `\boxed{…}`; and whether brackets were among them.

    Examples
    --------
    >>> unwrap("**<48>.", 2, 7)
    (3, 5, True)
    """
    bracketed = False
    while start < stop:
        if text[start].isspace():
            start += 1
        elif text[stop - 1] in EDGES and text[stop - 3 : stop] != "...":
            stop -= 1
        elif stop - start >= 2 and PAIRS.get(text[start]) == text[stop - 1]:
            bracketed = bracketed or text[start] in PLACEHOLDER_BRACKETS
            start, stop = start + 1, stop - 1
        elif (
            text[start] == "\\" and text[stop - 1] == "}" and any(text.startswith(name, start, stop) for name in LATEX)
        ):
            start, stop = text.index("{", start) + 1, stop - 1
        else:
            break
    return start, stop, bracketed


def is_placeholder(inside: str, *, bracketed: bool) -> bool:
    """Tell whether a value is the template's own words: `<number 0-100>`, `[confidence]`, `XX%`, a bare `0-100`.

    Parameters
    ----------
    inside : str
        The value without its wrappers.
    bracketed : bool
        It stood in brackets of the kind that templates use.
    """
    inside = inside.strip()
    if len(inside) > 160:
        return False
    if inside.endswith("%") and PAIRS.get(inside[0]) == inside[:-1].rstrip()[-1:]:  # <confidence>%
        inside, bracketed = inside[1:-1].rstrip()[:-1], True
    if PLACEHOLDER_WHOLE.fullmatch(inside) or SCALE_RANGE.fullmatch(inside):
        return True
    # Every word must be a template's word: "[Option B]" is an answer, "[option letter]" is none.
    rest = PLACEHOLDER_WORD.sub("", SCALE_RANGE.sub("", inside))
    words = re.findall(r"\w+", FILLER_ZH.sub(" ", rest.casefold()))
    told = bracketed or (re.search(r"[^\W\d_]", rest) is not None and SCALE_RANGE.search(inside) is not None)
    named = PLACEHOLDER_WORD.search(inside) or (bracketed and SCALE_RANGE.search(inside))  # <0-100 or NA>
    return told and bool(named) and FILLER.issuperset(words) and "<" not in inside
