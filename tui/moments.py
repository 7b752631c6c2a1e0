"""The bridge's commands that go about in a run: each says which moment is shown, and none of them waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue

    from .stage import Stage


class Moments:
    """Carried out by the bridge's thread, in turn with everything else."""

    _commands: SimpleQueue[Callable[[], None] | None]
    _stage: Stage

    def toggle_playing(self) -> None:
        """Play from the moment shown, or hold it."""
        self._commands.put(lambda: self._stage.move(lambda playback, now: playback.toggle(now)))

    def seek(self, time_ns: int) -> None:
        """Show the moment TIME_NS."""
        self._commands.put(lambda: self._stage.move(lambda playback, now: playback.seek(time_ns, now)))

    def step(self, direction: int) -> None:
        """Show the moment of the next event, or of the one before."""
        self._commands.put(lambda: self._stage.step(direction))

    def change_speed(self, direction: int) -> None:
        """Play faster or slower."""
        self._commands.put(lambda: self._stage.playback.change_speed(direction, time.perf_counter_ns()))

    def go_to_begin(self) -> None:
        """Show the beginning."""
        self.seek(0)

    def go_to_end(self) -> None:
        """Show the end, or follow the run again."""
        self._commands.put(self._stage.go_to_end)
