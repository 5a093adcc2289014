"""What the terminal shows while things start: one short line for each finished step."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TextIO

_NAME_WIDTH = 18


@dataclass(slots=True)
class Step:
    """A step under way. `outcome` replaces its default wording, "done"."""

    outcome: str = "done"
    timed: bool = True


class Console:
    """Prints steps, also from several threads. On a terminal, a last line names those that are under way."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._under_way: list[str] = []
        self._lock = Lock()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show the step's outcome and duration when the block ends well; the caller reports a failure."""
        step, began = Step(), time.monotonic()
        with self._lock:
            self._under_way.append(name)
            self._show_under_way()
        line = None
        try:
            yield step
            took = f" in {time.monotonic() - began:.1f} s" if step.timed else ""
            line = f"  {name:<{_NAME_WIDTH}}{step.outcome}{took}"
        finally:
            with self._lock:
                self._under_way.remove(name)
                self._write(line)

    def say(self, text: str = "") -> None:
        """Print a line of its own."""
        with self._lock:
            self._write(text)

    def _write(self, line: str | None) -> None:
        erase = "\r\x1b[K" if self._live else ""
        self._stream.write(erase if line is None else f"{erase}{line}\n")
        self._show_under_way()
        self._stream.flush()

    def _show_under_way(self) -> None:
        if self._live and self._under_way:
            self._stream.write(f"\r\x1b[K  … {', '.join(self._under_way).lower()}")
            self._stream.flush()
