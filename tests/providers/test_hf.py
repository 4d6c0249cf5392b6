"""Models in this process: what comes back, what is refused, and that who waits neither blocks nor harms the others."""

import asyncio
import json
import math
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.tiny_models import CONTEXT, close, save_tiny, save_tokenizer
from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.batch_decoding import Decoder, Row
from selfexplain.providers.chat_prompt import prompt_ids
from selfexplain.providers.hf import Transformers
from selfexplain.providers.loaded_model import Precision
from selfexplain.providers.local import EMBEDDED
from selfexplain.records import Message, Openness, Request

SYSTEM = Message("system", "Be brief.")


def asked(question: str, **more: Any) -> Request:
    settings = {"max_tokens": 8, "temperature": 0.0, "seed": 1, "logprobs": True, "top_logprobs": 3} | more
    return Request(item=question, messages=(SYSTEM, Message("user", question)), **settings)


QUESTIONS = [asked(f"{'What is ' * n}{n} + {n}?") for n in range(1, 6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny-chat", "llama")


@pytest.fixture
def model(folder: Path) -> Transformers:
    return Transformers(folder)


async def test_a_reply_is_a_text_with_its_tokens(model: Transformers) -> None:
    """They join to it, each with a probability in (0, 1]; where it is one token, it is the first alternative."""
    responses = [await model.generate(each) for each in QUESTIONS]
    await model.aclose()

    for response in responses:
        assert response.finish_reason == {"completed": "stop", "truncated": "length"}[response.outcome]
        assert "".join(token.text for token in response.tokens) == response.text
        assert all(0 < math.exp(token.logprob) <= 1 for token in response.tokens)
        assert response.usage is not None
        assert response.usage.completion <= 8
        assert (response.model, response.dropped) == ("tiny-chat", ())
    tokens = [token for response in responses for token in response.tokens if token.top]
    assert tokens
    assert all((token.top[0].text, token.top[0].logprob) == (token.text, token.logprob) for token in tokens)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
async def test_sixteen_bits_are_computed_with_and_said(folder: Path, precision: Precision) -> None:
    """Beside transformers' own model in that precision: the same first token, and nearly the same probability."""
    import torch
    from transformers import AutoModelForCausalLM

    model = Transformers(folder, precision=precision, device="cpu")
    response = await model.generate(asked("What is 2 + 2?", max_tokens=1))
    assert model._loaded is not None
    ids = prompt_ids(model._loaded.tokenizer, asked("What is 2 + 2?").messages)
    kinds = {weights.dtype for weights in model._loaded.model.parameters()}
    await model.aclose()
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, precision)).eval()
    with torch.inference_mode():
        logprobs = plain(torch.tensor([ids])).logits[0, -1].float().log_softmax(0)

    assert kinds == {getattr(torch, precision)}
    (token,) = response.tokens
    assert token.logprob == pytest.approx(float(logprobs.max()), abs=0.05)
    assert model.identity["precision"] == precision


async def test_tokens_come_only_when_asked_for_and_what_cannot_be_honoured_is_dropped(model: Transformers) -> None:
    more = {"grammar": 'root ::= "a"', "effort": "low", "form": {"type": "object"}}
    with_tokens = await model.generate(QUESTIONS[0])
    response = await model.generate(asked(QUESTIONS[0].item, logprobs=False, top_logprobs=0, **more))
    await model.aclose()

    assert response.text == with_tokens.text
    assert response.tokens == ()
    assert response.dropped == ("effort", "form", "grammar")


