"""How far a Run's claims agree with the witnesses that have looked at it, by the verdict's own measure."""

from collections.abc import Mapping, Sequence

from selfexplain import plugins
from selfexplain.records import Item, Record
from selfexplain.runs.agreed import Agreed
from selfexplain.runs.folder import RunFolder


def agreement_of_run(
    folder: RunFolder, records: Sequence[Record], items: Mapping[str, Item], like: Agreed | None = None
) -> Agreed | None:
    """Return how far each claim of a Run agrees with each witness; None where none has looked.

    Parameters
    ----------
    folder : RunFolder
    records : sequence of Record
    items : mapping of id to Item
    like : Agreed, optional
        Another Run's, whose kind of claim and witnesses with their settings are meant; by default those that the last
        `selfexplain witness` concluded over.
    """
    from selfexplain.pipeline.agreed import agreed_in  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.witnessed import VERDICT_BY  # noqa: PLC0415 - numpy

    facts = {name: each.facts for name, each in plugins.all_witnesses().items()}
    return agreed_in(folder, records, items, facts, plugins.agreements()[VERDICT_BY], like=like)
