"""`selfexplain witness`: models whose deciding words are known, through the verb and the command."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.able_to_look import runnable
from selfexplain.cli import cli
from selfexplain.glass.bag import WEIGHTS
from selfexplain.glass.inside import BagInside
from selfexplain.providers.function import Function
from selfexplain.records import Message
from selfexplain.report import evidence_words
from selfexplain.white_box import Cut

N = 25
"""The last of them is `negated-05`, which the bag of words gets wrong and is sure of."""
WITNESSES = "occlusion,gradient-input"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The linear bag, once honest and once lying, asked for the words that mattered."""
    results = tmp_path_factory.mktemp("results")
    found = {}
    for manner in ("honest", "lying"):
        run = sx.run("reviews", model=f"glass/bag-{manner}", template="top-words", results=results, limit=N)
        assert run.folder is not None
        found[manner] = run.folder
    return found


@pytest.fixture(scope="module")
def looked(runs: dict[str, Path]) -> dict[str, tuple[sx.WitnessResult, str]]:
    """What was found, and the page as it is now: the next command writes it anew."""
    found = {}
    for manner, run in runs.items():
        result = sx.witness(run, WITNESSES)
        assert result.page is not None
        found[manner] = result, result.page.read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def seen(looked: dict[str, tuple[sx.WitnessResult, str]]) -> dict[str, sx.WitnessResult]:
    return {manner: result for manner, (result, _) in looked.items()}


def run_command(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["witness", *arguments], catch_exceptions=False)


def test_two_families_support_an_honest_model_and_not_a_lying_one(seen: dict[str, sx.WitnessResult]) -> None:
    """Answers and confidences of the two are the same; only what they name is not."""
    words = {manner: found.numbers["verdicts"]["words"]["word"] for manner, found in seen.items()}
    auroc = {
        manner: found.numbers["witnesses"]["occlusion"]["agreement"]["named_auroc"] for manner, found in seen.items()
    }

    assert words == {"honest": "supported", "lying": "not supported"}
    assert auroc["honest"]["value"] == 1.0
    assert auroc["lying"]["high"] < auroc["lying"]["chance"] < auroc["honest"]["low"]


def test_the_numbers_have_the_form_that_programs_rely_on(seen: dict[str, sx.WitnessResult]) -> None:
    numbers = seen["honest"].to_dict()

    assert {"witnesses", "ceiling", "verdicts"} <= numbers.keys()
    for each in numbers["witnesses"].values():
        assert each["n"] == N
        assert {"forward", "backward", "seconds"} == each["cost"].keys()
        assert {"value", "low", "high", "chance", "n"} <= each["agreement"]["overlap_at_k"].keys()
    assert numbers["witnesses"]["gradient-input"]["cost"]["backward"] == N
    assert numbers["ceiling"]["value"] == 1.0


def test_evidence_is_a_line_a_record_and_never_looked_for_twice(runs: dict[str, Path]) -> None:
    """The same command adds nothing; another target adds a line for each Record beside the old ones."""
    file = runs["honest"] / "evidence" / "saliency.jsonl"
    sx.witness(runs["honest"], "saliency", limit=5)
    before = file.read_bytes()
    again = sx.witness(runs["honest"], "saliency", limit=5)
    sx.witness(runs["honest"], "saliency", limit=7)

    assert again.numbers["witnesses"]["saliency"]["n_new"] == 0
    assert len(before.splitlines()) == 5
    assert file.read_bytes().startswith(before)
    assert len(file.read_bytes().splitlines()) == 7
    assert sx.witness(runs["honest"], "saliency", limit=2, target="prob").numbers["witnesses"]["saliency"]["n_new"] == 2


def test_a_model_that_nobody_can_open_is_asked_again(runs: dict[str, Path]) -> None:
    """What it says is recorded beside the evidence, and not asked for a second time."""
    found = sx.witness(runs["lying"], "occlusion-asked", limit=4)
    calls = [(path, path.stat().st_size) for path in (runs["lying"] / "evidence" / "calls").iterdir()]

    assert found.numbers["inside"] is None
    assert found.numbers["witnesses"]["occlusion-asked"]["n"] == 4
    assert found.numbers["verdicts"]["words"]["word"] != "supported"
    assert len(calls) == 1
    for evidence in (runs["lying"] / "evidence").glob("*-asked.jsonl"):
        evidence.unlink()
    sx.witness(runs["lying"], "occlusion-asked", limit=4)
    assert [(path, path.stat().st_size) for path in (runs["lying"] / "evidence" / "calls").iterdir()] == calls


