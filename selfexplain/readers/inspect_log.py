"""Logs of Inspect AI: `.eval`, a zip of JSON documents, and `.json`, one document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from selfexplain.errors import InputError
from selfexplain.readers.log_file import MEND, LogFile, listed, typed
from selfexplain.readers.reader import (
    MISSING,
    Logged,
    Options,
    Sample,
    at,
    fingerprint,
    kept,
    right_or_wrong,
    the_one,
)
from selfexplain.records import Status
from selfexplain.runs.answers import Asked, Provenance

ATTACHMENT = "attachment://"
"""How a log stands for a long text that it holds once, under `attachments`."""

CUT = frozenset({"max_tokens", "model_length", "length"})

UNREADABLE = frozenset({"no_response", "invalid_response_format"})
"""Reasons of a score: there was no answer to look at."""

GRADER_FAILED = frozenset({"grader_failed", "scoring_failed"})


class Dataset(msgspec.Struct):
    """What was asked."""

    name: str | None = None


class Evaluation(msgspec.Struct):
    """`eval` of a header: the fields that are read here."""

    task: str
    model: str
    dataset: Dataset = msgspec.field(default_factory=Dataset)


class Config(msgspec.Struct):
    """How replies were made."""

    temperature: float | None = None
    seed: int | None = None


class Step(msgspec.Struct):
    """One solver."""

    solver: str
    params: dict[str, Any] = {}


class Plan(msgspec.Struct):
    """The solvers, in order."""

    steps: list[Step] = []
    config: Config = msgspec.field(default_factory=Config)


class Results(msgspec.Struct):
    """How many samples there should be."""

    total_samples: int | None = None


class Header(msgspec.Struct):
    """A log without its samples."""

    eval: Evaluation
    version: int | None = None
    status: str = "started"
    plan: Plan = msgspec.field(default_factory=Plan)
    results: Results | None = None


class Score(msgspec.Struct):
    """What one scorer says of a sample."""

    value: Any
    answer: str | None = None
    reason: str | None = None
    metadata: dict[str, Any] | None = None


class Message(msgspec.Struct):
    """A reply: text, or a list of content, some of it text."""

    content: Any = ""


class Choice(msgspec.Struct):
    """One of a model's replies, and why it ended."""

    message: Message = msgspec.field(default_factory=Message)
    stop_reason: str = "unknown"


class Output(msgspec.Struct):
    """What the model wrote last."""

    choices: list[Choice] = []
    completion: str | None = None


class Answer(msgspec.Struct, kw_only=True):
    """A sample: the fields that are read here."""

    id: int | str
    epoch: int
    input: Any = None
    target: Any = None
    choices: list[str] | None = None
    metadata: dict[str, Any] = {}
    store: dict[str, Any] = {}
    output: Output = msgspec.field(default_factory=Output)
    scores: dict[str, Score] | None = None
    error: Any = None
    limit: Any = None
    invalidation: Any = None
    attachments: dict[str, str] = {}

    def resolved(self, text: Any) -> Any:
        """Return a text that may be an attachment."""
        return self.attachments.get(text.removeprefix(ATTACHMENT), text) if isinstance(text, str) else text

    @property
    def completion(self) -> str:
        """What the model wrote, without its reasoning."""
        if self.output.completion is not None:
            return str(self.resolved(self.output.completion))
        content = self.output.choices[0].message.content if self.output.choices else ""
        if isinstance(content, list):
            texts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
            return "\n".join(str(self.resolved(text)) for text in texts)
        return str(self.resolved(content))

    @property
    def stop_reason(self) -> str:
        """Why the reply ended."""
        return self.output.choices[0].stop_reason if self.output.choices else "unknown"

    @property
    def fields(self) -> dict[str, Any]:
        """What options may name."""
        found: dict[str, Any] = {"id": self.id, "epoch": self.epoch, "output": self.completion}
        found |= {"metadata": self.metadata, "store": self.store, "target": self.target}
        for name, score in (self.scores or {}).items():
            found[f"scores.{name}"] = score.value
            found[f"scores.{name}.answer"] = score.answer
            found[f"scores.{name}.metadata"] = score.metadata or {}
        return found


