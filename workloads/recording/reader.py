"""The one reader of a run: what its processes wrote into the run directory, while it grows or when it is closed.

`Recording.refresh` is called again and again while a run is under way, so it costs one small read a process: the
header's counters hold all sums, and the many records of chunks are passed over.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..plans import RESULT_NAME
from ..recorder import layout
from .contents import Contents, Marks
from .events import EventFile, parse_name
from .meta import END_NAME, META_NAME, read_end, read_meta

if TYPE_CHECKING:
    from .recorded_log import Output
    from .samples import Samples

__all__ = ["Marks", "Recording", "is_alive"]

_MOST_OPEN = 300
"""Files kept open at once; those beyond are opened anew at every look."""
_SETTLED_NS = 100_000_000
"""A directory that was changed this long ago has a time stamp that no later change can share."""
_HAS_PROC = os.path.lexists("/proc/self/exe")


def is_alive(pid: int) -> bool:
    """Whether there is a process with that number on this machine now, and not merely the status that it left."""
    try:
        os.kill(pid, 0)
        if _HAS_PROC:
            # Of one that has ended nothing is left to be executed; this is the cheapest way to see that.
            os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
    except (ProcessLookupError, FileNotFoundError):
        return False
    except OSError:
        return True
    return True


class Recording(Contents):
    """What a run directory holds, as far as it has come.

    Args:
        directory: The run directory.
        is_alive: Asked for a quiet process of which nobody has seen the end.

    Attributes:
        directory: The run directory.
    """

    def __init__(self, directory: Path, is_alive: Callable[[int], bool] = is_alive) -> None:
        super().__init__()
        self.directory = directory
        self._is_alive = is_alive
        self._paths: set[str] = set()
        self._stamp: int | None = None
        self._lingering: dict[EventFile, int] = {}
        """Processes that left their work, and when they were seen last after that."""

    @property
    def samples(self) -> Samples:
        """What cores and processes did, as far as it was sampled; new ones are there after `Samples.refresh`."""
        if self._samples is None:
            from .samples import Samples

            self._samples = Samples(self.directory)
            self._samples.refresh()
        return self._samples

    @property
    def output(self) -> Output:
        """What the processes printed and logged."""
        from .recorded_log import DirectoryOutput

        return DirectoryOutput(self.directory)

    def refresh(self) -> bool:
        """Read what is new; never raises for what the directory holds.

        Returns:
            Whether anything changed.
        """
        if self.is_closed:
            return False
        changed = self._discover()
        for file in self._files:
            if file.is_finished:
                continue
            if file.refresh():
                self._take(file)
                changed = True
            elif self._is_missing(file):
                changed = True
        for file in self._files:
            if not file.is_finished and (file in self._gone or (file.pid in self._reaped and self.reaped(file))):
                self._finish(file)
        return changed

    def close(self) -> None:
        """Read all files to their ends and let go of them; whatever is not known to have ended counts as gone."""
        if self.is_closed:
            return
        self.refresh()
        now = time.perf_counter_ns()
        for file in self._files:
            self._finish(file)
            if self.end_ns(file) is None and file.is_ready:
                self._gone[file] = now
                self._states.pop(file, None)
        self.is_closed = True

    def _discover(self) -> bool:
        """Look for new files, unless the directory has not changed since."""
        try:
            stamp = self.directory.stat().st_mtime_ns
            if stamp == self._stamp:
                return False
            names = [entry.name for entry in os.scandir(self.directory)]
        except OSError:
            return False
        # The stamp is coarse: a file that comes within the same tick as this look must be found by the next one.
        self._stamp = stamp if time.time_ns() - stamp > _SETTLED_NS else None
        changed = self._read_result() if RESULT_NAME in names and self.result is None else False
        if META_NAME in names and self.meta is None:
            self.meta = read_meta(self.directory)
        if END_NAME in names and self.end is None:
            self.end = read_end(self.directory)
            changed = True
        found = [(parsed, name) for name in names if name not in self._paths and (parsed := parse_name(name))]
        for _, name in sorted(found, key=lambda item: item[0][1]):
            self._paths.add(name)
            self._add(EventFile(self.directory / name, keeps_open=len(self._files) < _MOST_OPEN))
            changed = True
        return changed

    def _read_result(self) -> bool:
        from .results import read_result

        result, self._result_problem = read_result(self.directory / RESULT_NAME)
        self.result = result
        return True

    def _is_missing(self, file: EventFile) -> bool:
        """Notice that a quiet process is not there any more, although nobody said so.

        Of one that left its work in an orderly way, when that was is known only to who looks while the run goes on. It
        takes a moment from there to its end, and there may be more than that between two looks: what counts is until
        when it certainly was there.
        """
        if not file.is_ready or file in self._gone or self.reaped(file):
            return False
        exiting = file.slots[layout.EXITING]
        if exiting and not self._goes_on(file):
            return False
        if self._is_alive(file.pid):
            if exiting:
                self._lingering[file] = time.perf_counter_ns()
            return False
        lingered = self._lingering.pop(file, 0)
        self._gone[file] = max(exiting, lingered) if exiting else time.perf_counter_ns()
        self._states.pop(file, None)
        return True

    def _goes_on(self, file: EventFile) -> bool:
        """Whether the run is under way, to which FILE belongs but does not make it."""
        root = self._runner
        return root is not None and root is not file and not root.slots[layout.EXITING] and self._is_alive(root.pid)

    def _finish(self, file: EventFile) -> None:
        if not file.is_finished:
            file.finish()
            self._take(file)
