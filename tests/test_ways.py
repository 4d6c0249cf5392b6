"""Several ways of asking, side by side: `selfexplain run -t a,b` and `selfexplain.run_ways`."""

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rich.console import Console

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.errors import BudgetSpent, InputError, ProviderError
from selfexplain.inference import Estimate
from selfexplain.pipeline.compare import Difference
from selfexplain.pipeline.ways import Ways
from selfexplain.providers.function import Function
from selfexplain.records import Usage
from selfexplain.report import ways_page, ways_words
from selfexplain.report.ways_terminal import summary

N = 40
"""Questions; the first 30 are answered right by whoever is asked."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [f"Question {n}?,{'Lima' if n < 30 else 'Quito'}" for n in range(N)]
    (tmp_path / "questions.csv").write_text("question,gold\n" + "\n".join(rows) + "\n")
    return tmp_path


def modest(messages: list[dict[str, str]]) -> str:
    """Answers Lima; says 75 when asked for a number, `Likely` when asked for words."""
    return f"Answer: Lima\nConfidence: {'Likely' if 'phrase' in messages[-1]['content'] else 75}"


def boasting(messages: list[dict[str, str]]) -> str:
    """Is 99 % sure of Lima when not asked for reasons, 75 % sure otherwise."""
    why = "Because:" in messages[-1]["content"]
    return "Answer: Lima\nBecause: it is.\nConfidence: 75" if why else "Answer: Lima\nConfidence: 99"


def mute(messages: list[dict[str, str]]) -> str:
    """States no confidence when asked for reasons."""
    return "Answer: Lima" + ("" if "Because:" in messages[-1]["content"] else "\nConfidence: 75")


def ways(model: Callable[..., str], *templates: str) -> Ways:
    return sx.run_ways("questions.csv", models=[model], templates=templates).comparison


@pytest.mark.usefixtures("home")
def test_each_way_has_its_numbers_and_its_paired_difference_from_the_first() -> None:
    """Mean confidence .75 against .99 where 30 of 40 are right: gaps 0 and .24, on the same answers."""
    found = ways(boasting, "answer-why-confidence", "answer-confidence")

    calm, boast = found.ways
    assert found.reference == 0
    assert calm.metrics["gap"]["value"] == pytest.approx(0.0)
    assert boast.metrics["gap"]["value"] == pytest.approx(0.24)
    assert boast.n_pairs == N
    gap = boast.differences["gap"]
    assert [gap.a, gap.b] == pytest.approx([0.0, 0.24])
    assert gap.difference.value == pytest.approx(0.24)
    assert boast.differences["accuracy"].difference.value == 0.0
    assert calm.differences == {}
    assert "has a gap 24 points higher" in ways_words.told(boast)


@pytest.mark.usefixtures("home")
def test_a_way_of_which_nothing_can_be_used_is_a_row_with_its_reason_and_ends_nothing() -> None:
    found = ways(mute, "answer-why-confidence", "answer-confidence")

    silent, plain = found.ways
    assert silent.why.startswith("none of 40 answers can be used: 40 no_confidence")
    assert (silent.n, silent.usage["calls"], found.reference) == (0, 40, 1)
    assert plain.n == N
    assert "nothing can be measured" in " ".join(ways_words.sentences(found))


@pytest.mark.usefixtures("home")
def test_a_way_whose_model_raises_is_a_row_with_its_reason_and_the_others_are_asked_to_the_end() -> None:
    """The function trips over one template's prompts; mended, the same command asks what is missing."""
    told: list[str] = []
    broken = [True]
    heard: list[object] = []

    def tripping(messages: list[dict[str, str]]) -> str:
        heard.append(messages)
        if broken and "Because:" in messages[-1]["content"] and "Question 7?" in messages[-1]["content"]:
            raise ValueError("too long")
        return "Answer: Lima\nBecause: it is.\nConfidence: 75"

    model = Function(tripping, name="tripping")
    templates = ["answer-why-confidence", "answer-confidence"]
    result = sx.run_ways("questions.csv", models=[model], templates=templates, say=told.append)
    stopped, plain = result.comparison.ways

    assert (stopped.n, stopped.metrics) == (0, {})
    assert stopped.why == "tripping: ValueError: too long"
    assert (plain.n, result.comparison.reference) == (N, 1)
    assert [run.metrics["template"] for run in result.runs] == ["answer-confidence@2"]
    assert any("mend the function" in line for line in told)
    broken.clear()
    again = sx.run_ways("questions.csv", models=[model], templates=templates).comparison
    assert [way.n for way in again.ways] == [N, N]
    assert len(heard) == 2 * N + 1