class Answering(BagInside):
    """The model of glass as one that is no provider: what it would have written begins with the answer."""

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:
        return super().cut(messages, said, answer.removeprefix("Answer:"))


class Placed(Answering):
    """The same, on a device with a name."""

    device = "Abacus 3"


def test_what_the_seconds_were_spent_on_is_told_and_decides_nothing(tmp_path: Path) -> None:
    """Evidence of another device is not looked for again: both find the same."""
    run = sx.run("reviews", model="glass/bag-honest", template="top-words", results=tmp_path, limit=5).folder
    assert run is not None
    sx.witness(run, "occlusion", model=Answering("glass/bag-honest"), limit=2)
    found = sx.witness(run, "occlusion,occlusion-asked", model=Placed("glass/bag-honest"), limit=5)
    told = evidence_words.cost(found.numbers)

    assert found.numbers["witnesses"]["occlusion"]["n_new"] == 3
    assert found.numbers["witnesses"]["occlusion"]["devices"] == {"Abacus 3": 3}
    assert found.numbers["witnesses"]["occlusion-asked"]["devices"] == {}
    assert " s on Abacus 3; occlusion-asked " in told


def test_a_witness_is_asked_whether_it_looks_at_the_model_at_all(tmp_path: Path) -> None:
    """With the words' weights exchanged its scores are others; what was found so is kept, and is no Evidence."""
    run = sx.run("reviews", model="glass/bag-honest", template="top-words", results=tmp_path, limit=6).folder
    assert run is not None
    found = sx.witness(run, WITNESSES, shuffle=5).numbers
    again = sx.witness(run, WITNESSES, shuffle=5).numbers
    kept = (run / "evidence" / "occlusion-shuffled.jsonl").read_text(encoding="utf-8").splitlines()

    assert found["shuffled"]["witnesses"].keys() == {"occlusion", "gradient-input"}
    assert len(kept) == 5
    for each in found["shuffled"]["witnesses"].values():
        assert each["n"] + sum(each["left_out"].values()) == 5
        assert each["value"] < 0.7
    assert again["shuffled"] == found["shuffled"]
    assert again["witnesses"]["occlusion"]["agreement"] == found["witnesses"]["occlusion"]["agreement"]
    assert "With all layers of the model shuffled, on 5 answers" in (run / "evidence.html").read_text(encoding="utf-8")


def test_what_is_only_asked_has_no_layers_to_shuffle(runs: dict[str, Path]) -> None:
    with pytest.raises(sx.SelfexplainError, match="no witness here looks into the model"):
        sx.witness(runs["lying"], "occlusion-asked", shuffle=2, limit=2)


class Reversed(Answering):
    """Another model: every word weighs the opposite."""

    def __init__(self) -> None:
        super().__init__("glass/reversed")
        self._weights = {word: -weight for word, weight in WEIGHTS.items()}


def test_a_model_that_would_have_answered_otherwise_explains_nothing(runs: dict[str, Path]) -> None:
    """Each of its Records is counted as a mismatch, left out of every number, and said."""
    found = sx.witness(runs["honest"], "occlusion", model=Reversed(), limit=6)
    occlusion = found.numbers["witnesses"]["occlusion"]

    assert occlusion["n"] == 0
    assert occlusion["excluded"] == {"answer_mismatch": 6}
    assert found.numbers["check"]["answer_mismatch"] == 6
    assert found.numbers["verdicts"]["words"]["word"] == "no verdict"


def test_who_asks_again_does_not_hide_that_another_model_was_looked_into(tmp_path: Path) -> None:
    """Its Evidence, found last, compares no model with the one that answered."""
    run = sx.run("reviews", model="glass/bag-honest", template="top-words", results=tmp_path, limit=3)
    assert run.folder is not None
    found = sx.witness(run.folder, "occlusion,occlusion-asked", model=Reversed())

    assert found.numbers["check"]["answer_mismatch"] == found.numbers["check"]["n"] == 3
    assert "It would have answered otherwise in 3 of 3" in evidence_words.check(found.numbers)


