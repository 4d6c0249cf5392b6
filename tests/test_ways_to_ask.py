"""Ways of asking from end to end: counted before, resumed half way, read again, and explained in the docs."""

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain import asking, measuring, plugins, rehearsal
from selfexplain.cli import cli
from selfexplain.errors import InputError, ProviderError
from selfexplain.prompting import template as templates
from selfexplain.records import Dataset, Item, Request, Response
from selfexplain.runs.calls import read_calls

ROOT = Path(__file__).parents[1]
TOWNS = Dataset("towns", "1", tuple(Item(f"q{n}", f"Capital {n}?", ("Lima",)) for n in range(3)))
SAID = ["Lima", "Cusco", "Lima", "lima", "Quito", "Cusco", "Lima", "Ica", "Lima", "Puno"]


class Drawing:
    """Says another town at each draw; may break down after so many requests."""

    name, concurrency = "drawing/x", 2
    identity: Mapping[str, str] = {}

    def __init__(self, *, breaks_after: int = 10_000) -> None:
        self.sent: list[Request] = []
        self._left = breaks_after

    async def generate(self, request: Request) -> Response:
        if not self._left:
            raise ProviderError("out of credit", kind="auth")
        self._left -= 1
        self.sent.append(request)
        if request.turn:
            return Response("completed", "A")
        return Response("completed", f"Answer: {SAID[request.draw % len(SAID)]}\nConfidence: 60")

    async def aclose(self) -> None:
        pass


class Judge(Drawing):
    name = "judge/y"

    async def generate(self, request: Request) -> Response:
        self.sent.append(request)
        return Response("completed", "B")


def test_a_run_of_draws_is_read_again_without_a_model(tmp_path: Path) -> None:
    """Four of ten draws say Lima, then a fifth in small letters: 0.5. Reading again gives the same Records."""
    result = asking.run(TOWNS, model=Drawing(), template="self-consistency", results=tmp_path)
    assert result.folder is not None
    again = measuring.evaluate_run(result.folder)

    assert [record.report.confidence["consistency"].value for record in result.records] == [0.5] * 3
    assert result.records == again.records
    assert result.to_dict()["settings"]["temperature"] == 1.0
    assert result.to_dict()["settings"]["draws"] == 10
    assert list(result.to_dict()["sources"]) == ["consistency"]


@pytest.mark.parametrize("breaks_after", [1, 14, 29])
def test_what_was_drawn_before_a_breakdown_is_not_drawn_again(breaks_after: int, tmp_path: Path) -> None:
    """In the middle of an Item too: 30 requests in all, each once."""
    broken, whole = Drawing(breaks_after=breaks_after), Drawing()
    with pytest.raises(ProviderError):
        asking.run(TOWNS, model=broken, template="self-consistency", results=tmp_path)
    result = asking.run(TOWNS, model=whole, template="self-consistency", results=tmp_path)
    assert result.folder is not None
    replied = [call.key for call in read_calls(result.folder / "calls") if call.response.outcome == "completed"]

    assert len(broken.sent) + len(whole.sent) == len(replied) == len(set(replied)) == 30
    assert [record.report.confidence["consistency"].value for record in result.records] == [0.5] * 3


CALLS = {
    "confidence-first": 1,
    "two-turn-plain": 2,
    "self-probe": 2,
    "top-4": 1,
    "top-4-two-turn": 2,
    "self-consistency": 11,
    "average-confidence": 6,
    "few-shot-draws": 6,
    "semantic-entropy": 11,
    "p-true": 2,
    "p-true-swapped": 3,
    "p-true-draws": 11,
    "distractors": 7,
    "multi-step": 1,
}
"""For one Item at most: a tie costs one reply more, and rivals may all be different."""


@pytest.mark.parametrize("name", CALLS)
def test_a_dry_run_counts_what_there_can_be_at_most(name: str, tmp_path: Path) -> None:
    provider = Drawing()
    counted = rehearsal.dry_run(TOWNS, model=provider, template=name, results=tmp_path)["calls"]
    with contextlib.suppress(InputError):  # that no answer could be used: here it is only counted what is asked
        asking.run(TOWNS, model=provider, template=name, results=tmp_path)

    assert provider.sent
    assert counted == 3 * CALLS[name]
    assert len(provider.sent) <= counted