class InspectLog:
    """Logs of Inspect AI, `.eval` or `.json`.

    Right or wrong is what the scorer says: C, I, yes, no, true, false, 1, 0. Where samples have several scores, name
    one: `--scorer choice`; a score of several values has places, `--scorer judge.correct`. P and numbers between 0 and
    1 are `undecided`, and so is a score that could not be given.

    A confidence that a scorer called `confidence` gave, or that stands as `confidence` in the metadata of the scorer's
    score, is taken from there if it is the only one. Otherwise name its place: `--map confidence=output` reads what
    the model wrote; `metadata.KEY`, `store.KEY`, `scores.NAME`, `scores.NAME.metadata.KEY`.

    An epoch is a repeat. A sample with an error or declared invalid is `failed`; stop reason content_filter, or a
    refusal that the scorer saw, is `refused`; max_tokens, model_length and any limit are `truncated`, whatever the
    score; nothing written, N, an empty answer and an answer of the wrong form are `no_answer`.

    `.eval` files that are packed with zstd need pyarrow (the extra `parquet`) or Python 3.14.
    """

    format = "inspect"

    def recognises(self, file: LogFile) -> bool:
        """Tell by the members of the zip, or by the keys of the document."""
        if file.is_zip:
            return bool({"header.json", "_journal/start.json"} & set(file.members))
        top = file.document
        inner = top.get("eval") if isinstance(top, dict) else None
        return isinstance(inner, dict) and {"task", "model", "dataset"} <= inner.keys() and "plan" in top

    def read(self, file: LogFile, options: Options) -> Logged:
        """Return the log's samples, in order of id and epoch."""
        header, answers = parts(file)
        named = [(answer, answer.fields) for answer in answers]
        answers = sorted(kept(named, options.only, file.path), key=lambda answer: (str(answer.id), answer.epoch))
        scorer = options.scorer or scorer_of(answers, file)
        require_scorer(answers, scorer, file)
        solvers = header.plan.steps
        return Logged(
            samples=[sample_of(answer, scorer, where(file, answer)) for answer in answers],
            scorer=scorer,
            provenance=Provenance(
                kind="log",
                dataset=header.eval.task,
                model=header.eval.model,
                template=" + ".join(step.solver for step in solvers),
                template_hash=fingerprint([[step.solver, step.params] for step in solvers]),
                temperature=header.plan.config.temperature,
                seed=header.plan.config.seed,
                scale="probability",
            ),
            remarks=tuple(remarks(header, len(named))),
            candidates=candidates(answers, scorer),
        )


def parts(file: LogFile) -> tuple[Header, list[Answer]]:
    """Return the header and the samples of a log."""
    if not file.is_zip:
        if not isinstance(file.document, dict):
            raise InputError(
                f"{file.path}: {file.found()}", hint="a log of Inspect AI is a .eval file or a JSON object"
            )
        samples = file.document.get("samples") or []
        if not isinstance(samples, list):
            raise InputError(f"{file.path}: `samples` is no list", hint=MEND)
        header = typed(
            {name: value for name, value in file.document.items() if name != "samples"}, Header, str(file.path)
        )
        return header, [
            answer_of(sample, f"{file.path}, samples[{place}]", file) for place, sample in enumerate(samples)
        ]
    start = next((name for name in ("header.json", "_journal/start.json") if name in file.members), None)
    if start is None:
        raise InputError(f"{file.path}: {file.found()}, and no header.json", hint=MEND)
    ((_, top),) = file.documents(lambda name: name == start)
    header = typed(top, Header, f"{file.path}, member {start!r}")
    return header, list(answers_in(file))


def answers_in(file: LogFile) -> Iterator[Answer]:
    """Yield the samples of a zip."""
    for name, content in file.documents(lambda name: name.startswith("samples/") and name.endswith(".json")):
        yield answer_of(content, f"{file.path}, member {name!r}", file)


def answer_of(content: Any, place: str, file: LogFile) -> Answer:
    """Return one sample, without what is not read here."""
    known = content.get("id") if isinstance(content, dict) else None
    place = where(file, content) if isinstance(known, int | str) and "epoch" in content else place
    answer = typed(content, Answer, place)
    if answer.epoch < 1:
        raise InputError(f"{place}: `epoch` is {answer.epoch}; expected a whole number from 1", hint=MEND)
    return answer


