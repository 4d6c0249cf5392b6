"""One worker of several, without the cluster that starts it: what it asks, what it proves, what it tells."""

import builtins
import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from selfexplain import Dataset, InputError, Item, run
from selfexplain.engines.lots import lines_in, lots_of
from selfexplain.engines.purse import FILE, Amounts, Limits, Purse, taken_from
from selfexplain.engines.ray import scratch_in
from selfexplain.engines.worker import CLAIMS, Job, Told, Way, Worker
from selfexplain.errors import BudgetSpent, ProviderError
from selfexplain.records import Request, Response
from selfexplain.runs import calls as calls_module
from selfexplain.runs.calls import read_calls
from selfexplain.runs.folder import RunFolder

ITEMS = tuple(Item(f"q{number}", f"Question {number}?", ("Lima",)) for number in range(6))


class Counted:
    """Counts what it is asked, over all that are made of it."""

    prefix = "counted"
    name = "counted/one"
    concurrency = 2
    identity: Mapping[str, str] = {}
    asked: ClassVar[Counter[str]] = Counter()
    fails: Callable[[str], bool] = staticmethod(lambda _: False)

    async def generate(self, request: Request) -> Response:
        """Answer, or say that there is no money left."""
        self.asked[request.item] += 1
        if self.fails(request.item):
            raise ProviderError("no money left", kind="quota", hint="add some")
        return Response("completed", "Answer: Lima\nConfidence: 90")

    async def aclose(self) -> None:
        """Hold nothing."""


class Poor(Counted):
    """A model whose money comes to an end."""

    name = "counted/poor"
    asked: ClassVar[Counter[str]] = Counter()


class Other(Counted):
    """Another model."""

    name = "counted/other"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A Run of which the first question has been asked."""
    monkeypatch.setattr(Counted, "asked", Counter())
    found = run(Dataset("six", "1", ITEMS), model=Counted, template="answer-confidence", limit=1, results=tmp_path)
    assert found.folder is not None
    return RunFolder(found.folder)


@pytest.fixture
def begin(folder: RunFolder) -> Iterator[Callable[..., Worker]]:
    """Start a worker of one job, and end all of them."""
    with scratch_in(folder.path) as (scratch, token), ExitStack() as workers:

        def one(**fields: Any) -> Worker:
            way = Way(folder.path, fields.pop("model", Counted), None, {})
            if "purse" in fields:
                fields["purse"] = fields["purse"](scratch)
            job = Job([way], scratch, token, repeats=1, concurrency=None)
            return workers.enter_context(closing(Worker(replace(job, **fields))))

        yield one


def test_workers_ask_what_has_no_reply_each_into_one_file(folder: RunFolder, begin: Callable[..., Worker]) -> None:
    """Two workers with two lots each: every question once, and two files beside the first."""
    one, two = begin(), begin()
    told = [one.ask(ITEMS[:2]), two.ask(ITEMS[2:4]), one.ask(ITEMS[4:5]), two.ask(ITEMS[5:])]

    assert told == [Told(done=2, resumed=1), Told(done=2), Told(done=1), Told(done=1)]
    assert Counted.asked == dict.fromkeys((item.id for item in ITEMS), 1)
    assert [path.name for path in sorted((folder.path / "calls").iterdir())] == [f"000{n}.jsonl" for n in (1, 2, 3)]


def test_what_a_lost_worker_recorded_is_not_asked_again(
    folder: RunFolder, begin: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The survivor looked at the disk before the lost one began: given the same lot, it looks again."""
    survivor, lost = begin(), begin()
    monkeypatch.setattr(Counted, "fails", staticmethod(lambda item: item == "q3"))
    assert lost.ask(ITEMS).trouble is not None
    monkeypatch.setattr(Counted, "fails", staticmethod(lambda _: False))
    before = {call.request.item for call in read_calls(folder.path / "calls") if call.response.failure is None}
    told = survivor.ask(ITEMS)

    assert "q2" in before
    assert told == Told(done=6, resumed=len(before))
    assert all(Counted.asked[item] == 1 for item in before)
    assert {call.request.item for call in read_calls(folder.path / "calls")} == {item.id for item in ITEMS}