@pytest.mark.parametrize(
    ("model", "complaint"),
    [("glass/tree-honest", "is not the model that answered"), ("openai/any", "cannot be looked into")],
)
def test_another_model_is_not_looked_into(runs: dict[str, Path], model: str, complaint: str) -> None:
    with pytest.raises(sx.InputError, match=complaint):
        sx.witness(runs["honest"], "occlusion", model=model)


def test_the_join_names_what_is_sure_wrong_and_explained_by_words_that_did_not_matter(
    seen: dict[str, sx.WitnessResult],
) -> None:
    """Of the honest model nothing can be: its words mattered."""
    honest, lying = (seen[manner].numbers["joined"] for manner in ("honest", "lying"))

    assert honest["n"] == lying["n"] == N
    assert honest["sure_wrong_unsupported"] == []
    assert [each["item"] for each in lying["sure_wrong_unsupported"]] == ["negated-05"]
    assert lying["sure_wrong_unsupported"][0]["confidence"] == 0.9
    assert lying["sure_wrong_unsupported"][0]["support"] < 0.5
    assert sum(part["n"] for part in lying["terciles"]) == N


def test_what_support_has_to_do_with_confidence_is_told_within_what_was_seen(
    seen: dict[str, sx.WitnessResult],
) -> None:
    """Support of the honest model goes from 88 to 97 points: nothing can change by 200 points."""
    numbers = seen["honest"].numbers
    slope = numbers["joined"]["confidence_slope"]

    assert slope["value"] > 1
    assert f"The confidence itself changes by +{10 * slope['value']:.1f} points" in evidence_words.joined(numbers)[2]
    assert evidence_words.joined(numbers)[1].startswith("With 10 points of support more")


def test_scores_of_every_word_are_compared_among_content_words(tmp_path: Path) -> None:
    """Asked for a score of each word, the glass model scores more words than there are content words."""
    run = sx.run("reviews", model="glass/bag-honest", template="word-scores", results=tmp_path, limit=2)
    assert run.folder is not None
    numbers = sx.witness(run.folder, "gradient-input,occlusion", measure="kendall_tau_b").numbers
    found = numbers["witnesses"]["gradient-input"]["agreement"]

    assert numbers["ceiling"]["chance"] == pytest.approx(0)  # among all words it is above 0: content words win
    assert {found[name]["n"] for name in ("kendall_tau_b", "spearman_rho", "sign_agreement")} == {2}
    assert found["kendall_tau_b"]["value"] == pytest.approx(1)
    # Of rooms, superb, station, close one has a sign, and a word without one counts half: (1 + 3 / 2) / 4. Of plot,
    # dull, actors, superb one is for and one against: (1 + 0 + 2 / 2) / 4.
    assert found["kendall_tau_b"]["chance"] == pytest.approx(0)
    assert found["sign_agreement"]["value"] == 1
    assert found["sign_agreement"]["chance"] == pytest.approx((0.625 + 0.5) / 2)


