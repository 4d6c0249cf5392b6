"""The types that travel through the house: what was asked, what came back, what was read, how it was graded.

Frozen msgspec Structs, strict JSON in and out. A missing value is a state with a reason, never a number.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar, get_args

import msgspec

from selfexplain.claims import Claim, ClaimKind

SCHEMA_VERSION = 1
"""Stands in every file that selfexplain writes; grows when an older reader would misread a newer file."""

T = TypeVar("T")

Role = Literal["system", "user", "assistant"]
Outcome = Literal["completed", "truncated", "refused", "failed"]
Verdict = Literal["correct", "wrong", "undecided"]
Source = Literal["stated", "token", "consistency", "probe", "provider", "given", "entropy", "weighted_entropy"]

RANKS_ONLY: frozenset[Source] = frozenset({"entropy", "weighted_entropy"})
"""Sources whose numbers only put answers in order: more is surer, but 0.8 does not mean right in 80 of 100.

Whatever compares a confidence with how often it is right is undefined for them, until they are recalibrated.
"""

Why = Literal["read", "absent", "ambiguous", "out_of_range", "non_numeric", "declined", "template_echo", "truncated"]
"""`read` when a Reading has a value, else the reason why it has none."""

Status = Literal[
    "failed",
    "refused",
    "truncated",
    "declined",
    "no_answer",
    "no_confidence",
    "ambiguous",
    "out_of_range",
    "undecided",
    "ok",
]
"""One per Record and source of confidence: the first of these words that applies."""

STATUSES: tuple[Status, ...] = get_args(Status)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def labels(n: int) -> tuple[str, ...]:
    """Return the labels of n choices: letters, or numbers from 1 where there are more than 26.

    >>> labels(3), labels(27)[-1]
    (('A', 'B', 'C'), '27')
    """
    return tuple(LETTERS[:n]) if n <= len(LETTERS) else tuple(str(place) for place in range(1, n + 1))


class Option(msgspec.Struct, frozen=True):
    """One choice of an Item as it is shown: `A) Lyon`."""

    label: str
    """A letter; a number from 1 where there are more than 26 choices."""
    text: str


class Item(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One question, and what counts as a right answer to it or which categories its answers fall into."""

    id: str
    question: str
    gold: tuple[str, ...] = ()
    """Every text that counts as right: the answer and its aliases. For the numeric grader, numbers as text; for
    the choice grader, letters or texts of choices. Empty in a survey, whose questions have no right answer."""
    choices: tuple[str, ...] = ()
    group: str | None = None
    """A kind of Item that is shown apart, such as a topic or a language; never a cluster."""
    cluster: str | None = None
    """What was drawn together (one passage, paraphrases of one question); default: the Item itself."""
    grader: str | None = None
    """Which grader compares; default: `choice` for an Item with choices, else `exact`. In a survey: which categoriser
    sorts the answers; there is no default."""
    tolerance: float = 0.0
    """For the numeric grader: the largest absolute difference that still counts as right."""
    tags: tuple[str, ...] = ()
    source: str = ""
    """Where the fact in `gold` can be looked up."""
    categories: dict[str, tuple[str, ...]] = {}
    """In a survey, for the categoriser `phrases`: the phrases of each category."""
    original: str = ""
    """The question that this one translates, word for word as it is asked there."""
    aligned: tuple[tuple[str, str], ...] = ()
    """Pairs of a piece of this question and the piece of `original` that says the same, as `word_links` reads them."""

    @property
    def is_survey(self) -> bool:
        """Whether there is no right answer, so that answers are sorted into categories instead."""
        return not self.gold

    @property
    def gold_option(self) -> Option | None:
        """The choice that the first gold names by its label or its text alone; None when it names none that way."""
        first = self.gold[0].strip().casefold() if self.gold else ""
        return next((each for each in self.options if first in {each.label.casefold(), each.text.casefold()}), None)

    @property
    def drawn_with(self) -> str:
        """The unit that intervals resample: the stated cluster, else the Item itself."""
        return self.id if self.cluster is None else self.cluster

    @property
    def options(self) -> tuple[Option, ...]:
        """The choices with their labels."""
        return tuple(map(Option, labels(len(self.choices)), self.choices))

    @property
    def graded_by(self) -> str:
        """The name of the grader: the stated one, else the one that suits the Item."""
        return self.grader if self.grader is not None else "choice" if self.choices else "exact"