async def test_who_waits_together_is_answered_together(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five at once are one batch, and get what each gets alone."""
    batches = note_batches(monkeypatch)
    together = await asyncio.gather(*map(model.generate, QUESTIONS))
    alone = [await model.generate(each) for each in QUESTIONS]
    await model.aclose()

    assert batches == [5, 1, 1, 1, 1, 1]
    for one, other in zip(together, alone, strict=True):
        assert (one.text, one.usage, one.outcome) == (other.text, other.usage, other.outcome)
        assert [token.logprob for token in one.tokens] == pytest.approx(
            [token.logprob for token in other.tokens], abs=close()
        )


async def test_a_batch_has_a_limit_on_its_tokens(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three prompts of about 100 tokens fit into 400, and so do not all five."""
    batches = note_batches(monkeypatch)
    await model.generate(QUESTIONS[0])
    model._most = 400
    await asyncio.gather(*map(model.generate, QUESTIONS))
    model._most = 1
    await asyncio.gather(*map(model.generate, QUESTIONS[:2]))
    await model.aclose()

    assert sum(batches) == 8
    assert max(batches) == 4
    assert batches[-2:] == [1, 1]


def note_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the size of each batch."""
    sizes, decode = list[int](), Decoder.decode

    def noted(decoder: Decoder, rows: Sequence[Row]) -> None:
        sizes.append(len(rows))
        decode(decoder, rows)

    monkeypatch.setattr(Decoder, "decode", noted)
    return sizes


async def test_the_loop_is_free_while_the_model_works(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work waits for something that only the loop can do."""
    released, decode = threading.Event(), Decoder.decode

    def held(decoder: Decoder, rows: Sequence[Row]) -> None:
        assert released.wait(timeout=60)
        decode(decoder, rows)

    monkeypatch.setattr(Decoder, "decode", held)
    waiting = asyncio.create_task(model.generate(QUESTIONS[0]))
    await asyncio.sleep(0)
    released.set()
    await waiting
    await model.aclose()


async def test_who_leaves_harms_nobody(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of five goes away while the batch is at work: its row ends, the other four get their replies."""
    expected = [await model.generate(each) for each in QUESTIONS]
    loop, decode, left = asyncio.get_running_loop(), Decoder.decode, list[Row]()

    def leave_first(decoder: Decoder, rows: Sequence[Row]) -> None:
        gone = threading.Event()
        tasks[2].add_done_callback(lambda _: gone.set())
        loop.call_soon_threadsafe(tasks[2].cancel)
        assert gone.wait(timeout=60)
        decode(decoder, rows)
        left.append(rows[2])

    monkeypatch.setattr(Decoder, "decode", leave_first)
    tasks = [asyncio.create_task(model.generate(each)) for each in QUESTIONS]
    replies = await asyncio.gather(*tasks, return_exceptions=True)
    await model.aclose()

    assert isinstance(replies[2], asyncio.CancelledError)
    assert not left[0].is_over
    assert len(left[0].written.ids) == 1
    for place in (0, 1, 3, 4):
        assert getattr(replies[place], "text", replies[place]) == expected[place].text


async def test_closing_ends_the_work_and_the_model_can_be_asked_anew(model: Transformers) -> None:
    """The thread is gone, the weights are let go of."""
    first = await model.generate(QUESTIONS[0])
    await model.aclose()

    assert model._loaded is None
    assert not any(thread.name.startswith("model") for thread in threading.enumerate())
    assert (await model.generate(QUESTIONS[0])).text == first.text
    await model.aclose()


def test_one_model_serves_several_loops(model: Transformers) -> None:
    """Each Run has an event loop of its own."""
    texts = {asyncio.run(model.generate(QUESTIONS[0])).text for _ in range(3)}
    asyncio.run(model.aclose())

    assert len(texts) == 1


async def test_a_question_that_does_not_fit_is_that_items_own_failure(model: Transformers) -> None:
    """One that just fits gets as much of a reply as there is room for."""
    empty = await model.generate(asked(""))
    assert empty.usage is not None
    room = CONTEXT - empty.usage.prompt
    with pytest.raises(ProviderError) as caught:
        await model.generate(asked("x" * room))
    last = await model.generate(asked("x" * (room - 2)))
    await model.aclose()

    assert caught.value.kind == "context_too_long"
    assert str(caught.value) == "hf/tiny-chat: the prompt has 256 tokens, and the context length is 256"
    assert last.usage is not None
    assert last.usage.prompt + last.usage.completion <= CONTEXT


async def test_too_little_memory_makes_smaller_batches(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halves of halves, from then on at once; all are answered as they would be. One alone that does not fit fails."""
    import torch

    expected = [await model.generate(each) for each in QUESTIONS]
    sizes, decode = list[int](), Decoder.decode
    most = 2

    def narrow(decoder: Decoder, rows: Sequence[Row]) -> None:
        sizes.append(len(rows))
        if len(rows) > most:
            for row in rows:  # in the middle of its work
                row.written.ids.append(7)
                row.draw()
            raise torch.OutOfMemoryError
        decode(decoder, rows)

    monkeypatch.setattr(Decoder, "decode", narrow)
    before = model._most
    replies = await asyncio.gather(*map(model.generate, QUESTIONS))
    most = 0
    with pytest.raises(ProviderError, match=r"\Ahf/tiny-chat: \d+ tokens of prompt and reply do not fit") as caught:
        await model.generate(QUESTIONS[0])
    await model.aclose()

    assert [reply.text for reply in replies] == [reply.text for reply in expected]
    assert sizes[:-1] == [5, 2, 3, 1, 2]
    assert model._most == before // 4
    assert caught.value.kind == "context_too_long"


async def test_a_model_that_breaks_down_stops_the_run(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own words, for everybody who waits."""

    def broken(*_: Any) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(Decoder, "decode", broken)
    told = await asyncio.gather(*map(model.generate, QUESTIONS[:2]), return_exceptions=True)
    await model.aclose()

    for error in told:
        assert isinstance(error, ProviderError)
        assert error.kind == "unavailable"
        assert error.message == (
            "hf/tiny-chat: the model broke down (RuntimeError: CUDA error: device-side assert triggered)"
        )


async def test_no_number_comes_of_none(model: Transformers) -> None:
    """A weight that is NaN: a failure with a reason, under the model's name."""
    await model.generate(QUESTIONS[0])
    assert model._loaded is not None
    model._loaded.model.lm_head.weight[7] = math.nan
    with pytest.raises(ProviderError, match=r"\Ahf/tiny-chat: the model computed no numbers \(NaN\)") as caught:
        await model.generate(QUESTIONS[0])
    await model.aclose()

    assert caught.value.kind == "bad_reply"


async def test_nothing_is_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading and asking need no network: any attempt would fail."""

    def refused(*_: Any) -> None:
        raise AssertionError("somebody wants to go out")

    model = Transformers(folder)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    await model.generate(QUESTIONS[0])
    await model.aclose()


async def test_no_code_of_a_folder_is_run(folder: Path, tmp_path: Path) -> None:
    """A configuration that brings its own class is refused, and its file stays asleep."""
    evil = copied(folder, tmp_path)
    (evil / "evil.py").write_text("raise SystemExit('run')\n")
    settings = json.loads((evil / "config.json").read_text())
    settings |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}}
    (evil / "config.json").write_text(json.dumps(settings))
    model = Transformers(evil)
    with pytest.raises(InputError, match=r"cannot be loaded: .*\nhint: .*Code that comes with a model is never run"):
        await model.generate(QUESTIONS[0])
    await model.aclose()

    assert not any("evil" in name for name in sys.modules)


async def test_weights_that_are_missing_are_not_made_up(folder: Path, tmp_path: Path) -> None:
    """They would be random numbers, which nobody could tell from a model."""
    part = copied(folder, tmp_path)
    settings = json.loads((part / "config.json").read_text()) | {"num_hidden_layers": 4, "layer_types": None}
    (part / "config.json").write_text(json.dumps(settings))
    model = Transformers(part)
    with pytest.raises(InputError, match=r"lack 9 of what the configuration promises, such as model\.layers\.3\."):
        await model.generate(QUESTIONS[0])
    await model.aclose()


def copied(folder: Path, to: Path) -> Path:
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


async def test_a_model_without_a_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    """Nobody knows how to put a question to it."""
    bare = copied(folder, tmp_path)
    (bare / "chat_template.jinja").unlink()
    save_tokenizer(bare, None)
    model = Transformers(bare)
    with pytest.raises(InputError, match="has no chat template"):
        await model.generate(QUESTIONS[0])

    assert await model.count_tokens(QUESTIONS[0]) is None
    await model.aclose()


async def test_turns_that_the_chat_template_refuses_are_told(folder: Path, tmp_path: Path) -> None:
    """With the template's own words."""
    strict = copied(folder, tmp_path)
    (strict / "chat_template.jinja").write_text("{{ raise_exception('System role not supported') }}")
    model = Transformers(strict)
    with pytest.raises(ProviderError, match=r"refuses these turns \(System role not supported\)\nhint: ") as caught:
        await model.generate(QUESTIONS[0])
    await model.aclose()

    assert caught.value.kind == "bad_request"


async def test_tokens_are_counted_without_asking(model: Transformers) -> None:
    """By the model's own tokenizer: as many as the usage says later."""
    counted = await model.count_tokens(QUESTIONS[0])

    assert model._loaded is None
    response = await model.generate(QUESTIONS[0])
    await model.aclose()
    assert response.usage is not None
    assert response.usage.prompt == counted


def test_a_model_is_known_by_its_weights_and_settings(folder: Path, tmp_path: Path) -> None:
    """By the sha256 of the file of weights; another tokenizer, another precision is another model."""
    model, rough = Transformers(str(folder)), Transformers(folder, precision="bfloat16")
    other = copied(folder, tmp_path)
    (other / "chat_template.jinja").write_text("{{ messages[0].content }}")

    assert model.name == "hf/tiny-chat"
    assert model.identity["weights_sha256"] == model_file.sha256(folder / "model.safetensors")
    assert model.identity["precision"] == "float32"
    assert {name for name, value in rough.identity.items() if value != model.identity[name]} == {"precision"}
    assert {name for name, value in Transformers(other).identity.items() if value != model.identity[name]} == {
        "settings_sha256"
    }
    assert model.transparency.weights == Openness("open", "in this process: safetensors of the user's own")
    assert model.transparency.parameters == Openness("open", "39,776, counted in the files")
    assert model.transparency.token_probabilities.state == "open"


def test_the_command_line_knows_it_by_its_prefix(folder: Path) -> None:
    """And it has no address."""
    assert plugins.provider(f"hf/{folder}").name == "hf/tiny-chat"
    with pytest.raises(InputError, match="takes no --base-url"):
        plugins.provider(f"hf/{folder}", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(InputError, match="no precision is called 'int4'\nhint: one of float32, bfloat16, float16"):
        Transformers(folder, precision="int4")  # type: ignore[arg-type]


async def test_without_its_libraries_the_way_to_get_them_is_told(
    model: Transformers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extra that somebody left out; the model can be described all the same."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        InputError, match=r"needs torch and transformers: .*\nhint: pip install 'selfexplain\[whitebox\]'"
    ):
        await model.generate(QUESTIONS[0])
    await model.aclose()

    assert model.identity
    assert model.transparency.parameters.state == "open"


@pytest.mark.usefixtures("folder")
async def test_the_embedded_model_without_its_file_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is the way to get it; a question without system message would be answered by another template."""
    monkeypatch.setattr(model_file, "find", lambda: None)
    model = Transformers("smollm2-135m-instruct")
    with pytest.raises(InputError, match="selfexplain model pull"):
        await model.generate(QUESTIONS[0])
    with pytest.raises(ProviderError, match="needs a system message"):
        await model.generate(Request("q1", QUESTIONS[0].messages[1:], 8))
    await model.aclose()

    assert model.name == "hf/smollm2-135m-instruct"
    assert model.identity == {"gguf_sha256": model_file.FILE_SHA256, "precision": "float32"}
    assert model.transparency.licence == EMBEDDED.licence
