"""The screens that watch a program, and that replay a recording of a program or a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.panels.lanes import LanesPanel
from poolscope.tui.panels.program import JobsPanel, ProgramPanel, RecordingPanel

from .layout import LANES, Shape
from .watch import WatchScreen

if TYPE_CHECKING:
    from poolscope.tui.core import Core


class ProgramScreen(WatchScreen):
    """See what every process of a program does, while it runs and afterwards."""

    QUIT_QUESTION: ClassVar[str] = "The program is still running. Quitting ends it and all of its processes."

    def __init__(self, core: Core, glyphs: Glyphs) -> None:
        super().__init__(core, ProgramPanel(), JobsPanel(), glyphs)
        self._chosen = LANES

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what has become impossible for good."""
        if action == "cancel" and not self.is_under_way:
            return False
        return super().check_action(action, parameters)


class ReplayScreen(WatchScreen):
    """See any moment of a recording."""

    COMMANDS_LEFT_OUT: ClassVar[tuple[str, ...]] = (*(set(commands.OF_LAB) - {"show_view"}), "cancel")

    def __init__(self, core: Core, glyphs: Glyphs, *, is_of_program: bool) -> None:
        self._lanes = None if is_of_program else LanesPanel()
        super().__init__(core, RecordingPanel(), self._lanes or JobsPanel(), glyphs)
        self._chosen = LANES

    def arranged(self, shape: Shape) -> None:
        """Draw the ledger below the lane where it has no panel in sight."""
        if self._lanes is not None:
            self._lanes.with_ledger = shape == "tabs" or self.is_zoomed

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        return (*super().circumstances(), self._shows_anything)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the view out where the run had nothing to show."""
        if action == "show_view":
            return self._shows_anything
        return super().check_action(action, parameters)

    @property
    def _shows_anything(self) -> bool:
        """Whether the run had a picture or gauges, by now."""
        snapshot = self._snapshot
        return snapshot is not None and (snapshot.canvas is not None or any(snapshot.gauges.values()))

    def action_show_view(self) -> None:
        """Show the picture or the gauges of the run, as they were at the moment shown."""
        from .view import ViewScreen

        self.app.push_screen(ViewScreen(self._core, self._glyphs))
