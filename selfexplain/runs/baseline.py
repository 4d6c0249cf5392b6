"""A baseline: the answers of one Run or FILE, frozen in two small files that need nothing else.

`<name>.json` says where they come from and holds the hash of `<name>.pairs.csv`, which has one row per answer: sorted,
so that a pull request shows what changed. Where witnesses have looked at a Run, `<name>.agreement.csv` beside them has
one row per answer with how far its claim agrees with each of them.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from selfexplain.errors import InputError
from selfexplain.records import SCHEMA_VERSION, STATUSES, Answered, Source
from selfexplain.runs.agreed import Agreed, Looking, rows_as_text, rows_in_text
from selfexplain.runs.answers import Answers, Provenance
from selfexplain.runs.calls import Versioned
from selfexplain.runs.folder import disk_errors, write_atomically
from selfexplain.runs.spreadsheet import quoted, restored, safe

FOLDER = "baselines"
"""Under `results/`."""

COLUMNS = ("item", "cluster", "group", "repeat", "confidence", "correct", "status")

TEXT = rb'"(?:[^"\\]|\\.)*"'
LIST_OF_TEXTS = re.compile(rb"\[\n((?:\s*" + TEXT + rb",\n){2}\s*" + TEXT + rb")\n\s*\]")
"""Three texts over five lines: what a baseline holds of an Item."""


class AgreementFile(msgspec.Struct, frozen=True):
    """What `<name>.json` says of `<name>.agreement.csv`."""

    claim: str
    measure: str
    witnesses: Mapping[str, Looking]
    n_answers: int
    sha256: str


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """`<name>.json`."""

    name: str
    created: str
    """UTC, ISO 8601."""
    selfexplain: str
    """The version that wrote it."""
    source: Source
    n_items: int
    n_answers: int
    n_usable: int
    sha256: str
    """Of `<name>.pairs.csv`, with the line ends of this project."""
    provenance: Provenance
    agreement: AgreementFile | msgspec.UnsetType = msgspec.UNSET
    """Not there where no witness has looked."""
    schema_version: int = SCHEMA_VERSION


def write_baseline(results: Path, name: str, answers: Answers, *, version: str, replace: bool = False) -> Path:
    """Freeze answers under a name; return the path of the json file.

    Raises
    ------
    InputError
        When the name is no file name, is taken and `replace` is not set, or the disk says no.
    """
    path = path_of(results, name)
    if not replace and path.exists():
        raise InputError(
            f"there is a baseline {name!r} already: {path}", hint="choose another name, or say --replace to change it"
        )
    pairs, agreed = pairs_of(answers.rows), answers.agreed
    agreement = None if agreed is None else rows_as_text(agreed)
    baseline = Baseline(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        selfexplain=version,
        source=answers.source,
        n_items=len({row.item for row in answers.rows}),
        n_answers=len(answers.rows),
        n_usable=sum(row.status == "ok" for row in answers.rows),
        sha256=hash_of(pairs),
        provenance=answers.provenance,
        agreement=msgspec.UNSET if agreed is None or agreement is None else described(agreed, agreement),
    )
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(pairs_path(path), pairs)
    if agreement is None:
        with disk_errors(path.parent):
            agreement_path(path).unlink(missing_ok=True)  # of the baseline that this one replaces
    else:
        write_atomically(agreement_path(path), agreement)
    write_atomically(path, written(baseline))
    return path


def described(agreed: Agreed, text: bytes) -> AgreementFile:
    """Return what a baseline says of its file of agreement."""
    witnesses = {name: agreed.witnesses[name] for name in sorted(agreed.witnesses)}
    return AgreementFile(agreed.claim, agreed.measure, witnesses, len(agreed.rows), hash_of(text))


def written(baseline: Baseline) -> bytes:
    """Return a baseline as JSON with a line for each Item, so that a review sees one line where one has changed."""
    return LIST_OF_TEXTS.sub(one_line, msgspec.json.format(msgspec.json.encode(baseline), indent=2)) + b"\n"


def one_line(found: re.Match[bytes]) -> bytes:
    """Return a list over several lines as one; no text in JSON holds the end of a line."""
    return b"[" + b", ".join(line.strip().rstrip(b",") for line in found[1].splitlines()) + b"]"


def read_baseline(results: Path, name: str) -> Answers:
    """Return a baseline's answers.

    Raises
    ------
    InputError
        When there is no such baseline, or its files do not belong together any more.
    """
    path = path_of(results, name)
    again = "restore both files from version control, or set the baseline again with --replace"
    try:
        content, pairs = path.read_bytes(), pairs_path(path).read_bytes()
    except OSError:
        known = baselines(results)
        raise InputError(
            f"there is no baseline {name!r} in {path.parent}"
            + (f": {pairs_path(path).name} is missing" if path.exists() else ""),
            hint=f"there are: {', '.join(known)}" if known else f"make one: selfexplain baseline set RUN {name}",
        ) from None
    try:
        schema = msgspec.json.decode(content, type=Versioned).schema_version
        if schema > SCHEMA_VERSION:
            raise InputError(
                f"{path} was written with schema {schema}; this selfexplain reads up to {SCHEMA_VERSION}",
                hint="upgrade selfexplain",
            )
        baseline = msgspec.json.decode(content, type=Baseline)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"{path}: {error}", hint=again) from None
    if hash_of(pairs) != baseline.sha256:
        raise InputError(
            f"{pairs_path(path)} is not the file that {path.name} was written with: its sha256 is another",
            hint=f"somebody edited it; {again}",
        )
    rows = rows_of(pairs, pairs_path(path), again)
    counted = (len({row.item for row in rows}), len(rows), sum(row.status == "ok" for row in rows))
    if counted != (baseline.n_items, baseline.n_answers, baseline.n_usable):
        raise InputError(
            f"{path} speaks of {baseline.n_items:,} Items, {baseline.n_answers:,} answers, {baseline.n_usable:,} "
            f"usable; {pairs_path(path).name} holds {counted[0]:,}, {counted[1]:,}, {counted[2]:,}",
            hint=f"somebody edited it; {again}",
        )
    agreed = None if baseline.agreement is msgspec.UNSET else read_agreement(path, baseline.agreement, again)
    return Answers.of(name, baseline.source, baseline.provenance, rows, agreed)


def read_agreement(path: Path, known: AgreementFile, again: str) -> Agreed:
    """Return the agreement that a baseline holds, given its json file."""
    file = agreement_path(path)
    try:
        text = file.read_bytes()
    except OSError:
        raise InputError(f"{path} speaks of {file.name}, which cannot be read", hint=again) from None
    if hash_of(text) != known.sha256:
        raise InputError(
            f"{file} is not the file that {path.name} was written with: its sha256 is another",
            hint=f"somebody edited it; {again}",
        )
    try:
        rows = rows_in_text(text, list(known.witnesses))
    except (ValueError, csv.Error) as error:
        raise InputError(f"{file}: {error}", hint=again) from None
    if len(rows) != known.n_answers:
        raise InputError(
            f"{path} speaks of agreement in {known.n_answers:,} answers; {file.name} holds {len(rows):,}",
            hint=f"somebody edited it; {again}",
        )
    return Agreed(known.claim, known.measure, known.witnesses, rows)


def baselines(results: Path) -> list[str]:
    """Return the names of the baselines there are."""
    return sorted(path.stem for path in (results / FOLDER).glob("*.json"))


def path_of(results: Path, name: str) -> Path:
    """Return where a baseline of this name lies."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name):
        raise InputError(
            f"{name!r} is no name for a baseline", hint="letters, digits, dots, dashes and underscores, such as main"
        )
    return results / FOLDER / f"{name}.json"