class Dataset(msgspec.Struct, frozen=True, omit_defaults=True):
    """Named, versioned, ordered Items."""

    name: str
    version: str
    items: Sequence[Item]
    """A tuple, or from a large file [what reads them again](many_items.py)."""
    examples: tuple[Item, ...] = ()
    """Items with their answers that a template may show; never asked, never counted."""

    @property
    def is_survey(self) -> bool:
        """Whether its questions have no right answer; all or none have, which `require_askable` sees to."""
        return any(item.is_survey for item in self.items)

    @property
    def content_hash(self) -> str:
        """sha256 of the Items in order and of the examples, if any, as 64 hexadecimal digits."""
        found = hashlib.sha256()
        for part in (self.items, self.examples) if self.examples else (self.items,):
            add_lines(found, map(msgspec.json.encode, part))
        return found.hexdigest()


def add_lines(found: "hashlib._Hash", lines: Iterable[bytes]) -> None:
    """Add JSON values to a hash as the list of them, without ever having that."""
    separator = b"["
    for line in lines:
        found.update(separator + line)
        separator = b","
    found.update(b"[]" if separator == b"[" else b"]")


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Role
    content: str


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly what is asked, and on whose behalf.

    `item`, `repeat`, `draw`, `turn`, `again` and `role` are not sent: they address the reply, so that two Items with
    the same question, or two repeats of one Item, never share a reply.
    """

    item: str
    messages: tuple[Message, ...]
    max_tokens: int
    repeat: int = 0
    draw: int = 0
    temperature: float | None = None
    """None: whatever the provider does by default."""
    seed: int | None = None
    logprobs: bool = False
    grammar: str | None = None
    """GBNF that the reply must follow; providers that do not take it drop it and say so."""
    top_logprobs: int = 0
    """How many alternatives to each token of the reply are wanted; beside `logprobs` only."""
    turn: int = 0
    """Which of the template's asked turns this is."""
    effort: str | None = None
    """How much a reasoning model is to think, in the provider's own word; None: whatever it does by default."""
    form: dict[str, Any] | None = None
    """A JSON schema that the reply must follow; providers that do not take it drop it and say so."""
    again: int = 0
    """Which asking of the same turn this is, where earlier replies could not be read."""
    role: str = ""
    """Which other model is asked, such as `entailment`; empty for the model that the Run is about."""

    @property
    def key(self) -> str:
        """The first 32 hexadecimal digits of the sha256 of all fields; a new field with a default keeps old keys."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


class Alternative(msgspec.Struct, frozen=True, array_like=True):
    """What might have stood in a token's place, and its natural log-probability."""

    text: str
    logprob: float


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of the reply and its natural log-probability.

    The pieces of a Response join to its text. Where one character spans several model tokens, they are one piece
    and their log-probabilities are added; such a piece has no alternatives.
    """

    text: str
    logprob: float
    top: tuple[Alternative, ...] = ()
    """The most probable tokens in this place, mostly with the one that was written; empty when none were asked for."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens read and written; `cached` is the part of `prompt` that was not read again."""

    prompt: int
    completion: int
    cached: int = 0


class Failure(msgspec.Struct, frozen=True):
    """Why there is no reply: a word of `errors.ProviderFailure` and a sentence without secrets."""

    kind: str
    message: str


