"""A confidence that running text states without a label: what the speaker says of the own answer, as a fact.

A whole clause must have one of a few forms ("I am 90% sure", "my confidence is 80", 我有八成把握). So whatever denies
the statement, wishes for it, asks it or says it of somebody else makes the clause another one.
"""

import re
from collections.abc import Iterator

from selfexplain.prompting.numerals import scan
from selfexplain.prompting.remark import remark
from selfexplain.prompting.single_numbers import Quantity
from selfexplain.prompting.wording import BEING_WRONG

LONGEST_SENTENCE = 600
"""A longer sentence is no plain statement."""

LONGEST_ASIDE = 30
"""A number with its unit and an "about"."""

JOINT = r"(?:\b(?:and|but|because|since|so|with|while|although|though)\b)"
SENTENCE = re.compile(r"(?:[^.!?;\n。！？；]|\.(?=\d))++[.!?;。！？；]?")
CLAUSE = re.compile(
    rf"{JOINT}?(?:(?!{JOINT}|[ ]-{{1,2}}[ ])[^,，、()\[\]]|(?<=\d),(?=\d))++|{JOINT}",
    re.IGNORECASE,
)
WORD = re.compile(
    r"\b(?:confident|confidence|certain|certainty|sure|positive|probability|likely|likelihood|chance|credence"
    r"|sicher|sûre?|certaine?|segur[oa]|confianza|cert[oa]|confiante|confiança|certeza|sicur[oa]|уверена?)\b"
    r"|把握|正确率|置信|可信度|信心|确信|確信|确定|肯定|概率|可能性|自信|信頼度|確率|확신|신뢰도|확률",
    re.IGNORECASE,
)
# Anywhere before the statement in its sentence: what makes it a condition, an example, or the word of somebody else.
NOT_MINE = re.compile(
    r"\b(?:if|unless|were|wish|suppose|supposing|imagine|until|once|when|whenever|whether|example|instance|e\.g|suggests?"
    r"|he|she|they|you|your|his|her|their|who|whoever|we|our|everyone|everybody|nobody|someone|somebody|people|anyone"
    r"|experts?|authors?|colleagues?|friends?|survey|study|studies|paper|report|users?|critics?|doctors?|models?|source"
    r"|others?|says|said|claims?|claimed|told|tells|wrote|writes|thinks|interval|significan\w*|hypothesis|hardly"
    r"|not true|doubt|deny|untrue|false that|previously|initially|originally|earlier|yesterday|once|before)\b"
    r"|[\"“”「」『』]|如果|假如|要是|倘若|若|除非|希望|很难|难以|应该|必须|需要|专家|同事|作者|[他她你您]|曾|昨|原本|本来"
    r"|之前|例如|比如|有人|大家|别人|朋友|医生|老师|不是说|据说|怀疑|もし|例えば|만약|예를 들",
    re.IGNORECASE,
)
SAYING = re.compile(r"\W*(?:$|(?:i|i'd|i'll|my|the answer|answer)\b)", re.IGNORECASE)
BESIDE = re.compile(r"\s*(?:with|at) (?:(?:an? )?(?P<chance>probability|likelihood|chance)\b)?", re.IGNORECASE)
# "I think it will rain with probability 0.8" says it of the rain; only of an answer it is a confidence.
OF_ANSWER = re.compile(r"\W*(?:(?:i|we) \w{2,10} )?(?:that )?(?:the|my) (?:\w{2,10} )?answer\b", re.IGNORECASE)
# After it: a condition, a doubt, another time.
TAKEN_BACK = re.compile(
    r"\b(?:if|unless|until|provided|assuming|would(?! (?:answer|say|choose|pick|go|guess|respond|select|still)\b)|could"
    r"|should|wish|doubt\w*|yesterday|before|initially|no longer"
    r"|not anymore|just kidding|joking|means?)\b|如果|除非|才|怀疑|没有|没把握|不了|吗|嗎",
    re.IGNORECASE,
)

# Sure of something else than the answer: of oneself, of the listener, of what kind of question it is.
NOT_THE_ANSWER = re.compile(
    r"[ )\]\"'*]{0,4}(?:(?:confident|confidence|certain|certainty|credence|sure)\b)?[ )\]\"'*]{0,4}"
    r"(?:(?:in|of|about) (?:(?:my|our|your|the) )?(?:own )?"
    r"(?:abilit|capabilit|capacity|competenc|skill|understanding|being able)"
    r"|(?:(?:that|about) )?(?:(?:i(?:'m|'ve|'ll)?|we(?:'ll)?|you(?:'ll|r)?)(?![\w'])"
    r"(?! (?:(?:am|are|was|have|got|gave|answered|chose) )?(?:it |this )?(?:(?:the )?(?:right|correct)|correctly)\b)"
    r"|(?:the|this) (?:question|problem|task|prompt)\b"
    r"|(?:this|it)(?: is|'s) (?:an? |the |one )?(?:\w{1,20} )?(?:question|riddle)\b))",
    re.IGNORECASE,
)

