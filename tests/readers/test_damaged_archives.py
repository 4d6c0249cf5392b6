"""Inspect AI's archives, damaged or hostile: a clear error that names the member, and no memory without end."""

import json
import zipfile
from pathlib import Path

import pytest

from readers.made_logs import (
    HEADER,
    LOGS,
    STATED,
    answer,
    inspect_zip,
    refusal,
)
from selfexplain.answer_files import read_answers
from selfexplain.readers import log_file

SMALL = LOGS / "inspect" / "small.eval"


WHOLE = {"header.json": json.dumps(HEADER), "samples/a_epoch_1.json": json.dumps(answer())}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"samples/a_epoch_1.json": WHOLE["samples/a_epoch_1.json"]}, "and no header.json"),
        ({"header.json": WHOLE["header.json"]}, "log.eval holds no samples"),
        (WHOLE | {"header.json": "{}"}, "log.eval, member 'header.json': Object missing required field `eval`"),
        (WHOLE | {"samples/b.json": "{"}, "log.eval, member 'samples/b.json': not JSON"),
        (WHOLE | {"samples/b.json": b"\xff"}, "log.eval, member 'samples/b.json': not UTF-8"),
        (WHOLE | {"samples/b.json": "[" * 100_000}, "log.eval, member 'samples/b.json': not JSON"),
        (WHOLE | {"samples/b.json": '{"id": 1, "id": 2}'}, "the field 'id' stands twice"),
        (
            WHOLE | {"samples/../../b.json": "[]"},
            "log.eval, member 'samples/../../b.json': Expected `object`, got `array`",
        ),
    ],
)
def test_a_damaged_archive_names_the_member(tmp_path: Path, members: dict[str, str | bytes], said: str) -> None:
    assert said in refusal(inspect_zip(tmp_path, members), format="inspect", **STATED)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them counts would depend on who reads."""
    path = inspect_zip(tmp_path, WHOLE)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("header.json", "{}")

    assert "the member 'header.json' stands twice" in refusal(path)


@pytest.mark.parametrize("path", [SMALL, None], ids=["zstd", "deflate"])
def test_an_archive_that_was_cut_off_or_changed_is_refused(tmp_path: Path, path: Path | None) -> None:
    whole = (path or inspect_zip(tmp_path, WHOLE)).read_bytes()
    cut, changed = tmp_path / "cut.eval", tmp_path / "changed.eval"
    cut.write_bytes(whole[: len(whole) // 2])
    place = whole.index(b"samples/") + 60
    changed.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])

    assert "cut.eval: not readable as a zip (File is not a zip file)" in refusal(cut)
    assert "changed.eval, member 'samples/" in refusal(changed)


def test_a_checksum_that_is_another_is_refused_though_it_unpacks(tmp_path: Path) -> None:
    """Zstd's own checksum may be left out, so the zip's is compared: 16 bytes into the directory's entry."""
    content = SMALL.read_bytes()
    place = content.rindex(b"samples/peru_epoch_1.json") - 46 + 16
    path = tmp_path / "other.eval"
    path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])

    assert "other.eval, member 'samples/peru_epoch_1.json': its checksum is another" in refusal(path)


def test_a_log_reads_the_same_however_it_is_packed(tmp_path: Path) -> None:
    """Zstd as Inspect packs today, deflate as it did before, or not at all."""
    members = {name: json.dumps(content) for name, content in log_file.LogFile(SMALL).documents(lambda _: True)}
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        assert read_answers(inspect_zip(tmp_path, members, method), **STATED) == read_answers(SMALL, **STATED)


@pytest.mark.parametrize("real", [True, False], ids=["zstd", "deflate"])
def test_what_unpacks_to_more_than_a_log_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, real: bool
) -> None:
    """No more than the limit and one byte is ever unpacked."""
    monkeypatch.setattr(log_file, "LARGEST_MEMBER", 1000)
    path = SMALL if real else inspect_zip(tmp_path, WHOLE | {"samples/b.json": "[" + "0," * 10_000 + "0]"})

    assert "unpacks to more than" in refusal(path)
    monkeypatch.setattr(log_file, "LARGEST_ARCHIVE", 1000)
    assert "unpacks to more than 0 GiB" in refusal(path)


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """Its directory says 10 bytes for a member that has more: the checksum of 10 bytes is another."""
    content = inspect_zip(tmp_path, WHOLE).read_bytes()
    name = b"samples/a_epoch_1.json"
    entry = content.rindex(name) - 46  # in the directory, whose entries begin 46 bytes before the name
    size = entry + 24
    path = tmp_path / "lies.eval"
    path.write_bytes(content[:size] + (10).to_bytes(4, "little") + content[size + 4 :])

    assert "not readable as a zip (Bad CRC-32" in refusal(path)


def test_without_anything_that_unpacks_zstd_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "zipfile_knows_zstd", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    assert "inspect log convert LOG.eval --to json" in refusal(SMALL)
