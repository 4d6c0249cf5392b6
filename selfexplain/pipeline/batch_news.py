"""Who is told what happens to batches, and how far they are."""

from dataclasses import dataclass, field

from selfexplain.pipeline.ask import Progress, Watch
from selfexplain.telling import Say


@dataclass
class Out:
    """A batch that is with the provider."""

    token: str
    batch: str
    keys: frozenset[str]
    """Of the Requests that are waited for."""
    without: frozenset[str]
    shape: bytes | None = None
    held: frozenset[str] = frozenset()
    """Keys of the others that it holds: what came of them an earlier process has recorded."""
    done: int = 0
    words: str = "submitted"


@dataclass
class News:
    """Who is told what happens to batches."""

    say: Say
    """Told a sentence when a batch is handed in, and when it has ended."""
    show: Say
    """Told how far all batches are, in a few words, empty when none is out."""
    out: dict[str, Out] = field(default_factory=dict)
    """Those of all models, by token."""

    def changed(self) -> None:
        """Tell how far they are."""
        each = list(self.out.values())
        asked, done = sum(len(one.keys) for one in each), sum(one.done for one in each)
        which = f"batch of {asked:,}" if len(each) == 1 else f"{len(each)} batches of {asked:,} together"
        words = "/".join(dict.fromkeys(one.words for one in each))
        self.show(f"{which} {words}, {done:,} done" if each else "")


class Noted:
    """A Watch that shows how far the batches are beside how far the asking is.

    Parameters
    ----------
    watch : callable
        Told `Progress`.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch, self._last, self.note = watch, Progress(0, 0, 0, 0), ""

    def __call__(self, progress: Progress) -> None:
        """Show how far the asking is."""
        self._last = progress
        self._watch(progress._replace(note=self.note))

    def show(self, note: str) -> None:
        """Show how far the batches are."""
        self.note = note
        if self._last.total:
            self(self._last)
