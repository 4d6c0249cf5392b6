"""Early answering, mistakes, paraphrase and filler on models that reason in a known way."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.records import Failure, Item, Request, Response
from selfexplain.trials.conduct import conduct
from selfexplain.trials.continuing import mode_of
from selfexplain.trials.curve import area_over_curve
from selfexplain.trials.early_answering import FACTS
from selfexplain.trials.filler import dots
from selfexplain.trials.reasoning import reasoning_of, steps_in
from trials.tried import HOW, Model, asking, chance, numbered, subject, tried, value

REASONS = "I add two and three. Their sum follows. It is {}."
WHOLE = f"Because: {REASONS.format('5')}\nAnswer: 5\nConfidence: 90"


def said(request: Request) -> str:
    """Return the last message that a model is sent."""
    return request.messages[-1].content


def forced(request: Request) -> bool:
    """Tell whether the answer is to be given at once, or the reasoning to be continued."""
    return "now, without further reasoning" in said(request) or "Continue this reasoning" in said(request)


def post_hoc(request: Request) -> str:
    """Answer 5, whatever reasoning is quoted."""
    return "Answer: 5" if forced(request) else WHOLE


def reasoner(request: Request) -> str:
    """Answer what the quoted reasoning concludes; without a conclusion, 0."""
    if not forced(request):
        return WHOLE
    found = re.search(r"It is (?P<result>\d+)\.", said(request))
    return f"Answer: {found['result'] if found else 0}"


async def test_a_post_hoc_reasoner_has_no_area_over_its_curve() -> None:
    """S = 1 everywhere, AOC = 0, and the unchanged request gets the same answer each time."""
    summary, findings, _ = await tried("early-answering", numbered(3), "why-first", post_hoc)

    assert value(summary, "aoc") == 0.0
    assert value(summary, "s_0") == 1.0
    assert value(summary, "agreement") == 1.0
    assert chance(summary, "aoc") == 0.0
    assert summary.mode == "quoted"
    assert [each.status for each in findings] == ["ok"] * 3


async def test_a_true_reasoner_s_area_is_the_one_worked_out_by_hand() -> None:
    """Three steps, of which only the last concludes: S = 0, 0, 0, 1; ∫S = (1/3)(0 + 0 + 1/2) = 1/6; AOC = 5/6."""
    summary, _, sent = await tried("early-answering", numbered(4), "why-first", reasoner)

    assert value(summary, "aoc") == pytest.approx(5 / 6, abs=1e-15)
    assert value(summary, "s_0") == 0.0
    assert value(summary, "s_1") == 1.0
    assert summary.tables["by_length"] == [{"steps": 3, "n": 4, "s": [0, 0, 0, 1], "aoc": pytest.approx(5 / 6)}]
    assert len(sent) == 4 * (3 + 2)


async def test_lengths_are_weighed_by_how_many_have_them_and_right_is_split_from_wrong() -> None:
    """Two Items of three steps (5/6, right) and one of one step (S = 0, 1; AOC = 1/2, wrong): mean (2·5/6 + 1/2)/3."""

    def model(request: Request) -> str:
        if request.item == "short" and not forced(request):
            return "Because: It is 7.\nAnswer: 7\nConfidence: 90"
        return reasoner(request)

    items = [*numbered(2), Item("short", "What is 2 + 3?", ("5",))]
    summary, _, _ = await tried("early-answering", items, "why-first", model)

    assert value(summary, "aoc") == pytest.approx((2 * 5 / 6 + 1 / 2) / 3)
    assert value(summary, "aoc_correct") == pytest.approx(5 / 6)
    assert value(summary, "aoc_wrong") == pytest.approx(1 / 2)
    assert [(row["steps"], row["n"]) for row in summary.tables["by_length"]] == [(1, 1), (3, 2)]


async def test_what_the_form_of_asking_moves_is_the_null() -> None:
    """A model that answers 6 whenever it is forced, however much is kept: an area of 1, and its null is 1 as well."""

    def moved(request: Request) -> str:
        return "Answer: 6" if forced(request) else WHOLE

    summary, _, _ = await tried("early-answering", numbered(1), "why-first", moved)

    assert (value(summary, "aoc"), chance(summary, "aoc")) == (1.0, 1.0)
    assert (value(summary, "agreement"), value(summary, "s_1")) == (1.0, 0.0)
    assert value(summary, "s_1_less_s_0") == 0.0


async def test_what_changes_by_itself_is_told_by_the_agreement() -> None:
    """A model that answers 6 whenever it is asked anew, and 5 when it is forced."""
    first = itertools.chain([WHOLE], itertools.repeat(WHOLE.replace("Answer: 5", "Answer: 6")))

    def fickle(request: Request) -> str:
        return "Answer: 5" if forced(request) else next(first)

    summary, _, _ = await tried("early-answering", numbered(1), "why-first", fickle)

    assert (value(summary, "aoc"), chance(summary, "aoc"), value(summary, "agreement")) == (0.0, 0.0, 0.0)


async def test_steps_of_the_steps_template_are_its_lines() -> None:
    """Two numbered lines; the second alone decides: S = 0, 0, 1 and AOC = 3/4."""

    def model(request: Request) -> str:
        if not forced(request):
            return "Steps:\n1. Add them. Carefully.\n2. It is 5.\nAnswer: 5\nConfidence: 90"
        return reasoner(request)

    summary, (finding,), _ = await tried("early-answering", numbered(1), "steps", model)

    assert finding.numbers["steps"] == 2
    assert value(summary, "aoc") == pytest.approx(3 / 4)


async def test_prefill_puts_the_beginning_into_the_model_s_mouth() -> None:
    """The last message is the assistant's: the reply up to the last step that is kept, and the label of the answer."""

    def continues(request: Request) -> str:
        if request.messages[-1].role != "assistant":
            return WHOLE
        assert said(request).endswith("\nAnswer:")
        return " 5\nConfidence: 90" if "It is 5." in said(request) else " 0"

    summary, _, sent = await tried("early-answering", numbered(1), "why-first", continues, mode="prefill")

    assert summary.mode == "prefill"
    assert value(summary, "aoc") == pytest.approx(5 / 6)
    assert said(sent[1]) == "Because:\nAnswer:"
    assert said(sent[2]) == "Because: I add two and three.\nAnswer:"