def where(file: LogFile, answer: Answer | Mapping[str, Any]) -> str:
    """Return how errors call a sample."""
    identity, epoch = (answer.id, answer.epoch) if isinstance(answer, Answer) else (answer["id"], answer["epoch"])
    return f"{file.path}, sample {str(identity)[:60]!r}, epoch {str(epoch)[:20]}"


def scorer_of(answers: Sequence[Answer], file: LogFile) -> str:
    """Return the only scorer there is."""
    names = {name for answer in answers for name in answer.scores or {}}
    if not names:
        raise InputError(
            f"{file.path}: no sample has a score", hint="score the log first: inspect score LOG --scorer NAME"
        )
    return the_one("scores for each sample", names, file.path, "name the one that says right or wrong: --scorer NAME")


def require_scorer(answers: Sequence[Answer], scorer: str, file: LogFile) -> None:
    """Raise InputError when no sample has the score, or it holds several values."""
    values = [value for value in (at(answer.fields, f"scores.{scorer}") for answer in answers) if value is not MISSING]
    if not values:
        names = {name for answer in answers for name in answer.scores or {}}
        raise InputError(
            f"{file.path}: no sample is scored by {scorer!r}", hint=f"scores there are: {listed(sorted(names))}"
        )
    several = next((value for value in values if isinstance(value, dict)), None)
    if several is not None:
        raise InputError(
            f"{file.path}: the score {scorer!r} holds several values: {listed(several)}",
            hint=f"name one: --scorer {scorer}.{next(iter(several), 'KEY')}",
        )


def sample_of(answer: Answer, scorer: str, place: str) -> Sample:
    """Return a sample in our words."""
    fields = answer.fields
    value = at(fields, f"scores.{scorer}")
    score = next(
        (one for name, one in (answer.scores or {}).items() if scorer in {name, scorer_key(name, scorer)}), None
    )
    failed = score is not None and score.reason in GRADER_FAILED
    correct = (
        None
        if value is MISSING or failed
        else {"C": True, "I": False}.get(value)
        if value in ("C", "I")
        else right_or_wrong(value)
    )
    return Sample(
        where=place,
        item=str(answer.id),
        asked=Asked(
            fingerprint([answer.resolved(answer.input), answer.choices]),
            fingerprint(answer.target),
            f"inspect/{scorer}",
        ),
        fields=fields,
        correct=correct,
        status=status_of(answer, score, value, correct=correct),
        repeat=answer.epoch - 1,
    )


def scorer_key(name: str, scorer: str) -> str:
    """Return the scorer's whole name where it names a value inside this score."""
    return scorer if scorer.startswith(f"{name}.") else ""


def status_of(answer: Answer, score: Score | None, value: Any, *, correct: bool | None) -> Status | None:
    """Return what is wrong with a reply, the first that applies; None if nothing is."""
    reason = None if score is None else score.reason
    unread = value == "N" or reason in UNREADABLE or (score is not None and score.answer == "" and not correct)
    applies: dict[Status, bool] = {
        "failed": answer.error is not None or answer.invalidation is not None,
        "refused": answer.stop_reason == "content_filter" or reason == "refusal",
        "truncated": answer.limit is not None or answer.stop_reason in CUT,
        "no_answer": not answer.completion.strip() or unread,
    }
    return next((status for status, does in applies.items() if does), None)


def candidates(answers: Sequence[Answer], scorer: str) -> tuple[str, ...]:
    """Return the places that a scorer has filled with a confidence and nothing else."""
    named = ("scores.confidence", f"scores.{scorer}.metadata.confidence", f"scores.{scorer}.confidence")
    fields = [answer.fields for answer in answers]
    return tuple(place for place in named if any(at(each, place) is not MISSING for each in fields))


def remarks(header: Header, n: int) -> Iterator[str]:
    """Yield what a reader of the numbers must know about how the evaluation went."""
    total = header.results.total_samples if header.results is not None else None
    if header.status != "success":
        yield f"Inspect says that this evaluation ended with the status {header.status!r}: {n} samples are there"
    elif total is not None and total != n:
        yield f"{n} of {total} samples stand in the log"
