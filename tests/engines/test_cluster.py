"""A cluster that does not come up is told in a sentence; no Ray is needed to see that."""

from typing import Any

import pytest

from selfexplain.engines.ray import connected
from selfexplain.errors import InputError


class NoRoom:
    """Ray on a machine that is too busy to start it."""

    def __init__(self) -> None:
        self.was_shut_down = False

    def is_initialized(self) -> bool:
        return False

    def init(self, **_: Any) -> None:
        raise Exception("The current node timed out during startup.")  # noqa: TRY002 - as Ray does

    def shutdown(self) -> None:
        self.was_shut_down = True


def test_a_cluster_that_cannot_be_started_is_no_bug_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray = NoRoom()
    with pytest.raises(InputError, match="no Ray cluster could be started on this machine") as told, connected(ray, 2):
        pass

    assert "timed out during startup" in told.value.message
    assert "nothing was asked" in (told.value.hint or "")
    assert ray.was_shut_down