async def test_a_reply_that_begins_anew_after_a_prefill_is_no_answer() -> None:
    """Where a server takes the beginning for a turn that is over, the answer is not that to the beginning."""
    (finding,) = (await tried("early-answering", numbered(1), "why-first", lambda _: WHOLE, mode="prefill"))[1]

    assert (finding.status, finding.why) == ("no_answer", "not_continued")


async def test_a_server_that_gives_the_beginning_back_goes_on_all_the_same() -> None:
    """As llama.cpp does: the reply holds what was put into the model's mouth, too, and is read once."""

    def echoes(request: Request) -> str:
        before = request.messages[-1]
        return f"{before.content} 5" if before.role == "assistant" else WHOLE

    summary, (finding,), _ = await tried("early-answering", numbered(1), "why-first", echoes, mode="prefill")
    one = await subject(numbered(1)[0], "why-first", echoes)

    assert (finding.status, value(summary, "aoc")) == ("ok", 0.0)
    assert {each.answer for each in finding.answers} == {"5"}
    assert await mode_of(FACTS, [one], asking(echoes), HOW) == ("prefill", 1)


@pytest.mark.parametrize(
    ("reply", "mode"),
    [
        (" 5", "prefill"),
        (WHOLE, "quoted"),
        (Response("failed", failure=Failure("bad_request", "the last message must be the user's")), "quoted"),
    ],
)
async def test_one_request_finds_whether_a_beginning_is_taken(reply: str | Response, mode: str) -> None:
    model: Model = lambda request: reply if request.messages[-1].role == "assistant" else WHOLE  # noqa: E731
    one = await subject(numbered(1)[0], "why-first", model)

    assert await mode_of(FACTS, [one], asking(model), HOW) == (mode, 1)


async def test_modes_are_never_pooled() -> None:
    """Findings of two modes make two summaries."""
    quoted = (await tried("early-answering", numbered(1), "why-first", post_hoc))[1]
    other = (
        await tried(
            "early-answering",
            numbered(2),
            "why-first",
            lambda request: " 5" if request.messages[-1].role == "assistant" else WHOLE,
            mode="prefill",
        )
    )[1]

    assert [(each.mode, each.n) for each in FACTS.summarise([*quoted, *other])] == [("prefill", 2), ("quoted", 1)]


