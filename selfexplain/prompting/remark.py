"""A remark on how sure its speaker is, and nothing more: "I'm not very confident, maybe 30%".

In running text a number needs a clause that calls it a confidence. A remark needs less, because its vocabulary is
closed: where every other word only says, estimates or is sure, nothing else can be meant by the number.
"""

import re

from selfexplain.prompting.numerals import scan
from selfexplain.prompting.single_numbers import Quantity

LONGEST_REMARK = 200

_SAYING = (
    "i i'd i'm i'll i've am would say said saying put puts place set give giving rate rating assign call "
    "estimate estimated go with at as to of in on for about around roughly like be feel feeling think "
    "believe and but so "
    "or well ok okay yes hmm um let's let me my myself own the a an this that it here now just only somewhere overall "
    "honestly personally therefore thus hence though however still again currently probably maybe perhaps one possibly "
    "approximately percent wise please response reply"
)
_SURENESS = "confident certain sure confidence certainty level degree"
_HOW_MUCH = (
    "very quite fairly pretty reasonably rather somewhat moderately highly extremely absolutely completely "
    "totally fully "
    "really mostly relatively high medium moderate low strong good decent solid"
)
VOCABULARY = frozenset(f"{_SAYING} {_SURENESS} {_HOW_MUCH} is have".split())
"""The words of a remark: none of them is about the world."""
VOCABULARY_ZH = re.compile(
    r"我|本人|自己|对|對|这个|這個|此|该|本|答案|回答|的|给|給|打|评|評|分数?|大概|大约|约|大約|差不多|左右|可能|也许|是|有|为|為"
    r"|把握|信心|自信|置信度?|确信度?|确定|肯定|程度|比较|很|非常|相当|挺|较|高|不?太|吧|认为|觉得|估计|会|说|就|总体|总的来说"
)

SURE = re.compile(
    r"\b(?:confident|certain|sure|confidence|certainty)\b|把握|信心|自信|置信|确信|确定|肯定", re.IGNORECASE
)
RATED = re.compile(
    r"\b(?:(?:i'd|i would|i'll|i will|let's|i) (?:\w{2,10} )?(?:say|put|rate|give|place|estimate|go with)\b"
    r"|(?:i'm|i am) at\b|(?:maybe|perhaps|probably|possibly|approximately|estimated)\b)|我[会就]?(?:给|給|打|评)|吧",
    re.IGNORECASE,
)
"""How a number is put forward as one's own estimate."""
# "I think it is 50%" and "I'm certain: 50%" may answer the question; "the answer is 50%" does.
OF_THE_WORLD = re.compile(
    r"(?:\bit(?: is|'s| would be)|\bthat(?: is|'s)|\b(?:confident|certain|sure)(?: that)?:|\banswer(?: is)?:?"
    r"|\b(?:certain|sure)\b[^#,(]{0,24}[.!:]|\b(?:confident|certain|sure)[^,.;#-]{0,24}\b(?:in|about|of|on"
    r"|that|it))[ ]{1,3}"
    r"(?:about |around |roughly |probably |likely |at )?#|(?:确定|肯定|认为|觉得|估计|答案|答|可能"
    r"|大概)[^#把信自置]{0,6}[是为]#"
    r"|#[ ]of (?:it|that|this|them|these|those)\b|\bam[ ]#(?! (?:confident|certain|sure))|\bof that\b",
    re.IGNORECASE,
)
OF_THE_ANSWER = re.compile(
    r"\b(?:in|of|about|for|regarding|with|(?<=give )|(?<=rate )) ?(?:my|this|the|that) (?:own |final "
    r"|above )?(?:answer|response|guess|choice)\b"
    r"|(?:that )?\b(?:(?:my|this|the|that) (?:final )?(?:answer|response|guess|choice) (?:is|being)|i'm|i am|it is|it's"
    r"|this is|of being|i got it|i got this) (?:right|correct)\b",
    re.IGNORECASE,
)
SCALE = re.compile(
    r"\b(?:on|using) (?:an? |the )?(?:(?:scale (?:of|from) )?(?:0|1) ?(?:-|to) ?(?:100|20|10|1)%?(?: scale)?)"
    r"|\bout of (?:a )?(?:possible )?(?:100|20|10|1)(?=[,:])|[(]?(?:满分|滿分)(?:为|是)?[ ]?(?:100|20|10)[ ]?分?[)]?",
    re.IGNORECASE,
)
LEVEL = re.compile(
    r"#?[ ,:(-]*(?:(?:very|fairly|quite|moderately|relatively|extremely|rather|pretty)[ -])?"
    r"(?:high|medium|moderate|low)(?:[ -]high|[ -]low)?[ ,:)(-]*#?[ .)]*",
    re.IGNORECASE,
)
FIRST = re.compile(r"#[ ]?[,(-]")
AS_FOR = re.compile(
    r"(?:(?:as for|regarding|about) )?(?:my|the) (?:confidence|certainty)(?: level)?, it(?:'s| is)\b", re.IGNORECASE
)
IF_ASKED = re.compile(
    r"\bif (?:i had to|i must|forced to|asked to) (?:put (?:a|one) number on it|name a number|give a number|say"
    r"|estimate|quantify it)[,:]?",
    re.IGNORECASE,
)
"""No condition, but a way of speaking. What one would guess may be the answer."""
DENIED = re.compile(
    r"\b(?:not|never|can't|couldn't|cannot)(?: be)?(?: (?:very|so|too|all that|entirely|completely|totally|terribly"
    r"|particularly|really|absolutely|fully|quite|#)){0,2} (?:confident|certain|sure)\b"
    r"(?P<of>[^,.;:#-]{0,30})(?P<pause>[,.;:-]?)"
    r"|(?:不(?:太|是很|是特别|完全)?|(?:不能|不敢|无法)(?:完全|#|百分之百|百分百)?)(?:确定|肯定|有把握)(?P<pause_zh>[,。，；]?)"
    r"|(?:没有?|沒有?)(?:太大|多少|什么)?(?:把握|信心)",
    re.IGNORECASE,
)
GUESS = re.compile(
    r"[ ]*(?:(?:but|so|and|i|i'd|i would|just)[ ])*(?:maybe|perhaps|probably|possibly|about|around|roughly"
    r"|approximately"
    r"|say|like|estimate|put|give|只有|大概|大约|约|可能|也许)",
    re.IGNORECASE,
)
WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
HAN = re.compile(r"[\u4e00-\u9fff]")


