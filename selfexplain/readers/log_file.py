"""A file that may be a log: looked at without trust, as a zip of JSON, as JSON, or as lines of JSON.

Nothing is unpacked to disk, no member's name is used as a path, and what is read has a limit wherever the file itself
says how large it is.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from struct import unpack
from typing import IO, Any, TypeVar, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

import msgspec

from selfexplain.datasets.rows import without_repeats
from selfexplain.errors import InputError
from selfexplain.near_names import about_path

T = TypeVar("T")

LARGEST_DOCUMENT = 2**31
"""Bytes of one JSON document; larger logs are written as many documents by every tool that is read here."""

LARGEST_MEMBER = 2**28
"""Bytes of one member of a zip once unpacked."""

LARGEST_ARCHIVE = 2**34
"""Bytes of all of them: a zip of a few kilobytes can hold more than any memory does."""

ZSTD = 93
"""The compression method that Inspect AI writes since 2025; Python's own zipfile knows it from 3.14 on."""

MEND = "the file is damaged or was cut off: copy it again, or have the tool write it again"


class LogFile:
    """One file, and what it turns out to be; each view is made once.

    Parameters
    ----------
    path : Path
        A file that exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def is_zip(self) -> bool:
        """Whether it begins as a zip does."""
        with reading(self.path) as file:
            return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of a zip's members."""
        return tuple(info.filename for info in self._infos)

    @cached_property
    def _infos(self) -> list[ZipInfo]:
        with reading(self.path) as file, zip_errors(self.path), ZipFile(file) as archive:
            infos = archive.infolist()
        names = [info.filename for info in infos]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{self.path}: the member {twice!r} stands twice", hint=MEND)
        if sum(info.file_size for info in infos) > LARGEST_ARCHIVE:
            raise InputError(
                f"{self.path} unpacks to more than {LARGEST_ARCHIVE // 2**30} GiB", hint="split the log, or mistrust it"
            )
        return infos

    def documents(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Any]]:
        """Yield name and content of the wanted members of a zip, one in memory at a time.

        Raises
        ------
        InputError
            When a member is damaged, too large, or no JSON; names it.
        """
        left = LARGEST_ARCHIVE
        with reading(self.path) as file, zip_errors(self.path), ZipFile(file) as archive:
            for info in self._infos:
                if wanted(info.filename):
                    where = f"{self.path}, member {info.filename!r}"
                    with zip_errors(where):
                        content = unpacked(archive, info, file, where)
                    left -= len(content)
                    if left < 0:
                        raise InputError(f"{self.path} unpacks to more than it says", hint=MEND)
                    yield info.filename, parsed(content, where)

    @cached_property
    def document(self) -> Any:
        """The content of a file that is one JSON document; None where it is none."""
        if self.is_zip or self.path.suffix.lower() != ".json":
            return None
        with reading(self.path) as file:
            content = file.read(LARGEST_DOCUMENT + 1)
        if len(content) > LARGEST_DOCUMENT:
            raise InputError(
                f"{self.path} is larger than {LARGEST_DOCUMENT // 2**30} GiB", hint="split the log into several files"
            )
        return parsed(content, str(self.path))

    @cached_property
    def first_line(self) -> Any:
        """The first line of a file of JSON lines, if it is an object; None where it is none."""
        if self.path.suffix.lower() != ".jsonl":
            return None
        with reading(self.path) as file:
            first = next((line for line in file if line.strip()), b"")
        try:
            found = json.loads(first)
        except (ValueError, RecursionError):
            return None  # to be complained about by whoever reads all of it
        return found if isinstance(found, dict) else None

    def lines(self) -> Iterator[tuple[int, Any]]:
        """Yield number, from 1, and content of each line that is not blank."""
        with reading(self.path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, parsed(line, f"{self.path}, line {number}")

    def found(self) -> str:
        """Say what stands at the file's top, for somebody who must name its format."""
        if self.is_zip:
            return f"a zip of {listed(self.members)}"
        if isinstance(self.document, dict):
            return f"a JSON object of {listed(self.document)}"
        if self.document is not None:
            return f"JSON that is a {type(self.document).__name__}"
        return (
            "nothing that is known"
            if self.first_line is None
            else f"lines of JSON objects of {listed(self.first_line)}"
        )


def reading(path: Path) -> IO[bytes]:
    """Open a file, or raise InputError."""
    try:
        return open(path, "rb")  # noqa: PTH123 - says no, where a Path raises: a name too long; the caller closes
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint=about_path(path)) from None