_SO = (
    r"(?:(?:so|and|but|thus|hence|therefore|overall|well|yes|ok|okay|here|honestly|personally|currently|now|in total"
    r"|i (?:think|believe|estimate)|i(?:'d| would) (?:say|estimate|put|rate|place|set|judge|assess)"
    r"|i (?:say|put|rate|give)|that|at|it)[ :]{1,2})*"
)
_OWN = (
    r"(?:(?:this|my|the|that) (?:(?:own|final|proposed|given|suggested|candidate) )*(?:answer|response|guess|choice)"
    r"|this|it|i)(?: is| am|'m|'s)?"
)
_IN_IT = (
    r"(?:[ ](?:in|about|for|of|regarding) (?:this|my|the|that"
    r"|it)(?: (?:final )?(?:answer|response|guess|choice))?|[ ]here)?"
)
_SURE = r"(?:(?:level|degree) of )?(?:confidence|certainty|credence)"
_LEVEL = r"(?: (?:level|score|rating|estimate))?"
_CHANCE = r"(?:probability|likelihood|chance)"
_RIGHT = (
    rf"(?: (?:that )?{_OWN} (?:correct|right)"
    r"| that [^\d%,;:]{1,40} is (?:the )?(?:correct|right) (?:answer|choice|option)"
    r"| of (?:being|it being|my answer being) (?:correct|right))"
)
_IS = r"(?: ?(?:=|:)| is| as| would be| is at| is around| of| at| stands at| sits at)"
_GOES_ON = (
    r"(?:[ ](?:in|on|about|for|that|as|given|here|now|overall|this|the|it|it's|i|i'm|of)\b.*|:[ ].*)?[\"')*]{0,2}$"
)
_SELF_ZH = (
    r"(?:我|本人|自己|个人|目前|现在|总体上?|最终|大概|大约|认为|觉得|可以说|对于?|这个|这一|此|该|本|答案|回答|结果|判断|结论"
    r"|的|至少|最多|起码|只?有着?|持有?|抱有|以|那么|不过|但是?|所以|而且|是|[ ])*+"
)


def _form(before: str, after: str, *, bare: bool) -> tuple[re.Pattern[str], re.Pattern[str], bool]:
    """Return what a clause says before and after its number, and whether the number may have no unit."""
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE), bare


