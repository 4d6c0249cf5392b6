"""Work in a process of its own that can be killed, without starting Python anew."""

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path


def in_child(work: Callable[[], None], log: Path, *, started: Callable[[int], None]) -> int:
    """Do work in a forked process and return how it ended: 0 done, 1 with an exception, -N killed by signal N.

    Parameters
    ----------
    work : callable
        What the child does; its exception is its end.
    log : Path
        Where the child's output and exceptions go.
    started : callable
        Told the child's process id before the child begins.
    """
    ready, go = os.pipe()
    with warnings.catch_warnings():  # of the parent's threads, from Python 3.12 on: the child needs none of them
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            output = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(output, stream)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.read(ready, 1)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - an interrupt is an end like any other here
            traceback.print_exc(file=sys.__stderr__)
            sys.__stderr__.flush()  # type: ignore[union-attr]
        finally:
            os._exit(code)
    started(child)
    os.write(go, b"x")
    os.close(go)
    os.close(ready)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
