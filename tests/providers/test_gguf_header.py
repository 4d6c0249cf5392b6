"""The header of a GGUF file: what it says is read, what it does not say or says wrongly is not there."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.providers import model_file
from selfexplain.providers.gguf_header import Header, read_header
from selfexplain.providers.local import EMBEDDED, NAME, Local
from selfexplain.records import Openness


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def header(*metadata: bytes, tensors: tuple[tuple[int, ...], ...] = ()) -> bytes:
    """Return a GGUF file of version 3 without the tensors themselves."""
    described = b"".join(
        text(f"t{n}")
        + struct.pack("<I", len(sizes))
        + struct.pack(f"<{len(sizes)}Q", *sizes)
        + struct.pack("<IQ", 0, 0)
        for n, sizes in enumerate(tensors)
    )
    return b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata) + described


LICENCE = text("general.license") + struct.pack("<I", 8) + text("mit")
NUMBER = text("a.number") + struct.pack("<If", 6, 1.5)
WORDS = text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("one") + text("two")
NESTED = text("nested") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 4, 3) + struct.pack("<3I", 1, 2, 3)
FLAGS = text("flags") + struct.pack("<IIQ", 9, 7, 3) + b"\x01\x00\x01"
WHOLE = header(NUMBER, WORDS, NESTED, FLAGS, LICENCE, tensors=((2, 3), (4,), (5, 1, 2)))


def test_parameters_are_counted_and_the_licence_is_found_behind_every_kind_of_value(tmp_path: Path) -> None:
    """2·3 + 4 + 5·1·2 = 20."""
    (tmp_path / "m.gguf").write_bytes(WHOLE)

    assert read_header(tmp_path / "m.gguf") == Header(parameters=20, licence="mit")


def test_the_embedded_model_is_what_its_card_says(embedded_model: Path) -> None:
    assert read_header(embedded_model) == Header(parameters=134_515_008, licence="apache-2.0")
    assert EMBEDDED.parameters == Openness("open", f"{134_515_008:,}")
    assert EMBEDDED.licence == Openness("open", "Apache-2.0")


def test_a_header_that_ends_too_early_says_nothing(tmp_path: Path) -> None:
    """Cut after each byte."""
    path = tmp_path / "m.gguf"
    for end in range(len(WHOLE)):
        path.write_bytes(WHOLE[:end])

        assert read_header(path) == Header(), f"after {end} bytes"


@given(st.binary(max_size=200))
def test_no_file_breaks_it(tmp_path_factory: pytest.TempPathFactory, rest: bytes) -> None:
    """A header may claim any number of anything; what follows is read only as far as there is a file."""
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    path.write_bytes(WHOLE[:24] + rest)

    assert isinstance(read_header(path), Header)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ((LICENCE,), Openness("open", "the file names mit")),
        ((LICENCE.replace(b"mit", b"own"),), Openness("unknown", "the file names own")),
        ((), Openness("unknown", "the file names none")),
    ],
)
def test_a_file_of_your_own_has_a_card(metadata: tuple[bytes, ...], licence: Openness, tmp_path: Path) -> None:
    """Its weights are here; how it was trained, the file does not tell."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(header(*metadata, tensors=((1000, 2),)))
    card = Local(path).transparency

    assert card.weights == Openness("open", "in this process: a GGUF file of the user's own")
    assert card.parameters == Openness("open", "2,000, counted in the file")
    assert card.licence == licence
    assert card.training_data.state == card.training_process.state == card.reasoning_text.state == "unknown"


def test_another_file_in_place_of_the_embedded_one_has_not_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash decides, not the name."""
    path = tmp_path / model_file.FILE_NAME
    path.write_bytes(WHOLE)
    monkeypatch.setenv("SELFEXPLAIN_MODEL", str(path))

    assert Local(NAME).transparency.parameters == Openness("open", "20, counted in the file")