@pytest.mark.usefixtures("home")
def test_a_server_that_is_gone_ends_all_its_ways_and_none_of_another_model() -> None:
    sent: list[str] = []

    def locked(messages: list[dict[str, str]]) -> str:
        sent.append(messages[-1]["content"])
        raise ProviderError("locked: no key", kind="auth", hint="set one")

    found = sx.run_ways(
        "questions.csv", models=[locked, modest], templates=["answer-confidence", "answer-why-confidence"]
    ).comparison

    assert [way.n for way in found.ways] == [0, 0, N, N]
    assert [way.why for way in found.ways[:2]] == ["locked: no key"] * 2
    assert len(sent) == 1


@pytest.mark.usefixtures("home")
def test_where_no_way_can_go_on_the_failure_is_raised() -> None:
    def broken(messages: list[dict[str, str]]) -> str:
        raise ValueError(messages[-1]["role"])

    with pytest.raises(ProviderError, match="ValueError: user"):
        ways(broken, "answer-confidence", "answer-why-confidence")


@pytest.mark.usefixtures("home")
def test_intervals_of_several_differences_hold_together() -> None:
    """Three ways are two comparisons: each at 1 − .05/2."""
    found = ways(modest, "answer-confidence", "answer-why-confidence", "words")

    assert found.each_level == pytest.approx(0.975)
    levels = {each.difference.level for way in found.ways for each in way.differences.values()}
    assert list(levels) == [pytest.approx(0.975)]


@pytest.mark.usefixtures("home")
def test_two_models_are_told_apart_and_one_model_is_not_named() -> None:
    found = sx.run_ways("questions.csv", models=[modest, boasting], templates=["answer-confidence"]).comparison

    names = [ways_words.label(way, found) for way in found.ways]
    assert len(set(names)) == 2
    assert all("·" in name and way.model in name for name, way in zip(names, found.ways, strict=True))
    alone = ways(modest, "answer-confidence", "words")
    assert [ways_words.label(way, alone) for way in alone.ways] == [
        "answer-confidence · stated confidence",
        "words · stated confidence",
    ]


@pytest.mark.usefixtures("home")
def test_the_same_command_asks_nothing_again_and_leads_to_the_same_page() -> None:
    heard: list[object] = []

    def counted(messages: list[dict[str, str]]) -> str:
        heard.append(messages)
        return modest(messages)

    first = sx.run_ways("questions.csv", models=[counted], templates=["answer-confidence", "words"])
    again = sx.run_ways("questions.csv", models=[counted], templates=["answer-confidence", "words"])

    assert len(heard) == 2 * N
    assert first.page == again.page
    assert json.dumps(first.to_dict(), allow_nan=False) == json.dumps(again.to_dict(), allow_nan=False)
    assert [run["template"] for run in first.to_dict()["runs"]] == ["answer-confidence@2", "words@1"]


def test_a_budget_is_for_all_runs_together(home: Path) -> None:
    """Ten units a call: 55 are spent after six calls, three of each way."""
    from selfexplain.records import Request, Response

    class Priced:
        name, concurrency = "priced/x", 1
        identity: Mapping[str, str] = {}

        async def generate(self, request: Request) -> Response:  # noqa: ARG002 - everybody gets the same
            return Response("completed", "Answer: Lima\nConfidence: 75", usage=Usage(prompt=10, completion=0))

        async def aclose(self) -> None:
            pass

    (home / "pyproject.toml").write_text('[tool.selfexplain.prices."priced/x"]\ninput = 1000000.0\noutput = 0.0\n')
    templates = ["answer-confidence", "answer-why-confidence"]
    with pytest.raises(BudgetSpent, match=r"60\.00 USD spent of the 55\.00 USD that these 2 Runs may cost, in 6 calls"):
        sx.run_ways("questions.csv", models=[Priced()], templates=templates, max_cost=55.0)

    lines = [len(path.read_text().splitlines()) for path in home.glob("results/*/calls/*.jsonl")]
    assert lines == [3, 3]


@pytest.mark.usefixtures("home")
def test_what_cannot_be_put_side_by_side_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(InputError, match="asked with answer-confidence@2 twice"):
        ways(modest, "answer-confidence", "answer-confidence")
    with pytest.raises(InputError, match="is a survey"):
        sx.run_ways("shutdown", models=[modest], templates=["answer-confidence", "words"])
    with pytest.raises(InputError, match="no model or no template"):
        ways(modest)


def test_the_command_prints_one_table_and_writes_one_page(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "model.py").write_text("def ask(messages):\n    return 'Answer: Lima\\nConfidence: 75'\n")
    cli.main(
        [
            "run",
            "questions.csv",
            "-m",
            "model.py:ask",
            "-t",
            "answer-confidence",
            "-t",
            "two-turn,why-first",
        ],
        standalone_mode=False,
    )

    shown = capsys.readouterr()
    told = "3 ways of asking 40 questions: none is surely better or worse than answer-confidence"
    assert told in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 80
    (page,) = home.glob("results/comparisons/*/report.html")
    assert str(page.relative_to(home)) in shown.err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("width", [70, 80, 120])