def remark(text: str, *, scale: str, in_passing: bool = False, labelled: bool = False) -> list[Quantity] | None:
    """Return the numbers of a text that does nothing but say how sure its speaker is; None when it says more.

    Parameters
    ----------
    text : str
        Normalised text, a whole reply or a sentence of one.
    scale : str
        The scale asked for. Alone in a reply a bare number counts where a word or the reply's own scale explains it.
    in_passing : bool
        Other sentences stand beside it, so a word must call the number a confidence, and it must have a unit.
    labelled : bool
        It stands behind the label of a confidence, which says what the number is.

    Examples
    --------
    >>> [str(one.low) for one in remark("I'm not very confident, maybe 30%.", scale="percent")]
    ['30']
    >>> remark("I'd say humidity is 30%.", scale="percent")
    """
    if len(text) > LONGEST_REMARK:
        return None
    hint = SCALE.search(text)
    spoken = text if hint is None else text[: hint.start()] + " " * len(hint[0]) + text[hint.end() :]
    found = [one for one in scan(spoken) if not one.spelled]
    if not found or any(one.kind == "unreadable" for one in found):
        return None
    said, stated = _without_denied(spoken, found)
    said = OF_THE_ANSWER.sub(" ", said)
    if not stated or OF_THE_WORLD.search(said) or not _is_closed(said):
        return None
    sure = (SURE.search(said) or LEVEL.fullmatch(said)) is not None
    explained = labelled or all(one.unit != "bare" or (scale == "probability" and one.decimal) for one in stated)
    if in_passing:
        return stated if sure and explained else None
    rated = RATED.search(said) is not None
    if explained:
        return stated if sure or hint or rated or labelled else None
    return stated if hint or (sure and (rated or FIRST.match(said))) else None


def _without_denied(spoken: str, found: list[Quantity]) -> tuple[str, list[Quantity]]:
    """Return the text with `#` for each number, and the numbers that are stated: not the one in "not 100% sure"."""
    pieces: list[str] = []
    done = 0
    for one in found:
        pieces += spoken[done : one.outer[0]], "#"
        done = one.outer[1]
    said = "".join((*pieces, spoken[done:])).strip()
    said = IF_ASKED.sub("i'd say ", AS_FOR.sub("confidence ", said))
    denied = DENIED.search(said)
    if denied is None:
        return said, found
    # What was denied needs an estimate of its own behind it: "not sure, maybe 30%".
    if "#" in said[: denied.start()] or not _guess_follows(spoken, said, denied):
        return said, []
    return said[: denied.start()] + " sure " + said[denied.end() :], found[denied[0].count("#") :]


def _guess_follows(spoken: str, said: str, denied: re.Match[str]) -> bool:
    behind = said[denied.end() :]
    about = re.search(r"\b(?:about|around|roughly|approximately)\b|[~约大概]", spoken) is not None
    return bool(denied["pause"] or denied["pause_zh"]) and (about or GUESS.match(behind) is not None)


def _is_closed(said: str) -> bool:
    """Tell whether every word of a remark belongs to its vocabulary."""
    if any(letter in "$€£¥{}?？=" for letter in said):
        return False
    rest = VOCABULARY_ZH.sub(" ", said) if HAN.search(said) else said
    return all(word[0].casefold() in VOCABULARY for word in WORDS.finditer(rest))
