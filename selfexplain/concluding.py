"""What witnesses found, beside what a Run claims: its numbers, its page, and its part of the Run's reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain import plugins
from selfexplain.able_to_look import families_of
from selfexplain.opening import Opened
from selfexplain.records import SCHEMA_VERSION
from selfexplain.runs.folder import RunFolder, versions

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.pipeline.removals import Removals
    from selfexplain.pipeline.witness import Look, Looked
    from selfexplain.report.evidence_rows import EvidenceRow


@dataclass(frozen=True)
class WitnessResult:
    """What witnesses found of a Run, beside what it claims."""

    numbers: Mapping[str, Any]
    """What `selfexplain witness --json` prints."""
    page: Path | None
    """Where the questions stand with their words tinted; None where nothing was looked at."""
    rows: "Sequence[EvidenceRow]" = ()
    """What the page shows of each answer."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the numbers as strict JSON values."""
        return self.numbers


def concluded(
    opened: Opened,
    look: "Look",
    looked: "Looked",
    taken: "Removals | None",
    noise: Mapping[str, Any] | None,
    *,
    claim: str,
    measure: str,
    seed: int,
    is_open: bool,
) -> WitnessResult:
    """Return what was found beside what is claimed, and write its page."""
    import msgspec  # noqa: PLC0415 - with numpy

    from selfexplain.pipeline.claimed_places import kinds_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.held import CONCLUDED, with_held  # noqa: PLC0415
    from selfexplain.pipeline.removals_measured import in_agreement  # noqa: PLC0415
    from selfexplain.pipeline.removals_measured import to_dict as removed  # noqa: PLC0415
    from selfexplain.pipeline.supported import joined  # noqa: PLC0415
    from selfexplain.pipeline.witnessed import to_dict, witnessed  # noqa: PLC0415
    from selfexplain.records import encode  # noqa: PLC0415
    from selfexplain.report.evidence_page import render, view_of  # noqa: PLC0415
    from selfexplain.report.evidence_rows import rows_of  # noqa: PLC0415
    from selfexplain.report.explained_by import PAGE  # noqa: PLC0415

    known = plugins.all_witnesses()
    looked = with_held(look, looked, opened.everything, known)
    looked.left_out.update(opened.left_out)
    facts = {name: (look.witnesses.get(name) or known[name]).facts for name in looked.evidence}
    looks_inside = any(lines and facts[name].needs == "white_box" for name, lines in looked.evidence.items())
    able = families_of(plugins.every_witness(), has_inside=is_open or looks_inside)
    measures = plugins.agreements()
    found = witnessed(looked, facts, claim, measures, able, by=measure, seed=seed)
    spec = opened.folder.manifest.spec
    numbers = {
        "schema_version": SCHEMA_VERSION,
        "run": str(opened.folder.path),
        "dataset": {"name": spec.dataset, "version": spec.dataset_version},
        "model": spec.model,
        "template": spec.template,
        "inside": None if look.inside is None else dict(look.inside.identity),
        "unit": look.settings.unit,
        "claim": claim,
        "claims": list(kinds_of(each.record for each in looked.asked)),
        "n_records": len(looked.asked),
        "found_before": [name for name in looked.evidence if name not in look.witnesses],
        "seconds": looked.seconds,
        **to_dict(found, looked),
        "joined": joined(found, looked),
        "removals": None if taken is None else removed(taken),
        "shuffled": noise,
    }
    if taken is not None:
        for name, each in in_agreement(numbers["removals"], looked, facts).items():
            numbers["witnesses"][name]["agreement"] |= each
    opened.folder.write(CONCLUDED, msgspec.json.format(encode(numbers), indent=2) + b"\n")
    put_into_reports(opened.folder, numbers)
    rows, note = rows_of(found, looked)
    made_with = f"Made with selfexplain {versions()['selfexplain']}."
    titles = {name: (each.facts.title, each.facts.meaning) for name, each in measures.items()}
    page = render(view_of(numbers, rows, titles, note, made_with=made_with))
    return WitnessResult(numbers, opened.folder.write(PAGE, page.encode()), rows)


def put_into_reports(folder: RunFolder, numbers: Mapping[str, Any]) -> None:
    """Put what witnesses say into the reports of a Run, where these are; the rest of them stays as it is."""
    from selfexplain.report import markdown  # noqa: PLC0415 - matplotlib
    from selfexplain.report.explained_by import between, explained_by, put_in  # noqa: PLC0415
    from selfexplain.report.html import fill  # noqa: PLC0415

    found = explained_by(numbers)
    section = between(fill("explained.html.j2", evidence=found))
    summary = markdown.explained(found)
    changes = {
        "report.html": partial(put_in, section=section),
        "report.md": partial(markdown.put_in, section=summary),
    }
    for name, change in changes.items():
        try:
            old = (folder.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # nobody has measured this Run yet, or its report was deleted: the next one has the section
        if (new := change(old)) != old:
            folder.write(name, new.encode())
