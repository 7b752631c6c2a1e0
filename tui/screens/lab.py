"""The lab: choose a workload, run its lanes, and compare them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.messages import PageAsked, ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.panels.workloads import WorkloadsPanel, defaults_of
from poolscope.tui.repeats import CHOICES
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Workload

from .lanes import LanesScreen
from .layout import LANES, WORKLOADS, Shape

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Snapshot
    from poolscope.tui.study_view import StudyKind, Subject
    from poolscope.workloads.catalogue.listing import Entry
    from poolscope.workloads.registry import Entry as Registered
    from poolscope.workloads.target import Own, Target


class LabScreen(LanesScreen):
    """Choose a workload, run its lanes, and see what every process does."""

    COMMANDS_LEFT_OUT: ClassVar[tuple[str, ...]] = ()
    HINT: ClassVar[str] = "Press r to run the lanes."

    def __init__(self, core: Core, workloads: Iterable[Workload | Entry], glyphs: Glyphs) -> None:
        self.workloads = WorkloadsPanel(workloads)
        chosen = self.workloads.chosen
        super().__init__(core, self.workloads, chosen, defaults_of(chosen), glyphs)
        self._problem: str | None = None
        self.own: dict[str, Own] = {}
        """Functions of the person's own as they were looked at, by the names of their workloads."""
        self.targets: dict[str, Target] = {}
        """Functions of the person's own that were chosen, by the names of their workloads."""
        self.registered: dict[str, Registered] = {}
        """Functions that were registered and not looked at yet, by their names."""
        self._form: dict[str, str] = {}
        """What was typed last to choose one."""
        self._is_wanted = False
        """Whether the function that is looked at is to be run as soon as that is known to be possible."""

    def on_mount(self) -> None:
        """Show the first choice."""
        if self._core.latest is None or self._core.latest.choice is None:
            self.choose(keep=False)
        self.call_after_refresh(self._expect_registered)

    def arranged(self, shape: Shape) -> None:
        """Draw the ledger below the lanes where it has no panel in sight."""
        self.lanes.with_ledger = shape == "tabs" or self.is_zoomed

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        choice = self._snapshot.choice if self._snapshot else None
        comparison = self._snapshot.comparison if self._snapshot else None
        return (*super().circumstances(), self._problem, choice.problem if choice else None,
                self.workloads.view.display, self._chosen, bool(comparison and comparison.verdict))  # fmt: skip

    # Running.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        if action == "run":
            return None if self.is_under_way or self._reason_not_to_run() else True
        if action == "show_findings":
            comparison = self._snapshot.comparison if self._snapshot else None
            return True if comparison is not None and comparison.verdict is not None else None
        if action == "show_view":
            return True if self.workloads.view.display else None
        if action == "show_source" and self._chosen != WORKLOADS:
            return False
        return super().check_action(action, parameters)

    def _reason_not_to_run(self) -> str | None:
        choice = self._snapshot.choice if self._snapshot else None
        return self._problem or (choice.problem if choice else None)

    def action_run(self) -> None:
        """Run all lanes, after a question if they will take hours or more memory than there is."""
        if self._workload.name in self.registered:
            self._look_at(self._workload.name, then_run=True)
            return
        choice = self._snapshot.choice if self._snapshot else None
        if choice is None or choice.workload is not self._workload or choice.question is None:
            self._run()
            return
        from .ask import AskScreen

        def take(is_sure: bool | None) -> None:
            if is_sure:
                self._run()

        text = f"{choice.question}. To take fewer inputs, leave it and press m."
        self.app.push_screen(AskScreen("Before it runs", text, "run it", "leave it"), take)

    def _run(self) -> None:
        repeats = self.lanes.repeats
        self._core.start(self._workload, self._parameters, self.asked_lanes, repeats.runs, repeats.warmups)
        self.log_panel.view.clear()  # lines of another comparison would pass for this one's
        if self._shape == "tabs" and self._chosen == WORKLOADS:
            self.action_jump(LANES)

    def action_repeat(self) -> None:
        """Go on to the next choice of how often each lane is run."""
        index = CHOICES.index(self.lanes.repeats)
        self.lanes.repeats = CHOICES[(index + 1) % len(CHOICES)]
        self.notify(self.lanes.repeats.about, markup=False)

    @on(WorkloadChosen)
    def _take_workload(self, event: WorkloadChosen) -> None:
        event.stop()
        self._workload, self._parameters = event.workload, event.parameters
        self._problem = None
        self.begin_lanes(self._workload.default_lanes(self._parameters))
        self.choose(keep=False)
        if not self.is_under_way:
            self.log_panel.view.clear()  # of another workload, whose figures are gone, too

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
        """Open the page of the chosen workload; one that nobody looked at yet has none."""
        if self._workload.name in self.registered:
            self._look_at(self._workload.name, then_run=False)
            return
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

    def action_show_study(self) -> None:
        """Open the studies of the chosen workload; one that nobody looked at yet is looked at first."""
        if self._workload.name in self.registered:
            self._look_at(self._workload.name, then_run=False)
            return
        from .study import StudyScreen

        self.app.push_screen(StudyScreen(self._core, self, self._glyphs))

    def study_subject(self, kind: StudyKind) -> Subject:
        """Say what a study of that KIND would be about: the chosen workload, the first lane, and the marked one.

        Where the first one is marked, it is the lane that the command would take, of those that were chosen.
        """
        from poolscope.tui.study_view import Subject
        from poolscope.workloads.studies.pairs import pair

        entries = self.lane_list.entries
        marked = entries[min(self.lanes.cursor, len(entries) - 1)].lane
        workload, parameters = self._workload, dict(self._parameters)
        lanes = pair(self.asked_lanes, marked, workload, parameters, varies=kind in ("scaling", "chunks"))
        return Subject(kind, workload, parameters, lanes)

    def action_show_findings(self) -> None:
        """Say why the lanes differ, and what to do."""
        from .why import WhyScreen

        self.app.push_screen(WhyScreen(self._core, self._glyphs, self.own))

    def action_show_history(self) -> None:
        """List the comparisons of the past."""
        from .past import PastScreen

        self.app.push_screen(PastScreen(self._core, self._glyphs))

    def action_choose_function(self) -> None:
        """Choose a function of one's own."""
        from .choose_function import ChooseFunctionScreen, Given

        given, target = None, self.targets.get(self._workload.name)
        if target is not None:  # its inputs may be wanted otherwise
            given = Given(self._workload.name, self._workload.summary, target, at_once=False)
        try:
            screen = ChooseFunctionScreen(self._core, self._glyphs, self._form, given)
        except UsageError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.app.push_screen(screen, self._take_own)

    def _look_at(self, name: str, *, then_run: bool) -> None:
        """Have a registered function looked at, and perhaps run."""
        from .choose_function import ChooseFunctionScreen, Given

        self._is_wanted = then_run
        given = Given(name, self._workload.summary, self.registered[name].target)
        self.app.push_screen(ChooseFunctionScreen(self._core, self._glyphs, {}, given), self._take_own)

    async def _take_own(self, own: Own | None) -> None:
        if own is None:
            self._is_wanted = False
            return
        self.registered.pop(own.workload.name, None)
        self.own[own.workload.name] = own
        self.targets[own.workload.name] = own.target
        self._core.register(own)
        await self.workloads.add(own.workload)

    def frame(self, snapshot: Snapshot | None) -> None:
        """Show SNAPSHOT; run what was waited for."""
        super().frame(snapshot)
        choice = snapshot.choice if snapshot else None
        if (
            self._is_wanted
            and choice is not None
            and choice.workload is self._workload
            and self._workload.name not in self.registered
        ):
            self._is_wanted = False
            if self.check_action("run", ()):
                self.action_run()

    def _expect_registered(self) -> None:
        """Have the list completed by what projects and packages have registered."""
        app = self.app

        def told(entries: Sequence[Registered]) -> None:  # from another thread
            if entries and app.is_running:
                app.call_later(self._list_registered, entries)

        self._core.list_registered(told)

    def _list_registered(self, entries: Sequence[Registered]) -> None:
        from poolscope.tui.registered import described

        self.registered |= {entry.name: entry for entry in entries}
        self.targets |= {entry.name: entry.target for entry in entries}
        self.workloads.list_more([described(entry) for entry in entries])
