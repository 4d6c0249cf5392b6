"""The Records of a Run, read and graded again from its recorded calls, by what the manifest names."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from selfexplain import plugins
from selfexplain.errors import InputError, NothingAsked, ProviderError
from selfexplain.event_loop import in_loop
from selfexplain.pipeline.as_asked import judge_of, sampling_of, template_of
from selfexplain.pipeline.many_records import kept
from selfexplain.pipeline.read import read_records
from selfexplain.records import Record
from selfexplain.runs.calls import Calls
from selfexplain.runs.folder import RunFolder

READ_TOGETHER = 1_000
"""Of so many Items the Records are read, and handed on, before the next ones are."""


def records_of(folder: RunFolder, calls: Calls, *, answered: bool = False) -> Sequence[Record]:
    """Read and grade the recorded calls of a Run; with `answered`, one of them must be a reply.

    Raises
    ------
    InputError
        When nothing has been asked.
    ProviderError
        When every request failed and one must not have.
    """
    records = records_in(folder, calls)
    return kept(answered_in(records, calls) if answered else records)


def records_in(folder: RunFolder, calls: Calls) -> Iterator[Record]:
    """Yield the Records of a Run in the order of its Items; raises as `records_of` does, at the end."""
    template = template_of(folder)
    read = partial(
        read_records,
        calls=calls,
        template=template,
        elicitation=plugins.elicitation(template.front.elicitation),
        sampling=sampling_of(folder),
        graders=plugins.graders(),
        judge=judge_of(folder),
        categorisers=plugins.categorisers(),
    )
    items, found = iter(folder.items), False
    while some := list(islice(items, READ_TOGETHER)):
        records = in_loop(read(some))
        found = found or bool(records)
        yield from records
    if not found:
        raise NothingAsked(
            f"{folder.path} has no recorded reply", hint="run the same command again: it asks what is missing"
        )


def answered_in(records: Iterable[Record], calls: Calls) -> Iterator[Record]:
    """Yield Records, and raise ProviderError at the end when every request failed: there is nothing to measure then."""
    n = failed = 0
    for record in records:
        n += 1
        failed += record.report.outcome == "failed"
        yield record
    if n == failed:
        raise ProviderError(
            f"none of {n} requests was answered; the last failure: {calls.last_failure}",
            kind="unavailable",
            hint="mend the cause and run the same command again: it asks what has no reply",
        )


def require_gold(folder: RunFolder) -> None:
    """Raise InputError for a survey, where the verbs that speak of right and wrong have nothing to say."""
    if any(item.is_survey for item in folder.items):
        raise InputError(
            f"{folder.path} is a survey: no answer to it is right or wrong, so its confidences cannot be compared with "
            "that",
            hint="name a Run whose questions have a gold answer; `selfexplain evaluate` shows the rates of a survey",
        )