class zip_errors:  # noqa: N801 - used as a word: with zip_errors(where)
    """Turn what a damaged zip makes zipfile raise into InputError."""

    def __init__(self, where: object) -> None:
        self._where = where

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Translate."""
        if isinstance(error, BadZipFile | zlib.error | EOFError | OSError | NotImplementedError | UnicodeError):
            raise InputError(
                f"{self._where}: not readable as a zip ({str(error) or type(error).__name__})", hint=MEND
            ) from None
        if isinstance(error, RuntimeError) and "password" in str(error):
            raise InputError(f"{self._where}: encrypted", hint="decrypt it first") from None


def unpacked(archive: ZipFile, info: ZipInfo, file: IO[bytes], where: str) -> bytes:
    """Return a member's bytes; no more than the limit is ever unpacked, whatever the zip says of their number."""
    require_small(max(info.file_size, info.compress_size), where)
    if info.compress_type == ZSTD and not zipfile_knows_zstd():
        content = unpacked_zstd(raw(info, file, where), where)
        require_small(len(content), where)
        if zlib.crc32(content) != info.CRC:
            raise InputError(f"{where}: its checksum is another", hint=MEND)
        return content
    with archive.open(info) as member:
        # One byte more than the zip states: read() without a number would unpack up to 2 GiB before it cuts off.
        return member.read(info.file_size + 1)


def require_small(size: int, where: str) -> None:
    """Raise InputError for a member that is too large."""
    if size > LARGEST_MEMBER:
        raise InputError(
            f"{where} unpacks to more than {LARGEST_MEMBER // 2**20} MiB",
            hint="leave out what is not needed when the tool writes the log, or mistrust it",
        )


def zipfile_knows_zstd() -> bool:
    """Tell whether Python's zipfile unpacks zstd, as it does from 3.14 on."""
    import zipfile  # noqa: PLC0415 - the module, for a name that it may lack

    return hasattr(zipfile, "ZIP_ZSTANDARD")


def raw(info: ZipInfo, file: IO[bytes], where: str) -> bytes:
    """Return a member as it is stored, past its local header (30 bytes, name, extra field)."""
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise InputError(f"{where}: no member begins where the zip says so", hint=MEND)
    name, extra = unpack("<HH", header[26:30])
    file.seek(name + extra, os.SEEK_CUR)
    content = file.read(info.compress_size)
    if len(content) < info.compress_size:
        raise InputError(f"{where}: {len(content)} of {info.compress_size} bytes are there", hint=MEND)
    return content


def unpacked_zstd(content: bytes, where: str) -> bytes:
    """Return what zstd packed, up to one byte more than the limit; pyarrow does it, an extra."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and heavy
    except ImportError:
        raise InputError(
            f"{where}: packed with zstd, which this Python cannot unpack",
            hint="pip install 'selfexplain[parquet]', or use Python 3.14, or convert the log: "
            "inspect log convert LOG.eval --to json --output-dir FOLDER",
        ) from None
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            return cast("bytes", stream.read(LARGEST_MEMBER + 1))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{where}: not readable as zstd ({error})", hint=MEND) from None


def parsed(content: bytes, where: str) -> Any:
    """Return what a JSON text holds. NaN and infinities are let through: tools write them, and readers judge them."""
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=without_repeats)
    except UnicodeDecodeError:
        raise InputError(f"{where}: not UTF-8", hint=MEND) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})", hint=MEND) from None


def typed(value: Any, kind: type[T], where: str) -> T:
    """Return JSON as the type that a tool's documents promise, or raise InputError naming the field."""
    try:
        return msgspec.convert(value, kind)
    except (
        msgspec.ValidationError,
        RecursionError,
        UnicodeEncodeError,
    ) as error:  # the last: half a character in a key
        raise InputError(
            f"{where}: {error}", hint="the log is damaged, or of a version of the tool that is not known here"
        ) from None


def listed(names: Any) -> str:
    """Return the first names.

    >>> listed("abcdefghi")
    "'a', 'b', 'c', 'd', 'e', 'f' and 3 more"
    """
    names = [repr(str(name)[:60]) for name in names]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "") if names else "nothing"
