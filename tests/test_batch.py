"""A Run asked in batches, through the real SDKs, of a server that behaves as documented and one that does not."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import selfexplain as sx
from in_batches import QUESTIONS, ask, calls, right, write_questions
from providers.batch_server import WRONG_KEY, BatchServer, batch_server
from selfexplain.cli import main
from selfexplain.errors import BudgetSpent, InputError, ProviderError
from selfexplain.pipeline import batch_desk, batched
from selfexplain.providers import retry
from selfexplain.runs import batches
from selfexplain.runs.batches import Intent, read_events, unfinished

BOTH = pytest.mark.parametrize("sdk", ["openai", "anthropic"])


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no wait take time; what gathers is then what the loop brings before its next turn."""
    for name in ("FIRST_POLL_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(batch_desk, name, 0.0)
    monkeypatch.setattr(batched, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(retry, "FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with batch_server() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_questions(tmp_path)


@BOTH
def test_all_are_asked_in_one_batch_and_each_reply_finds_its_question(
    home: Path, server: BatchServer, sdk: str
) -> None:
    """Results come in another order than requests; each call says in which batch it was asked."""
    folder = ask(home, server, sdk)

    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert [len(batch.entries) for batch in server.batches] == [len(QUESTIONS)]
    assert {call.response.batch for call in calls(home)} == {server.batches[0].name}
    assert unfinished(folder) == []


@BOTH
def test_it_is_the_same_run_as_one_that_is_asked_directly(home: Path, server: BatchServer, sdk: str) -> None:
    """A batch is another way to the same model: nothing of it stands in the Run's name, and it resumes either way."""
    first = ask(home, server, sdk)
    again = ask(home, server, sdk, batch=False)

    assert again == first
    assert server.asked.total() == len(QUESTIONS)


@BOTH
def test_several_turns_are_asked_in_rounds(
    home: Path, server: BatchServer, sdk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve first turns in one batch, twelve second ones in the next, each handed in when the twelfth is there.

    A second turn comes when the first is on disk: how long that takes must not decide what a batch holds.
    """
    monkeypatch.setattr(batched, "LINGER_SECONDS", 600.0)
    ask(home, server, sdk, template="self-probe", concurrency=len(QUESTIONS))

    assert [len(batch.entries) for batch in server.batches] == [len(QUESTIONS)] * 2


@BOTH
def test_no_more_than_so_many_are_asked_at_once(home: Path, server: BatchServer, sdk: str) -> None:
    ask(home, server, sdk, concurrency=5)

    assert max(len(batch.entries) for batch in server.batches) == 5
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert right(home) == len(QUESTIONS)


def test_a_batch_is_no_larger_than_the_endpoint_takes(
    home: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About 600 bytes each: four would be more than 2,000."""
    from selfexplain.providers.openai_batch import OpenAIBatches

    monkeypatch.setattr(OpenAIBatches, "most_bytes", 2_000)
    ask(home, server)

    sizes = [len(content) for content in server.files.values() if b'"method"' in content]
    assert len(sizes) > 2
    assert max(sizes) <= 2_000
    assert right(home) == len(QUESTIONS)


@BOTH
def test_what_expired_or_met_an_error_is_asked_again_in_the_next_batch(
    home: Path, server: BatchServer, sdk: str
) -> None:
    """Partial results are kept: only what has none is asked again, and each failure is recorded."""
    server.fates[QUESTIONS[0]].append("expired")
    server.fates[QUESTIONS[1]].append("500")
    server.fates[QUESTIONS[2]].append("429")
    ask(home, server, sdk)

    assert server.asked == dict.fromkeys(QUESTIONS, 1) | dict.fromkeys(QUESTIONS[:3], 2)
    assert right(home) == len(QUESTIONS)
    failed = [call for call in calls(home) if call.response.outcome == "failed"]
    why = {call.request.item: call.response.failure.kind for call in failed if call.response.failure is not None}
    assert why == {"q0": "overloaded", "q1": "overloaded", "q2": "rate"}
    assert {call.response.batch for call in failed} == {server.batches[0].name}


@pytest.mark.parametrize(
    ("sdk", "fate"), [("openai", "error with 200"), ("anthropic", "error with 200"), ("openai", "half")]
)
def test_an_error_in_a_replys_place_is_no_reply(home: Path, server: BatchServer, sdk: str, fate: str) -> None:
    """Half a reply, or an error with status 200: taken for replies, they would be the question's last word."""
    server.fates[QUESTIONS[4]].append(fate)
    ask(home, server, sdk)

    assert server.asked == dict.fromkeys(QUESTIONS, 1) | {QUESTIONS[4]: 2}
    assert right(home) == len(QUESTIONS)
    (failed,) = (call.response for call in calls(home) if call.response.outcome == "failed")
    assert failed.failure is not None
    assert failed.failure.kind == "overloaded"


@pytest.mark.parametrize(
    ("sdk", "fate"), [("openai", "filtered"), ("anthropic", "filtered"), ("openai", "cut by a filter")]
)
def test_a_question_that_a_filter_stops_is_refused_as_outside_a_batch(
    home: Path, server: BatchServer, sdk: str, fate: str
) -> None:
    """A reply like another: recorded, so that the same command does not ask it again."""
    server.fates[QUESTIONS[4]].append(fate)
    folder = ask(home, server, sdk)
    ask(home, server, sdk)

    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    (refused,) = (call for call in calls(home) if call.response.outcome != "completed")
    assert (refused.request.item, refused.response.outcome) == ("q4", "refused")
    assert refused.response.finish_reason == "content_filter"
    assert refused.response.batch == server.batches[0].name
    assert sx.evaluate_run(folder).to_dict()["excluded"] == {"refused": 1}


@BOTH
@pytest.mark.parametrize("fate", ["cancelled", "400", "missing"])
def test_what_is_refused_cancelled_or_missing_is_one_items_failure_until_the_next_command(
    home: Path, server: BatchServer, sdk: str, fate: str
) -> None:
    """Nothing is asked again by itself that somebody cancelled, or that is paid for; the same command does."""
    server.fates[QUESTIONS[4]].append(fate)
    ask(home, server, sdk)
    assert [call.request.item for call in calls(home) if call.response.outcome == "failed"] == ["q4"]
    assert server.asked == dict.fromkeys(QUESTIONS, 1)

    ask(home, server, sdk)
    assert server.asked == dict.fromkeys(QUESTIONS, 1) | {QUESTIONS[4]: 2}
    assert right(home) == len(QUESTIONS)


@BOTH
def test_a_parameter_that_the_model_refuses_is_left_out_of_the_next_batch(
    home: Path, server: BatchServer, sdk: str
) -> None:
    """Every line of the first batch says so; the second goes without, and each call says what it went without."""
    server.takes_temperature = False
    ask(home, server, sdk)

    assert [len(batch.entries) for batch in server.batches] == [len(QUESTIONS)] * 2
    assert right(home) == len(QUESTIONS)
    assert all("temperature" in call.response.dropped for call in calls(home))
    assert {call.response.outcome for call in calls(home)} == {"completed"}


@BOTH
def test_two_runs_learn_of_a_refused_parameter_together(home: Path, server: BatchServer, sdk: str) -> None:
    """Both are asked through one client: the second to hear of it must not take the complaint for its own fault."""
    server.takes_temperature = False
    found = sx.run_ways(
        str(home / "questions.jsonl"),
        models=[f"{sdk}/model"],
        templates=["answer-confidence", "answer-why-confidence"],
        base_url=server.base_url,
        results=home / "results",
        batch=True,
    )

    assert [len(run.records) for run in found.runs] == [12, 12]
    assert {call.response.outcome for call in calls(home)} == {"completed"}


@BOTH
def test_lines_that_come_twice_or_belong_to_others_are_left_out(home: Path, server: BatchServer, sdk: str) -> None:
    """The first reply counts; lines of another batch, even with the same questions, are never ours."""

    def mixed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ours = json.dumps(lines)
        foreign = json.loads(ours.replace("word of", "wrong"))
        for line in foreign:
            token, _, key = line["custom_id"].partition("-")
            line["custom_id"] = f"{'0' * len(token)}-{key}"
        second = json.loads(ours.replace("word of", "late"))
        return [*foreign, *lines, *second, {"custom_id": "request-1"}, {"no": "name"}]

    server.reorder = mixed
    ask(home, server, sdk)

    assert right(home) == len(QUESTIONS)
    assert len(calls(home)) == len(QUESTIONS)


@BOTH
@pytest.mark.parametrize("cuts", [1, 2])
def test_results_that_break_off_are_read_again(home: Path, server: BatchServer, sdk: str, cuts: int) -> None:
    """Half a file, with a connection that breaks or ends as if nothing were missing: what came counts once."""
    server.cuts = cuts
    ask(home, server, sdk)

    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert len(calls(home)) == len(QUESTIONS)


@BOTH
def test_a_connection_that_is_reset_amid_results_loses_and_doubles_nothing(
    home: Path, server: BatchServer, sdk: str
) -> None:
    """Twice in a row, after half of them; then they come whole."""
    server.resets = 2
    ask(home, server, sdk)

    assert server.seen["content" if sdk == "openai" else "results"] == 3
    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert len(calls(home)) == len(QUESTIONS)


@BOTH
def test_replies_are_recorded_while_the_results_still_come(home: Path, server: BatchServer, sdk: str) -> None:
    """The server sends the second half only when a reply of the first is on disk: who reads all before would wait."""
    recorded, in_time = threading.Event(), list[bool]()
    server.amid = lambda: in_time.append(recorded.wait(timeout=60))
    ask(home, server, sdk, watch=lambda progress: recorded.set() if progress.done else None)

    assert in_time == [True]
    assert right(home) == len(QUESTIONS)


@BOTH
@pytest.mark.parametrize(
    "spoilt", [b"<html>502</html>", b"{", b"[]", b"null", b'{"custom_id": 7}', b"\xff\xfe", b"[" * 100_000, b"", b" "]
)
def test_a_line_that_is_no_result_is_left_out(home: Path, server: BatchServer, sdk: str, spoilt: bytes) -> None:
    """Before each line, and at the end without a line end; everything else is there, so nothing is read again."""
    server.spoil = lambda results: spoilt + b"\n" + results.replace(b"\n", b"\n" + spoilt + b"\n") + spoilt
    ask(home, server, sdk)

    assert server.seen["content" if sdk == "openai" else "results"] == 1
    assert right(home) == len(QUESTIONS)
    assert len(calls(home)) == len(QUESTIONS)


@BOTH
def test_a_line_that_never_comes_whole_is_that_questions_failure(home: Path, server: BatchServer, sdk: str) -> None:
    """Read four times; the others are kept, and the same command asks the one again."""
    whole, name = server.spoil, list[bytes]()

    def halved(results: bytes) -> bytes:
        first, *rest = results.split(b"\n")
        name.append(first)
        return b"\n".join([first[: len(first) // 2], *rest])

    server.spoil = halved
    ask(home, server, sdk)
    assert server.seen["content" if sdk == "openai" else "results"] == batch_desk.READS
    assert right(home) == len(QUESTIONS) - 1
    assert [call.response.outcome for call in calls(home)].count("failed") == 1

    server.spoil = whole
    ask(home, server, sdk)
    assert right(home) == len(QUESTIONS)
    assert server.asked.total() == len(QUESTIONS) + 1


@BOTH
@pytest.mark.parametrize("route", ["list", "create", "retrieve"])
def test_a_busy_server_is_waited_for_and_no_batch_is_made_twice(
    home: Path, server: BatchServer, sdk: str, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_desk, "wait_after", lambda *_: 0.0)
    server.statuses[route].extend([(429, {}), (529, {}), (500, {})])
    ask(home, server, sdk)

    assert right(home) == len(QUESTIONS)
    assert len(server.batches) == 1
    assert {call.response.outcome for call in calls(home)} == {"completed"}


@BOTH
def test_a_batch_that_was_made_unheard_is_found_and_not_made_again(
    home: Path, server: BatchServer, sdk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply to its making is lost: the list shows it, by our token or by the names of its requests."""
    monkeypatch.setattr(batch_desk, "wait_after", lambda *_: 0.0)
    server.lost["create"] = 1
    ask(home, server, sdk)

    assert len(server.batches) == 1
    assert right(home) == len(QUESTIONS)


@BOTH
def test_a_wrong_key_stops_the_run_before_anything_is_handed_in(
    home: Path, server: BatchServer, sdk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{sdk.upper()}_API_KEY", WRONG_KEY)
    with pytest.raises(ProviderError) as stopped:
        ask(home, server, sdk)

    assert stopped.value.kind == "auth"
    assert not server.batches


@BOTH
def test_no_money_stops_the_run_and_with_money_the_rest_is_asked(home: Path, server: BatchServer, sdk: str) -> None:
    """Half the lines were answered before the money went: those are not asked, or paid, again."""
    for question in QUESTIONS[6:]:
        server.fates[question].append("no money")
    with pytest.raises(ProviderError) as stopped:
        ask(home, server, sdk)
    assert stopped.value.kind == "quota"

    ask(home, server, sdk)
    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1) | dict.fromkeys(QUESTIONS[6:], 2)


def test_a_batch_that_is_refused_as_a_whole_stops_the_run(home: Path, server: BatchServer) -> None:
    """Nothing of it was asked; the words of the server are told, and the next command hands it in again."""
    server.refuses = lambda _: [{"code": "model_not_found", "message": "no such model", "line": 1}]
    with pytest.raises(ProviderError, match="no such model"):
        ask(home, server)

    assert unfinished(next(home.glob("results/*"))) == []
    server.refuses = lambda _: []
    ask(home, server)
    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)


def test_a_batch_that_is_too_much_for_the_account_is_made_smaller(
    home: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most three at once: 12, 6 and then 3 at a time, one batch after the other."""
    monkeypatch.setattr(batched, "wait_after", lambda *_: 0.0)
    too_much = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None}]
    server.refuses = lambda entries: too_much if len(entries) > 3 else []
    ask(home, server)

    assert right(home) == len(QUESTIONS)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert [len(batch.entries) for batch in server.batches] == [12, 6, 3, 3, 3, 3]


def test_a_provider_without_batches_is_told_before_anything_is_written(home: Path) -> None:
    with pytest.raises(InputError, match="has no batch endpoint") as refused:
        sx.run(str(home / "questions.jsonl"), model=lambda _: "Lima", batch=True, results=home / "results")

    assert refused.value.hint is not None
    assert "anthropic/NAME, openai/NAME" in refused.value.hint
    assert not (home / "results").exists()


@BOTH
def test_a_server_without_batches_is_told_as_that(home: Path, server: BatchServer, sdk: str) -> None:
    server.statuses["list"].append((404, {}))
    with pytest.raises(ProviderError) as stopped:
        ask(home, server, sdk)

    assert stopped.value.hint is not None
    assert "leave --batch out" in stopped.value.hint


PRICES = '[tool.selfexplain.prices."{}/model"]\ninput = 10_000\noutput = 100_000\n'
"""With 100 tokens read and 10 written, each reply costs 2 of whatever it is; 1 in a batch."""


@pytest.fixture
def priced(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home / "pyproject.toml").write_text("".join(map(PRICES.format, ("openai", "anthropic"))))
    monkeypatch.chdir(home)
    return home


@BOTH
def test_what_came_in_a_batch_costs_half(priced: Path, server: BatchServer, sdk: str) -> None:
    """Twelve replies at 1 each; what a Run's directly asked calls cost stays what it is."""
    folder = ask(priced, server, sdk)
    metrics = sx.evaluate_run(folder).to_dict()

    assert metrics["cost"]["amount"] == pytest.approx(12.0)
    assert metrics["cost"]["batch_share"] == 0.5
    assert metrics["usage"]["batched"] == len(QUESTIONS)


@BOTH
def test_a_share_of_the_price_that_a_user_has_set_is_used_everywhere(
    priced: Path, server: BatchServer, sdk: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quarter: forecast, budget and cost, each 0.5 for a reply instead of 1; the page and the command say which."""
    table = priced / "pyproject.toml"
    table.write_text(table.read_text().replace("output", "batch = 0.25\noutput"))
    options = {"model": f"{sdk}/model", "base_url": server.base_url, "template": "answer-confidence"}
    directly = sx.dry_run(str(priced / "questions.jsonl"), **options)  # type: ignore[arg-type]
    in_batches = sx.dry_run(str(priced / "questions.jsonl"), batch=True, **options)  # type: ignore[arg-type]
    assert in_batches["cost"]["amount"] == pytest.approx(directly["cost"]["amount"] / 4)
    assert (in_batches["cost"]["batch_share"], "batch_share" in directly["cost"]) == (0.25, False)
    words = ["selfexplain", "run", "questions.jsonl", "-m", f"{sdk}/model", "--base-url", server.base_url, "--batch"]
    monkeypatch.setattr(sys, "argv", [*words, "--dry-run"])
    with pytest.raises(SystemExit):
        main()
    assert "; in batches 25% of your prices is paid" in capsys.readouterr().out

    at_most = in_batches["cost"]["amount"]
    folder = ask(priced, server, sdk, max_cost=at_most * 1.5)
    assert len(server.batches) == 1, "as much as all may cost at that share was there at once"
    cost = sx.evaluate_run(folder).to_dict()["cost"]
    assert (cost["amount"], cost["batch_share"]) == (pytest.approx(6.0), 0.25)
    page = (folder / "report.html").read_text()
    assert "Share of the price that is paid in a batch" in page
    assert "25%" in page


@BOTH
def test_the_settings_say_that_replies_came_in_batches(home: Path, server: BatchServer, sdk: str) -> None:
    """The page, metrics.json and the manifest; of a Run that was asked directly none of them says so."""
    server.fates[QUESTIONS[4]].append("400")
    folder = ask(home, server, sdk)
    metrics = sx.evaluate_run(folder).to_dict()

    assert metrics["settings"]["batched"] == "11 of 11 replies"
    assert "Asked in batches" in (folder / "report.html").read_text()
    assert json.loads((folder / "manifest.json").read_bytes())["batch"] is True


@BOTH
def test_a_budget_is_not_overrun_by_what_is_on_its_way(priced: Path, server: BatchServer, sdk: str) -> None:
    """Directly, 12 requests in flight could all be paid over the limit; in a batch nothing can be called back."""
    with pytest.raises(BudgetSpent, match="may cost") as spent:
        ask(priced, server, sdk, max_cost=12.5)
    asked = server.asked.total()
    assert 0 < asked < len(QUESTIONS)
    assert spent.value.hint is not None
    assert "--max-cost" in spent.value.hint

    ask(priced, server, sdk, max_cost=1000.0)
    assert server.asked == dict.fromkeys(QUESTIONS, 1)
    assert right(priced) == len(QUESTIONS)


@BOTH
def test_a_budget_of_tokens_holds_too(home: Path, server: BatchServer, sdk: str) -> None:
    """110 tokens each, and room for one reply of full length beside: the sum never goes over."""
    with pytest.raises(BudgetSpent, match="tokens taken of 900"):
        ask(home, server, sdk, max_tokens=900)

    assert 0 < 110 * server.asked.total() <= 900


@BOTH
def test_a_dry_run_counts_batches_and_halves_the_cost(priced: Path, server: BatchServer, sdk: str) -> None:
    options = {"model": f"{sdk}/model", "base_url": server.base_url, "template": "answer-confidence"}
    directly = sx.dry_run(str(priced / "questions.jsonl"), **options)  # type: ignore[arg-type]
    in_batches = sx.dry_run(str(priced / "questions.jsonl"), batch=True, **options)  # type: ignore[arg-type]

    most = {"openai": 50_000, "anthropic": 100_000}[sdk]
    assert in_batches["batches"] == {"at_least": 1, "requests_at_most": most}
    assert in_batches["cost"]["amount"] == pytest.approx(directly["cost"]["amount"] / 2)
    assert "batches" not in directly
    assert not server.seen


def test_the_command_says_how_many_batches_and_how_far_they_are(
    priced: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fixed = ["selfexplain", "run", str(priced / "questions.jsonl"), "-m", "openai/model", "-t", "answer-confidence"]
    address = ["--base-url", server.base_url, "--batch"]
    for options, said in (
        (["--dry-run"], "Batches: at least 1, of at most 50,000"),
        (["--json"], "Batch of 12 submitted"),
    ):
        monkeypatch.setattr(sys, "argv", [*fixed, *address, *options])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert said in "".join(capsys.readouterr())


def test_how_far_batches_are_stands_beside_how_far_the_asking_is(home: Path, server: BatchServer) -> None:
    notes: list[str] = []
    ask(home, server, watch=lambda progress: notes.append(progress.note))

    assert "batch of 12 submitted, 0 done" in notes
    assert "batch of 12 in_progress, 6 done" in notes
    assert notes[-1] == ""


def test_each_model_of_a_run_is_asked_in_batches_of_its_own(home: Path, server: BatchServer) -> None:
    """The judge is another provider's: its batches are written down beside the others, under its role."""
    judge = f"anthropic/judge@{server.base_url}"
    ask(home, server, roles={"judge": judge})

    names = [batch.name.partition("_")[0] for batch in server.batches]
    assert set(names) == {"batch", "msgbatch"}
    assert {event.role for event in read_events(next(home.glob("results/*/batches"))) if isinstance(event, Intent)} == {
        "",
        "judge",
    }
    made = len(server.batches)
    ask(home, server, roles={"judge": judge})
    assert len(server.batches) == made


def test_several_ways_have_batches_of_their_own(home: Path, server: BatchServer) -> None:
    """The same questions in two Runs: no reply to the one is taken for a reply to the other."""
    found = sx.run_ways(
        str(home / "questions.jsonl"),
        models=["openai/model"],
        templates=["answer-confidence", "answer-why-confidence"],
        base_url=server.base_url,
        results=home / "results",
        batch=True,
    )

    assert [len(run.records) for run in found.runs] == [12, 12]
    assert [len(batch.entries) for batch in server.batches] == [12, 12]
    assert len(list(home.glob("results/*/batches"))) == 2


@BOTH
def test_nothing_is_handed_in_that_cannot_be_written_down(
    home: Path, server: BatchServer, sdk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes no intent: a crash after it could not know that the batch is there."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(batches, "sync_to_disk", full)
    with pytest.raises(InputError, match="No space left"):
        ask(home, server, sdk)

    assert not server.batches
    assert not server.files
