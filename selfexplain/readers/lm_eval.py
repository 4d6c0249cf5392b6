"""Sample files of lm-evaluation-harness: `samples_TASK_TIME.jsonl`, written with `--log_samples`."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from selfexplain.errors import InputError
from selfexplain.readers.log_file import MEND, LogFile, listed, parsed, typed
from selfexplain.readers.reader import Logged, Options, Sample, fingerprint, kept, right_or_wrong, the_one
from selfexplain.records import Reading, Status
from selfexplain.runs.answers import Asked, Provenance

KEYS = frozenset({"doc_id", "doc", "target", "arguments", "resps", "filtered_resps"})

LENGTHS: Mapping[str, Callable[[str], int]] = {
    "acc": lambda _: 1,
    "acc_norm": len,
    "acc_bytes": lambda text: len(text.encode("utf-8")),
}
"""By which length of an option its log-probability is divided before the largest is the answer."""

NOTHING_FOUND = "[invalid]"
"""What the tool's regular expressions put where they find nothing; it is then graded as an answer."""

UNSET = "none"
"""The filter's name where a task has none."""


class Line(msgspec.Struct, kw_only=True):
    """One question under one filter: the fields that are read here."""

    doc_id: int | str
    doc: Any
    target: Any
    arguments: Any
    resps: list[Any]
    filtered_resps: list[Any]
    filter: str = UNSET
    metrics: list[str] = []
    values: dict[str, Any] = {}
    """The metrics' values, which stand beside the other fields."""

    @property
    def options(self) -> list[str] | None:
        """What was chosen from; None where the model wrote its answer."""
        pairs = self.filtered_resps and all(isinstance(one, list) and len(one) == 2 for one in self.filtered_resps)
        calls = self.arguments.values() if isinstance(self.arguments, dict) else self.arguments
        if not pairs or not isinstance(self.arguments, dict | list) or len(calls) != len(self.filtered_resps):
            return None
        last = [
            list(call.values())[-1] if isinstance(call, dict) else call[-1]
            for call in calls
            if call and isinstance(call, dict | list)
        ]
        texts = [text for text in last if isinstance(text, str)]
        return texts if len(texts) == len(self.filtered_resps) else None

    @property
    def fields(self) -> dict[str, Any]:
        """What options may name."""
        found = {"doc_id": self.doc_id, "doc": self.doc, "filter": self.filter, "target": self.target}
        found |= {f"scores.{name}": value for name, value in self.values.items()}
        first = self.resps[0] if self.resps else None
        first = first[0] if isinstance(first, list) and len(first) == 1 else first
        return found | {"output": first} if isinstance(first, str) else found


class LmEval:
    """Sample files of lm-evaluation-harness, `samples_TASK_TIME.jsonl`.

    **Options.** Where the model chose by log-probabilities, the confidence is that of the option it chose: its share in
    the softmax over all options of what the metric compares. For `acc` that is the sum of the log-probabilities of an
    option's tokens, which favours short options; for `acc_norm` that sum divided by the option's length in characters,
    for `acc_bytes` in bytes. Answers and confidences differ, so say which: `--scorer acc`. The source is `token`.

    **Written answers.** Right or wrong is what the metric says; name it, and the filter, where there are several:
    `--scorer exact_match --only filter=strict-match`. Name the confidence's place: `--map confidence=output` reads what
    the model wrote, `doc.KEY` the question's own fields. What a filter could not find is `no_answer`.

    The files do not say why a reply ended: one that failed, was refused or cut off cannot be told from an empty or
    unreadable one. The model's name is read from the `results_TIME.json` beside the file, if it is there.

    A question is called by its `doc_id`; `--map item=doc.id` takes another name. Its whole `doc` must be the same on
    both sides of a comparison.
    """

    format = "lm-eval"

    def recognises(self, file: LogFile) -> bool:
        """Tell by the keys of the first line."""
        return not file.is_zip and isinstance(file.first_line, dict) and file.first_line.keys() >= KEYS

    def read(self, file: LogFile, options: Options) -> Logged:
        """Return the file's samples, in its order."""
        lines = [line_of(content, f"{file.path}, line {number}") for number, content in file.lines()]
        lines = kept([(line, line.fields) for line in lines], options.only, file.path)
        the_one("filters", {line.filter for line in lines}, file.path, "name one: --only filter=NAME")
        scorer = options.scorer or the_one(
            "metrics",
            {name for line in lines for name in line.metrics},
            file.path,
            "name the one that says right or wrong: --scorer NAME",
        )
        samples = [sample_of(line, scorer, f"{file.path}, doc_id {line.doc_id}") for line in lines]
        known = beside(file)
        return Logged(
            samples=samples,
            scorer=scorer,
            provenance=Provenance(
                kind="log",
                dataset=task_of(file),
                model=str(known.get("model_name") or ""),
                template=lines[0].filter if lines[0].filter != UNSET else "",
                scale="probability",
            ),
            source="token",
        )