class Response(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly what came back."""

    outcome: Outcome
    text: str = ""
    tokens: tuple[Token, ...] = ()
    """Empty when the provider gave no log-probabilities."""
    model: str | None = None
    """The model that the server says has answered."""
    finish_reason: str | None = None
    usage: Usage | None = None
    dropped: tuple[str, ...] = ()
    """Parameters of the Request that were not sent, because the provider refuses or cannot take them."""
    failure: Failure | None = None
    batch: str | None = None
    """The provider's name of the batch that it came in; None when it was asked for by itself."""


State = Literal["open", "closed", "unknown"]


class Openness(msgspec.Struct, frozen=True):
    """How far one side of a model can be looked at.

    `open`: this process can get at it, or it is published, and `detail` says which of the two. `closed`: neither, as
    far as anybody has said or a recorded call has shown. `unknown`: nobody has said, and nothing has shown it.
    """

    state: State = "unknown"
    detail: str = "nobody has said"
    """One sentence: what is known, and from where."""


class Transparency(msgspec.Struct, frozen=True):
    """How open a model is: decides which witnesses can speak about it.

    A witness that looks inside (gradients, attention, probes) needs `weights` that this process can get at; the
    influence of training examples needs `training_data` that is published; token probabilities are a source of
    confidence, and occlusion works on any model.
    """

    weights: Openness = Openness()
    """open: their file is on this machine, or anybody may download it."""
    parameters: Openness = Openness()
    """open: their number is known."""
    training_process: Openness = Openness()
    """open: how it was trained is published, so that others could do the like."""
    training_data: Openness = Openness()
    """open: what it was trained on is published, text by text; a description of it is not enough."""
    token_probabilities: Openness = Openness(detail="not asked for yet")
    """open: replies come with the probability of each token."""
    reasoning_text: Openness = Openness(detail="not asked for yet")
    """open: what it writes before its answer can be read, word for word."""
    licence: Openness = Openness()
    """open: the weights may be used, changed and passed on; `detail` names the licence."""


Ask = Callable[[Request], Awaitable[Response]]
"""The one seam between what asks and what answers."""


class Call(msgspec.Struct, frozen=True):
    """One appended line: what was asked, what came back, when, and which try it was."""

    key: str
    request: Request
    response: Response
    started: str
    """UTC, ISO 8601."""
    seconds: float
    attempt: int = 1
    schema_version: int = SCHEMA_VERSION


class Reading(msgspec.Struct, Generic[T], frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """A parsed field: a value, or the reason why there is none. Never a guess, never a midpoint, never NaN."""

    value: T | None
    why: Why
    detail: str = ""
    """Which kind of `ambiguous`: range, bound, conflict or scale; of an edited text, why it is none."""
    low: float | None = None
    """Lower limit of a stated range or bound, in the value's unit; kept, never turned into a value."""
    high: float | None = None
    notes: tuple[str, ...] = ()
    """What a careful reader would remark: `approx`, `suspicious`."""
    span: tuple[int, int] | None = None
    """Where in the reply's text the value stands, as [start, end)."""


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer that the model gave or weighed, and what it got: a probability, or a share of the draws."""

    answer: str
    confidence: float | None
    """In [0, 1], as the way of asking defines it; None where it got no number."""


class SelfReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the model says of itself about one Item."""

    answer: Reading[str]
    rationale: Reading[str]
    confidence: dict[Source, Reading[float]]
    """One Reading per source, each a probability in [0, 1]; sources are never pooled."""
    outcome: Outcome
    """How the last reply ended; asking stops at a reply that is none."""
    replies: tuple[str, ...]
    """The raw texts that were read, one for each call, for people to look at."""
    calls: tuple[str, ...]
    """Keys of the calls this rests on."""
    read_in: dict[str, int] = {}
    """The reply that a field was read from and that its span refers to, where that is not the first."""
    asked_again: int = 0
    """How many replies could not be read and were asked for once more; theirs are among the `calls`, not the
    `replies`."""
    candidates: tuple[Candidate, ...] = ()
    """Where several answers were given or weighed, each that is different from the others, in the order of the replies;
    the answer is one of them."""
    attribution: dict[ClaimKind, Reading[Claim]] = {}
    """What it claims to have mattered, one Reading for each kind of claim that the template elicits."""
    target: Reading[str] | None = None
    """The other answer that a counterfactual is meant to have."""
    answer_again: Reading[str] | None = None
    """The answer to the redacted or edited question, given in a conversation that knows nothing of the first;
    `declined` when the model says that it cannot be answered any more. Never graded."""


class Grade(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the answer is right, who says so, and by which rule."""

    verdict: Verdict
    grader: str
    rule: str = ""


class Category(msgspec.Struct, frozen=True):
    """Which category of a survey an answer falls into, who says so, and by which rule."""

    name: str | None
    """None where no answer was read; `undecided` where an answer cannot be told."""
    categoriser: str
    rule: str


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Item, asked once: what the model said of itself, how it was graded, and what each source is good for."""

    item: str
    report: SelfReport
    grade: Grade | None
    """None in a survey."""
    status: dict[Source, Status]
    """In a survey the same under every source: it says whether an answer was read."""
    repeat: int = 0
    category: Category | None = None
    """In a survey, instead of a Grade."""
    second: Grade | None = None
    """What a judge, or a file of grades, says beside the grade; the same as the grade where that is all there is."""

    @property
    def verdict(self) -> Verdict | None:
        """Whether the answer is right; None in a survey, where none is."""
        return None if self.grade is None else self.grade.verdict


class Answered(NamedTuple):
    """One answer as one source of confidence sees it: what was stated, whether it was right, what it is good for.

    The row that every number rests on, wherever it came from: a Record, a table of another tool, a baseline.
    """

    item: str
    cluster: str
    group: str | None
    confidence: float | None
    """In [0, 1]; None where none could be read."""
    correct: bool | None
    """None where no grader could tell."""
    status: Status
    repeat: int = 0


def encode(value: Any) -> bytes:
    """Return strict JSON on one line; msgspec refuses NaN and infinities by writing null, so none may reach here."""
    return msgspec.json.encode(value)