FORMS = (
    # I am 90% sure …
    _form(
        rf"{_SO}(?:i am|i'm|i(?:'d| would) be|i feel|am|i remain)?[ ]?",
        rf"[ -]?(?:confident|certain|sure)\b{_GOES_ON}",
        bare=False,
    ),
    _form(rf"{_SO}(?:i am|i'm) ", rf"[ -]?positive\b{_GOES_ON}", bare=False),
    _form(rf"{_SO}(?:i am|i'm) (?:confident|certain|sure) at the ", r" level$", bare=False),
    _form(
        rf"{_SO}i(?: would|'d)? (?:assign|attach|ascribe) (?:an? )?",
        rf" {_SURE} to (?:(?:this|my|that|the) (?:answer|guess|choice)|it|this)$",
        bare=False,
    ),
    # I have 90% confidence …
    _form(
        rf"{_SO}(?:i have|i hold|i give (?:this|it|that|my answer)|(?:i'm|i am|that puts me) at|with|at)?"
        r"(?: an?)?[ ]?",
        rf"[ ](?:of )?{_SURE}{_GOES_ON}",
        bare=False,
    ),
    # My confidence in this answer is 90 …
    _form(
        rf"{_SO}(?:(?:i have|i hold|with|at) (?:an? )?)?(?:(?:my|the"
        rf"|own|overall|final|current|estimated) )*{_SURE}{_LEVEL}"
        rf"{_IN_IT}{_IS}[ ]?",
        _GOES_ON,
        bare=True,
    ),
    _form(rf"(?:my )?{_SURE}{_LEVEL} ", r"$", bare=True),
    _form(
        rf"{_SO}(?:i |i'll )?(?:rate |put |set |place )?my {_SURE}{_LEVEL}(?: in (?:this|it|the answer))? (?:at )?",
        r"$",
        bare=True,
    ),
    _form(rf"{_SO}my {_SURE}{_LEVEL} that [^\d%]{{2,80}} is ", r"$", bare=True),
    _form(rf"(?:with|at) (?:an? )?{_CHANCE}(?: of)? ", r"$", bare=True),
    # There is a 90% chance that this answer is right; the probability that it is right is 90%
    _form(
        rf"{_SO}(?:(?:there is|there's|i see|i(?: would|'d)? assign|(?:i (?:would )?|i'd )?give (?:it|(?:this"
        rf"|my|the) (?:answer|guess))) )?"
        r"(?:an? )?",
        rf"[ ]{_CHANCE}(?:{_RIGHT}| (?:to|of) {_OWN} being (?:correct|right))$",
        bare=False,
    ),
    _form(
        rf"{_SO}(?:my (?:best )?(?:estimate|guess) (?:of|for) )?(?:the |my )?{_CHANCE}{_RIGHT}{_IS}[ ]?",
        r"$",
        bare=True,
    ),
    _form(rf"{_SO}my {_CHANCE}(?: estimate)?{_IS}[ ]?", r"$", bare=True),
    _form(
        rf"{_SO}i(?: would|'d)? (?:assign|give|put) an? (?:{_CHANCE}|{_SURE}) of ",
        r" (?:to|on|for) (?:this|my|the|that) (?:answer|response|guess|choice)(?: (?:is|being) (?:correct|right))?$",
        bare=False,
    ),
    _form(rf"{_SO}(?:it is|it's) ", rf" likely that {_OWN} (?:correct|right)$", bare=False),
    _form(rf"{_SO}{_OWN}[ ]", r"[ ]likely (?:to be )?(?:correct|right)$", bare=False),
    # 我有九成把握; 我的把握是九成; 答案正确的概率是九成
    _form(
        _SELF_ZH,
        r"[ ]?的?(?:把握|信心|自信|确信度?|确定|確定|肯定)(?:性|程度)?(?:[是地认说这]?[^不没無无错誤误]*)$",
        bare=False,
    ),
    _form(
        rf"{_SELF_ZH}(?:把握|信心|自信|置信|可信|确信|確信|信頼)"
        r"(?:度|程度|水平|评分|分数|指数|大约|大概|约|差不多|是|为|為|有|在|は|が|的|:|=|[ ])*",
        r"[ ]?(?:です|だ|分|。|$)",
        bare=True,
    ),
    _form(
        rf"{_SELF_ZH}(?:(?:答案|回答)的?正确率|(?:正确|对)的?(?:概率|可能性|几率|机率))"
        r"(?:大约|大概|约|差不多|是|为|有|在|:|=|[ ])*",
        r"[ ]?$",
        bare=True,
    ),
    _form(r"(?:私は|この答えに|[ ])*", r"の?(?:確信|自信)が?(?:です|あります|ある|$)", bare=False),
    _form(r"(?:저는|나는|이 답(?:을|에)|[ ])*", r"[ ]?확신(?:합니다|해요|한다|함|하고 있습니다)$", bare=False),
    # Ich bin mir zu 90 % sicher; je suis sûr à 90 %; estoy seguro al 90 %
    _form(r"ich bin (?:mir )?(?:zu |etwa |ungefähr |rund )*", r"[ ]sicher\b(?:, dass .*)?$", bare=False),
    _form(r"je (?:suis|en suis) (?:sûre?|certaine?) à (?:environ )?", r"(?: que .*)?$", bare=False),
    _form(
        r"(?:yo )?(?:estoy|tengo)(?: segur[oa])?(?: al| en un| un| una)?[ ]",
        r"(?:[ ](?:segur[oa]|de confianza))?(?: de que .*)?$",
        bare=False,
    ),
    _form(r"(?:eu )?(?:estou|tenho)[ ]", r"[ ](?:cert[oa]|confiante|de certeza|de confiança)$", bare=False),
    _form(r"sono (?:sicur[oa] al )?", r"(?:[ ]sicur[oa])?$", bare=False),
    _form(r"я уверен[а]? на ", r"$", bare=False),
    _form(
        r"(?:내|제|나의|저의|이 답의|답변의|[ ])*(?:확신도?|신뢰도)(?:는|은|가|이|:|[ ])*",
        r"(?:입니다|이다|예요|$)",
        bare=True,
    ),
)
# Only where nothing else is said: in a longer reply the probability may be the answer.
ALONE = _form(
    rf"{_SO}(?:the )?{_CHANCE}{_IS}[ ]?|正确率(?:是|为|在)|(?:確率|확률)(?:は|는|은)[ ]?",
    r"[ ]?(?:です|입니다|$)",
    bare=True,
)


