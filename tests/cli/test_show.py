"""`selfexplain show KIND NAME`: one thing as far as it is known; nothing is asked, no key is needed."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from selfexplain import plugins
from selfexplain.cli import cli
from selfexplain.errors import InputError
from selfexplain.prompting import template as templates
from selfexplain.providers.local import EMBEDDED
from selfexplain.records import Transparency

KNOWN: dict[str, Callable[[], Iterable[str]]] = {
    "provider": plugins.providers,
    "template": templates.available,
    "dataset": plugins.datasets,
    "metric": plugins.metrics,
    "grader": plugins.graders,
    "categoriser": plugins.categorisers,
    "elicitation": plugins.elicitations,
    "recalibrator": plugins.recalibrators,
    "reader": plugins.readers,
    "agreement": plugins.agreements,
    "witness": plugins.all_witnesses,
    "trial": plugins.trials,
}
EVERYTHING = [(kind, name) for kind in plugins.KINDS for name in sorted(KNOWN[kind]())]


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings, no keys."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["show", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def listed(kind: str) -> str:
    return CliRunner().invoke(cli, ["list", kind], catch_exceptions=False).stdout


def shown(*arguments: str) -> Any:
    return json.loads(printed(*arguments, "--json"))


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_everything_that_is_listed_can_be_shown(kind: str, name: str) -> None:
    """To people and to programs; whoever adds one has it shown."""
    found = shown(kind, name)

    assert found[kind].split("@")[0] == name
    assert name in printed(kind, name)


def test_a_metric_shows_its_facts_and_its_page() -> None:
    found = shown("metric", "brier")

    assert (found["best"], found["within"], found["direction"]) == (0.0, [0.0, 1.0], "lower")
    assert "**How it misleads.**" in found["text"]


def test_a_page_is_read_in_a_terminal_without_the_marks_of_its_markup_and_in_json_as_it_is() -> None:
    """No role, no asterisk, of any metric; a template's text is left alone."""
    for name in plugins.metrics():
        assert not re.search(r":\w+:`|\*\*|``", printed("metric", name)), name
    assert "**Definition.**" in shown("metric", "ece")["text"]
    assert "Definition. ECE" in printed("metric", "ece")
    assert "{{ question }}" in printed("template", "few-shot")


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_a_kind_may_be_called_by_its_plural(kind: str) -> None:
    """`list metrics`, as people say; `s` alone makes no kind."""
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    assert listed(plural) == listed(kind) != ""
    assert shown("metrics", "ece")["metric"] == "ece"
    assert CliRunner().invoke(cli, ["list", f"{kind}ss"]).exit_code == 2


def test_a_metric_without_a_greatest_value_has_null_there() -> None:
    """JSON has no infinity."""
    infinite = [name for name, found in plugins.metrics().items() if found.facts.within[1] == float("inf")]
    assert infinite

    assert shown("metric", infinite[0])["within"][1] is None


def test_a_file_of_questions_shows_its_groups_and_its_first_item(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("id,question,gold,group\na,Peru?,Lima,g1\nb,Cuba?,Havana,g2\nc,Oman?,Muscat,g1\n")
    found = shown("dataset", "q.csv")

    assert (found["n_items"], found["groups"]) == (3, {"g1": 2, "g2": 1})
    assert found["first_item"]["question"] == "Peru?"
    assert "Peru?" in printed("dataset", "q.csv")


def test_a_set_of_questions_that_ships_says_what_it_is_for() -> None:
    assert shown("dataset", "selfgate")["text"].startswith("The question set that selfexplain gates itself with")
    assert "gates itself" in printed("dataset", "selfgate")


def test_hidden_characters_of_a_file_are_made_visible(tmp_path: Path) -> None:
    """A question could otherwise write to the terminal's title."""
    (tmp_path / "q.csv").write_text("id,question,gold\na,Peru?\x1b]0;x\x07,Lima\n")

    assert "Peru?⟨U+001B⟩]0;x⟨U+0007⟩" in printed("dataset", "q.csv")


def test_the_embedded_model_has_its_card() -> None:
    found = shown("model", plugins.DEFAULT_MODEL)

    assert list(found["transparency"]) == list(Transparency.__struct_fields__)
    assert found["transparency"]["parameters"] == {"state": "open", "detail": EMBEDDED.parameters.detail}
    assert "arXiv:2502.02737" in "".join(printed("model", plugins.DEFAULT_MODEL).split())


def test_nothing_is_concluded_from_a_models_name() -> None:
    """A name that everybody knows is a name; only the messages protocol itself is known to have no probabilities."""
    for name in ("openai/gpt-4o", "openai/llama-3-8b-instruct"):
        assert {side["state"] for side in shown("model", name)["transparency"].values()} == {"unknown"}
    card = shown("model", "anthropic/claude-x")["transparency"]
    assert [side for side, openness in card.items() if openness["state"] != "unknown"] == ["token_probabilities"]


def test_what_the_user_declares_stands_on_the_card(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.selfexplain.transparency."openai/x"]\nlicence = { state = "closed", detail = "[red]mine\\u001b" }\n'
    )

    assert shown("model", "openai/x")["transparency"]["licence"] == {"state": "closed", "detail": "[red]mine\x1b"}
    assert "[red]mine⟨U+001B⟩" in printed("model", "openai/x")


def test_a_provider_in_a_file_may_say_nothing_or_something_of_its_model(tmp_path: Path) -> None:
    head = "class P:\n    name, concurrency, identity = 'p/x', 1, {}\n"
    tail = "    async def generate(self, request): ...\n    async def aclose(self): ...\n"
    imported = "from selfexplain.records import Openness, Transparency\n"
    card = "    transparency = Transparency(Openness('open'))\n"
    (tmp_path / "bare.py").write_text(head + tail)
    (tmp_path / "said.py").write_text(imported + head + card + tail)
    (tmp_path / "wrong.py").write_text(head + "    transparency = {'weights': 'open'}\n" + tail)

    assert shown("model", "bare.py:P")["transparency"]["weights"]["state"] == "unknown"
    assert shown("model", "said.py:P")["transparency"]["weights"]["state"] == "open"
    with pytest.raises(InputError, match="the `transparency` of p/x is a dict; expected a Transparency"):
        printed("model", "wrong.py:P")


@pytest.mark.parametrize("kind", ["model", *plugins.KINDS])
def test_what_there_is_not_is_an_error_with_the_names_there_are(kind: str) -> None:
    with pytest.raises(InputError) as caught:
        printed(kind, "nobody/knows")

    assert "known:" in (caught.value.hint or "")


def test_the_full_name_of_the_ece_shows_its_page_and_the_coverage_has_one() -> None:
    """The coverage stands beside every metric; whoever looks it up finds what it is."""
    assert shown("metric", "ece_width_10_right_closed") == shown("metric", "ece")
    assert shown("metric", "coverage")["text"].startswith("Estimate the share of asked questions")
    assert set(shown("metric", "coverage")) == set(shown("metric", "ece"))