def test_draws_at_temperature_0_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    provider = Drawing()
    with pytest.raises(InputError, match="at temperature 0 they are one and the same"):
        asking.run(TOWNS, model=provider, template="self-consistency", temperature=0.0, results=tmp_path)

    assert not provider.sent
    assert not list(tmp_path.iterdir())


def test_another_temperature_is_another_run(tmp_path: Path) -> None:
    cold, warm = (
        asking.run(TOWNS, model=Drawing(), template="answer-confidence", temperature=t, results=tmp_path)
        for t in (None, 0.7)
    )

    assert cold.folder != warm.folder
    assert warm.to_dict()["settings"]["temperature"] == 0.7


def test_a_role_is_asked_recorded_counted_and_read_again(tmp_path: Path) -> None:
    """Five meanings, and a judge that says no to each first question: 10 pairs, 10 judgements, for each of 3 Items.

    Drawn: 10 for each Item and none for a tie. Reading again asks neither model.
    """
    main, judge = Drawing(), Judge()
    asked = {"model": main, "template": "semantic-entropy-entailment", "roles": {"entailment": judge}}
    forecast = rehearsal.dry_run(TOWNS, **asked, results=tmp_path)  # type: ignore[arg-type]
    result = asking.run(TOWNS, **asked, results=tmp_path)  # type: ignore[arg-type]
    assert result.folder is not None
    again = measuring.evaluate_run(result.folder)
    metrics = result.to_dict()

    assert (len(main.sent), len(judge.sent)) == (30, 30)
    assert (forecast["calls"], forecast["roles"]["entailment"]["calls"]) == (33, 3 * 2 * 45)
    assert (metrics["usage"]["calls"], metrics["roles"]["entailment"]["usage"]["calls"]) == (30, 30)
    assert metrics["roles"]["entailment"]["model"] == metrics["settings"]["roles"]["entailment"] == "judge/y"
    assert again.records == result.records
    assert json.loads((result.folder / "manifest.json").read_bytes())["spec"]["roles"] == {
        "entailment": {"model": "judge/y", "identity": {}}
    }


def test_the_command_line_says_which_role_is_missing_and_takes_it(tmp_path: Path) -> None:
    """Any model that -m takes; here a script whose second turn is the verdict."""
    script = tmp_path / "replies.jsonl"
    script.write_text('{"item": "*", "reply": "Answer: Lima"}\n{"item": "*", "turn": 1, "reply": "A"}\n')
    base = ["run", "quickstart", "-m", f"scripted/{script}", "-t", "semantic-entropy-entailment", "--limit", "2"]
    base += ["--results", str(tmp_path / "results"), "--json"]
    without = CliRunner().invoke(cli, base)
    filled = CliRunner().invoke(cli, [*base, "--role", f"entailment=scripted/{script}"])
    idle = CliRunner().invoke(cli, [*base, "--role", f"entailment=scripted/{script}", "--role", "judge=openai/x"])
    dry = CliRunner().invoke(cli, [*base[:-1], "--role", f"entailment=scripted/{script}", "--dry-run"])

    assert isinstance(without.exception, InputError)
    assert "role 'entailment'" in str(without.exception)
    assert filled.exit_code == 0, filled.exception
    assert json.loads(filled.stdout)["sources"]["entropy"]["metrics"]["gap"]["value"] is None
    assert isinstance(idle.exception, InputError)
    assert "As entailment, another model:" in dry.stdout


def test_an_amount_needs_the_price_of_every_model_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge's tokens cost too: without its price nobody could tell when the amount is reached."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.selfexplain.prices."{Drawing().name}"]\ninput = 1.0\noutput = 1.0\n'
    )
    with pytest.raises(InputError, match="no price is set for judge/y"):
        asking.run(
            TOWNS,
            model=Drawing(),
            template="semantic-entropy-entailment",
            roles={"entailment": Judge()},
            max_cost=1.0,
            results=tmp_path,
        )


def test_the_pages_of_an_entropy_show_its_order_and_no_diagram(tmp_path: Path) -> None:
    """The consistency beside it has one."""
    result = asking.run(TOWNS, model=Drawing(), template="semantic-entropy", results=tmp_path)
    assert result.page is not None
    page = result.page.read_text()
    card = page.split('id="card-2"')[1].split("</article>")[0]

    # Lima 5, Cusco 2, Quito, Ica and Puno of ten: H = 1.359, and 1 − H / ln 10 = 0.41: no percent sign.
    assert ">0.41<" in page
    assert "Semantic entropy" in card
    assert "Reliability diagram" not in card
    assert "Reliability diagram" in page.split('id="card-1"')[1].split("</article>")[0]


