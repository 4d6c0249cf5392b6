"""What a user has set in the nearest `pyproject.toml`: prices, what they know of a model, when a gate fails.

Read strictly: a misspelled name would silently mean "not set", so each unknown section, key and
value is an error that names its place.
"""

import difflib
import math
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import Openness, State, Transparency

FILE_NAME = "pyproject.toml"
ROOT = "tool.selfexplain"
STATES: tuple[State, ...] = get_args(State)

BATCH_SHARE = 0.5
"""What a token costs in a batch, of its price, unless a user says otherwise: OpenAI and Anthropic publish half."""


class Price(msgspec.Struct, frozen=True):
    """What a million tokens of a model cost."""

    input: float
    """Per million tokens read, in `currency`."""
    output: float
    """Per million tokens written."""
    cached: float | None = None
    """Per million tokens read that the server still had; None: the same as `input`."""
    currency: str = "USD"
    batch: float = BATCH_SHARE
    """The share of these prices that is paid for what came in a batch, in [0, 1]."""

    def of(self, *, prompt: int, completion: int, cached: int = 0) -> float:
        """Return what so many tokens cost; `cached` is the part of `prompt` that was not read again.

        >>> Price(input=2.0, output=8.0, cached=0.5).of(prompt=1_000_000, completion=500_000, cached=400_000)
        5.4
        """
        fresh = (prompt - cached) * self.input
        known = cached * (self.input if self.cached is None else self.cached)
        return (fresh + known + completion * self.output) / 1e6


OnInconclusive = Literal["warn", "fail"]

PAIRED_RULES = ("overconfidence", "underconfidence", "brier", "coverage")
"""The rules of a gate that compare a run with its baseline."""

RULES_ON_REQUEST = ("agreement",)
"""Rules that compare as well, and are judged only where a policy sets their tolerance."""


class SureLimit(msgspec.Struct, frozen=True):
    """How often answers may be wrong that are stated with a confidence of at least `at`."""

    at: float
    error: float


class Policy(msgspec.Struct, frozen=True):
    """When a gate passes and when it fails."""

    tolerance: Mapping[str, float] = {}
    """By paired rule, in [0, 1]; a rule that is not here has the default for so many Items, or is not judged where it
    is one on request."""
    off: tuple[str, ...] = ()
    """Paired rules that are not judged."""
    level: float = 0.95
    """Of every interval, above 0.5 and below 1."""
    on_inconclusive: OnInconclusive = "warn"
    max_gap: float | None = None
    """The largest distance of mean confidence from accuracy, in either direction."""
    max_error_when_sure: SureLimit | None = None
    per_group: bool = False
    """Whether paired rules are judged within each group too."""
    anchor: str | None = None
    """A second baseline, which is set once, so that slow drift does not creep through."""


class Settings(msgspec.Struct, frozen=True):
    """All that a user has set; empty where nothing is."""

    prices: Mapping[str, Price] = {}
    """By model, `provider/name`."""
    transparency: Mapping[str, Mapping[str, Openness]] = {}
    """By model: what the user declares of it, by field of `Transparency`."""
    gate: Policy = Policy()

    def declared(self, model: str, card: Transparency) -> Transparency:
        """Return a model's card with what the user declares of it in place."""
        return msgspec.structs.replace(card, **self.transparency.get(model, {}))


def read_settings(start: Path | None = None) -> Settings:
    """Return what the nearest `pyproject.toml` sets, from a folder (default: the working directory) upwards.

    Raises
    ------
    InputError
        When the file cannot be read, or something under `[tool.selfexplain]` is not as documented; names the file, the
        table, the key, what stands there, and what to write.
    """
    folder = (start or Path()).resolve()
    file = next((each / FILE_NAME for each in (folder, *folder.parents) if (each / FILE_NAME).is_file()), None)
    if file is None:
        return Settings()
    try:
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", hint="mend its permissions") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{file} is not TOML: {error}", hint="mend that line") from None
    ours = whole.get("tool", {}).get("selfexplain", {})
    return Settings(**{name: SECTIONS[name](table) for name, table in Table(file, ROOT, ours).items(known=SECTIONS)})


class Table:
    """One table of the file, which knows where it stands.

    Raises
    ------
    InputError
        When it is not a table.
    """

    def __init__(self, file: Path, path: str, value: Any) -> None:
        self.file, self.path = file, path
        if not isinstance(value, dict):
            raise InputError(f"{file}: `{path}` is {shown(value)}; expected a table", hint=f"begin it with [{path}]")
        self.content: dict[str, Any] = value

    def refuse(self, key: str, *, expected: str, hint: str) -> InputError:
        """Return the error for a value that cannot be used."""
        return InputError(
            f"{self.file}: [{self.path}] `{key}` is {shown(self.content.get(key))}; expected {expected}", hint=hint
        )

    def require_known(self, known: Collection[str]) -> None:
        """Raise InputError for a key that means nothing here."""
        for key in self.content:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f"did you mean {near[0]}? " if near else ""
                raise InputError(
                    f"{self.file}: [{self.path}] has an unknown key {key!r}",
                    hint=f"{meant}known: {', '.join(known)}",
                )

    def items(self, *, known: Collection[str] | None = None) -> list[tuple[str, "Table"]]:
        """Return the tables in this table by name; `known` are the names there may be."""
        if known is not None:
            self.require_known(known)
        return [(key, Table(self.file, f"{self.path}.{quoted(key)}", value)) for key, value in self.content.items()]


