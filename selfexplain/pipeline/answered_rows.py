"""Answers in columns: what a million Records have to say to the numbers, in some 60 bytes for each."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from selfexplain.calibration.rows import LookedUp
from selfexplain.datasets.cells import Labels, Places
from selfexplain.datasets.columns import OK, Columns, columns_of
from selfexplain.inference import Floats
from selfexplain.records import STATUSES, Answered, Item, Status

BATCH = 1 << 14
"""Rows, or texts, of which Python objects are made at a time."""

SHORT = 64
"""Bytes up to which texts are sorted in an array of that width."""

STATUS_PLACE = {word: place for place, word in enumerate(STATUSES)}


class Texts(Sequence[str]):
    """Very many short texts in one buffer: their bytes and 8 more each, where a Python text takes 50 more."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("Q", [0])
        self._longest = 0

    def append(self, text: str) -> None:
        """Add a text."""
        encoded = text.encode()
        self._bytes += encoded
        self._ends.append(len(self._bytes))
        self._longest = max(self._longest, len(encoded))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return bytes(self._bytes[self._ends[place] : self._ends[place + 1]]).decode()

    def ranks(self) -> Places:
        """Return the place of each text among the different ones, sorted as Python sorts them."""
        if self._longest <= SHORT and b"\0" not in self._bytes:  # the bytes of texts are in the order of the texts
            wide = np.empty(len(self), dtype=f"S{max(self._longest, 1)}")
            for start in range(0, len(self), BATCH):
                wide[start : start + BATCH] = [text.encode() for text in self[start : start + BATCH]]
            order = np.argsort(wide, kind="stable")
            ordered = wide[order]
            is_new = ordered[1:] != ordered[:-1]
        else:
            order = np.array(sorted(range(len(self)), key=self.__getitem__), dtype=np.intp)
            is_new = np.array([self[one] != self[other] for one, other in pairwise(order.tolist())], dtype=bool)
        ranks = np.zeros(len(self), dtype=np.int32)
        ranks[order[1:]] = np.cumsum(is_new)
        return ranks


class AskedItems:
    """What the rows of all sources share of the Items that were asked, in their order."""

    def __init__(self) -> None:
        self.ids = Texts()
        self.groups: list[str] = []
        self.clusters: list[str] = []
        """Those that Items state, but for an Item's own id."""
        self.group, self.cluster = array("i"), array("i")
        """Of each Item its place in these lists; −1 where it has none."""
        self._places: dict[str, dict[str, int]] = {"groups": {}, "clusters": {}}
        self._last: str | None = None
        self._ranks: Places | None = None
        self._apart: tuple[int, bool] | None = None

    def place_of(self, item: Item) -> int:
        """Return the place of an Item, the last one or a new one."""
        if item.id != self._last:
            self._last = item.id
            self.ids.append(item.id)
            self.group.append(-1 if item.group is None else self._place("groups", item.group))
            stated = item.drawn_with
            self.cluster.append(-1 if stated == item.id else self._place("clusters", stated))
        return len(self.ids) - 1

    def _place(self, kind: str, name: str) -> int:
        places, names = self._places[kind], getattr(self, kind)
        if name not in places:
            places[name] = len(names)
            names.append(name)
        return places[name]

    @property
    def are_apart(self) -> bool:
        """Whether no Item comes again after another; by 64 bits of its id, so that two may rarely be taken for one."""
        if self._apart is None or self._apart[0] != len(self.ids):
            hashes = np.fromiter(map(hash, self.ids), dtype=np.int64, count=len(self.ids))
            hashes.sort()
            self._apart = len(self.ids), not bool((hashes[1:] == hashes[:-1]).any())
        return self._apart[1]

    @property
    def ranks(self) -> Places:
        """The place of each Item's id among all, sorted."""
        if self._ranks is None or len(self._ranks) != len(self.ids):
            self._ranks = self.ids.ranks()
        return self._ranks