def test_no_name_is_broken_in_the_terminal_and_no_line_is_too_long(width: int) -> None:
    """Each way begins a line with its whole name; its numbers and intervals stand under their heads."""
    names = ["answer-confidence", "answer-confidence-why", "semantic-entropy-entailment-zh", "x" * 40]
    for name in names[2:]:
        text = Path(f"prompts/{name}.md")
        text.parent.mkdir(exist_ok=True)
        text.write_text(
            f"---\nname: {name}\nversion: 1\nelicits: [answer, confidence]\n---\n## user\n{{{{ question }}}}\n"
        )
    found = sx.run_ways("questions.csv", models=[modest], templates=names).comparison
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(summary(found))
    lines = console.export_text().splitlines()

    assert max(map(len, lines)) <= width
    head = next(line for line in lines if line.startswith("  Right"))
    lines = lines[lines.index(head) :]
    for name in names:
        at = next(place for place, line in enumerate(lines) if line.startswith(f"{name} · stated confidence"))
        used = [line for line in lines[at + 1 : at + 4] if line.rstrip().endswith("100 %")]
        assert [len(line.rstrip()) for line in used] == [len(head.rstrip())]


def test_the_dry_run_counts_every_way(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One call an Item, and two: 120."""
    cli.main(["run", "questions.csv", "-m", "openai/any", "-t", "words,two-turn", "--dry-run"], standalone_mode=False)

    assert "Together 120 calls" in capsys.readouterr().out
    assert not (home / "results").exists()


@pytest.mark.usefixtures("home")
def test_the_page_says_in_words_what_its_picture_shows_and_names_stay_text() -> None:
    """A template may be called anything; its name is text."""
    text = Path("prompts/<img src=x onerror=alert(1)>.md")
    text.parent.mkdir()
    front = "name: <img src=x onerror=alert(1)>\nversion: 1\nelicits: [answer, confidence]"
    text.write_text(f"---\n{front}\n---\n## user\n{{{{ question }}}}\n")
    found = sx.run_ways("questions.csv", models=[modest], templates=["answer-confidence", str(text)])
    page = found.page.read_text()

    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert "gap" in page.lower()
    assert not math.isnan(found.comparison.ways[0].metrics["ece"]["value"])


@pytest.mark.usefixtures("home")
def test_a_way_that_claims_what_mattered_shows_what_its_claims_came_to() -> None:
    """Two words an answer: one of the question and one that is not there. The other way claims nothing."""

    def explaining(messages: list[dict[str, str]]) -> str:
        words = "\nWords: Question, <b>xyzzy</b>" if "Words:" in messages[-1]["content"] else ""
        return f"Answer: Lima{words}\nConfidence: 75"

    found = sx.run_ways("questions.csv", models=[explaining], templates=["answer-confidence", "top-words"])
    plain, explained = found.comparison.ways
    ((name, lines),) = ways_words.claimed(found.comparison)
    page = found.page.read_text()

    assert (plain.claims, explained.claims["words"]["n_read"]) == ({}, N)
    assert explained.claims["words"]["in_input_rate"]["value"] == 0.5
    assert name == "top-words"
    assert lines[0].startswith("Important words: read in 40 of 40, 50 %")
    assert found.to_dict()["comparison"]["ways"][1]["claims"]["words"]["n"] == N
    assert "What the explanations claim" in page
    assert "read in 40 of 40" in page
    assert (
        "What the explanations claim"
        not in sx.run_ways("questions.csv", models=[modest], templates=["answer-confidence", "words"]).page.read_text()
    )


@pytest.mark.usefixtures("home")
def test_a_gate_does_not_compare_a_forecast_with_a_judgement() -> None:
    """`compare` does, and says so."""
    judged, forecast = (
        sx.run("questions.csv", model=modest, template=name).folder
        for name in ("answer-confidence", "confidence-first")
    )
    assert judged is not None
    assert forecast is not None
    sx.set_baseline(judged, "main")

    verdict = sx.gate(forecast, "main")
    assert verdict.verdict == "not comparable"
    assert any("the confidence is a judgement in the baseline and a forecast in this run" in why for why in verdict.why)
    differs = {each.what: (each.a, each.b) for each in sx.compare(judged, forecast).differs}
    assert differs["what confidence is"] == ("judgement", "forecast")


def test_the_page_says_why_a_difference_has_no_interval() -> None:
    alone = Estimate(0.1, None, None, 0.95, "", 2, warnings=("one row says nothing of how rows vary",))

    said = ways_page.change("auroc", Difference(0.6, 0.7, alone))
    assert said == "no interval, one row says nothing of how rows vary"