def prices_in(table: Table) -> dict[str, Price]:
    """Return the prices of `[tool.selfexplain.prices."MODEL"]`."""
    return {model: price_in(entry) for model, entry in table.items()}


def price_in(table: Table) -> Price:
    """Return one model's price."""
    table.require_known(Price.__struct_fields__)
    hint = "write a price per million tokens, such as 2.5"
    given: dict[str, Any] = {}
    for key in ("input", "output", "cached"):
        if key in table.content or key != "cached":
            value = table.content.get(key)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise table.refuse(key, expected="a number of at least 0", hint=hint)
            given[key] = float(value)
    currency = table.content.get("currency", "USD")
    if not isinstance(currency, str) or not currency.isalpha():
        raise table.refuse("currency", expected="a word of letters", hint='write currency = "EUR" or leave it out')
    if "batch" in table.content:
        given["batch"] = share_in(table, "batch")
    return Price(**given, currency=currency)


def cards_in(table: Table) -> dict[str, dict[str, Openness]]:
    """Return the declarations of `[tool.selfexplain.transparency."MODEL"]`."""
    return {model: declarations_in(entry) for model, entry in table.items()}


def declarations_in(table: Table) -> dict[str, Openness]:
    """Return what is declared of one model: `weights = "open"`, or with a detail, `{ state = …, detail = … }`."""
    table.require_known(Transparency.__struct_fields__)
    found = {}
    for key, value in table.content.items():
        stated = Table(table.file, f"{table.path}.{key}", value if isinstance(value, dict) else {"state": value})
        stated.require_known(Openness.__struct_fields__)
        state = stated.content.get("state")
        detail = stated.content.get("detail", f"declared in {FILE_NAME}")
        if state not in STATES:
            where, at = (stated, "state") if isinstance(value, dict) else (table, key)
            raise where.refuse(at, expected=" or ".join(STATES), hint=f'write {at} = "open"')
        if not isinstance(detail, str):
            raise stated.refuse("detail", expected="a sentence", hint='write detail = "…"')
        found[key] = Openness(state, detail)
    return found


def gate_in(table: Table) -> Policy:
    """Return the policy of `[tool.selfexplain.gate]`; a paired rule is a tolerance, or `false` for off."""
    table.require_known(
        (
            *PAIRED_RULES,
            *RULES_ON_REQUEST,
            *(name for name in Policy.__struct_fields__ if name not in {"tolerance", "off"}),
        )
    )
    given: dict[str, Any] = {}
    asked = (rule for rule in (*PAIRED_RULES, *RULES_ON_REQUEST) if table.content.get(rule, False) is not False)
    tolerance = {rule: share_in(table, rule) for rule in asked}
    off = tuple(rule for rule in PAIRED_RULES if table.content.get(rule) is False)
    if "level" in table.content:
        given["level"] = share_in(table, "level")
        if not 0.5 < given["level"] < 1:
            raise table.refuse("level", expected="a number above 0.5 and below 1", hint="write level = 0.95")
    if "max_gap" in table.content:
        given["max_gap"] = share_in(table, "max_gap")
    if "max_error_when_sure" in table.content:
        limit = Table(table.file, f"{table.path}.max_error_when_sure", table.content["max_error_when_sure"])
        limit.require_known(SureLimit.__struct_fields__)
        given["max_error_when_sure"] = SureLimit(at=share_in(limit, "at"), error=share_in(limit, "error"))
    for key, allowed, hint in (
        ("on_inconclusive", ("warn", "fail"), 'write on_inconclusive = "warn"'),
        ("per_group", (True, False), "write per_group = true"),
    ):
        if key in table.content:
            given[key] = table.content[key]
            if not any(given[key] is one or (isinstance(one, str) and given[key] == one) for one in allowed):
                raise table.refuse(key, expected=" or ".join(map(str, allowed)).lower(), hint=hint)
    if "anchor" in table.content:
        given["anchor"] = table.content["anchor"]
        if not isinstance(given["anchor"], str):
            raise table.refuse("anchor", expected="a baseline's name", hint='write anchor = "NAME"')
    return Policy(tolerance=tolerance, off=off, **given)


USUAL_SHARES: Mapping[str, float] = {"level": 0.95, "batch": BATCH_SHARE}
"""What an error suggests; of any other share, 0.05."""


def share_in(table: Table, key: str) -> float:
    """Return a number from 0 to 1."""
    value = table.content.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        rule = " or false" if key in {*PAIRED_RULES, *RULES_ON_REQUEST} else ""
        meant = f"{USUAL_SHARES.get(key, 0.05)}"
        if isinstance(value, int | float) and 1 < value <= 100:
            meant = f"{value / 100:g}: it is a share, not percent"
        raise table.refuse(key, expected=f"a number from 0 to 1{rule}", hint=f"write {key} = {meant}")
    return float(value)


SECTIONS: Mapping[str, Callable[[Table], Any]] = {"prices": prices_in, "transparency": cards_in, "gate": gate_in}
"""The tables under `[tool.selfexplain]`, and what reads each: a new one is a line here and a field of Settings."""


def shown(value: Any) -> str:
    """Return a value as an error shows it."""
    text = "not there" if value is None else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def quoted(key: str) -> str:
    """Return a key as TOML writes it: bare where it may stand bare.

    >>> quoted("prices"), quoted("openai/gpt-x")
    ('prices', '"openai/gpt-x"')
    """
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else f'"{key}"'