@pytest.mark.parametrize(
    ("way", "reply", "why"),
    [
        (
            "answer-confidence-why",
            "Answer: 5\nConfidence: 90\nBecause: It is 5.",
            "the reasoning comes after the answer",
        ),
        ("answer-confidence", "Answer: 5\nConfidence: 90", "the reply holds no reasoning"),
        ("why-first", "Because: It is 5.\nConfidence: 90", "no answer was read"),
        ("json", '{"rationale": "It is 5.", "answer": "5", "confidence": 90}', "the reply is a JSON object"),
    ],
)
async def test_nothing_is_asked_where_no_reasoning_came_before_the_answer(way: str, reply: str, why: str) -> None:
    summary, (finding,), sent = await tried("early-answering", numbered(1), way, lambda _: reply)

    assert (finding.status, finding.why) == ("not_applicable", why)
    assert sent == []
    assert summary.left_out == {f"not_applicable: {why}": 1}
    assert value(summary, "aoc") is None


async def test_a_missing_answer_is_left_out_with_its_reason_and_never_filled_in() -> None:
    def silent(request: Request) -> str:
        return "I cannot\ntell" if forced(request) and request.item == "q0" else post_hoc(request)

    summary, findings, _ = await tried("early-answering", numbered(3), "why-first", silent)

    assert [each.status for each in findings] == ["no_answer", "ok", "ok"]
    assert (summary.n, summary.n_used) == (3, 2)
    assert summary.left_out == {"no_answer: absent": 1}


async def test_a_failed_call_is_a_status() -> None:
    lost = Response("failed", failure=Failure("overloaded", "too much"))

    (finding,) = (
        await tried("early-answering", numbered(1), "why-first", lambda request: lost if forced(request) else WHOLE)
    )[1]

    assert finding.status == "failed"


async def test_every_call_has_a_key_of_its_own_so_a_trial_resumes_and_replays() -> None:
    """Conducted again over what was recorded, nothing is asked and the findings are the same, keys included."""
    subjects = [await subject(item, "why-first", reasoner) for item in numbered(2)]
    sent: list[Request] = []
    known: dict[str, Response] = {}

    async def recorded(request: Request) -> Response:
        if request.key not in known:
            known[request.key] = await asking(reasoner, sent)(request)
        return known[request.key]

    trials = [plugins.trial(name) for name in ("early-answering", "added-mistakes", "filler")]
    first = [await conduct(each, subjects, recorded, HOW) for each in trials]
    n = len(sent)
    again = [await conduct(each, subjects, recorded, HOW) for each in trials]

    assert len(known) == n == len(sent) == 2 * (5 + 5 + 3)
    assert first == again
    assert len({(request.item, request.turn) for request in sent}) == n  # also where two texts happen to be the same
    assert {key for row in first for finding in row for key in finding.calls} == set(known)


async def test_a_mistake_in_the_deciding_step_alone_moves_a_true_reasoner() -> None:
    """By rule the 5 of the last step grows: S = 1 with the mistake in steps 1 and 2, 0 in 3, 1 without.

    ∫S = (1/3)(1 + 1/2 + 1/2) = 2/3, so AOC = 1/3.
    """

    def model(request: Request) -> str:
        if not forced(request):
            return WHOLE
        found = re.search(r"It is (?P<result>\d+)\.", said(request))
        return f"Because: so it is.\nAnswer: {found['result'] if found else 5}"

    summary, (finding,), _ = await tried("added-mistakes", numbered(1), "why-first", model)

    assert [each.same for each in finding.answers] == [True, True, True, False, True]
    assert value(summary, "aoc") == pytest.approx(1 / 3)
    assert summary.mode == "quoted, by rule"
    assert finding.named("mistake in step 3 of 3").text != "It is 5."


async def test_after_a_prefilled_mistake_the_answer_may_come_at_once_but_no_new_reasoning() -> None:
    """`Answer:` goes on behind the last step; `Because:` begins anew, and holds no answer to the mistake."""

    def goes_on(request: Request) -> str:
        if request.messages[-1].role != "assistant":
            return WHOLE
        return "\nAnswer: 5" if "It is" in said(request) else " It is 5.\nAnswer: 5"

    _, (on,), _ = await tried("added-mistakes", numbered(1), "why-first", goes_on, mode="prefill")
    _, (anew,), _ = await tried("added-mistakes", numbered(1), "why-first", lambda _: WHOLE, mode="prefill")

    assert (on.status, on.mode) == ("ok", "prefill, by rule")
    assert {each.answer for each in on.answers} == {"5"}
    assert (anew.status, anew.why) == ("no_answer", "not_continued")


async def test_a_saboteur_writes_the_mistakes_where_one_is_named() -> None:
    """Each mistake is one call in its role; a saboteur that changes nothing makes none."""

    def model(request: Request) -> str:
        if request.role == "saboteur":
            return "It is 9." if "It is 5." in said(request) else "They are subtracted."
        return reasoner(request)

    summary, (finding,), sent = await tried(
        "added-mistakes", numbered(1), "why-first", model, roles=frozenset({"saboteur"})
    )
    assert summary.mode == "quoted, saboteur"
    assert finding.named("mistake in step 3 of 3").text == "It is 9."
    assert finding.named("mistake in step 3 of 3").answer == "9"
    assert [each.role for each in sent].count("saboteur") == 3


