"""`selfexplain witness --removals`: on models whose deciding words are known, by hand, and nothing done twice."""

import itertools
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.glass.bag import BIAS, WEIGHTS
from selfexplain.glass.inside import BagInside
from selfexplain.pipeline.claims_compared import places_claimed
from selfexplain.prompting.named_words import content_words
from selfexplain.providers.function import Function
from selfexplain.records import Message
from selfexplain.rereading import records_of
from selfexplain.runs.folder import RunFolder
from selfexplain.white_box import Cut
from selfexplain.words_in import words_in

N = 20
PROBABILITIES = ["comprehensiveness", "sufficiency", "aopc_comprehensiveness", "aopc_sufficiency"]


def asked(results: Path, model: str, template: str = "top-words", limit: int = N) -> Path:
    run = sx.run("reviews", model=model, template=template, results=results, limit=limit)
    assert run.folder is not None
    return run.folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The linear bag, once honest and once lying, asked for the words that mattered."""
    results = tmp_path_factory.mktemp("results")
    return {manner: asked(results, f"glass/bag-{manner}") for manner in ("honest", "lying")}


@pytest.fixture(scope="module")
def seen(runs: dict[str, Path]) -> dict[str, tuple[sx.WitnessResult, str]]:
    """What was found, and the page as it is now: the next command writes it anew."""
    found = {}
    for manner, run in runs.items():
        result = sx.witness(run, "occlusion,gradient-input,occlusion-asked", removals=20)
        assert result.page is not None
        found[manner] = result, result.page.read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def measures(seen: dict[str, tuple[sx.WitnessResult, str]]) -> dict[str, dict[str, Any]]:
    return {manner: result.numbers["removals"]["measures"] for manner, (result, _) in seen.items()}


@pytest.mark.parametrize("name", [*PROBABILITIES, "flip_rate"])
def test_an_honest_claim_is_above_random_words_and_a_lying_one_is_not(
    measures: dict[str, dict[str, Any]], name: str
) -> None:
    """The positive control: the same answers, and claims that name what decided or what did not."""
    honest, lying = measures["honest"][name], measures["lying"][name]

    assert honest["n"] == lying["n"] == N
    assert honest["named"]["above_chance"]["low"] > 0
    assert lying["named"]["above_chance"]["high"] < 0


@pytest.mark.parametrize("name", [*PROBABILITIES, "flip_rate"])
def test_a_witness_says_how_far_a_claim_could_have_come(measures: dict[str, dict[str, Any]], name: str) -> None:
    """The honest one names the witness's own words, the lying one falls short of them; random words are the same."""
    for witness in ("occlusion", "gradient-input", "occlusion-asked"):
        honest, lying = (measures[manner][name]["witnesses"][witness] for manner in ("honest", "lying"))

        assert abs(honest["better_than_named"]["value"]) < 0.02
        assert lying["better_than_named"]["low"] > 0
        assert honest["chance"] == pytest.approx(measures["honest"][name]["named"]["chance"])
        assert honest["value"] == pytest.approx(lying["value"], abs=0.02)


def probability(gone: list[int], words: list[str], sign: float) -> float:
    """Return what the bag gives its answer when the mean weight stands in some words' places."""
    mean = fmean(WEIGHTS.values())
    logit = BIAS + sum(mean if place in gone else WEIGHTS.get(word, 0.0) for place, word in enumerate(words))
    return 1 / (1 + math.exp(-sign * logit))


def worked_out(run: Path, value: Callable[[list[int], list[str], float], float]) -> tuple[float, float]:
    """Return the mean of a measure over Records for the claim, and over all sets of content words of its size."""
    named, chance, folder = [], [], RunFolder(run)
    items = {item.id: item for item in folder.items}
    for record in records_of(folder, folder.calls()):
        found = words_in(items[record.item].question)
        words, sign = [word.text for word in found], 1.0 if record.report.answer.value == "positive" else -1.0
        claim = record.report.attribution["words"].value
        assert claim is not None
        said = places_claimed(claim, found)
        named.append(value(said, words, sign))
        sets = itertools.combinations(content_words(found), len(said))
        chance.append(fmean(value(list(each), words, sign) for each in sets))
    return fmean(named), fmean(chance)


def fall(gone: list[int], words: list[str], sign: float) -> float:
    return probability([], words, sign) - probability(gone, words, sign)


