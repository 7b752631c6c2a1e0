"""The program that is watched, and what a recording is of."""

from __future__ import annotations

from textwrap import wrap

from textual import events
from textual.app import ComposeResult

from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import Line, LineView

from .base import Panel
from .program_lines import job_lines, program_lines, record_lines


class _LinesPanel(Panel):
    """A panel of lines that are made anew for each snapshot."""

    EMPTY = ""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LineView()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def apply(self, snapshot: Snapshot) -> None:
        """Draw SNAPSHOT."""
        self._snapshot = snapshot
        view = self.query_one(LineView)
        width, height = self.room
        if width < 12 or height < 1:
            return
        lines = self.lines(snapshot, width)
        if len(lines) > height:  # the scrollbar takes a column, and stands apart
            lines = self.lines(snapshot, width - 2)
        if not lines:
            lines = [((text, "text-muted"),) for text in wrap(self.EMPTY, width)]
        view.show(self.glyphs.spell(lines))

    def lines(self, snapshot: Snapshot, width: int) -> list[Line]:
        """What stands in it; nothing where there is nothing to say."""
        raise NotImplementedError


class ProgramPanel(_LinesPanel):
    """The command, how it stands, and what is not recorded of it."""

    NUMBER = 1
    TITLE = "Program"
    HELP = """\
The program that was started with `poolscope exec`: its state and how long it has run, the command, its directory, the
Python that runs Poolscope, its pid, and how many of its processes are recorded. When it has ended, its exit status or
the signal that killed it.

Below stands what a person should know: processes that could not be recorded and why (started with `-I`, `-E` or `-S`,
another Python, no Python at all), and what outlived the program and was ended. Such processes still have their place
in the table of processes and in the timeline, as far as the operating system tells.
"""
    EMPTY = "The program is being started."

    def lines(self, snapshot: Snapshot, width: int) -> list[Line]:
        """The program."""
        return program_lines(snapshot.program, snapshot, width, self.glyphs) if snapshot.program else []


class RecordingPanel(_LinesPanel):
    """What is replayed."""

    NUMBER = 1
    TITLE = "Recording"
    HELP = """\
What is replayed: of which program or lane, when and on which machine it was recorded, and in which file it is. What is
missing or damaged in it is said below.

**Space** plays and holds, **,** and **.** step to the event before and to the next, **<** and **>** change the speed,
**g** goes to a time, **[** and **]** to the beginning and the end. All panels show the moment that the line above the
keys names.
"""
    EMPTY = "The recording is being opened."

    def lines(self, snapshot: Snapshot, width: int) -> list[Line]:
        """The program at the moment shown, if it is one, and the recording."""
        if snapshot.record is None:
            return []
        about = record_lines(snapshot.record, snapshot, width, self.glyphs)
        if snapshot.program is None:
            return about
        return [*program_lines(snapshot.program, snapshot, width, self.glyphs), (), *about]


class JobsPanel(_LinesPanel):
    """What the program gave to its pools and executors."""

    NUMBER = 2
    TITLE = "Jobs"
    HELP = """\
A **job** is one call such as `Pool.map`, or all the work of one executor: its function and pool, the time from the
call to its last result, tasks done of all, tasks a second, the time left at this speed, and how much of it failed. The
newest is on top. Where the number of tasks is not known before the end (`imap`, executors) there is no bar.

A process that works for no pool (a `Process` with a function of its own, a fork) has no job: it stands in the timeline
and in the table of processes.
"""
    EMPTY = (
        "No jobs yet. What the program gives to a Pool or an executor appears here; all its processes stand in the "
        "timeline and in the table of processes."
    )

    def lines(self, snapshot: Snapshot, width: int) -> list[Line]:
        """The jobs."""
        return job_lines(snapshot.program, width, self.glyphs) if snapshot.program else []