def test_words_keep_their_phrase_and_are_worth_what_they_were_right(tmp_path: Path) -> None:
    """40 Items: `Highly likely` for 30 of which 15 are right, `Unlikely` for 10 of which 1 is.

    The value map on the values of the survey is Ling-opt: 0.9 becomes (15 + 10 · 0.9) / 40 = 0.6, and 0.2 becomes
    (1 + 10 · 0.2) / 20 = 0.15, fitted on all; what is reported is out of fold.
    """
    items = tuple(Item(f"q{n}", f"Capital {n}?", ("Lima",)) for n in range(40))

    def reply(messages: list[dict[str, str]]) -> str:
        n = int(re.findall(r"Capital (\d+)", messages[-1]["content"])[0])
        right = n < 15 or n == 30
        return f"Answer: {'Lima' if right else 'Cusco'}\nConfidence: {'Highly likely' if n < 30 else 'Unlikely'}"

    result = asking.run(Dataset("words", "1", items), model=reply, template="words", results=tmp_path)
    assert result.folder is not None
    found = sx.recalibrate(result.folder)

    assert result.records[0].report.confidence["stated"].notes == ("said highly likely", "words-en@1")
    assert (found.map(0.9), found.map(0.2)) == (0.6, 0.15)
    assert found.numbers["recalibrated"]["metrics"]["gap"]["value"] < found.numbers["stated"]["metrics"]["gap"]["value"]
    assert found.numbers["folds"] == 5


def test_every_way_of_asking_stands_in_the_docs() -> None:
    """In the table, with its elicitation and its source; a template that is not there is one that nobody finds."""
    text = (ROOT / "docs" / "ways_to_ask.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \|(.*)$", text, re.MULTILINE))
    shipped = {path.stem for path in templates.folders()[1].glob("*.md")}
    explanations = (ROOT / "docs" / "explanations.md").read_text()
    first = re.search(r"^\| template \|.*?\n\n", explanations, re.MULTILINE | re.DOTALL)
    assert first is not None
    english = {name for name in shipped if not name.endswith("-zh") and f"`{name}`" not in first[0]}

    assert rows.keys() == english
    for name in sorted(english):
        assert ("zh" in rows[name]) == (f"{name}-zh" in shipped), name
        front = plugins.template(name).front
        assert all(paper in text for paper in re.findall(r"arXiv:(\d{4}\.\d{5})", front.source)), name


def test_every_way_of_asking_has_a_real_run_in_the_docs() -> None:
    """Of the embedded model, in both languages: a way that fails there must be seen to fail."""
    text = (ROOT / "docs" / "ways_to_ask.md").read_text()
    asked, ran = text.split("## On the embedded model")
    english = re.findall(r"^\| `([a-z0-9-]+)` \|", asked, re.MULTILINE)
    shipped = {path.stem for path in templates.folders()[1].glob("*.md")}
    rows = set(re.findall(r"^\| ([a-z0-9-]+)(?:,[^|]*)? \|", ran, re.MULTILINE))

    assert {*english, *(f"{name}-zh" for name in english if f"{name}-zh" in shipped)} - rows == set()


@pytest.mark.parametrize(
    ("name", "way"), [("choices", "choice"), ("choices", "choice-orders"), ("reviews", "classify")]
)
def test_the_question_files_of_the_docs_suit_the_ways_that_asked_them(name: str, way: str, tmp_path: Path) -> None:
    """Twelve questions each; counted, not asked."""
    path = ROOT / "docs" / "asked" / f"{name}.jsonl"

    assert f"(asked/{name}.jsonl)" in (ROOT / "docs" / "ways_to_ask.md").read_text()
    counted = rehearsal.dry_run(str(path), model=Drawing(), template=way, results=tmp_path)["calls"]
    assert counted == 12 * {"choice-orders": 4}.get(way, 1)


def test_the_docs_count_the_calls_as_the_forecast_does() -> None:
    """The column `Calls` says what a dry run says."""
    text = (ROOT / "docs" / "ways_to_ask.md").read_text()
    for name, calls in CALLS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))

        assert max(map(int, re.findall(r"\d+", row.split("|")[3]))) == calls, name