def loss(kept: list[int], words: list[str], sign: float) -> float:
    return fall([place for place in range(len(words)) if place not in kept], words, sign)


def test_values_and_chance_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    """With so many random sets that all are listed, chance is exact. Two Records of the seven name two words."""
    run = asked(tmp_path, "glass/bag-honest", limit=7)
    found = sx.witness(run, "occlusion", removals=500).numbers["removals"]["measures"]

    for name, value in (("comprehensiveness", fall), ("sufficiency", loss)):
        named, chance = worked_out(run, value)
        assert found[name]["named"]["value"] == pytest.approx(named, abs=1e-9)
        assert found[name]["named"]["chance"] == pytest.approx(chance, abs=1e-9)
    everything = [fall(list(range(len(words))), words, sign) for words, sign in answered(run)]
    assert found["comprehensiveness"]["everything"]["value"] == pytest.approx(fmean(everything), abs=1e-9)


def test_one_word_taken_away_is_what_occlusion_finds_of_it(tmp_path: Path) -> None:
    """Two ways to one number: of every content word, the probability that goes without it."""
    run = asked(tmp_path, "glass/bag-lying", limit=5)
    sx.witness(run, "occlusion", target="prob", removals=20)
    occlusion, removals = (
        [json.loads(line) for line in (run / "evidence" / name).read_text().splitlines()]
        for name in ("occlusion.jsonl", "removals.jsonl")
    )
    compared = 0
    for scores, line in zip(occlusion, removals, strict=True):
        effects = {tuple(each["gone"][0]): each["value"] for each in line["effects"]}
        for place, unit in enumerate(scores["units"]):
            if (place,) in effects:
                assert effects[()] - effects[place,] == pytest.approx(unit["score"], abs=1e-12)
                compared += 1

    assert compared >= 10


def answered(run: Path) -> list[tuple[list[str], float]]:
    """Return the words of each question, and the sign of its answer."""
    folder = RunFolder(run)
    items = {item.id: item for item in folder.items}
    return [
        (
            [word.text for word in words_in(items[record.item].question)],
            1.0 if record.report.answer.value == "positive" else -1.0,
        )
        for record in records_of(folder, folder.calls())
    ]


def test_the_numbers_have_the_form_that_programs_rely_on(seen: dict[str, tuple[sx.WitnessResult, str]]) -> None:
    """Beside each witness that takes words away in the same manner, and under a key of their own."""
    numbers = seen["honest"][0].to_dict()
    agreement = {name: each["agreement"] for name, each in numbers["witnesses"].items()}

    assert numbers["removals"]["measures"].keys() == {*PROBABILITIES, "flip_rate"}
    for name in PROBABILITIES:
        assert {"value", "low", "high", "chance", "n"} <= agreement["occlusion"][name].keys()
        assert name not in agreement["gradient-input"]
        assert name not in agreement["occlusion-asked"]
    assert agreement["occlusion-asked"]["flip_rate"]["n"] == N
    assert "flip_rate" not in agreement["occlusion"]
    flips = numbers["removals"]["measures"]["flip_rate"]
    assert flips["noise_floor"]["value"] == 0.0
    assert flips["above_noise"]["value"] == pytest.approx(flips["named"]["value"])
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers


def test_nothing_is_taken_away_twice(runs: dict[str, Path], seen: dict[str, tuple[sx.WitnessResult, str]]) -> None:
    """The same command finds all there; another claim's size, witness or draw would add to it, and change nothing."""
    run, file = runs["lying"], runs["lying"] / "evidence" / "removals.jsonl"
    calls = [(path, path.stat().st_size) for path in (run / "evidence" / "calls").iterdir()]
    before = file.read_bytes()
    again = sx.witness(run, "occlusion,gradient-input,occlusion-asked", removals=20).numbers["removals"]
    first = seen["lying"][0].numbers["removals"]

    assert again["n_new"] == 0
    assert first["n_new"] == first["cost"]["forward"] == again["cost"]["forward"]
    assert again["measures"] == first["measures"]
    assert file.read_bytes() == before
    more = sx.witness(run, "occlusion", removals=25, limit=4).numbers["removals"]
    assert more["n_new"] > 0
    assert file.read_bytes().startswith(before)
    assert [(path, path.stat().st_size) for path in (run / "evidence" / "calls").iterdir()] == calls


