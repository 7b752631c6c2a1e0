"""What every process did, moment by moment: one row a process."""

from __future__ import annotations

from textual.app import ComposeResult

from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import LineView

from .base import Panel

EMPTY = "No run yet: press r."


class TimelinePanel(Panel):
    """One row a process on a common axis of time."""

    NUMBER = 5
    TITLE = "Timeline"
    HELP = """\
What every process did, moment by moment: one row a process, on a common axis of time.
"""

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LineView()

    def apply(self, snapshot: Snapshot) -> None:
        """Show SNAPSHOT."""
        del snapshot
        self.query_one(LineView).show((((EMPTY, "text-muted"),),))
