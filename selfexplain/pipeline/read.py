"""From recorded calls to Records: replay the asking, read, grade. Nothing is sent."""

from collections.abc import Iterable, Mapping

from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.grading.categoriser import Categoriser
from selfexplain.grading.grader import Grader
from selfexplain.pipeline.statuses import statuses, survey_statuses
from selfexplain.prompting.template import Template
from selfexplain.records import Grade, Item, Record, SelfReport
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
    categorisers: Mapping[str, Categoriser],
) -> list[Record]:
    """Return a Record for each Item and repeat that was asked, in the order of the Items.

    The same elicitation that asked now reads, with an `ask` that only looks up; so reading again with a better
    parser or grader needs no model. An Item that was interrupted half way is left out until it is asked to the end.
    """
    repeats_of: dict[str, list[int]] = {}
    for item_id, repeat in calls.asked:
        repeats_of.setdefault(item_id, []).append(repeat)
    ask = replayed(calls)
    records = []
    for item in items:
        for repeat in sorted(repeats_of.get(item.id, ())):
            try:
                report = await elicitation(item, template, ask, sampling=sampling, repeat=repeat)
            except NotAsked:
                continue
            if item.is_survey:
                records.append(survey_record_of(item, report, repeat=repeat, sort=categorisers[item.graded_by]))
            else:
                records.append(record_of(item, report, repeat=repeat, grader=graders[item.graded_by]))
    return records


def record_of(item: Item, report: SelfReport, *, repeat: int, grader: Grader) -> Record:
    """Return the Record of one report: graded, with a status per source."""
    answer = report.answer.value
    grade = Grade("undecided", grader.facts.name, NO_ANSWER) if answer is None else grader(answer, item)
    return Record(item=item.id, repeat=repeat, report=report, grade=grade, status=statuses(report, grade))


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