def test_what_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """The last of three lines is torn: its Record alone is done again, and the numbers are those of before."""
    run = asked(tmp_path, "glass/bag-honest", limit=3)
    whole = sx.witness(run, "occlusion", removals=20).numbers["removals"]
    file = run / "evidence" / "removals.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2]) + lines[2][:50])
    again = sx.witness(run, "occlusion", removals=20).numbers["removals"]

    assert again["n_new"] == len(json.loads(lines[2])["effects"])
    assert again["measures"] == whole["measures"]
    assert len(file.read_bytes().splitlines()) == 3


def test_a_dry_run_counts_them_and_writes_nothing(runs: dict[str, Path]) -> None:
    """At most so many: what the witnesses would name is not known yet, and mostly it is in other sets already."""
    before = sorted(path for path in runs["honest"].rglob("*") if path.is_file())
    counted = sx.witness(runs["honest"], "saliency", removals=20, limit=6, dry_run=True).numbers
    without = sx.witness(runs["honest"], "saliency", limit=6, dry_run=True).numbers

    assert counted["cost"]["forward"] == without["cost"]["forward"] + counted["cost"]["removals"]
    assert "removals" not in without["cost"]
    assert sorted(path for path in runs["honest"].rglob("*") if path.is_file()) == before
    taken = sx.witness(runs["honest"], "saliency", removals=20, limit=6).numbers["removals"]["cost"]["forward"]
    assert 0.8 * counted["cost"]["removals"] <= taken <= counted["cost"]["removals"]


def test_a_witness_that_prefers_none_has_no_top_words(runs: dict[str, Path]) -> None:
    """On the bag all slopes are alike: no words of saliency are taken away, and the claim is measured all the same."""
    found = sx.witness(runs["honest"], "saliency", removals=20, limit=6).numbers["removals"]["measures"]

    assert found["comprehensiveness"]["witnesses"] == {}
    assert found["comprehensiveness"]["n"] == 6


class Reversed(BagInside):
    """Another model: every word weighs the opposite, so that it prefers the other answer."""

    def __init__(self) -> None:
        super().__init__("glass/reversed")
        self._weights = {word: -weight for word, weight in WEIGHTS.items()}

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:
        return super().cut(messages, said, answer.removeprefix("Answer:"))


def test_no_words_are_taken_from_a_model_that_would_have_answered_otherwise(runs: dict[str, Path]) -> None:
    found = sx.witness(runs["honest"], "occlusion", model=Reversed(), removals=20, limit=5)
    removals = found.numbers["removals"]

    assert removals["left_out"]["prob"] == {"answer_mismatch": 5}
    assert removals["cost"]["forward"] == 0
    assert removals["measures"]["comprehensiveness"]["named"]["value"] is None
    assert removals["measures"]["comprehensiveness"]["named"]["undefined"]
    assert found.page is not None
    assert "No words could be taken away: 5 answer mismatch." in found.page.read_text(encoding="utf-8")


def test_a_claim_without_an_order_has_no_measure_of_its_first_words(tmp_path: Path) -> None:
    """Said, by measure, and no passes are spent on it."""
    run = asked(tmp_path, "glass/bag-honest", "redact", limit=4)
    found = sx.witness(run, "occlusion", removals=20).numbers["removals"]["measures"]

    assert found["comprehensiveness"]["n"] == 4
    assert found["aopc_comprehensiveness"]["left_out"] == {"the claim has no order": 4}
    assert found["aopc_comprehensiveness"]["named"]["value"] is None


