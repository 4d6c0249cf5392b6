"""How a server is reached: its address, the key to it, and a client that the user has made already."""

import os
from collections.abc import Sequence
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
