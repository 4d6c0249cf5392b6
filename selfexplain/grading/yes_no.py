"""Right when the answer says yes where the gold text says yes, and no where it says no."""

import re

from selfexplain.grading.exact import normalised
from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.records import Grade, Item

FACTS = GraderFacts("yes_no", 1)

_YES = "yes|y|yeah|yep|yup|true|t|correct|right|affirmative|1|是|是的|对|对的|對|對的|正确|正確|真|没错"
_NO = (
    "no|n|nope|nah|false|f|incorrect|wrong|untrue|negative|not true|not correct|not right|0"
    "|否|不|不是|不是的|不对|不對|错|错的|錯|错误|錯誤|假|不正确|不正確"
)
YES = frozenset(_YES.split("|"))
NO = frozenset(_NO.split("|"))
WORDS = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
IN_SENTENCES = WORDS.keys() - set("ytnf10")
"""Single letters and digits count only alone: 0.5 does not say no, nor F. Scott Fitzgerald."""

LEAD = re.compile(
    r"^(?:(?:the|my|this|that|it) ?(?:final |correct )?(?:answer|statement|claim|sentence)?(?:'s| is|:)? "
    r"|answer(?: is|:) |答案是)(?=\w)"
)
"""What may stand before the word: `The answer is`, `It is`, `This statement is`."""

CLAUSE = re.compile(r"[,.;:!?()\n/，。；：！？、（）—–]|\s-\s|\b(?:and|or|but)\b")
SENTENCE = re.compile(r"(yes|yeah|no|nope) (?:it|he|she|they|there|this|that|we|you|i|because|since)\b(?! depends)")
"""Where the word begins a sentence without a comma. `No one knows` and `right now` do not say no and yes."""
HEDGED = re.compile(
    r"\b(?:depends|depending|maybe|perhaps|possibly|partly|partially|sometimes|not (?:necessarily|always|sure|certain)"
    r"|unclear|unsure|either|both|neither)\b|不一定|看情况|取决|取決|可能|也许|也許|有时|有時"
)


@grader(FACTS)
def yes_no(answer: str, item: Item) -> Grade:
    """Compare the yes or no of an answer with that of the gold texts.

    True, correct, right, 1 and 是, 对, 正确 are yes; false, incorrect, wrong, 0 and 否, 不是, 错 are no. The word
    stands alone (rule `word`) or begins a sentence (rule `first word`). What says both, neither or `it depends` is
    undecided.

    Examples
    --------
    >>> from selfexplain.records import Item
    >>> item = Item("q", "Is Lima in Peru?", gold=("yes",), grader="yes_no")
    >>> [yes_no(text, item).verdict for text in ("True", "是的", "Yes, it is.", "No", "it depends", "yes and no")]
    ['correct', 'correct', 'correct', 'wrong', 'undecided', 'undecided']
    """
    golds = {said(gold)[0] for gold in item.gold}
    if golds not in ({True}, {False}):
        return FACTS.grade("undecided", "the gold texts do not say yes or no")
    meaning, rule = said(answer)
    if meaning is None:
        return FACTS.grade("undecided", rule)
    return FACTS.grade("correct" if {meaning} == golds else "wrong", rule)


def said(text: str) -> tuple[bool | None, str]:
    """Return yes as True, no as False, or None; and by which rule.

    >>> said("No, it is not true"), said("No one knows"), said("True or false")
    ((False, 'first word'), (None, 'neither yes nor no'), (None, 'both yes and no'))
    """
    folded = " ".join(text.casefold().replace("’", "'").split(" ")).strip(" \t\n*_`\"'")
    if (whole := WORDS.get(normalised(folded))) is not None and not folded.startswith(("-", "−")):
        return whole, "word"
    if HEDGED.search(folded):
        return None, "it depends"
    clauses = [
        clause for part in CLAUSE.split(LEAD.sub("", folded)) if (clause := normalised(LEAD.sub("", part.strip())))
    ]
    meanings = {WORDS[clause] for clause in clauses if clause in IN_SENTENCES}
    begins = SENTENCE.match(clauses[0]) if clauses else None
    if begins is not None:
        meanings.add(WORDS[begins[1]])
    if len(meanings) == 2:
        return None, "both yes and no"
    if meanings and (begins is not None or clauses[0] in IN_SENTENCES):
        return meanings.pop(), "first word" if len(clauses) > 1 or begins is not None else "word"
    return None, "neither yes nor no"
