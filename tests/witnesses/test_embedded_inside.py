"""The embedded model: what was served is looked into in this process, by every witness, end to end."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from providers.tiny_models import need_the_extra
from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.evidence import TEMPLATE, Evidence
from selfexplain.providers.inside import Inside, look_inside
from selfexplain.providers.local import NAME, Local
from selfexplain.records import Grade, Item, Record, Request, Response, encode
from selfexplain.white_box import Aim, Input
from selfexplain.witnesses import attention_saliency, integrated_gradients, occlusion
from selfexplain.witnesses.case import Case, case_of_record
from selfexplain.witnesses.same_answer import NOISE, beside, same_answer

CAPITAL, SUM = (plugins.dataset("quickstart").items[number] for number in (0, 1))


@pytest.fixture(scope="module")
def model(embedded_model: Path) -> Inside:
    need_the_extra()
    assert embedded_model.exists()
    return look_inside(NAME)


@pytest.fixture(scope="module")
def cases(embedded_model: Path) -> dict[str, tuple[Case, Response]]:
    """Give the Cases of two Records that the served model answered, each with its reply."""
    assert embedded_model.exists()
    return asyncio.run(asked())


async def asked() -> dict[str, tuple[Case, Response]]:
    """Ask the served model two questions, as a Run does."""
    served, template = Local(NAME), plugins.template("few-shot")
    found = {}
    for item in (CAPITAL, SUM):
        calls: list[tuple[Request, Response]] = []

        async def ask(request: Request, calls: list[tuple[Request, Response]] = calls) -> Response:
            calls.append((request, await served.generate(request)))
            return calls[-1][1]

        report = await once(item, template, ask, sampling=Sampling(0.0, 1), repeat=0)
        record = Record(item.id, report, Grade("undecided", "exact"), {})
        ((request, response),) = calls
        found[item.id] = case_of_record(record, item, template, request.messages), response
    await served.aclose()
    return found


def score(found: Evidence, word: str) -> float:
    (one,) = [unit.score for unit in found.units if unit.text == word]
    assert one is not None
    return one


@pytest.mark.parametrize("item", [CAPITAL, SUM], ids=lambda item: item.id)
def test_the_model_in_this_process_is_the_one_that_answered(
    model: Inside, cases: dict[str, tuple[Case, Response]], item: Item
) -> None:
    """It would write the same reply up to the end of the answer; the log-probabilities differ by the noise."""
    case, served = cases[item.id]
    found = same_answer(model, case, served)

    assert found.status == "ok", found.why
    assert found.checks["answer_gap"] == 0.0
    assert 0.0 < float(found.checks["served_difference"]) < NOISE


def test_a_record_is_explained_and_kept_on_one_line(model: Inside, cases: dict[str, tuple[Case, Response]]) -> None:
    """Without the country another capital is as good; batched, each unit scores what it scores alone."""
    case, served = cases[CAPITAL.id]
    found = beside(occlusion(model, case), same_answer(model, case, served))
    by_word = {unit.text: unit for unit in found.units}

    assert (found.item, found.status, found.target, found.baseline) == (CAPITAL.id, "ok", "margin", "embed")
    assert score(found, "France") == max(unit.score or 0.0 for unit in found.units if unit.part != TEMPLATE) > 2.0
    assert CAPITAL.question[slice(*by_word["France"].spans[0])] == "France"
    assert msgspec.json.decode(encode(found), type=Evidence) == found
    cut = model.cut(case.messages, case.said, case.answer)
    (place,) = [n for n, places in enumerate(cut.places) if places[:1] == ((11, CAPITAL.question.index("France")),)]
    aim = model.values([Input(cut.ids)], Aim("margin", cut.answer)).aim
    model._many.forget()
    alone = [
        float(model.values([given], aim).values[0])
        for given in (Input(cut.ids), Input(cut.ids, {place: model.mean_embedding()}))
    ]
    assert score(found, "France") == pytest.approx(alone[0] - alone[1], abs=1e-4)


def test_gradients_account_for_what_the_text_does(model: Inside, cases: dict[str, tuple[Case, Response]]) -> None:
    """Integrated gradients are complete to a fifth with eight steps; the country counts most."""
    found = integrated_gradients(model, cases[CAPITAL.id][0], steps=8, most_steps=16)
    total = sum(unit.score or 0.0 for unit in found.units)
    effect = float(found.checks["value"]) - float(found.checks["baseline_value"])

    assert found.status == "ok", found.why
    assert total == pytest.approx(effect, rel=0.2)
    assert score(found, "France") == max(unit.score or 0.0 for unit in found.units)


def test_attention_is_weighed_by_its_gradient(model: Inside, cases: dict[str, tuple[Case, Response]]) -> None:
    """Both numbers of the sum count more than the words around them."""
    found = attention_saliency(model, cases[SUM.id][0])

    assert min(score(found, "8"), score(found, "7")) > max(score(found, "What"), score(found, "is"))
    assert 0.0 < float(found.checks["first_position"]) < 1.0
