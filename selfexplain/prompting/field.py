"""A labelled field of a reply: the names it goes by, and its place."""

import functools
import re
from dataclasses import dataclass, replace
from typing import Literal

ANSWER_FIRST = ("final answer", "my final answer", "the final answer", "最终答案", "最終答案", "最终回答", "最終回答")
ANSWER = (
    *("answer", "my answer", "the answer", "correct answer", "the correct answer", "best answer", "guess", "my guess"),
    *(
        "best guess",
        "response",
        "antwort",
        "réponse",
        "respuesta",
        "resposta",
        "risposta",
        "ответ",
        "antwoord",
        "答案",
        "回答",
        "我的答案",
        "正确答案",
        "正確答案",
        "答え",
        "解答",
        "답",
        "답변",
        "정답",
    ),
)
RATIONALE = (
    *("because", "reason", "reasons", "reasoning", "why", "explanation", "rationale", "justification"),
    *("begründung", "erklärung", "raison", "explication", "justification", "razón", "explicación", "justificación"),
    *("razão", "explicação", "motivo", "spiegazione", "motivazione", "причина", "объяснение", "обоснование"),
    *("理由", "解释", "解釋", "说明", "說明", "原因", "推理", "因为", "因為", "説明", "根拠", "이유", "설명", "근거"),
)
CONFIDENCE_FIRST = (
    *("overall confidence", "final confidence", "overall probability", "final probability"),
    *("总体置信度", "最终置信度", "總體置信度", "最終確信度"),
)
CONFIDENCE = (
    *("confidence", "confidence level", "confidence score", "confidence rating", "confidence percentage"),
    *("confidence percent", "my confidence", "my confidence level", "confidence in answer", "confidence in my answer"),
    *("confidence in this answer", "confidence in the answer", "level of confidence", "degree of confidence"),
    *("how confident i am", "how confident am i", "how sure i am", "how sure am i"),
    *("probability", "probability correct", "probability of being correct", "probability that my answer is correct"),
    *("probability that the answer is correct", "probability that this answer is correct", "my probability"),
    *(
        "certainty",
        "certainty level",
        "likelihood",
        "sureness",
        "conf",
        "confidence value",
        "confidence pct",
        "percent confidence",
        "percentage confidence",
        "p(correct)",
        "p(true)",
    ),
    *("p(answer is correct)", "p(answer correct)", "p(right)", "p(answer is right)", "p(my answer is correct)"),
    *("konfidenz", "konfidenzniveau", "zuversicht", "sicherheit", "vertrauen", "wahrscheinlichkeit"),
    *("confiance", "niveau de confiance", "certitude", "degré de confiance", "probabilité"),
    *("confianza", "nivel de confianza", "certeza", "grado de confianza", "probabilidad"),
    *("confiança", "nível de confiança", "grau de confiança", "probabilidade"),
    *("fiducia", "confidenza", "livello di fiducia", "livello di confidenza", "certezza", "probabilità"),
    *("уверенность", "степень уверенности", "уровень уверенности", "вероятность", "zekerheid", "vertrouwen"),
    *(
        "置信度",
        "置信水平",
        "置信",
        "把握",
        "把握程度",
        "信心",
        "信心水平",
        "信心程度",
        "可信度",
        "自信度",
        "确信度",
        "确信程度",
        "自信程度",
        "確信度",
        "确定度",
        "信心指数",
        "信心值",
        "信心度",
        "可信程度",
        "信心分数",
        "信心评分",
        "置信度评分",
        "置信度分数",
        "把握度",
        "确定程度",
        "置信指数",
    ),
    *(
        "概率",
        "機率",
        "正确概率",
        "正确的概率",
        "正确率",
        "可能性",
        "信頼度",
        "自信",
        "確率",
        "신뢰도",
        "확신도",
        "확신",
        "확률",
        "자신감",
        "자신도",
    ),
)
ANSWER_AND_CONFIDENCE = (
    *("answer and confidence", "final answer and confidence", "final answer and overall confidence"),
    *("answer and overall confidence", "guess and confidence", "答案和置信度", "答案与置信度"),
)
"""One line for both, the form of Xiong et al. 2024 (arXiv:2306.13063): `Answer and Confidence (0-100): Paris, 85%`."""
KNOWN = (*ANSWER_FIRST, *ANSWER, *RATIONALE, *CONFIDENCE_FIRST, *CONFIDENCE, *ANSWER_AND_CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Field:
    """One place where a label stands, and its value.

    Parameters
    ----------
    start, stop : int
        The value in the normalised text, without white space around it; equal when nothing is written.
    at_end : bool
        Nothing closes the value before the reply ends, so a reply that was cut may have been cut here.
    form : str
        `json` (a bare JSON value), `string` (the inside of a JSON string), `tag` or `line`.
    cut : bool
        The text ends where the field needs more: inside an object that was opened and not closed.
    label : str
        What stands before the value, from the beginning of its line: `Confidence (1-10):`. It may state a scale.
    """

    start: int
    stop: int
    at_end: bool
    form: Literal["json", "string", "tag", "line"]
    cut: bool = False
    label: str = ""


def canonical(label: str) -> str:
    """Return a label as labels are compared: `PROBABILITY_YES (%)` and `probability yes` are one.

    Examples
    --------
    >>> canonical("PROBABILITY_YES (0-100)")
    'probability yes'
    """
    return _canonical(label) if len(label) <= 80 else _canonical.__wrapped__(label)


@functools.lru_cache(maxsize=1024)  # ninety comparisons a reply, nearly all with the same few labels
def _canonical(label: str) -> str:
    bare = re.sub(r"(?<=[^\s])\s{0,3}[(\[][^()\[\]]{0,60}[)\]]\s{0,3}$", "", label.strip()[:200])
    bare = label.strip()[:200] if canonical_is_literal(label) else bare
    bare = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", bare)  # confidenceScore
    return re.sub(r"[\s_-]+", " ", bare.rstrip(" %:")).casefold().strip()


def canonical_is_literal(label: str) -> bool:
    """Tell labels whose parenthesis belongs to the name: P(correct), P(YES)."""
    return re.match(r"\s{0,3}[pP]\(", label) is not None


BOTH = re.compile(
    r"(?P<answer>[^\n]*[^\s,，])\s{0,3}[,，]\s{0,3}(?P<confidence>[~<(]?\d{1,3}(?:\.\d{1,4})?\s?%[>).]{0,2})"
)
"""An answer and, after a comma, a percentage: without its sign `1, 2` may be two parts of the answer."""


def both(text: str, field: Field) -> tuple[Field, Field] | None:
    """Return the answer and the confidence that stand in one value, or None where there are not both.

    Examples
    --------
    >>> text = "Paris, France, 85%"
    >>> [text[one.start : one.stop] for one in both(text, Field(0, len(text), at_end=True, form="line")) or ()]
    ['Paris, France', '85%']
    """
    found = BOTH.fullmatch(text, field.start, field.stop)
    if found is None or (
        text[found.end("answer") : found.start("confidence")] == "," and found["answer"][-1].isdigit()
    ):
        return None  # 12,85%: a decimal comma, for all one can tell
    return (
        replace(field, stop=found.end("answer"), at_end=False),
        replace(field, start=found.start("confidence")),
    )


def trim(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the limits without the white space at both ends."""
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    return start, stop