def pairs_path(path: Path) -> Path:
    """Return where the rows of a baseline lie, given its json file."""
    return path.with_name(f"{path.stem}.pairs.csv")


def agreement_path(path: Path) -> Path:
    """Return where the agreement of a baseline lies, given its json file."""
    return path.with_name(f"{path.stem}.agreement.csv")


def hash_of(pairs: bytes) -> str:
    """Return the sha256 of a pairs file; Git may have given it the line ends of Windows."""
    return hashlib.sha256(pairs.replace(b"\r\n", b"\n")).hexdigest()


def pairs_of(rows: Sequence[Answered]) -> bytes:
    """Return rows as the text of a pairs file."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        confidence = "" if row.confidence is None else f"{row.confidence:.12g}"
        correct = "" if row.correct is None else str(int(row.correct))
        names = (quoted(safe(name)) for name in (row.item, row.cluster, row.group or ""))
        lines.append(",".join((*names, str(row.repeat), confidence, correct, row.status)))
    return ("\n".join(lines) + "\n").encode("utf-8")


def rows_of(pairs: bytes, path: Path, hint: str) -> list[Answered]:
    """Return the rows of a pairs file; what no baseline holds is refused, whatever its hash."""
    line = 1

    def refuse(why: object) -> InputError:
        return InputError(f"{path}, line {line}: {why}", hint=hint)

    rows: dict[tuple[str, int], Answered] = {}
    try:
        reader = csv.reader(io.StringIO(pairs.decode("utf-8"), newline=""), strict=True)
        columns = tuple(next(reader, ()))
        for cells in reader if columns == COLUMNS else ():
            line = reader.line_num
            row = row_of(cells)
            if rows.setdefault((row.item, row.repeat), row) is not row:
                raise refuse(f"{row.item!r}, repeat {row.repeat}, stands twice")
    except (ValueError, csv.Error) as error:
        raise refuse(error) from None
    if columns != COLUMNS:
        raise refuse(f"expected the columns {', '.join(COLUMNS)}")
    return list(rows.values())


def row_of(cells: Sequence[str]) -> Answered:
    """Return one row of a pairs file; a ValueError says what is wrong with it."""
    if len(cells) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} cells")
    item, cluster, group, repeat, confidence, correct, status = cells
    if status not in STATUSES:
        raise ValueError(f"{status!r} is no status: {', '.join(STATUSES)}")
    if correct not in {"", "0", "1"}:
        raise ValueError(f"`correct` is {correct!r}; expected 1, 0 or nothing")
    stated = float(confidence) if confidence else None
    if stated is not None and not 0 <= stated <= 1:
        raise ValueError(f"`confidence` is {confidence}; expected a number from 0 to 1")
    if status == "ok" and (stated is None or not correct):
        raise ValueError("the status is ok, and `confidence` or `correct` is empty")
    if not repeat.isdecimal():
        raise ValueError(f"`repeat` is {repeat!r}; expected a whole number from 0")
    return Answered(
        item=restored(item),
        cluster=restored(cluster),
        group=restored(group) or None,
        confidence=stated,
        correct=bool(int(correct)) if correct else None,
        status=STATUSES[STATUSES.index(status)],
        repeat=int(repeat),
    )
