"""The lab: all panels on one screen, the keys, and what they do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widgets import Static

from poolscope.tui import commands
from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.messages import LanesEdited, ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.panels.base import Panel
from poolscope.tui.panels.cores import CoresPanel
from poolscope.tui.panels.lanes import LanesPanel
from poolscope.tui.panels.ledger import LedgerPanel
from poolscope.tui.panels.log import LogPanel
from poolscope.tui.panels.processes import ProcessesPanel
from poolscope.tui.panels.timeline import TimelinePanel
from poolscope.tui.panels.workloads import WorkloadsPanel, defaults_of
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import Lane, Parameters, Workload

from .bars import Bar, footer_line, header_line, tabs_line
from .layout import LANES, LOG, WORKLOADS, LabLayout, Shape, regions_of, shape_of

if TYPE_CHECKING:
    from poolscope.tui.core import Core


class Body(Container):
    """Holds the panels where the layout puts them."""

    def __init__(self, *panels: Panel) -> None:
        super().__init__(*panels, id="body")
        self.placement = LabLayout()

    @property
    def layout(self) -> Layout:
        """Our own, which styles cannot name."""
        return self.placement


class LabScreen(Screen[None], inherit_bindings=False):
    """Choose a workload, run its lanes, and see what every process does."""

    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings()]
    AUTO_FOCUS = None

    def __init__(self, core: Core, workloads: Iterable[Workload], glyphs: Glyphs) -> None:
        super().__init__(id="lab")
        with suppress(ImportError):
            from poolscope.tui.thrift import ThriftyCompositor

            self._compositor = ThriftyCompositor()
        self._core = core
        self._glyphs = glyphs
        self.workloads = WorkloadsPanel(workloads)
        self.lanes = LanesPanel()
        self.log_panel = LogPanel(core.drain_log)
        self.panels: tuple[Panel, ...] = (
            self.workloads, self.lanes, CoresPanel(), LedgerPanel(), TimelinePanel(), ProcessesPanel(), self.log_panel,
        )  # fmt: skip
        for panel in self.panels:
            panel.glyphs = glyphs
        self._header = Bar(id="header")
        self._tabs = Bar(id="tabs")
        self._footer = Bar(id="footer")
        self._apology = Static("", id="too-small", markup=False)
        self._body = Body(*self.panels)
        self._chosen = WORKLOADS
        self._is_zoomed = False
        self._shape: Shape = "full"
        self._snapshot: Snapshot | None = None
        self._workload = self.workloads.chosen
        self._parameters: Parameters = defaults_of(self._workload)
        self._asked: tuple[Lane, ...] = self._workload.default_lanes(self._parameters)
        self._problem: str | None = None
        self._allowed: tuple[object, ...] = ()

    # What is on the screen.

    @property
    def chosen(self) -> int:
        """Digit of the panel that has the focus, or that was chosen from the tabs."""
        return self._chosen

    @property
    def is_zoomed(self) -> bool:
        """Whether the chosen panel has the whole screen."""
        return self._is_zoomed

    @property
    def shape(self) -> Shape:
        """The layout that the terminal's size asks for."""
        return self._shape

    @property
    def asked_lanes(self) -> tuple[Lane, ...]:
        """The lanes that would run next, as asked for: None in a setting means the default."""
        return self._asked

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is under way."""
        return self._snapshot is not None and self._snapshot.is_running

    def compose(self) -> ComposeResult:
        """Header, tabs, panels, footer."""
        yield self._header
        yield self._tabs
        yield self._body
        yield self._footer
        yield self._apology

    def on_mount(self) -> None:
        """Show the first choice."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.bindings_updated_signal.subscribe(self, self._show_footer)
        self._arrange(self.app.size)
        self.workloads.take_focus()
        if self._core.latest is None or self._core.latest.choice is None:
            self._core.choose(self._workload, self._parameters, self._asked, keep=False)
        self.frame(self._core.latest)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        self._arrange(event.size)

    def frame(self, snapshot: Snapshot | None) -> None:
        """Show SNAPSHOT, and whatever arrived in the log since the last frame."""
        if snapshot is None:
            return
        with self.app.batch_update():
            if snapshot is self._snapshot:
                self.log_panel.apply(snapshot)
                return
            self._snapshot = snapshot
            for panel in self.panels:
                panel.apply(snapshot)
            self._show_header()
        self._refresh_keys()

    def _refresh_keys(self) -> None:
        snapshot = self._snapshot
        choice = snapshot.choice if snapshot else None
        allowed = (self.is_comparing, self._problem, choice.problem if choice else None, len(self._asked))
        if allowed != self._allowed:
            self._allowed = allowed
            self.refresh_bindings()

    def _show_header(self) -> None:
        self._header.show_line(header_line(self._snapshot, self.size.width, self._glyphs))

    def _show_footer(self, _screen: object = None) -> None:
        line, spots = footer_line([*self.active_bindings.values()], self.size.width)
        self._footer.show_line(line, spots)

    def _arrange(self, size: Size) -> None:
        width, height = size
        self._shape = shape = shape_of(width, height)
        is_tiny = shape == "tiny"
        self._tabs.display = shape == "tabs"
        for widget in (self._header, self._body, self._footer):
            widget.display = not is_tiny
        self._apology.display = is_tiny
        if is_tiny:
            self._apology.update(f"Poolscope needs 60 x 15 cells, and here are {width} x {height}.")
            return
        room = Size(width, height - (3 if shape == "tabs" else 2))
        regions = regions_of(shape, room, self._chosen, zoomed=self._is_zoomed)
        self.lanes.with_ledger = shape == "tabs" or self._is_zoomed
        for panel in self.panels:
            panel.display = panel.NUMBER in regions
        if regions != self._body.placement.regions:
            self._body.placement.regions = regions
            self._body.refresh(layout=True)
        self._tabs.show_line(*tabs_line(self.panels, self._chosen))
        self._show_header()
        self._show_footer()

    # Going about.

    @on(events.DescendantFocus)
    def _follow_focus(self, event: events.DescendantFocus) -> None:
        panel = next((node for node in event.widget.ancestors_with_self if isinstance(node, Panel)), None)
        if panel is not None and self._chosen != panel.NUMBER:
            self._chosen = panel.NUMBER
            self._arrange(self.app.size)

    def panel(self, number: int) -> Panel:
        """The panel with the digit NUMBER."""
        return self.panels[number - 1]

    def action_jump(self, number: int) -> None:
        """Choose the panel with the digit NUMBER and give it the focus."""
        self._chosen = number
        self._arrange(self.app.size)
        self.panel(number).take_focus()

    def action_next_panel(self) -> None:
        """Go on to the next field of the panel, or to the next panel."""
        self._step(1)

    def action_previous_panel(self) -> None:
        """Go back to the field before, or to the panel before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        panel = self.panel(self._chosen)
        stops = [widget for widget in panel.query("*") if widget.focusable and widget.display and widget.size.area]
        if self.focused in stops:
            index = stops.index(self.focused) + by
            if 0 <= index < len(stops):
                self.set_focus(stops[index])
                return
        self.action_jump((self._chosen - 1 + by) % len(self.panels) + 1)

    def action_zoom(self) -> None:
        """Give the chosen panel all the room, or go back."""
        self._is_zoomed = not self._is_zoomed
        self._arrange(self.app.size)
        panel = self.panel(self._chosen)
        if self.focused is None or panel not in self.focused.ancestors_with_self:
            panel.take_focus()

    def action_search(self) -> None:
        """Filter the log from wherever the focus is."""
        self.action_jump(LOG)
        self.log_panel.action_filter()

    def action_noop(self) -> None:
        """Do nothing, for parts of the footer that only name keys."""

    async def action_focused_action(self, action: str) -> None:
        """Carry out an ACTION of the focused widget or of its panel."""
        name = action.partition("(")[0]
        for node in self.focused.ancestors_with_self if self.focused else ():
            if hasattr(node, f"action_{name}"):
                await self.app.run_action(action, default_namespace=node)
                return

    # Running.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        del parameters
        if action == "run":
            return None if self.is_comparing or self._reason_not_to_run() else True
        if action == "cancel":
            return True if self.is_comparing else None
        if action in ("edit_lane", "add_lane", "preset"):
            return None if self.is_comparing else True
        if action == "remove_lane":
            return None if self.is_comparing or len(self._asked) < 2 else True
        return True

    def _reason_not_to_run(self) -> str | None:
        choice = self._snapshot.choice if self._snapshot else None
        return self._problem or (choice.problem if choice else None)

    def action_run(self) -> None:
        """Run all lanes."""
        self._core.start(self._workload, self._parameters, self._asked)
        self.log_panel.view.clear()  # lines of another comparison would pass for this one's
        if self._shape == "tabs" and self._chosen == WORKLOADS:
            self.action_jump(LANES)

    def action_cancel(self) -> None:
        """End the run under way."""
        self._core.cancel()

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
        if self.is_comparing:
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
        self._refresh_keys()

    @on(LanesEdited)
    def _take_lanes(self, event: LanesEdited) -> None:
        event.stop()
        self._asked = event.lanes
        self._choose(keep=False)

    def _choose(self, *, keep: bool) -> None:
        self._core.choose(self._workload, self._parameters, self._asked, keep=keep)
        self._refresh_keys()

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

    # What opens over the lab.

    def action_explain(self) -> None:
        """Explain the focused panel."""
        from .help import HelpScreen

        self.app.push_screen(HelpScreen(self.panel(self._chosen), [*self.active_bindings.values()], self._glyphs))

    def action_ask_quit(self) -> None:
        """Leave; ask first while something runs."""
        if not self.is_comparing:
            self.app.exit()
            return
        from .quit import QuitScreen

        def leave(is_sure: bool | None) -> None:
            if is_sure:
                self.app.exit()

        self.app.push_screen(QuitScreen(), leave)

    def action_toggle_theme(self) -> None:
        """Change between the light and the dark theme."""
        self.app.theme = "poolscope-light" if self.app.current_theme.dark else "poolscope-dark"

    def action_command_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()
