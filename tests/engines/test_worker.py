"""One worker of several, without the cluster that starts it: what it asks, what it proves, what it tells."""

import builtins
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
from selfexplain.engines.ray import scratch_in
from selfexplain.engines.worker import CLAIMS, Job, Told, Way, Worker
from selfexplain.errors import ProviderError
from selfexplain.records import Request, Response
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
