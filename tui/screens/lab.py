"""The lab: choose a workload, run its lanes, and compare them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.messages import LanesEdited, ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.panels.lanes import LanesPanel
from poolscope.tui.panels.workloads import WorkloadsPanel, defaults_of
from poolscope.workloads.model import Lane, Parameters, Workload

from .layout import LANES, WORKLOADS, Shape
from .watch import WatchScreen

if TYPE_CHECKING:
    from poolscope.tui.core import Core


class LabScreen(WatchScreen):
    """Choose a workload, run its lanes, and see what every process does."""

    COMMANDS_LEFT_OUT: ClassVar[tuple[str, ...]] = ()
    HINT: ClassVar[str] = "Press r to run the lanes."

    def __init__(self, core: Core, workloads: Iterable[Workload], glyphs: Glyphs) -> None:
        self.workloads = WorkloadsPanel(workloads)
        self.lanes = LanesPanel()
        super().__init__(core, self.workloads, self.lanes, glyphs)
        self._workload = self.workloads.chosen
        self._parameters: Parameters = defaults_of(self._workload)
        self._asked: tuple[Lane, ...] = self._workload.default_lanes(self._parameters)
        self._problem: str | None = None

    @property
    def asked_lanes(self) -> tuple[Lane, ...]:
        """The lanes that would run next, as asked for: None in a setting means the default."""
        return self._asked

    def on_mount(self) -> None:
        """Show the first choice."""
        if self._core.latest is None or self._core.latest.choice is None:
            self._core.choose(self._workload, self._parameters, self._asked, keep=False)

    def arranged(self, shape: Shape) -> None:
        """Draw the ledger below the lanes where it has no panel in sight."""
        self.lanes.with_ledger = shape == "tabs" or self.is_zoomed

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        choice = self._snapshot.choice if self._snapshot else None
        return (*super().circumstances(), self._problem, choice.problem if choice else None, len(self._asked))

    # Running.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        if action == "run":
            return None if self.is_under_way or self._reason_not_to_run() else True
        if action in ("edit_lane", "add_lane", "preset"):
            return None if self.is_under_way else True
        if action == "remove_lane":
            return None if self.is_under_way or len(self._asked) < 2 else True
        return super().check_action(action, parameters)

    def _reason_not_to_run(self) -> str | None:
        choice = self._snapshot.choice if self._snapshot else None
        return self._problem or (choice.problem if choice else None)

    def action_run(self) -> None:
        """Run all lanes."""
        self._core.start(self._workload, self._parameters, self._asked)
        self.log_panel.view.clear()  # lines of another comparison would pass for this one's
        if self._shape == "tabs" and self._chosen == WORKLOADS:
            self.action_jump(LANES)

    def action_preset(self) -> None:
        """Step to the next preset of the workload's size."""
        if not self.workloads.step_preset(1):
            self.notify(f"{self._workload.name} has no presets.", markup=False)

    @on(WorkloadChosen)
    def _take_workload(self, event: WorkloadChosen) -> None:
        event.stop()
        self._workload, self._parameters = event.workload, event.parameters
        self._asked = self._workload.default_lanes(self._parameters)
        self._problem = None
        self.lanes.move_to(0)
        self._choose(keep=False)
        if self.is_under_way:
            self.notify(f"{self._workload.name} is next; the run under way goes on.", markup=False)

    @on(ParametersChanged)
    def _take_parameters(self, event: ParametersChanged) -> None:
        event.stop()
        if event.workload is not self._workload:
            return
        was_default = self._asked == self._workload.default_lanes(self._parameters)
        self._parameters, self._problem = event.parameters, None
        if was_default:
            self._asked = self._workload.default_lanes(self._parameters)
        self._choose(keep=True)

    @on(ParametersInvalid)
    def _refuse_parameters(self, event: ParametersInvalid) -> None:
        event.stop()
        self._problem = event.problem
        self.refresh_keys()

    @on(LanesEdited)
    def _take_lanes(self, event: LanesEdited) -> None:
        event.stop()
        self._asked = event.lanes
        self._choose(keep=False)

    def _choose(self, *, keep: bool) -> None:
        self._core.choose(self._workload, self._parameters, self._asked, keep=keep)
        self.refresh_keys()

    # Lanes.

    def action_edit_lane(self) -> None:
        """Edit the marked lane."""
        self._edit(min(self.lanes.cursor, len(self._asked) - 1))

    def action_add_lane(self) -> None:
        """Add a lane, and edit it at once."""
        self._edit(len(self._asked))

    def action_remove_lane(self) -> None:
        """Remove the marked lane."""
        index = min(self.lanes.cursor, len(self._asked) - 1)
        self.post_message(LanesEdited(self._asked[:index] + self._asked[index + 1 :]))

    def _edit(self, index: int) -> None:
        from .edit_lane import EditLane

        is_new = index == len(self._asked)
        lane = self._asked[-1]._replace(chunksize=None) if is_new else self._asked[index]
        if is_new and "pool" in self._workload.engines:
            lane = Lane("pool")

        def take(edited: Lane | None) -> None:
            if edited is not None:
                self.post_message(LanesEdited((*self._asked[:index], edited, *self._asked[index + 1 :])))
                self.call_after_refresh(self.lanes.move_to, index)

        snapshot = self._snapshot
        self.app.push_screen(EditLane(lane, self._workload, snapshot, index, is_new=is_new, glyphs=self._glyphs), take)