def test_a_full_disk_ends_a_worker_and_loses_only_what_was_in_flight(
    begin: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question at a time: the reply that could not be written is asked for again, once there is room."""
    full = begin(concurrency=1)
    with monkeypatch.context() as disk:

        def no_room(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        disk.setattr(calls_module, "sync_to_disk", no_room)
        told = [full.ask(ITEMS[:3]), full.ask(ITEMS[3:])]
    before = Counted.asked.copy()
    rest = begin().ask(ITEMS)

    for each in told:
        assert each.trouble is not None
        assert "No space left on device" in each.trouble.message
    assert before == {"q0": 1, "q1": 1}
    assert rest == Told(done=6, resumed=1)
    assert Counted.asked == {**dict.fromkeys((item.id for item in ITEMS), 1), "q1": 2}


def limited(folder: RunFolder, *, calls: int) -> Callable[[Path], Purse]:
    """Return what makes a purse of so many calls, those made earlier included, in the folder of a job."""
    limits = Limits(None, None, calls, [{"": None}])
    return lambda scratch: Purse(scratch, limits, taken_from(limits.over([folder.calls()])), workers=2)


def test_workers_spend_one_budget_and_give_back_what_they_do_not_need(
    folder: RunFolder, begin: Callable[..., Worker]
) -> None:
    """Of 4 calls 1 was made before: the first worker needs 1 of 3, the second gets the other 2, and then nobody any."""
    one, two = begin(purse=(purse := limited(folder, calls=4))), begin(purse=purse)
    told = [one.ask(ITEMS[:2]), two.ask(ITEMS[2:]), one.ask(ITEMS[4:5])]

    assert [(each.done, each.resumed, each.trouble is None) for each in told] == [
        (2, 1, True),
        (2, 0, False),
        (0, 0, False),
    ]
    assert told[1].trouble is not None
    assert isinstance(told[1].trouble.error, BudgetSpent)
    assert Counted.asked.total() == 4
    assert one.ask(ITEMS[:2]) == Told(done=2, resumed=2), "what is recorded costs nothing, also when nothing is left"


def test_after_each_lot_a_worker_holds_what_it_has_spent(folder: RunFolder, begin: Callable[..., Worker]) -> None:
    """It drew ten of 641 calls for one question; nine lie in nobody's pocket while it waits for its next lot."""
    begin(purse=limited(folder, calls=641)).ask(ITEMS[1:2])
    (purse,) = folder.path.glob(f".engine-*/{FILE}")

    assert list(msgspec.json.decode(purse.read_bytes()).values()) == [[0.0, 0, 1]]


def test_what_a_worker_reads_again_it_has_not_spent_again(folder: RunFolder, begin: Callable[..., Worker]) -> None:
    """It looks at the disk anew, where calls of all lie: its own stay its own, those of others are no debt of it."""
    one, two = begin(purse=(purse := limited(folder, calls=5))), begin(purse=purse)
    told = [one.ask(ITEMS[1:2]), two.ask(ITEMS[2:3]), one.ask(ITEMS[2:3]), one.ask(ITEMS[3:])]

    assert [each.done for each in told] == [1, 1, 1, 2]
    assert told[3].trouble is not None
    assert Counted.asked.total() == 5


def test_a_worker_reads_its_questions_where_the_run_keeps_them(folder: RunFolder, begin: Callable[..., Worker]) -> None:
    """A line that is none, of a file that has gone since, is told with the file; nothing is asked."""
    (lot,) = lots_of(folder.path / "items.jsonl", ITEMS[2:4], at_most=9)
    told, unread = begin().ask_lines(lines_in(lot)), begin().ask_lines([b""])

    assert told == Told(done=2)
    assert set(Counted.asked) == {"q0", "q2", "q3"}
    assert unread.trouble is not None
    assert f"{folder.path / 'items.jsonl'} cannot be read" in unread.trouble.message


def test_two_ways_take_turns_and_one_that_cannot_go_on_stops_alone(
    folder: RunFolder, begin: Callable[..., Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same Items go to both Runs; the Run of the model without money is told apart, the other goes on."""
    monkeypatch.setattr(Poor, "asked", Counter())
    monkeypatch.setattr(Poor, "fails", staticmethod(lambda _: False))
    other = run(Dataset("six", "1", ITEMS), model=Poor, template="answer-confidence", limit=1, results=tmp_path).folder
    assert other is not None
    worker = begin(ways=[Way(folder.path, Counted, None, {}), Way(other, Poor, None, {})])
    first = worker.ask(ITEMS[:2])
    monkeypatch.setattr(Poor, "fails", staticmethod(lambda _: True))
    second, third = worker.ask(ITEMS[2:3]), worker.ask(ITEMS[3:4])

    assert first == Told(done=4, resumed=2)
    assert list(second.stopped) == list(third.stopped) == [1]
    assert second.stopped[1].kind == "quota"
    assert second.trouble is third.trouble is None
    assert Counted.asked == {"q0": 1, "q1": 1, "q2": 1, "q3": 1}
    assert Poor.asked["q3"] == 0


def test_a_worker_that_sees_another_disk_asks_nothing(begin: Callable[..., Worker]) -> None:
    """The folder is there, as in a home directory of the same name, and the token of this job is not."""
    told = begin(token="of somebody else").ask(ITEMS)

    assert told.trouble is not None
    assert isinstance(told.trouble.error, InputError)
    assert "is not the folder that the Run was begun in" in told.trouble.message
    assert "selfexplain merge" in (told.trouble.hint or "")
    assert Counted.asked.total() == 1


def test_a_worker_that_would_ask_another_model_asks_nothing(begin: Callable[..., Worker]) -> None:
    """A name that leads elsewhere there: another file, another address in the environment."""
    told = begin(model=Other).ask(ITEMS)

    assert told.trouble is not None
    assert "the Run asks counted/one {}, and here that is counted/other {}" in told.trouble.message
    assert Counted.asked.total() == 1


def test_trouble_keeps_its_kind_on_its_way_to_the_driver(
    begin: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And comes again for every further lot, so that nobody takes silence for success."""
    monkeypatch.setattr(Counted, "fails", staticmethod(lambda _: True))
    worker = begin()
    told = [worker.ask(ITEMS[1:2]), worker.ask(ITEMS[2:3])]

    for each in told:
        error = msgspec.json.decode(msgspec.json.encode(each), type=Told).trouble
        assert error is not None
        assert isinstance(error.error, ProviderError)
        assert error.error.kind == "quota"
        assert error.error.hint == "add some"
    assert Counted.asked["q2"] == 0


def test_claims_name_who_works_where(folder: RunFolder, begin: Callable[..., Worker]) -> None:
    """For whoever looks which process has hung."""
    begin().ask(ITEMS[:1])

    (claim,) = folder.path.glob(f".engine-*/{CLAIMS}/*")
    assert claim.read_text().split()[-1] == str(os.getpid())


def test_what_a_killed_job_left_is_taken_away(folder: RunFolder) -> None:
    (folder.path / ".engine-old" / CLAIMS).mkdir(parents=True)
    with scratch_in(folder.path) as (scratch, _):
        assert [path.name for path in folder.path.glob(".engine-*")] == [scratch.name]
    assert not list(folder.path.glob("locks/engine-*"))


def test_what_another_shard_works_with_is_left(folder: RunFolder) -> None:
    """Two commands with --shard and --engine ask one Run: the second does not take the first's folder for a ruin."""
    with scratch_in(folder.path) as (one, _), scratch_in(folder.path) as (other, _):
        assert sorted(folder.path.glob(".engine-*")) == sorted([one, other])
        assert (one / CLAIMS).is_dir()
    assert not list(folder.path.glob(".engine-*"))


ASKED: Mapping[str, Any] = {"dataset": Dataset("six", "1", ITEMS), "model": Counted, "template": "answer-confidence"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "dask"}, "no engine is called 'dask'"),
        ({"workers": 3}, "workers are those of an engine"),
        ({"engine": "ray", "workers": 0}, "workers is 0"),
    ],
)
def test_what_an_engine_cannot_do_is_told_before_anything_is_asked(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        run(**ASKED, **options, results=tmp_path)

    assert not list(tmp_path.iterdir())


def test_without_ray_its_engine_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_ray(name: str, *rest: Any) -> Any:
        if name == "ray":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    with pytest.raises(InputError, match=r"--engine ray needs ray\nhint: pip install 'selfexplain\[scale\]'"):
        run(**ASKED, engine="ray", results=tmp_path)


def test_a_provider_that_was_made_here_cannot_be_sent(tmp_path: Path) -> None:
    """Its connections stay where they are."""
    with pytest.raises(InputError, match=r"counted/one is a provider that was made here"):
        run(**{**ASKED, "model": Counted()}, engine="ray", results=tmp_path)


def test_the_time_is_that_of_all_workers_from_the_first_request_of_any(
    folder: RunFolder, begin: Callable[..., Worker]
) -> None:
    """An hour; the second worker, or one that replaces a lost one, begins two hours later, and asks nothing."""

    def an_hour(scratch: Path) -> Purse:
        limits = Limits(None, None, None, [{"": None}], seconds=3_600)
        return Purse(scratch, limits, Amounts(), workers=2)

    first, late = begin(purse=an_hour), begin(purse=an_hour)
    told = first.ask(ITEMS[:2])
    (noted,) = folder.path.glob(".engine-*/first-request")
    begun = noted.stat().st_mtime
    os.utime(noted, (begun - 7_200, begun - 7_200))
    refused = late.ask(ITEMS[2:4])

    assert told == Told(done=2, resumed=1)
    assert refused.trouble is not None
    assert refused.trouble.spent
    assert "the 1 h for which this command may ask are over" in refused.trouble.message
    assert Counted.asked == {"q0": 1, "q1": 1}