class AnsweredRows(Sequence[Answered]):
    """One source's answers, in the order of their Items, as columns; a row is made when it is asked for.

    Parameters
    ----------
    asked : AskedItems
        Shared by the sources of a Run.
    """

    def __init__(self, asked: AskedItems) -> None:
        self._asked = asked
        self._item, self._repeat = array("i"), array("i")
        self._confidence, self._correct, self._status = array("d"), array("b"), array("b")

    def append(self, place: int, confidence: float | None, correct: bool | None, status: Status, repeat: int) -> None:  # noqa: FBT001 - a column of them
        """Add the answer to the Item at a place; those of one Item follow each other."""
        self._item.append(place)
        self._repeat.append(repeat)
        self._confidence.append(float("nan") if confidence is None else confidence)
        self._correct.append(-1 if correct is None else correct)
        self._status.append(STATUS_PLACE[status])

    def __len__(self) -> int:
        return len(self._item)

    @overload
    def __getitem__(self, index: int) -> Answered: ...

    @overload
    def __getitem__(self, index: slice) -> list[Answered]: ...

    def __getitem__(self, index: int | slice) -> Answered | list[Answered]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        asked, place = self._asked, self._item[index]
        name, group, cluster = asked.ids[place], asked.group[place], asked.cluster[place]
        confidence, correct = self._confidence[index], self._correct[index]
        return Answered(
            item=name,
            cluster=name if cluster < 0 else asked.clusters[cluster],
            group=None if group < 0 else asked.groups[group],
            confidence=None if confidence != confidence else confidence,  # noqa: PLR0124 - NaN
            correct=None if correct < 0 else bool(correct),
            status=STATUSES[self._status[index]],
            repeat=self._repeat[index],
        )

    def __iter__(self) -> Iterator[Answered]:
        return map(self.__getitem__, range(len(self)))

    @property
    def number_ok(self) -> int:
        """How many answers can be used."""
        return int((self._column(self._status, np.int8) == OK).sum())

    @property
    def has_values(self) -> bool:
        """Whether any answer has a confidence."""
        return bool((~np.isnan(self._column(self._confidence, np.float64))).any())

    @property
    def is_repeated(self) -> bool:
        """Whether any Item has several answers, or may have."""
        items = self._column(self._item, np.int32)
        return bool((items[1:] == items[:-1]).any()) or not self._asked.are_apart

    @property
    def stand_alone(self) -> bool:
        """Whether every answer is drawn by itself: no Item has several, and none states a cluster."""
        return not self._asked.clusters and not self.is_repeated

    def _column(self, column: "array[int] | array[float]", kind: type[np.generic]) -> NDArray[Any]:
        return np.frombuffer(column, dtype=kind) if len(column) else np.empty(0, dtype=kind)

    def batches(self) -> Iterator[Columns]:
        """Yield the answers in batches; where each stands alone, without the names that then tell nothing."""
        alone, asked = self.stand_alone, self._asked
        names = np.empty(len(asked.groups), dtype=object)
        names[:] = asked.groups
        of_item = np.array(asked.group, dtype=np.int32)
        for start in range(0, len(self), BATCH):
            part = slice(start, start + BATCH)
            if not alone:
                yield columns_of(self[part])
                continue
            yield Columns(
                confidence=np.array(self._confidence[part], dtype=np.float64),
                correct=np.array(self._correct[part], dtype=np.int8),
                status=np.array(self._status[part], dtype=np.int8),
                item=None,
                cluster=None,
                group=Labels(names, of_item[np.array(self._item[part], dtype=np.int32)]),
            )

    def usable(self) -> tuple[Floats, NDArray[np.bool_], Sequence[str]]:
        """Return confidence, correctness and cluster of the answers that can be used."""
        confidence = self._column(self._confidence, np.float64)
        kept = np.flatnonzero((self._column(self._status, np.int8) == OK) & ~np.isnan(confidence))
        correct = self._column(self._correct, np.int8)[kept] == 1
        if not self.stand_alone:
            return confidence[kept], correct, [self[place].cluster for place in kept.tolist()]
        items = self._column(self._item, np.int32)[kept]
        order = np.argsort(self._asked.ranks[items])
        place = np.empty(len(items), dtype=np.int64)
        place[order] = np.arange(len(items))
        return confidence[kept], correct, LookedUp(LookedUp(self._asked.ids, items[order].astype(np.int64)), place)

    def excluded(self) -> dict[str, int]:
        """Return how many answers cannot be used, by reason, in the order in which the reasons first come."""
        statuses = self._column(self._status, np.int8)
        others, first, times = np.unique(statuses[statuses != OK], return_index=True, return_counts=True)
        return {STATUSES[int(others[each])]: int(times[each]) for each in np.argsort(first).tolist()}