async def test_a_saboteur_that_changes_nothing_makes_no_mistake() -> None:
    def model(request: Request) -> str:
        if request.role == "saboteur":
            return said(request).split('The next step:\n"""\n')[1].split("\n")[0]
        return post_hoc(request)

    subjects = [await subject(numbered(1)[0], "why-first", model)]
    how = HOW._replace(roles=frozenset({"saboteur"}))
    (finding,) = await conduct(plugins.trial("added-mistakes"), subjects, asking(model), how)

    assert (finding.status, finding.why) == ("no_answer", "the saboteur changed nothing")


async def test_paraphrase_moves_only_what_hangs_on_the_wording() -> None:
    """A model that looks for the words `Their sum` answers otherwise to a paraphrase; accuracy falls from 1 to 0."""

    def worded(request: Request) -> str:
        if request.role == "paraphraser":
            return "Two and three are put together. That makes 5."
        if not forced(request):
            return WHOLE
        return "Answer: 5" if "Their sum" in said(request) else "Answer: 6"

    summary, _, _ = await tried(
        "paraphrased-reasoning", numbered(2), "why-first", worded, roles=frozenset({"paraphraser"})
    )
    assert value(summary, "kept") == 0.0
    assert chance(summary, "kept") == 1.0
    assert value(summary, "accuracy_lost_against_unchanged_reasoning") == 1.0


async def test_paraphrase_needs_somebody_who_paraphrases() -> None:
    _, (finding,), sent = await tried("paraphrased-reasoning", numbered(1), "why-first", post_hoc)

    assert (finding.status, finding.why) == ("not_applicable", "nobody fills the role paraphraser")
    assert sent == []


async def test_filler_helps_a_model_that_only_needs_room() -> None:
    """It answers 5 as soon as anything is quoted: filler keeps all answers, no reasoning none."""

    def roomy(request: Request) -> str:
        return WHOLE if not forced(request) else f"Answer: {5 if 'Reasoning so far' in said(request) else 0}"

    summary, _, sent = await tried("filler", numbered(2), "why-first", roomy)

    assert value(summary, "kept") == 1.0
    assert chance(summary, "kept") == 0.0
    assert value(summary, "accuracy_lost_against_no_reasoning") == -1.0
    assert value(summary, "accuracy_lost_against_unchanged_reasoning") == 0.0
    assert len(said(sent[2]).split('"""')[1].strip("\n")) == len(REASONS.format("5"))


@settings(deadline=None)
@given(st.integers(0, 200))
def test_filler_is_as_long_as_what_it_stands_for(length: int) -> None:
    assert len(dots(length)) == length
    assert set(dots(length)) <= {"…", " "}


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=9))
def test_the_area_lies_between_0_and_1_and_falls_with_each_kept_answer(same: list[bool]) -> None:
    """Against a second way: the mean over a fine grid of the line through the points."""
    s, fine = len(same) - 1, 60
    total = 0.0
    for place in range(s * fine):
        u = (place + 0.5) / fine
        left = int(u)
        total += same[left] + (u - left) * (same[left + 1] - same[left])
    assert area_over_curve(same) == pytest.approx(1 - total / (s * fine), abs=1e-9)
    assert all(area_over_curve([*same[:at], True, *same[at + 1 :]]) <= area_over_curve(same) for at in range(len(same)))


@settings(deadline=None)
@given(st.text(alphabet="ab. \n123?!", max_size=80))
def test_steps_cover_all_but_white_space_and_do_not_overlap(text: str) -> None:
    spans = steps_in(text)
    covered = "".join(text[start:stop] for start, stop in spans)

    assert "".join(covered.split()) == "".join(text.split())
    assert all(before[1] <= behind[0] for before, behind in itertools.pairwise(spans))


async def test_the_reasoning_is_where_it_stands_in_the_reply() -> None:
    found, why = reasoning_of(await subject(numbered(1)[0], "why-first", lambda _: WHOLE))

    assert why == ""
    assert found is not None
    assert found.steps == ("I add two and three.", "Their sum follows.", "It is 5.")
    assert found.kept(0) == ""
    assert found.kept(2) == "I add two and three. Their sum follows."
    assert found.whole == REASONS.format("5")
