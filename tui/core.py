"""What the screen needs of whatever drives the core: commands in, snapshots, log lines and notices out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from poolscope.workloads.recording.log import LogLine

if TYPE_CHECKING:
    from poolscope.workloads.model import Lane, Parameters, Workload
    from poolscope.workloads.probe.answers import Answer, Request
    from poolscope.workloads.registry import Entry
    from poolscope.workloads.target import Own

    from .snapshot import Snapshot
    from .study_view import Subject

ANEW = LogLine(0, -1, "", None, "", "")
"""Among lines of the log: forget all that came before."""


class Notice(NamedTuple):
    """Something the person should know, in one sentence."""

    text: str
    severity: Literal["information", "warning", "error"] = "information"


class Core(Protocol):
    """What the screen needs of a bridge; tests give it one that replays prepared snapshots. Nothing here waits."""

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot; None until the first was taken."""

    @property
    def failure(self) -> BaseException | None:
        """What ended the bridge's thread though it should not have; None while all is well."""

    def choose(self, workload: Workload, parameters: Parameters, lanes: Sequence[Lane], *, keep: bool) -> None:
        """Say what would run next; with KEEP the last comparison stays in sight."""

    def start(
        self,
        workload: Workload,
        parameters: Parameters,
        lanes: Sequence[Lane],
        runs: int | None = 1,
        warmups: int = 0,
    ) -> None:
        """Run and compare LANES, RUNS times each, or as often as it takes; before that WARMUPS times."""

    def study(self, subject: Subject) -> None:
        """Begin a study; what is watched stays in sight meanwhile."""

    def carry_out(self, work: Callable[[], None]) -> None:
        """Have WORK done, which may wait for files, in another thread and in turn with everything else."""

    def cancel(self) -> None:
        """End the run or the study under way."""

    def examine(self, request: Request, told: Callable[[Answer], None]) -> None:
        """Have a person's code looked at in a process of its own; TOLD is called from another thread."""

    def forget_examination(self) -> None:
        """End what is looked at; nobody is told anything."""

    def register(self, own: Own) -> None:
        """Say how a person's OWN function is run: it is in no catalogue."""

    def list_registered(self, told: Callable[[Sequence[Entry]], None]) -> None:
        """Look up which functions a project and packages have registered; TOLD is called from another thread."""

    def toggle_playing(self) -> None:
        """Play from the moment shown, or hold it; what goes on live is held where it is now."""

    def seek(self, time_ns: int) -> None:
        """Show the moment TIME_NS of what is watched, or the nearest that it has."""

    def step(self, direction: int) -> None:
        """Show the moment of the next event (1) or of the one before (-1), and hold it."""

    def change_speed(self, direction: int) -> None:
        """Play faster (1) or slower (-1)."""

    def go_to_begin(self) -> None:
        """Show the beginning."""

    def go_to_end(self) -> None:
        """Show the end; of what still goes on, follow it again."""

    def drain_log(self, limit: int) -> Sequence[LogLine]:
        """Take at most LIMIT lines of the log, oldest first; `ANEW` among them begins it anew."""

    def drain_notices(self) -> list[Notice]:
        """Take what the person should know."""

    def open(self) -> None:
        """Begin to work: what was chosen is worked out."""

    def begin_to_sample(self) -> None:
        """Begin to look at cores and processes, now that the first screen is drawn."""

    def close(self, timeout: float = 2.0) -> None:
        """End whatever runs and wait until its processes are gone, TIMEOUT seconds at most."""
