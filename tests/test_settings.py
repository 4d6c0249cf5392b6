"""What stands under `[tool.selfexplain]` is read strictly: each mistake is told with its place and its remedy."""

from pathlib import Path

import pytest

from selfexplain.errors import InputError
from selfexplain.records import Openness, Transparency
from selfexplain.settings import Policy, Price, Settings, SureLimit, read_settings


def written(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_prices_and_declarations_are_read(tmp_path: Path) -> None:
    """Beside what belongs to other tools, which is none of ours."""
    settings = read_settings(
        written(
            tmp_path,
            """
            [project]
            name = "mine"
            [tool.other]
            prices = 3
            [tool.selfexplain.prices."openai/a.b:c"]
            input = 2.5
            output = 10
            cached = 0.25
            currency = "EUR"
            [tool.selfexplain.prices.free]
            input = 0
            output = 0
            [tool.selfexplain.transparency."openai/a.b:c"]
            weights = "open"
            licence = { state = "closed", detail = "research only" }
            """,
        )
    )

    assert settings.prices == {
        "openai/a.b:c": Price(input=2.5, output=10.0, cached=0.25, currency="EUR"),
        "free": Price(input=0.0, output=0.0, cached=None, currency="USD"),
    }
    assert settings.transparency == {
        "openai/a.b:c": {
            "weights": Openness("open", "declared in pyproject.toml"),
            "licence": Openness("closed", "research only"),
        }
    }


def test_a_price_says_what_share_of_it_is_paid_in_a_batch(tmp_path: Path) -> None:
    """Half, unless it is said; a number that is no share is an error that names its place."""
    table = '[tool.selfexplain.prices."m"]\ninput = 1\noutput = 2\n'
    assert read_settings(written(tmp_path, table)).prices["m"].batch == 0.5
    assert read_settings(written(tmp_path, f"{table}batch = 0.4")).prices["m"].batch == 0.4
    with pytest.raises(InputError, match=r"`batch` is 40; expected a number from 0 to 1\nhint: write batch = 0\.4: it"):
        read_settings(written(tmp_path, f"{table}batch = 40"))
    with pytest.raises(InputError, match=r"`batch` is 'half'; .*\nhint: write batch = 0\.5"):
        read_settings(written(tmp_path, f"{table}batch = 'half'"))


def test_a_policy_is_read_with_tolerances_and_rules_that_are_off(tmp_path: Path) -> None:
    policy = read_settings(
        written(
            tmp_path,
            """
            [tool.selfexplain.gate]
            overconfidence = 0.04
            brier = false
            level = 0.9
            on_inconclusive = "fail"
            max_gap = 0.1
            max_error_when_sure = { at = 0.9, error = 0.05 }
            per_group = true
            anchor = "first"
            """,
        )
    ).gate

    assert policy == Policy(
        tolerance={"overconfidence": 0.04},
        off=("brier",),
        level=0.9,
        on_inconclusive="fail",
        max_gap=0.1,
        max_error_when_sure=SureLimit(0.9, 0.05),
        per_group=True,
        anchor="first",
    )
    assert read_settings(written(tmp_path, "")).gate == Policy()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("overconfidence = true", "`overconfidence` is True; expected a number from 0 to 1 or false"),
        ("brier = 2", "`brier` is 2; expected a number from 0 to 1 or false"),
        ("max_gap = nan", "`max_gap` is nan; expected a number from 0 to 1"),
        ("level = 95", "`level` is 95; expected a number from 0 to 1"),
        ("level = 0.4", "`level` is 0.4; expected a number above 0.5 and below 1"),
        ('per_group = "yes"', "`per_group` is 'yes'; expected true or false"),
        ("per_group = 1", "`per_group` is 1; expected true or false"),
        ('on_inconclusive = "skip"', "`on_inconclusive` is 'skip'; expected warn or fail"),
        ("anchor = 1", "`anchor` is 1; expected a baseline's name"),
        ("max_error_when_sure = 0.05", "`tool.selfexplain.gate.max_error_when_sure` is 0.05; expected a table"),
        ("max_error_when_sure = { at = 0.9 }", "`error` is not there; expected a number from 0 to 1"),
        ("tolerance = 0.05", "has an unknown key 'tolerance'"),
    ],
)
def test_a_mistake_in_a_policy_is_told(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(written(tmp_path, f"[tool.selfexplain.gate]\n{line}\n"))

    assert complaint in str(caught.value)


def test_what_is_declared_replaces_what_an_adapter_says_and_nothing_else() -> None:
    card = Transparency(weights=Openness("unknown", "x"), parameters=Openness("open", "7"))
    settings = Settings(transparency={"m": {"weights": Openness("open", "mine")}})

    assert settings.declared("m", card) == Transparency(
        weights=Openness("open", "mine"), parameters=Openness("open", "7")
    )
    assert settings.declared("other", card) == card


def test_the_nearest_file_upwards_counts_even_if_it_sets_nothing(tmp_path: Path) -> None:
    """As for every tool that reads `pyproject.toml`: one project does not inherit another's."""
    written(tmp_path, '[tool.selfexplain.prices."m"]\ninput = 1\noutput = 2\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    assert read_settings(inner).prices == {"m": Price(1.0, 2.0)}
    written(tmp_path / "a", "[project]\nname = 'x'\n")
    assert read_settings(inner) == Settings()


def test_the_working_directory_is_where_looking_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(written(tmp_path, '[tool.selfexplain.prices."m"]\ninput = 1\noutput = 2\n'))

    assert read_settings().prices == {"m": Price(1.0, 2.0)}


PRICE = '[tool.selfexplain.prices."openai/x"]\n'
CARD = '[tool.selfexplain.transparency."openai/x"]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[tool.selfexplain.price]\n",
            """[tool.selfexplain] has an unknown key 'price'
hint: did you mean prices? known: prices, transparency, gate""",
        ),
        (
            "[tool]\nselfexplain = 3\n",
            "`tool.selfexplain` is 3; expected a table\nhint: begin it with [tool.selfexplain]",
        ),
        (
            '[tool.selfexplain.prices]\n"openai/x" = 3\n',
            (
                '`tool.selfexplain.prices."openai/x"` is 3; expected a table\n'
                'hint: begin it with [tool.selfexplain.prices."openai/x"]'
            ),
        ),
        (
            PRICE + "input = 1\noutptu = 2\n",
            (
                "[tool.selfexplain.prices.\"openai/x\"] has an unknown key 'outptu'\n"
                "hint: did you mean output? known: input, output, cached, currency, batch"
            ),
        ),
        (
            PRICE + "input = 1\n",
            (
                '[tool.selfexplain.prices."openai/x"] `output` is not there; expected a number of at least 0\n'
                "hint: write a price per million tokens, such as 2.5"
            ),
        ),
        (
            PRICE + "input = -1\noutput = 1\n",
            (
                '[tool.selfexplain.prices."openai/x"] `input` is -1; expected a number of at least 0\n'
                "hint: write a price per million tokens, such as 2.5"
            ),
        ),
        (
            PRICE + 'input = "1"\noutput = 1\n',
            (
                "[tool.selfexplain.prices.\"openai/x\"] `input` is '1'; expected a number of at least 0\n"
                "hint: write a price per million tokens, such as 2.5"
            ),
        ),
        (
            PRICE + "input = 1\noutput = 1\ncurrency = 3\n",
            (
                '[tool.selfexplain.prices."openai/x"] `currency` is 3; expected a word of letters\n'
                'hint: write currency = "EUR" or leave it out'
            ),
        ),
        (
            CARD + 'weight = "open"\n',
            (
                "[tool.selfexplain.transparency.\"openai/x\"] has an unknown key 'weight'\n"
                "hint: did you mean weights? known: weights, parameters, training_process, training_data, "
                "token_probabilities, reasoning_text, licence"
            ),
        ),
        (
            CARD + 'weights = "opened"\n',
            (
                "[tool.selfexplain.transparency.\"openai/x\"] `weights` is 'opened'; expected open or closed or "
                'unknown\nhint: write weights = "open"'
            ),
        ),
        (
            CARD + 'weights = { detail = "x" }\n',
            (
                '[tool.selfexplain.transparency."openai/x".weights] `state` is not there; expected open or closed or '
                'unknown\nhint: write state = "open"'
            ),
        ),
        (
            CARD + 'weights = { state = "open", detail = 3 }\n',
            (
                '[tool.selfexplain.transparency."openai/x".weights] `detail` is 3; expected a sentence\n'
                'hint: write detail = "…"'
            ),
        ),
    ],
)
def test_a_mistake_is_told_with_file_table_key_value_and_remedy(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(written(tmp_path, text))

    assert str(caught.value) == f"{tmp_path / 'pyproject.toml'}: {told}"


@pytest.mark.parametrize("value", ["nan", "inf", "true", "-0.1", "[1]"])
@pytest.mark.parametrize("key", ["input", "output", "cached"])
def test_what_is_no_price_is_refused(key: str, value: str, tmp_path: Path) -> None:
    """TOML has nan and inf, and true is 1 to Python."""
    lines = {"input": "1", "output": "1"} | {key: value}
    with pytest.raises(InputError, match=f"`{key}` is .*; expected a number of at least 0"):
        read_settings(written(tmp_path, PRICE + "".join(f"{name} = {each}\n" for name, each in lines.items())))


@pytest.mark.parametrize("content", [b"[tool", b"x = '\xff'", b"x = " + b"[" * 5000])
def test_a_file_that_is_not_toml_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(InputError, match="is not TOML"):
        read_settings(tmp_path)


def test_cached_tokens_cost_as_much_as_others_unless_priced() -> None:
    """1,000 read, 600 of them cached, 100 written: 1000·3 + 100·9 = 3900; with a cached price of 0.5: 1200+300+900."""
    plain, reduced = Price(input=3.0, output=9.0), Price(input=3.0, output=9.0, cached=0.5)

    assert plain.of(prompt=1000, completion=100, cached=600) == pytest.approx(3900 / 1e6)
    assert reduced.of(prompt=1000, completion=100, cached=600) == pytest.approx(2400 / 1e6)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("level = 95", "write level = 0.95: it is a share, not percent"),
        ("max_gap = 10", "write max_gap = 0.1: it is a share, not percent"),
        ("brier = 300", "write brier = 0.05"),
        ("level = 300", "write level = 0.95"),
    ],
)
def test_percents_are_told_as_shares(tmp_path: Path, line: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        read_settings(written(tmp_path, f"[tool.selfexplain.gate]\n{line}\n"))

    assert refused.value.hint == hint
