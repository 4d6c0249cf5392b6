"""While an SDK is imported nothing is collected, and afterwards all is as it was."""

import gc

import pytest

from selfexplain.providers.importing import nothing_collected


def test_what_was_made_is_old_afterwards() -> None:
    """Else the first collection after the import would look through all of it, and take as long as was saved."""
    with nothing_collected():
        assert not gc.isenabled()
        made = [[number] for number in range(20_000)]

    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert {id(each) for each in gc.get_objects(generation=2)} >= set(map(id, made))


def test_it_is_put_back_whatever_happens() -> None:
    with pytest.raises(ImportError), nothing_collected():
        raise ImportError

    assert gc.isenabled()


def test_what_others_have_switched_off_or_frozen_stays_so() -> None:
    gc.disable()
    gc.freeze()
    frozen = gc.get_freeze_count()
    try:
        with nothing_collected():
            pass
        assert not gc.isenabled()
        gc.enable()
        with nothing_collected():
            pass
        assert gc.get_freeze_count() >= frozen - 100  # some have ceased to be; none was thawed
    finally:
        gc.unfreeze()
        gc.enable()
