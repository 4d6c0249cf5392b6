"""Several Runs are asked in turns: Item by Item, each provider at its own pace, repeats last."""

from collections.abc import Mapping
from pathlib import Path

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.pipeline.ask import Asked, Progress, ask_runs, in_turns
from selfexplain.records import Item, Request, Response
from selfexplain.runs.calls import Calls

ITEMS = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(3)]


class Noting:
    """Answers everything, and notes in which order it was asked, by Item and by the length of what was sent."""

    identity: Mapping[str, str] = {}

    def __init__(self, name: str, heard: list[tuple[str, str, int]], concurrency: int = 1) -> None:
        self.name, self.heard, self.concurrency = name, heard, concurrency

    async def generate(self, request: Request) -> Response:
        self.heard.append((self.name, request.item, request.repeat))
        return Response("completed", "Answer: Lima\nConfidence: 90")

    async def aclose(self) -> None:
        pass


def asked(provider: Noting, folder: Path, items: list[Item] = ITEMS, template: str = "answer-confidence") -> Asked:
    chosen = plugins.template(template)
    return Asked(items, chosen, plugins.elicitation("once"), Sampling(0.0, 1), provider, Calls(folder))


async def test_each_item_goes_to_every_run_before_the_next_one(tmp_path: Path) -> None:
    heard: list[tuple[str, str, int]] = []
    one = Noting("m/one", heard)
    runs = [asked(one, tmp_path / "a"), asked(one, tmp_path / "b", template="words")]

    await ask_runs(runs, repeats=2, concurrency=1, watch=lambda _: None)

    expected = [(f"q{n}", repeat) for repeat in range(2) for n in range(3) for _ in runs]
    assert [(item, repeat) for _, item, repeat in heard] == expected


async def test_many_at_once_are_asked_in_turn_too(tmp_path: Path) -> None:
    """Twenty workers stand in one line: the order of the Items is the order of the requests."""
    heard: list[tuple[str, str, int]] = []
    items = [Item(f"q{n}", f"{n}?", ("Lima",)) for n in range(60)]

    run = asked(Noting("m/one", heard, 20), tmp_path, items)
    await ask_runs([run], repeats=1, concurrency=None, watch=lambda _: None)

    assert [item for _, item, _ in heard] == [item.id for item in items]


async def test_two_providers_are_asked_side_by_side_and_progress_counts_all(tmp_path: Path) -> None:
    heard: list[tuple[str, str, int]] = []
    seen: list[Progress] = []
    runs = [asked(Noting("m/one", heard), tmp_path / "a"), asked(Noting("m/two", heard), tmp_path / "b")]

    await ask_runs(runs, repeats=1, concurrency=None, watch=seen.append)

    assert sorted(heard) == [(name, f"q{n}", 0) for name in ("m/one", "m/two") for n in range(3)]
    assert {name for name, _, _ in heard[:3]} == {"m/one", "m/two"}  # neither waits for the other to end
    assert (seen[0].total, seen[-1].done) == (6, 6)


def test_a_run_with_fewer_items_ends_earlier(tmp_path: Path) -> None:
    one = Noting("m/one", [])
    runs = [asked(one, tmp_path / "a", ITEMS[:1]), None, asked(one, tmp_path / "b")]

    assert [(which, item.id) for which, item, _ in in_turns(runs, 1)] == [(0, "q0"), (2, "q0"), (2, "q1"), (2, "q2")]
