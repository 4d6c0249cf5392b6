"""What the page of a Run and that of a survey have in common: their title, their Records and how these are found."""

from collections.abc import Mapping
from dataclasses import dataclass

from selfexplain.records import STATUSES
from selfexplain.report import circumstances
from selfexplain.report.rows import RecordRow
from selfexplain.report.statuses import StatusRow
from selfexplain.report.words import RecordWords


@dataclass(frozen=True)
class Filter:
    """A button above the Records: it leaves those that are all of its kinds."""

    kinds: str
    """Words of `RecordRow.kinds`, with spaces between them; empty for all Records."""
    name: str
    n: int


@dataclass(frozen=True)
class Shown:
    """One page; its texts are raw and must be escaped by whoever shows them."""

    dataset: str
    model: str
    template: str
    run: str
    headline: str
    note: str
    warnings: tuple[str, ...]
    titles: Mapping[str, str]
    """The title of each source of confidence."""
    statuses: tuple[StatusRow, ...]
    settings: circumstances.Rows
    transparency: tuple[circumstances.Openness, ...]
    usage: circumstances.Rows
    rows: tuple[RecordRow, ...]
    rows_note: str
    level: str
    measured: tuple[str, ...]
    words: RecordWords

    @property
    def title(self) -> str:
        """What was examined, in one line."""
        return " · ".join(filter(None, (self.dataset, self.model, self.template)))

    @property
    def group_names(self) -> list[str]:
        """The groups of the Records on the page, each once."""
        return list(dict.fromkeys(row.group for row in self.rows if row.group))

    @property
    def status_names(self) -> list[str]:
        """The statuses of the Records on the page, each once, in the order of the status list."""
        present = {status for row in self.rows for status in row.status_set}
        return [status for status in STATUSES if status in present]

    def filter(self, kinds: str, name: str) -> Filter:
        """Return a button with the number of shown Records that it leaves."""
        wanted = set(kinds.split())
        return Filter(kinds, name, sum(wanted <= set(row.kinds.split()) for row in self.rows))
