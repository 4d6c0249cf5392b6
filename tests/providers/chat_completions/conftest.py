"""The adapter beside a server that misbehaves, on a machine with no settings."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from providers.chat_completions.asked import KEY
from providers.misbehaving_server import (
    MisbehavingServer,
    running,
)
from selfexplain.providers.openai import OpenAI


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENAI_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with running() as server:
        yield server


@pytest_asyncio.fixture
async def model(server: MisbehavingServer) -> AsyncIterator[OpenAI]:
    model = OpenAI("m1", base_url=server.base_url, api_key=KEY)
    yield model
    await model.aclose()
