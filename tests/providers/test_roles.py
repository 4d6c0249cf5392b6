"""Another model in a role: who is sent what, what is counted where, and what names the Run."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from selfexplain import ask_plan, plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.errors import InputError
from selfexplain.pipeline.forecast import forecast
from selfexplain.providers.roles import WithRoles, require_filled
from selfexplain.records import Ask, Item, Message, Reading, Request, Response, SelfReport, Usage
from selfexplain.runs.calls import Calls, recorded
from selfexplain.runs.manifest import Filled, RunSpec

QUESTION = Request("q", (Message("user", "?"),), 8)
SPEC = RunSpec("d", "1", "0" * 64, "a/main", {}, "t@1", "1" * 64, 0.0, 1)


class Named:
    """Says its name, and counts what it was sent and how often it was closed."""

    def __init__(self, name: str) -> None:
        self.name, self.concurrency, self.closed = name, 3, 0
        self.identity: Mapping[str, str] = {"of": name}
        self.sent: list[Request] = []

    async def generate(self, request: Request) -> Response:
        self.sent.append(request)
        return Response("completed", self.name, usage=Usage(prompt=10, completion=1))

    async def aclose(self) -> None:
        self.closed += 1


async def test_each_request_goes_to_the_model_of_its_role() -> None:
    """And what is known of the whole is what is known of the model that the Run is about."""
    main, judge = Named("a/main"), Named("b/judge")
    both = WithRoles(main, {"entailment": judge})

    assert (await both.generate(QUESTION)).text == "a/main"
    assert (await both.generate(replace(QUESTION, role="entailment"))).text == "b/judge"
    assert (both.name, both.concurrency, both.identity) == ("a/main", 3, {"of": "a/main"})


async def test_a_model_in_two_roles_is_closed_once() -> None:
    main, judge = Named("a/main"), Named("b/judge")
    await WithRoles(main, {"entailment": judge, "judge": judge, "self": main}).aclose()

    assert (main.closed, judge.closed) == (1, 1)


async def test_the_calls_of_a_role_are_recorded_in_the_same_run_and_counted_apart(tmp_path: Path) -> None:
    """They have another price. Both are there after a restart, under keys of their own."""
    calls = Calls(tmp_path)
    ask = recorded(WithRoles(Named("a/main"), {"entailment": Named("b/judge")}).generate, calls)
    requests = [QUESTION, replace(QUESTION, role="entailment"), replace(QUESTION, role="entailment", draw=1)]
    for request in requests:
        await ask(request)
    await calls.aclose()
    again = Calls(tmp_path)

    assert (again.totals.replies, again.totals_of("entailment").replies) == (1, 2)
    assert [getattr(again.reply(request.key), "text", None) for request in requests] == ["a/main", "b/judge", "b/judge"]


def test_a_request_without_a_role_keeps_its_key() -> None:
    """Worked out before there were roles: recorded replies must be found again."""
    assert QUESTION.key == "499cc08b34f23d6fea357b8bb13f56bc"


def test_a_run_without_roles_keeps_its_hash_and_one_with_roles_has_another() -> None:
    """By who fills them, too. The first was worked out before there were roles."""
    judged = replace(SPEC, roles={"entailment": Filled("b/judge", {})})
    other = replace(SPEC, roles={"entailment": Filled("b/other", {})})

    assert SPEC.hash == "cf38a270db58"
    assert len({SPEC.hash, judged.hash, other.hash}) == 3


@pytest.mark.parametrize(
    ("needed", "given", "told"),
    [
        (
            ["entailment"],
            [],
            (
                "the template t@1 asks another model in the role 'entailment', and none is named\n"
                "hint: say --role entailment=PROVIDER/NAME; any model that -m takes can fill it"
            ),
        ),
        (
            [],
            ["judge"],
            "nothing is asked in the role 'judge'\nhint: the template t@1 needs no other model: leave --role judge out",
        ),
    ],
)
def test_roles_that_are_missing_or_idle_are_refused(needed: list[str], given: list[str], told: str) -> None:
    with pytest.raises(InputError) as caught:
        require_filled(needed, given, by="the template t@1")

    assert str(caught.value) == told


async def test_a_forecast_counts_each_role_for_itself() -> None:
    """Two Items: one call each of the model, two each of the role."""

    async def judged(item: Item, template: object, ask: Ask, *, sampling: Sampling, repeat: int) -> SelfReport:  # noqa: ARG001 - the protocol
        for draw, role in enumerate(("", "entailment", "entailment")):
            await ask(Request(item.id, (Message("user", "abcd"),), 8, role=role, draw=draw))
        nothing: Reading[str] = Reading(None, "absent")
        return SelfReport(nothing, nothing, {}, "completed", (), ())

    found = await forecast(
        [Item("a", "?"), Item("b", "?")],
        repeats=1,
        template=plugins.template("answer-confidence"),
        elicitation=judged,  # type: ignore[arg-type]
        sampling=Sampling(0.0, 1),
        calls=None,
    )

    assert (found.calls, found.roles["entailment"].calls) == (2, 4)
    assert (found.prompt_tokens, found.roles["entailment"].prompt_tokens) == (2 * 6, 4 * 6)


@pytest.mark.parametrize(("draws", "stated", "used"), [(1, None, 0.0), (5, None, 1.0), (5, 0.7, 0.7), (1, 0.0, 0.0)])
def test_draws_decide_the_temperature_that_nobody_states(draws: int, stated: float | None, used: float) -> None:
    """One reply is asked at 0; several are drawn from the model's own distribution."""
    template = plugins.template("answer-confidence")
    template = replace(template, front=replace(template.front, draws=draws))

    assert ask_plan.temperature_for(template, stated) == used


def test_draws_at_temperature_0_are_refused() -> None:
    """Five copies of one reply would agree perfectly."""
    template = plugins.template("answer-confidence")
    template = replace(template, front=replace(template.front, draws=5))
    with pytest.raises(InputError, match=r"draws 5 replies, and at temperature 0 they are one and the same") as caught:
        ask_plan.temperature_for(template, 0.0)

    assert caught.value.hint == "say --temperature 1, or leave it out"


@pytest.mark.parametrize(
    ("named", "name", "address"),
    [
        ("openai/some-model", "openai/some-model", "https://api.openai.com"),
        ("openai/some@2026", "openai/some@2026", "https://api.openai.com"),
        ("openai/some@2026@http://localhost:8000/v1", "openai/some@2026", "http://localhost:8000/v1"),
    ],
)
def test_a_role_may_have_a_server_of_its_own(
    named: str, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the last @, where it begins like an address."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    provider = plugins.provider_in_role(named, asks=False)

    assert provider.name == name
    assert provider.identity["base_url"].startswith(address)