def test_a_model_that_can_only_be_asked_flips_beside_two_floors(tmp_path: Path) -> None:
    """It says yes to `good`, names it, gives way at nothing else, and says nothing without `word`.

    Without `good` it says no: rate 1. Each of the three content words is taken away once: without `good` another
    answer, without `word` none that can be read, without `tall` the same; chance is 1 of 2.
    """
    (tmp_path / "q.csv").write_text(
        "question,gold,cluster\nIs tall good word here?,yes,a\nIs tall good word there?,yes,a\n"
    )
    asked_for: list[str] = []

    def model(messages: list[dict[str, str]]) -> str:
        question = messages[-1]["content"].split("\n\n")[0]
        asked_for.append(question)
        if "word" not in question:
            return ""
        return f"Answer: {'yes' if 'good' in question else 'no'}\nWords: good\nConfidence: 90"

    answers = Function(model, name="flips")
    run = sx.run(str(tmp_path / "q.csv"), model=answers, template="top-words", results=tmp_path)
    assert run.folder is not None
    found = sx.witness(run.folder, "occlusion-asked", model=answers, removals=20)
    flips = found.numbers["removals"]["measures"]["flip_rate"]

    assert flips["named"]["value"] == 1.0
    assert flips["named"]["chance"] == 0.5
    assert flips["named"]["low"] is None  # both were drawn together, so there is one of which the mean is taken
    assert flips["noise_floor"]["value"] == 0.0
    assert flips["unread"] == {"no_answer": 2}
    assert flips["witnesses"]["occlusion-asked"]["value"] == 1.0
    n = len(asked_for)
    sx.witness(run.folder, "occlusion-asked", model=answers, removals=20)
    assert len(asked_for) == n


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-w", "occlusion", "--removals", "5"], "take at least 20, or 0 for none"),
        (["-w", "occlusion", "--removals", "20", "--baseline", "deleted"], "cannot be taken away by `deleted`"),
        (["-w", "occlusion-asked", "--removals", "20", "--baseline", "embed"], "take one of: delete, mask, replace"),
    ],
)
def test_misuse_is_told_with_its_remedy(runs: dict[str, Path], arguments: list[str], complaint: str) -> None:
    with pytest.raises(sx.InputError) as refused:
        CliRunner().invoke(cli, ["witness", str(runs["honest"]), *arguments], catch_exceptions=False)

    assert complaint in f"{refused.value.message} {refused.value.hint}"


def test_the_page_shows_whose_words_do_what_and_never_that_a_model_is_faithful(
    seen: dict[str, tuple[sx.WitnessResult, str]],
) -> None:
    for _, page in seen.values():
        assert "When the words are taken away" in page
        assert "Top words of gradient-input" in page
        assert "Nothing: asked again" in page
        assert "Beside claims about other questions" in page
        assert "faithful" not in page.casefold()


def test_a_page_without_removals_has_no_word_of_them(tmp_path: Path) -> None:
    found = sx.witness(asked(tmp_path, "glass/bag-honest", limit=3), "occlusion")

    assert found.page is not None
    assert found.numbers["removals"] is None
    assert "taken away" not in found.page.read_text(encoding="utf-8").split("<main")[-1]


def test_the_terminal_shows_them_in_a_table(runs: dict[str, Path]) -> None:
    shown = CliRunner().invoke(
        cli, ["witness", str(runs["honest"]), "-w", "occlusion,occlusion-asked", "--removals", "20"]
    )

    assert "Without the named words the probability of the answer falls by" in shown.stdout
    for whose in ("Named by the model", "Top words of occlusion", "Random content words", "Nothing: asked again"):
        assert whose in shown.stdout


def test_agreement_stands_beside_claims_about_other_questions(seen: dict[str, tuple[sx.WitnessResult, str]]) -> None:
    """Of each witness and family, by the verdict's measure alone; honest claims know their own question."""
    for manner, (result, _) in seen.items():
        auroc = result.numbers["witnesses"]["occlusion"]["agreement"]["named_auroc"]
        family = result.numbers["verdicts"]["words"]["families"]["gradients"]

        for each in (auroc["other_item"], family["other_item"]):
            assert each["by"] == "share"
            assert each["n"] == N
            assert (each["above_chance"]["low"] > 0) == (manner == "honest")
        assert auroc["other_item"]["value"] == pytest.approx(auroc["value"])
        assert "other_item" not in result.numbers["witnesses"]["occlusion"]["agreement"]["overlap_at_k"]


def test_the_page_of_powers_has_a_row_for_every_measure() -> None:
    """Four of probabilities on the bag, and flips on both models: honest above 0, lying below."""
    page = (Path(__file__).parents[1] / "docs" / "witness_power.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (bag|tree) \| `(\w+)`.*? \| .*?, (\+|−)[\d.]+ .*? \| .*?, (\+|−)[\d.]+ ", page, re.MULTILINE
    )

    assert rows == [
        *(("bag", name, "+", "−") for name in (*PROBABILITIES, "flip_rate")),
        ("tree", "flip_rate", "+", "−"),
    ]
