"""The lab: choose a workload, run its lanes, and compare them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.messages import PageAsked, ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.panels.workloads import WorkloadsPanel, defaults_of
from poolscope.workloads.model import Workload

from .lanes import LanesScreen
from .layout import LANES, WORKLOADS, Shape

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.workloads.catalogue.listing import Entry
    from poolscope.workloads.target import Target

    from .choose_function import Own


class LabScreen(LanesScreen):
    """Choose a workload, run its lanes, and see what every process does."""

    COMMANDS_LEFT_OUT: ClassVar[tuple[str, ...]] = ()
    HINT: ClassVar[str] = "Press r to run the lanes."

    def __init__(self, core: Core, workloads: Iterable[Workload | Entry], glyphs: Glyphs) -> None:
        self.workloads = WorkloadsPanel(workloads)
        chosen = self.workloads.chosen
        super().__init__(core, self.workloads, chosen, defaults_of(chosen), glyphs)
        self._problem: str | None = None
        self.targets: dict[str, Target] = {}
        """Functions of the person's own that were chosen, by the names of their workloads."""
        self._form: dict[str, str] = {}
        """What was typed last to choose one."""

    def on_mount(self) -> None:
        """Show the first choice."""
        if self._core.latest is None or self._core.latest.choice is None:
            self.choose(keep=False)

    def arranged(self, shape: Shape) -> None:
        """Draw the ledger below the lanes where it has no panel in sight."""
        self.lanes.with_ledger = shape == "tabs" or self.is_zoomed

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        choice = self._snapshot.choice if self._snapshot else None
        return (*super().circumstances(), self._problem, choice.problem if choice else None,
                self.workloads.view.display, self._chosen)  # fmt: skip

    # Running.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        if action == "run":
            return None if self.is_under_way or self._reason_not_to_run() else True
        if action == "show_view":
            return True if self.workloads.view.display else None
        if action == "show_source" and self._chosen != WORKLOADS:
            return False
        return super().check_action(action, parameters)

    def _reason_not_to_run(self) -> str | None:
        choice = self._snapshot.choice if self._snapshot else None
        return self._problem or (choice.problem if choice else None)

    def action_run(self) -> None:
        """Run all lanes."""
        self._core.start(self._workload, self._parameters, self.asked_lanes)
        self.log_panel.view.clear()  # lines of another comparison would pass for this one's
        if self._shape == "tabs" and self._chosen == WORKLOADS:
            self.action_jump(LANES)

    @on(WorkloadChosen)
    def _take_workload(self, event: WorkloadChosen) -> None:
        event.stop()
        self._workload, self._parameters = event.workload, event.parameters
        self._problem = None
        self.begin_lanes(self._workload.default_lanes(self._parameters))
        self.choose(keep=False)

    @on(ParametersChanged)
    def _take_parameters(self, event: ParametersChanged) -> None:
        event.stop()
        if event.workload is not self._workload:
            return
        usual = self._workload.default_lanes(self._parameters)
        self._parameters, self._problem = event.parameters, None
        now_usual = self._workload.default_lanes(self._parameters)
        if now_usual != usual == tuple(entry.lane for entry in self.lane_list.entries):
            self.begin_lanes(now_usual)
        self.choose(keep=True)

    @on(ParametersInvalid)
    def _refuse_parameters(self, event: ParametersInvalid) -> None:
        event.stop()
        self._problem = event.problem
        self.refresh_keys()

    # What opens over the lab.

    @on(PageAsked)
    def _open_page(self, event: PageAsked) -> None:
        event.stop()
        self.action_show_page()

    def action_show_page(self) -> None:
        """Open the page of the chosen workload."""
        from .page import PageScreen

        def take(wish: str | None) -> None:
            if wish == "run" and self.check_action("run", ()):
                self.action_run()

        self.app.push_screen(PageScreen(self, self._core, self._glyphs), take)

    def action_show_source(self) -> None:
        """Show the source of the chosen workload."""
        from .source import SourceScreen, source_of

        found = source_of(self._workload, self.targets.get(self._workload.name))
        if isinstance(found, str):
            self.notify(found, markup=False)
        else:
            self.app.push_screen(SourceScreen(found, self._glyphs))

    def action_show_view(self) -> None:
        """Show the picture or the gauges of the run large."""
        from .view import ViewScreen

        self.app.push_screen(ViewScreen(self._core, self._glyphs))

    def action_choose_function(self) -> None:
        """Choose a function of one's own."""
        from .choose_function import ChooseFunctionScreen

        async def take(own: Own | None) -> None:
            if own is not None:
                self.targets[own.workload.name] = own.target
                self._core.register(own.workload, own.target.reference)
                await self.workloads.add(own.workload)

        self.app.push_screen(ChooseFunctionScreen(self._core, self._glyphs, self._form), take)