def stated(text: str) -> Iterator[tuple[tuple[int, int], Quantity]]:
    """Yield the place of each clause that states a confidence in the own answer, and its number.

    Parameters
    ----------
    text : str
        Normalised text without the values of other fields.

    Examples
    --------
    >>> [str(number.low) for _, number in stated("Lima. I am 90% sure. Nobody is 100% sure.")]
    ['90']
    """
    whole = text.strip(" .!\n") if len(text) <= LONGEST_SENTENCE else None
    for sentence in SENTENCE.finditer(text):
        begin, end = sentence.span()
        if end - begin > LONGEST_SENTENCE or WORD.search(text, begin, end) is None or sentence[0][-1] in "?？":
            continue
        said = _remark(sentence[0])
        if said is not None:
            yield (begin, end), said
            continue
        for clause in CLAUSE.finditer(text, begin, end):
            number = _in_clause(clause[0].rstrip(" .!;。！；"), alone=clause[0].strip(" .!") == whole)
            number = number or _beside(text[begin : clause.start()], clause[0].rstrip(" .!;"), text[clause.end() : end])
            if number is None:
                continue
            before, after = text[begin : clause.start()], text[clause.start() + number.outer[1] : end]
            if NOT_THE_ANSWER.match(after):
                continue
            beside = BESIDE.match(clause[0])
            if beside and not (OF_ANSWER if beside["chance"] else SAYING).match(before):
                continue  # "the effect holds with 95% confidence" is no word on the answer
            before = IF_ASKED.sub("", before)
            if (
                (AND.match(clause[0], 0, number.outer[0]) and BETWEEN.search(before))
                or NOT_MINE.search(before)
                or TAKEN_BACK.search(after)
                or BEING_WRONG.search(after)
            ):
                break  # what a sentence says after it took something back is no plain statement either
            yield clause.span(), number


REASON = re.compile(r",? (?:because|since|as|given|although|though|but)\b", re.IGNORECASE)


WHY = re.compile(r",? (?:because|since|as|given)\b(?! if\b)", re.IGNORECASE)


def _remark(sentence: str) -> Quantity | None:
    """Return the number of a sentence that, up to its reason, only says how sure the speaker is."""
    reason = REASON.search(sentence)
    head, rest = (sentence[: reason.start()], sentence[reason.start() :]) if reason else (sentence, "")
    said = remark(head.rstrip(" .!;。！；"), scale="percent", in_passing=True)
    taken_back = reason is not None and not WHY.match(rest) and TAKEN_BACK.search(rest)
    return said[0] if said is not None and len(said) == 1 and not taken_back else None


OF_THEM = re.compile(r"[)\],\s]*of\b", re.IGNORECASE)
IF_ASKED = re.compile(r"if i had to (?:put a number on it|guess|say|choose|estimate|name a number)\b", re.IGNORECASE)
"""No condition, but a way of speaking."""
BETWEEN = re.compile(r"\bbetween\b[^,;:]{1,40}\s$", re.IGNORECASE)
AND = re.compile(r"and\s*$", re.IGNORECASE)
"""Between 60% *and 80% sure*: the clause is half of a range."""
SURE = re.compile(
    rf"{_SO}(?:(?:i am|i'm|i feel)(?: \w{{4,12}})? (?:confident|certain|sure)"
    rf"|(?:i have |with |my )?(?:\w{{4,12}} )?{_SURE}"
    r"(?: is)?(?: \w{4,12})?) ?[(,\[] ?",
    re.IGNORECASE,
)


def _beside(before: str, clause: str, after: str) -> Quantity | None:
    """Return the number that is a clause of its own beside a sureness in words: "I am quite sure (90%) that …"."""
    found = list(scan(clause)) if len(clause) <= LONGEST_ASIDE else []
    if len(found) != 1 or found[0].unit == "bare":
        return None
    first, last = found[0].outer
    alone = not clause[:first].strip() and not clause[last:].strip() and OF_THEM.match(after) is None
    return found[0] if alone and SURE.fullmatch(before) and not BEING_WRONG.search(before) else None


def _in_clause(clause: str, *, alone: bool) -> Quantity | None:
    """Return the one number of a clause that has one of the forms."""
    if WORD.search(clause) is None:
        return None
    found = [one for one in scan(clause) if not one.spelled]
    if len(found) != 1 or found[0].kind == "unreadable":
        return None
    number = found[0]
    first, last = number.outer
    before, after = clause[:first].lstrip(" \"'*-"), clause[last:]
    for form in (*FORMS, ALONE) if alone else FORMS:
        left, right, bare = form
        if (bare or number.unit != "bare") and left.fullmatch(before) and right.match(after):
            return number
    return None
