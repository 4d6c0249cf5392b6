"""How the SDKs are imported: late, and without looking for garbage meanwhile."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Leave garbage where it is inside; for the import of an SDK.

    One makes hundreds of thousands of objects that all stay. The collector looks through them again and again and
    finds nothing: a tenth of the time before the first request.

    Examples
    --------
    >>> import gc
    >>> with nothing_collected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else somebody has frozen what is not ours to thaw
                gc.freeze()
                gc.unfreeze()  # what was made is old at once: the first collection need not look through all of it
            gc.enable()
