"""A command that is told to end by SIGTERM, as schedulers and `kill` do, stops like one that is interrupted."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

INTERRUPTED = 130
TERMINATED = 128 + signal.SIGTERM


class Termination:
    """Whether SIGTERM came."""

    came = False
    told = False
    """Whether a command has said itself that it was stopped."""

    @property
    def word(self) -> str:
        """What has happened to a command that was stopped."""
        return "Terminated" if self.came else "Interrupted"

    @property
    def code(self) -> int:
        """The exit code of a command that was stopped."""
        return TERMINATED if self.came else INTERRUPTED

    def tell(self, what_is_left: str = "") -> None:
        """Say that the command was stopped, and what is left of its work; only the first one to say it is heard."""
        if not self.told:
            self.told = True
            click.echo(" ".join(filter(None, (f"{self.word}.", what_is_left))), err=True)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Stop what runs in the block as Ctrl-C does, when SIGTERM comes; nothing changes where it is ignored."""
        on_main = threading.current_thread() is threading.main_thread()
        if not on_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            yield
            return
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # So a shell starts what is to run in the background. It stays deaf to Ctrl-C, which is blocked now; but the
            # event loop puts its own handler, which cancels requests in order, only where there is one.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, self._stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)  # while requests are out, the event loop's
            return
        raise KeyboardInterrupt(number)  # where somebody has taken the handler away
