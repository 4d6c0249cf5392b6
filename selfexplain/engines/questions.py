"""A Run's questions as a source of Ray Data: a block is a lot, and is read by the very worker that asks it.

Ray puts reading and asking into one task where both want the same of a machine. So no question passes through the
driver or Ray's store, and a lot that is lost with its worker is read again where it is asked again.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from selfexplain.engines.lots import Lot, lines_in

COLUMN = "item"


def questions_in(lots: Sequence[Lot]) -> Any:
    """Return lots of a Run's Items as a `ray.data.Datasource`; each is one task, of which there are so many."""
    from ray.data.block import BlockMetadata  # noqa: PLC0415 - an extra, and slow
    from ray.data.datasource import Datasource, ReadTask  # noqa: PLC0415

    class Questions(Datasource):  # type: ignore[misc]  # ray's classes are Any where it is not installed
        """Lots, of which Ray may ask how large they are and how each is read."""

        def estimate_inmemory_data_size(self) -> int:
            """Return how many bytes all blocks take."""
            return sum(lot.bytes for lot in lots)

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:  # noqa: ARG002 - Ray's protocol
            """Return what reads each lot."""
            return [ReadTask(partial(blocks_of, lot), BlockMetadata(**metadata_of(lot))) for lot in lots]

    return Questions()


def metadata_of(lot: Lot) -> dict[str, Any]:
    """Return what Ray wants to know of a block before it is read."""
    return {"num_rows": lot.items, "size_bytes": lot.bytes, "input_files": (str(lot.path),), "exec_stats": None}


def blocks_of(lot: Lot) -> list[Any]:
    """Return a lot as the one block of its task; a line that is no Item where its file cannot be read.

    What is raised here, Ray would try again and show as a fault of its own; a worker says what it is about.
    """
    import pyarrow as pa  # noqa: PLC0415 - comes with ray's Datasets

    try:
        lines = lines_in(lot)
    except OSError:
        lines = [b""]
    return [pa.table({COLUMN: pa.array(lines, pa.large_binary())})]
