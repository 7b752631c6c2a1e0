"""Which lanes are compared: added, edited, copied, put in order, switched off, taken from presets, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.lane_list import LaneList
from poolscope.tui.lane_settings import Situation, suggested
from poolscope.tui.panels.base import Panel
from poolscope.tui.panels.lanes import LanesPanel
from poolscope.tui.panels.result_lines import has_failures, has_lines
from poolscope.workloads.model import Lane, LaneState, Parameters, Workload

from .layout import LANES
from .watch import WatchScreen

if TYPE_CHECKING:
    from poolscope.tui.core import Core

    from .presets import Chosen

MOST_LANES = 200
MOST_UNDONE = 100
ONE_ON = "One lane has to be on: switch another one on first."


class LanesScreen(WatchScreen):
    """A screen whose lanes can be changed."""

    def __init__(self, core: Core, first: Panel, workload: Workload, parameters: Parameters, glyphs: Glyphs) -> None:
        self.lanes = LanesPanel()
        super().__init__(core, first, self.lanes, glyphs)
        self._workload = workload
        self._parameters = parameters
        self._lanes = LaneList.of(workload.default_lanes(parameters))
        self._before: list[tuple[LaneList, int]] = []
        """The lanes before each change, and which was marked, the oldest first."""

    @property
    def lane_list(self) -> LaneList:
        """The lanes, those that are switched off too."""
        return self._lanes

    @property
    def asked_lanes(self) -> tuple[Lane, ...]:
        """The lanes that would run next, as asked for: None in a setting means the default."""
        return self._lanes.lanes_on

    def on_mount(self) -> None:
        """Show the lanes."""
        self.lanes.show_list(self._lanes)

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        count = len(self._lanes.entries)
        shown = len(self._outcomes)
        return (*super().circumstances(), self._chosen, self._marked, count, len(self._before), shown)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now; what changes the marked lane is only there where it is seen."""
        if action not in commands.OF_LANES:
            return super().check_action(action, parameters)
        if commands.find(action).only_there and self._chosen != LANES:
            return False
        if action == "show_outcome":
            return True if self._outcomes else None
        if self.is_under_way:
            return None
        last = len(self._lanes.entries) - 1
        impossible = {
            "add_lane": last + 1 >= MOST_LANES,
            "duplicate_lane": last + 1 >= MOST_LANES,
            "remove_lane": last == 0,
            "toggle_lane": last == 0,
            "raise_lane": self._marked == 0,
            "lower_lane": self._marked == last,
            "undo_lanes": not self._before,
        }
        return None if impossible.get(action) else True

    def choose(self, *, keep: bool) -> None:
        """Have worked out what would run next; with KEEP the last comparison stays in sight."""
        self._core.choose(self._workload, self._parameters, self.asked_lanes, keep=keep)
        self.refresh_keys()

    def begin_lanes(self, lanes: Sequence[Lane]) -> None:
        """Begin with LANES of another workload: nothing is left to take back."""
        self._before.clear()
        self._lanes = LaneList.of(lanes)
        self.lanes.show_list(self._lanes, 0)

    def _take(self, lanes: LaneList | None, cursor: int) -> None:
        """Have other lanes, with the one at CURSOR marked."""
        if lanes is None:
            self.notify(ONE_ON, markup=False)
            return
        if lanes == self._lanes:
            return
        self._before.append((self._lanes, self._marked))
        del self._before[:-MOST_UNDONE]
        self._show(lanes, cursor)

    def _show(self, lanes: LaneList, cursor: int) -> None:
        self._lanes = lanes
        self.choose(keep=False)
        self.lanes.show_list(lanes, cursor)
        self.refresh_keys()

    @property
    def _marked(self) -> int:
        return min(self.lanes.cursor, len(self._lanes.entries) - 1)

    @property
    def _situation(self) -> Situation | None:
        """What decides which settings make sense; None before anything is known of the machine."""
        snapshot = self._snapshot
        if snapshot is None:
            return None
        choice = snapshot.choice
        is_known = choice is not None and choice.workload is self._workload
        tasks = choice.tasks or 0 if choice is not None and is_known else 0
        return Situation(self._workload, self._parameters, snapshot.machine, tasks)

    # Commands.

    def action_edit_lane(self) -> None:
        """Edit the marked lane."""
        index = self._marked
        self._edit(self._lanes.entries[index].lane, index, is_new=False)

    def action_add_lane(self) -> None:
        """Add a lane at the end, and edit it at once."""
        situation = self._situation
        if situation is not None:
            every = tuple(entry.lane for entry in self._lanes.entries)
            self._edit(suggested(every, situation), len(every), is_new=True)

    def action_duplicate_lane(self) -> None:
        """Put a copy below the marked lane, and edit it at once: the same lane twice is no comparison."""
        index = self._marked
        self._edit(self._lanes.entries[index].lane, index + 1, is_new=True)

    def action_remove_lane(self) -> None:
        """Remove the marked lane."""
        self._take(self._lanes.removed(self._marked), self._marked)

    def action_toggle_lane(self) -> None:
        """Switch the marked lane off, or on again."""
        self._take(self._lanes.toggled(self._marked), self._marked)

    def action_raise_lane(self) -> None:
        """Move the marked lane up."""
        self._take(self._lanes.moved(self._marked, -1), self._marked - 1)

    def action_lower_lane(self) -> None:
        """Move the marked lane down."""
        self._take(self._lanes.moved(self._marked, 1), self._marked + 1)

    def action_undo_lanes(self) -> None:
        """Have the lanes as they were before the last change."""
        self._show(*self._before.pop())

    def action_choose_preset(self) -> None:
        """Offer the presets."""
        from .presets import PresetsScreen

        situation = self._situation
        if situation is None:
            return

        def take(chosen: Chosen | None) -> None:
            if chosen is None:
                return
            lanes = LaneList.of(chosen.lanes) if chosen.instead else self._lanes.with_lanes(chosen.lanes)
            self._take(lanes, 0 if chosen.instead else len(lanes.entries) - 1)

        self.app.push_screen(PresetsScreen(situation, self.asked_lanes, self._glyphs), take)

    @property
    def _outcomes(self) -> list[LaneState]:
        """The lanes whose results have more to say, the marked one first."""
        comparison = self._snapshot.comparison if self._snapshot else None
        found = [lane for lane in comparison.lanes if has_lines(lane) or has_failures(lane)] if comparison else []
        return sorted(found, key=lambda lane: lane != self.lanes.marked)

    def action_show_outcome(self) -> None:
        """Show all that came of the lanes."""
        from .outcome import OutcomeScreen

        self.app.push_screen(OutcomeScreen(self._outcomes, self._glyphs))

    def action_open_lane(self) -> None:
        """Show what came of the marked lane, if there is more to say of it; edit it otherwise."""
        if self.lanes.marked in self._outcomes:
            self.action_show_outcome()
        elif self.check_action("edit_lane", ()):
            self.action_edit_lane()

    def _edit(self, lane: Lane, index: int, *, is_new: bool) -> None:
        from .edit_lane import EditLane

        situation = self._situation
        if situation is None:
            return
        others = self._lanes if is_new else self._lanes._replace(
            entries=(*self._lanes.entries[:index], *self._lanes.entries[index + 1 :])
        )  # fmt: skip

        def take(edited: Lane | None) -> None:
            if edited is not None:
                lanes = self._lanes.inserted(index, edited) if is_new else self._lanes.replaced(index, edited)
                self._take(lanes, index)

        form = EditLane(lane, situation, tuple(entry.lane for entry in others.entries), is_new=is_new,
                        glyphs=self._glyphs)  # fmt: skip
        self.app.push_screen(form, take)