def line_of(content: Any, where: str) -> Line:
    """Return one line, its metrics' values gathered."""
    line = typed(content, Line, where)
    absent = [name for name in line.metrics if name not in content]
    if absent:
        raise InputError(f"{where}: the metric {absent[0]!r} has no value", hint=MEND)
    line.values = {name: content[name] for name in line.metrics}
    return line


def sample_of(line: Line, scorer: str, where: str) -> Sample:
    """Return a sample in our words."""
    if scorer not in line.values:
        raise InputError(f"{where}: no metric {scorer!r}", hint=f"there are: {listed(sorted(line.values))}")
    correct, options = right_or_wrong(line.values[scorer]), line.options
    confidence = None if options is None else chosen(line, options, scorer, correct=correct, where=where)
    return Sample(
        where=where,
        item=str(line.doc_id),
        asked=Asked(fingerprint(line.doc), fingerprint(line.target), f"lm-eval/{scorer}"),
        fields=line.fields,
        correct=correct,
        status=None if options is not None else written_status(line),
        repeat=0,
        confidence=confidence,
    )


def written_status(line: Line) -> Status | None:
    """Return what is wrong with a written answer; the file tells no more than that there is none."""
    output = line.fields.get("output")
    return (
        "no_answer"
        if line.filtered_resps[:1] == [NOTHING_FOUND] or (output is not None and not output.strip())
        else None
    )


def chosen(line: Line, options: Sequence[str], scorer: str, *, correct: bool | None, where: str) -> Reading[float]:
    """Return the confidence of the option that a metric takes for the answer.

    Raises
    ------
    InputError
        When the metric chooses by something that the file does not hold, or recorded another choice.
    """
    if scorer not in LENGTHS:
        raise InputError(
            f"{where}: no confidence belongs to the metric {scorer!r}",
            hint=f"say --scorer with one of {listed(LENGTHS)}",
        )
    sums = [log_probability(pair[0], where) for pair in line.filtered_resps]
    if "acc_mutual_info" in line.metrics:  # then the second half is the options without their question
        sums, options = sums[: len(sums) // 2], options[: len(sums) // 2]
    if len(sums) < 2:
        raise InputError(f"{where}: one log-probability, so nothing was chosen", hint="this task offers no options")
    # What separates a question from an option belongs to neither; the tool's own default is one space.
    lengths = [max(1, LENGTHS[scorer](option.removeprefix(" "))) for option in options]
    compared = [each / length for each, length in zip(sums, lengths, strict=True)]
    best = max(range(len(compared)), key=compared.__getitem__)
    gold = gold_options(line.target)
    if gold and correct is not None and (best in gold) != correct:
        raise InputError(
            f"{where}: {scorer} is {line.values[scorer]}, and by its log-probabilities the answer is option {best} of "
            f"{listed(options)}, where {line.target} is right",
            hint="the task measures the length of its options in another way; use --scorer acc",
        )
    return Reading(share(compared, best), "read") if compared[best] > -math.inf else Reading(None, "absent")


def share(compared: Sequence[float], best: int) -> float:
    """Return the share of one option in the softmax over all.

    >>> share([math.log(0.6), math.log(0.2)], 0)
    0.75
    """
    return float(f"{1 / math.fsum(math.exp(each - compared[best]) for each in compared):.12g}")


def log_probability(value: Any, where: str) -> float:
    """Return a log-probability, which the tool writes as text; minus infinity is one."""
    try:
        number = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not number <= 0.001:  # not a number, or more than rounding can make of a certainty
        raise InputError(f"{where}: {value!r} is no log-probability", hint=MEND)
    return number


def gold_options(target: Any) -> frozenset[int]:
    """Return the numbers of the right options, as far as the file gives numbers.

    >>> sorted(gold_options("[0, 2]")), gold_options("Lima")
    ([0, 2], frozenset())
    """
    text = str(target).strip()
    return (
        frozenset(map(int, re.findall(r"\d{1,9}", text))) if re.fullmatch(r"\d{1,9}|\[[\d, ]+\]", text) else frozenset()
    )


def task_of(file: LogFile) -> str:
    """Return the task's name, which only the file's name tells."""
    named = re.fullmatch(r"samples_(.+)_\d{4}-\d\d-\d\dT[\d.-]+\.jsonl", file.path.name)
    return named[1] if named else file.path.name


def beside(file: LogFile) -> Mapping[str, Any]:
    """Return what the results file of the same time says; nothing where there is none."""
    time = re.search(r"_(\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl$", file.path.name)
    results = file.path.with_name(f"results_{time[1]}.json") if time else None
    if results is None or not results.is_file():
        return {}
    found = parsed(results.read_bytes(), str(results))
    return found if isinstance(found, dict) else {}
