"""Settings, openness, usage and cost of a Run, from end to end: with a script, and with a server that counts."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import selfexplain
from counting_server import CountingServer, counting_server
from selfexplain.cli import main
from selfexplain.records import Transparency

SECRET = "sk-very-secret-key"
QUESTIONS = [f"Question number {number}?" for number in range(12)]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
PRICES = '[tool.selfexplain.prices."openai/counted"]\ninput = 100\noutput = 1000\n'
"""A reply with USAGE costs 0.1 + 0.1."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with questions, a script, and settings that set nothing."""
    rows = [{"id": f"q{n}", "question": question, "gold": "Lima"} for n, question in enumerate(QUESTIONS)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "script.jsonl").write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 90"}) + "\n")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scripted(home: Path, **options: Any) -> Any:
    """Run the questions on the script."""
    model = f"scripted/{home / 'script.jsonl'}"
    return selfexplain.run("questions.jsonl", model=model, template="answer-confidence", **options)


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def command(
    home: Path,  # noqa: ARG001 - where the command works
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run the questions on a server as the command line does, within this process."""

    def call(server: CountingServer | None, *options: str, key: str | None = SECRET) -> Done:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        if key is not None:
            monkeypatch.setenv("OPENAI_API_KEY", key)
        address = [] if server is None else ["--base-url", server.base_url]
        fixed = ["run", "questions.jsonl", "-m", "openai/counted", "-t", "answer-confidence", "--concurrency", "2"]
        monkeypatch.setattr(sys, "argv", ["selfexplain", *fixed, *address, *options])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return call


def lines(home: Path) -> list[dict[str, Any]]:
    """Return all recorded calls."""
    return [json.loads(line) for path in home.glob("results/*/calls/*") for line in path.read_text().splitlines()]


def test_the_metrics_object_says_how_it_was_asked_what_is_known_and_what_it_took(home: Path) -> None:
    """A script says nothing of itself, states no tokens and has no price; six Items are asked twice."""
    metrics = scripted(home, limit=6, repeats=2).to_dict()
    versions, created = metrics["settings"].pop("versions"), metrics["settings"].pop("created")
    manifest = json.loads((home / metrics["run"] / "manifest.json").read_text())

    assert metrics["settings"] == {
        "temperature": 0.0,
        "seed": 1,
        "scale": "percent",
        "elicitation": "once",
        "elicits": ["answer", "confidence"],
        "audience": "",
        "language": "en",
        "about": "own_answer",
        "repeats": 2,
        "identity": manifest["spec"]["model_identity"],
        "not_taken": [],
    }
    assert versions["selfexplain"] == selfexplain.__version__
    assert created == manifest["created"]
    assert metrics["usage"] | {"seconds": 0} == {
        "calls": 12,
        "failed_tries": 0,
        "prompt_tokens": None,
        "completion_tokens": None,
        "cached_tokens": None,
        "without_usage": 12,
        "seconds": 0,
    }
    model = manifest["spec"]["model"]
    assert metrics["cost"] == {"amount": None, "currency": None, "unknown": f"no price is set for {model}"}
    assert list(metrics["transparency"]) == list(Transparency.__struct_fields__)
    assert {side["state"] for side in manifest["transparency"].values()} == {"unknown"}
    assert metrics["transparency"]["token_probabilities"] == {
        "state": "closed",
        "detail": "asked for, and none in 12 replies",
    }


def test_declarations_stand_in_the_manifest_and_later_ones_in_the_metrics(home: Path) -> None:
    """The manifest keeps what was known when the Run began."""
    section = '[tool.selfexplain.transparency."scripted/script.jsonl"]\n'
    (home / "pyproject.toml").write_text(section + 'weights = "open"\n')
    folder = scripted(home).folder
    (home / "pyproject.toml").write_text(section + 'weights = "open"\nlicence = "closed"\n')
    card = selfexplain.evaluate_run(folder).to_dict()["transparency"]
    kept = json.loads((folder / "manifest.json").read_text())["transparency"]

    assert (kept["weights"]["state"], kept["licence"]["state"]) == ("open", "unknown")
    assert (card["weights"]["state"], card["licence"]["state"]) == ("open", "closed")


def test_a_run_from_before_there_were_cards_can_be_read(home: Path) -> None:
    folder = scripted(home).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["transparency"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    card = selfexplain.evaluate_run(folder).to_dict()["transparency"]

    assert card["weights"]["state"] == "unknown"
    assert card["token_probabilities"]["state"] == "closed"


def test_tokens_and_cost_are_those_that_the_server_states(home: Path, command: Command) -> None:
    """Twelve times 0.2; evaluated again, the same from the files alone."""
    (home / "pyproject.toml").write_text(PRICES)
    with counting_server(usage=USAGE) as server:
        metrics = json.loads(command(server, "--json").stdout)
    again = selfexplain.evaluate_run(home / metrics["run"]).to_dict()

    assert metrics["cost"] == {"amount": pytest.approx(2.4), "currency": "USD", "unknown": None}
    assert (metrics["usage"]["prompt_tokens"], metrics["usage"]["completion_tokens"]) == (12_000, 1_200)
    assert metrics["usage"]["seconds"] == pytest.approx(sum(call["seconds"] for call in lines(home)))
    assert (again["usage"], again["cost"]) == (metrics["usage"], metrics["cost"])


def test_the_summary_says_in_one_line_what_it_took(home: Path, command: Command) -> None:
    (home / "pyproject.toml").write_text(PRICES)
    with counting_server(usage=USAGE) as server:
        told = command(server).stdout
    (home / "pyproject.toml").write_text("")
    again = command(server).stdout

    assert "Asked in 12 calls, 12,000 tokens read and 1,200 written; cost 2.40 USD." in told
    assert "cost unknown: no price is set for openai/counted." in " ".join(again.split())


def test_a_budget_bounds_the_requests_and_a_higher_one_continues(home: Path, command: Command) -> None:
    """Two at once and 0.2 each: 1 is spent with the fifth reply, when one more can be in flight. Nothing is lost."""
    (home / "pyproject.toml").write_text(PRICES)
    with counting_server(usage=USAGE) as server:
        stopped = command(server, "--max-cost", "1", "--json")
        asked, kept = server.asked.total(), len(lines(home))
        still = command(server, "--max-cost", "1")
        asked_still = server.asked.total()
        whole = command(server, "--max-cost", "100", "--json")

        assert (stopped.returncode, stopped.stdout) == (130, "")
        assert 5 <= asked <= 6
        assert kept == asked
        assert f"{kept * 0.2:.2f} USD spent of the 1.00 USD that this Run may cost, in {kept} calls" in stopped.stderr
        assert "higher --max-cost" in stopped.stderr
        assert (still.returncode, asked_still) == (130, asked)
        assert whole.returncode == 0, whole.stderr
        assert json.loads(whole.stdout)["n_items"] == len(QUESTIONS)
        assert set(server.asked.values()) == {1}


def test_a_limit_of_tokens_needs_no_price(home: Path, command: Command) -> None:
    """1,100 a reply: 5,000 are taken with the fifth, when one more can be in flight. The same command goes on."""
    with counting_server(usage=USAGE) as server:
        stopped = command(server, "--max-tokens", "5000")
        asked, kept = server.asked.total(), len(lines(home))
        whole = command(server, "--max-tokens", "100000", "--json")

        assert stopped.returncode == 130
        assert 5 <= asked == kept <= 6
        assert f"{kept * 1_100:,} tokens spent of the 5,000 tokens that this Run may cost" in stopped.stderr
        assert whole.returncode == 0, whole.stderr
        assert json.loads(whole.stdout)["n_items"] == len(QUESTIONS)
        assert set(server.asked.values()) == {1}


def test_a_time_that_is_over_stops_the_asking_and_the_same_command_goes_on(home: Path, command: Command) -> None:
    """A billionth of a second is over before the first request is sent."""
    with counting_server(usage=USAGE) as server:
        wrong = command(server, "--max-time", "2x")
        stopped = command(server, "--max-time", "0.000000001")
        asked = server.asked.total()
        whole = command(server, "--max-time", "1h", "--json")

        assert (wrong.returncode, stopped.returncode, asked) == (2, 130, 0)
        assert "the time for which the Run may ask is '2x'" in wrong.stderr
        assert "hint: write seconds, or 90m, 2h, 1h30m: more than 0" in wrong.stderr
        assert "for which this command may ask are over. The Run has 0 replies" in " ".join(stopped.stderr.split())
        assert whole.returncode == 0, whole.stderr
        assert json.loads(whole.stdout)["n_items"] == len(QUESTIONS) == len(lines(home))


def test_a_budget_without_a_price_is_misuse_and_asks_nothing(home: Path, command: Command) -> None:
    with counting_server(usage=USAGE) as server:
        refused = command(server, "--max-cost", "1")

        assert refused.returncode == 2
        assert "--max-cost needs prices, and no price is set for openai/counted" in refused.stderr
        assert '[tool.selfexplain.prices."openai/counted"]' in refused.stderr
        assert server.asked.total() == 0
    assert not (home / "results").exists()


def test_a_mistake_in_the_settings_is_told_before_anything_is_asked(home: Path) -> None:
    (home / "pyproject.toml").write_text(PRICES.replace("output", "outptu"))
    with pytest.raises(selfexplain.InputError, match="unknown key 'outptu'"):
        scripted(home)
    assert not (home / "results").exists()


def test_a_dry_run_sends_nothing_writes_nothing_and_needs_no_key(home: Path, command: Command) -> None:
    """Twelve questions of at most 512 tokens each, by prices of 100 and 1000 a million."""
    (home / "pyproject.toml").write_text(PRICES)
    before = sorted(home.rglob("*"))
    done = command(None, "--dry-run", "--json", key=None)
    forecast = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert (forecast["calls"], forecast["recorded"]) == (12, 0)
    cost = (forecast["prompt_tokens"] * 100 + forecast["completion_tokens"] * 1000) / 1e6
    assert forecast["cost"] == {"amount": pytest.approx(cost), "currency": "USD", "unknown": None}
    assert sorted(home.rglob("*")) == before


def test_a_dry_run_counts_what_the_run_then_asks(command: Command) -> None:
    """Before, half way, and after; with repeats: (Items × repeats) − recorded. The server hears of none of it."""
    with counting_server() as server:
        told = []
        for options in (("--limit", "5"), (), ("--repeats", "2")):
            forecast = json.loads(command(server, *options, "--dry-run", "--json").stdout)
            before = server.asked.total()
            run = command(server, *options)
            assert run.returncode == 0, run.stderr
            assert server.asked.total() - before == forecast["calls"]
            told.append((forecast["calls"], forecast["recorded"]))

    assert told == [(5, 0), (7, 5), (12, 12)]


def test_an_elicitation_of_several_calls_is_counted_as_it_asks() -> None:
    """The rehearsal is the elicitation's own: three draws are three calls."""
    from selfexplain import plugins
    from selfexplain.elicitation.elicitation import Sampling
    from selfexplain.elicitation.once import once
    from selfexplain.pipeline.forecast import estimated_tokens, forecast
    from selfexplain.records import Item, Message, Request

    async def thrice(item: Any, template: Any, ask: Any, *, sampling: Any, repeat: int) -> Any:
        for draw in range(3):
            report = await once(item, template, ask, sampling=sampling, repeat=10 * repeat + draw)
        return report

    template = plugins.template("answer-confidence")
    found = selfexplain.event_loop.in_loop(
        forecast(
            [Item("a", "x?", ("y",)), Item("b", "z?", ("y",))],
            repeats=2,
            template=template,
            elicitation=thrice,  # type: ignore[arg-type]
            sampling=Sampling(0.0, 1),
            calls=None,
        )
    )

    assert found.calls == 2 * 2 * 3
    assert found.completion_tokens == 12 * template.front.max_tokens
    # An é is two bytes. 7 bytes are two tokens, 9 are three; five more for each message.
    assert estimated_tokens(Request("q", (Message("user", "ééxyz"),), 8)) == 2 + 5
    assert estimated_tokens(Request("q", (Message("system", "abcd"), Message("user", "éxyz")), 8)) == 3 + 10


def test_no_key_is_in_anything_written_or_said(home: Path, command: Command) -> None:
    """Manifest, metrics, page, calls, forecasts, complaints."""
    (home / "pyproject.toml").write_text(PRICES)
    with counting_server(usage=USAGE) as server:
        said = [
            command(server, *options)
            for options in (("--dry-run", "--json"), ("--max-cost", "0.5"), ("--json",), ("--max-cost", "-1"))
        ]
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]

    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {SECRET}"}
    assert [done.returncode for done in said] == [0, 130, 0, 2]
    assert len(written) >= 8
    assert not any(b"very-secret" in content for content in written)
    assert not any("very-secret" in done.stdout + done.stderr for done in said)