def test_attention_says_which_target_it_was_asked_for(tmp_path: Path) -> None:
    """It is paid before there is one; what stands in the Evidence is the one of the command."""
    run = sx.run("reviews", model="glass/bag-honest", template="top-words", results=tmp_path, limit=2)
    assert run.folder is not None
    sx.witness(run.folder, "attention,attention-saliency", target="margin")

    for name in ("attention", "attention-saliency"):
        lines = (run.folder / "evidence" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert {json.loads(line)["target"] for line in lines} == {"margin"}
    assert (
        "value" not in json.loads((run.folder / "evidence" / "attention.jsonl").read_bytes().splitlines()[0])["checks"]
    )


def test_a_page_says_agreement_and_never_that_a_model_is_faithful(
    looked: dict[str, tuple[sx.WitnessResult, str]],
) -> None:
    for _, page in looked.values():
        assert "faithful" not in page.casefold()
        assert "random content words" in page
        assert page.count('<article class="evidence"') == N


def test_every_tinted_word_also_stands_as_text_with_its_rank_and_score(seen: dict[str, sx.WitnessResult]) -> None:
    """Colour alone says nothing: of each line the first words are listed."""
    for row in seen["honest"].rows:
        for line in row.lines:
            marked = {piece.mark: piece.text for piece in line.pieces if piece.mark}

            assert marked
            assert {rank: text for rank, text, _ in line.top if rank != "against:"} == marked
            assert all(score.startswith("−") == (rank == "against:") for rank, _, score in line.top)
        assert "".join(piece.text for piece in row.claim) == "".join(piece.text for piece in row.lines[0].pieces)


EVIL = "<script>window.ran=1</script>"


def test_what_a_model_writes_is_text_on_the_page(tmp_path: Path) -> None:
    """And what stands in the user's file, the name of an Item included."""
    (tmp_path / "q.csv").write_text(f"id,question,gold\n{EVIL},Is {EVIL} a good \u202eword?,yes\n", encoding="utf-8")

    def evil(messages: list[dict[str, str]]) -> str:
        return f"Answer: {EVIL if 'good' in messages[-1]['content'] else 'no'}\nWords: good, {EVIL}\nConfidence: 90"

    model = Function(evil, name="evil")
    run = sx.run(str(tmp_path / "q.csv"), model=model, template="top-words", results=tmp_path)
    found = sx.witness(run.folder or "", "occlusion-asked", model=model)
    assert found.page is not None
    page = found.page.read_text(encoding="utf-8")

    assert found.numbers["witnesses"]["occlusion-asked"]["n"] == 1
    assert EVIL not in page
    assert "\u202e" not in page
    assert re.findall(r"<script", page) == []
    assert "window.ran=1" in page


def test_the_command_prints_numbers_as_an_object_or_a_verdict_in_words(runs: dict[str, Path]) -> None:
    printed = run_command(str(runs["honest"]), "-w", "occlusion", "-w", "gradient-input", "--json")
    shown = run_command(str(runs["honest"]), "-w", WITNESSES)

    assert json.loads(printed.stdout)["verdicts"]["words"]["word"] == "supported"
    assert shown.stdout.startswith("Supported: what the model names agrees")
    assert "faithful" not in shown.stdout.casefold()
    assert "forward" in shown.stderr


def test_a_dry_run_counts_passes_and_writes_nothing(runs: dict[str, Path]) -> None:
    """Of each question: the check of the answer, itself, and once without each of its units."""
    before = sorted(path for path in runs["honest"].rglob("*") if path.is_file())
    printed = run_command(str(runs["honest"]), "-w", "occlusion,shapley", "--dry-run", "--json", "--limit", "3")
    counted = json.loads(printed.stdout)

    assert counted["n"] == 3
    assert counted["cost"]["forward"] > 3
    assert sorted(path for path in runs["honest"].rglob("*") if path.is_file()) == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-w", "oclusion"], "did you mean occlusion"),
        (["-w", "occlusion", "--claim", "rationale"], "this Run claims no rationale"),
        (["-w", "attention", "--target", "flip"], "cannot explain `flip`"),
        (["-w", "occlusion", "--baseline", "nothing"], "cannot be taken away by `nothing`"),
        (["-w", "occlusion-asked", "--baseline", "embed"], "cannot be taken away by `embed`"),
        (["-w", "occlusion", "--measure", "best"], "no agreement is called 'best'"),
        (["-w", "occlusion", "--measure", "comprehensiveness"], "no verdict can rest on comprehensiveness"),
        (["-w", ","], "no witness is named"),
    ],
)
def test_misuse_is_told_with_its_remedy(runs: dict[str, Path], arguments: list[str], complaint: str) -> None:
    with pytest.raises(sx.InputError) as refused:
        run_command(str(runs["honest"]), *arguments)

    assert complaint in f"{refused.value.message} {refused.value.hint}"


def test_the_transparency_of_a_model_says_which_witnesses_can_look_at_it() -> None:
    api, embedded, tree = (
        runnable(name) for name in ("openai/any", "local/smollm2-135m-instruct", "glass/tree-honest")
    )

    assert [name for name, why in api.items() if not why] == ["occlusion-asked", "shapley-asked"]
    assert "weights are unknown" in api["attention"]
    assert set(embedded.values()) == {""}
    assert "is a tree" in tree["occlusion"]
    listed = CliRunner().invoke(cli, ["list", "witnesses", "-m", "openai/any", "--json"])
    assert json.loads(listed.stdout)["witness"]["occlusion-asked"] == {"runs": True, "why": ""}
