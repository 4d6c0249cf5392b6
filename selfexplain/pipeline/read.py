"""From recorded calls to Records: replay the asking, read, grade. Nothing is sent."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from selfexplain.datasets.grades import Grades
from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.errors import InputError
from selfexplain.grading.categoriser import Categoriser
from selfexplain.grading.grader import Grader
from selfexplain.grading.judge import NAME as JUDGED
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.statuses import statuses, survey_statuses
from selfexplain.prompting.template import Template
from selfexplain.records import Grade, Item, Record, SelfReport, Verdict
from selfexplain.runs.calls import Calls, NotAsked, replayed

NO_ANSWER = "no answer was read"


async def read_records(
    items: Iterable[Item],
    *,
    calls: Calls,
    template: Template,
    elicitation: Elicitation,
    sampling: Sampling,
    graders: Mapping[str, Grader],
    judge: Judge | None = None,
    categorisers: Mapping[str, Categoriser],
) -> list[Record]:
    """Return a Record for each Item and repeat that was asked, in the order of the Items.

    The same elicitation that asked now reads, with an `ask` that only looks up; so reading again with a better
    parser or grader needs no model. An Item that was interrupted half way is left out until it is asked to the end.
    """
    ask = replayed(calls)
    records = []
    for item in items:
        for repeat in sorted(calls.repeats):
            try:
                report = await elicitation(item, template, ask, sampling=sampling, repeat=repeat)
                answer = report.answer.value
                judged = judge is not None and answer is not None and not item.is_survey
                second = await judge(item, answer, ask, repeat=repeat) if judged else None  # type: ignore[arg-type, misc]
            except NotAsked:
                continue
            if item.is_survey:
                records.append(survey_record_of(item, report, repeat=repeat, sort=categorisers[item.graded_by]))
            else:
                records.append(record_of(item, report, repeat=repeat, grader=graders[item.graded_by], second=second))
    return records


def record_of(item: Item, report: SelfReport, *, repeat: int, grader: Grader, second: Grade | None = None) -> Record:
    """Return the Record of one report: graded, with a status per source.

    A judge's grade counts where the Item is graded by a judge, unless the answer is a gold text word for word; else it
    stands beside the grade.
    """
    answer = report.answer.value
    grade = Grade("undecided", grader.facts.name, NO_ANSWER) if answer is None else grader(answer, item)
    if second is not None and item.graded_by == JUDGED and grade.verdict == "undecided":
        grade = second
    return Record(
        item=item.id, repeat=repeat, report=report, grade=grade, second=second, status=statuses(report, grade)
    )


def regraded(records: Iterable[Record], grades: Grades) -> Iterator[Record]:
    """Yield Records with the grades that a table gives them, their own beside these.

    Raises
    ------
    InputError
        Once all have passed, when the table grades an answer that was not asked for: the ids do not mean the same
        then.
    """
    unknown = set(grades.correct)
    words: Mapping[bool | None, Verdict] = {True: "correct", False: "wrong", None: "undecided"}
    for record in records:
        key = (record.item, record.repeat)
        unknown.discard(key)
        if key in grades.correct and record.grade is not None:
            grade = Grade(words[grades.correct[key]], grades.name)
            status = statuses(record.report, grade)
            yield msgspec.structs.replace(record, grade=grade, second=record.grade, status=status)
        else:
            yield record
    if unknown:
        item, repeat = min(unknown)
        raise InputError(
            f"{grades.name} grades {len(unknown)} answers that this Run does not hold, the first {item!r}"
            + (f", repeat {repeat}" if repeat else ""),
            hint="use the Items' ids, as in records.jsonl",
        )


def survey_record_of(item: Item, report: SelfReport, *, repeat: int, sort: Categoriser) -> Record:
    """Return the Record of one report in a survey: sorted, not graded.

    `I don't know` and `I refuse` are no answers to a question of fact; to a survey they are, so what a declined answer
    says is sorted like any other.
    """
    answer = report.answer.value
    if report.answer.why == "declined" and report.answer.span is not None:
        answer = report.replies[report.read_in.get("answer", 0)][slice(*report.answer.span)]
    category = sort.facts.category(None, NO_ANSWER) if answer is None else sort(answer, item)
    status = survey_statuses(report, category)
    return Record(item=item.id, repeat=repeat, report=report, grade=None, category=category, status=status)
