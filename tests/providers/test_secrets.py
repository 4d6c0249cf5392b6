"""What must never be seen of a client is found in it, and blotted out of every text, whole."""

from types import SimpleNamespace

import openai
import pytest

from selfexplain.providers.access import blotted, secrets_of
from selfexplain.providers.failures import Server

KEY = "sk-a1b2c3d4e5f6"


@pytest.mark.parametrize("secrets", [[KEY[:8], KEY], [KEY, KEY[:8]]])
def test_of_two_secrets_that_begin_alike_no_end_is_left(secrets: list[str]) -> None:
    assert blotted(f"{KEY} and {KEY[:8]}", secrets) == "[API key] and [API key]"


@pytest.mark.parametrize("before", range(485, 501))
def test_a_key_is_blotted_out_before_a_long_text_is_cut(before: int) -> None:
    """500 characters are kept: cut first, the beginning of a key would stand at the end."""
    server = Server("openai/m1", openai, "OPENAI_API_KEY", (KEY,), {}, 1.0)

    assert "sk-" not in server.clean("." * before + KEY)


def test_keys_tokens_and_own_headers_of_a_client_are_secrets() -> None:
    """A server that repeats a bearer token repeats it without the word before it."""
    client = SimpleNamespace(
        api_key="key-1", _azure_ad_token="token-2", aws_accessKey="secret-3", _version="2026-01-01", max_retries=0
    )
    client._custom_headers = {"Authorization": "Bearer bearer-4", "X-Pass": "pass-5"}

    assert sorted(secrets_of(client)) == ["bearer-4", "key-1", "pass-5", "secret-3", "token-2"]
