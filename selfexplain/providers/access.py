"""How a server is reached: its address, the key to it, and a client that the user has made already."""

import os
import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from selfexplain.errors import InputError

NO_KEY = "none"
"""What is sent to a server that needs no key: the SDKs insist on one."""


def stated_address(base_url: str | None, variable: str) -> str | None:
    """Return the address that an argument or else the environment gives, or None for the provider's own.

    Raises
    ------
    InputError
        When it is not an address that can be asked.
    """
    address = (base_url or os.environ.get(variable) or "").strip() or None
    if address is not None:
        require_address(address)
        require_no_secrets(address)
    return address


def stated_key(api_key: str | None, variable: str, *, model: str, base_url: str | None) -> str:
    """Return the key that an argument or else the environment gives; with a `base_url` there need be none.

    Raises
    ------
    InputError
        When there is none where one is needed, or it cannot be a key; never shows it.
    """
    key = (api_key or os.environ.get(variable) or "").strip() or (NO_KEY if base_url else "")
    if not key.isascii() or not key.isprintable():
        raise InputError(
            "the API key holds a character that no key has",  # which one stays unsaid: so does the key
            hint=f"copy the key again into {variable}: plain letters, digits and signs on one line",
        )
    if not key:
        raise InputError(
            f"{model} needs an API key and `{variable}` is not set",
            hint=f"export {variable}=…, or name a server that needs none with --base-url http://HOST:PORT/v1",
        )
    return key


def of_user(client: Any, sdk: ModuleType, *, base_url: str | None, api_key: str | None) -> Any:
    """Return a copy of a client that the user has made: retrying is left to us, no connection outlives its reply.

    Raises
    ------
    InputError
        When it is not an asynchronous client of this SDK, or comes with an address or a key, which it has already.
    """
    if base_url is not None or api_key is not None:
        raise InputError("base_url and api_key go with no client", hint="give them to the client, where it is made")
    if not isinstance(client, sdk._base_client.AsyncAPIClient):  # noqa: SLF001 - what Azure, Bedrock, Vertex share
        raise InputError(
            f"client is a {type(client).__name__}; expected an asynchronous client of the package {sdk.__name__}",
            hint=f"make it with a class of {sdk.__name__} whose name begins with Async",
        )
    # Each Run has an event loop of its own; a connection that outlived its loop would break the next Run.
    return client.with_options(max_retries=0, default_headers={"Connection": "close"})


SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)


def secrets_of(client: Any) -> list[str]:
    """Return what must never be seen of a client: its keys and tokens, and the headers that its user has added."""
    named = [value for name, value in vars(client).items() if SECRET.search(name) and isinstance(value, str)]
    headers = [value for value in client._custom_headers.values() if isinstance(value, str)]  # noqa: SLF001 - no other way
    return [*named, *(value.removeprefix("Bearer ") for value in headers)]


def require_address(url: str) -> None:
    """Raise InputError unless a base URL is an address that can be asked."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = url.rpartition("@")[2]  # what stands before may be a password
        raise InputError(f"{shown!r} is no address of a server", hint="write http://HOST:PORT/v1 or https://HOST/v1")


def require_no_secrets(url: str) -> None:
    """Raise InputError for an address with a password or a query in it: addresses are recorded, keys never."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise InputError(
            f"the address {without_secrets(url)} came with a user, password or query",
            hint="give the address alone, and the key in the environment",
        )


def is_here(url: str | None) -> bool:
    """Tell whether an address is this machine's own."""
    host = urlsplit(url or "").hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def without_secrets(url: str) -> str:
    """Return an address without user, password, query and fragment.

    >>> without_secrets("https://me:pw@example.org:8000/v1/?key=s3cret")
    'https://example.org:8000/v1/'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))


def blotted(text: str, secrets: Sequence[str]) -> str:
    """Return a text without the secrets; a placeholder such as `none` is a word like any other.

    >>> blotted("Incorrect API key: sk-12345", ["sk-12345"])
    'Incorrect API key: [API key]'
    """
    for secret in sorted(secrets, key=len, reverse=True):  # one may be the beginning of another
        if len(secret) > len(NO_KEY):
            text = text.replace(secret, "[API key]")
    return text
