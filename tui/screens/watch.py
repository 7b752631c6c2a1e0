"""What every screen that watches a run has: seven panels, header, footer, the moment shown, and their keys."""

from __future__ import annotations

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
from poolscope.tui.messages import MomentChosen
from poolscope.tui.panels.base import Panel
from poolscope.tui.panels.cores import CoresPanel
from poolscope.tui.panels.ledger import LedgerPanel
from poolscope.tui.panels.log import LogPanel
from poolscope.tui.panels.processes import ProcessesPanel
from poolscope.tui.panels.timeline import TimelinePanel
from poolscope.tui.snapshot import LIVE, Snapshot, Transport

from .bars import Bar, footer_line, header_line, tabs_line
from .layout import LOG, LabLayout, Shape, regions_of, shape_of
from .transport_bar import TransportBar

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


class WatchScreen(Screen[None], inherit_bindings=False):
    """See what every process does, now or at any moment of the past."""

    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings()]
    AUTO_FOCUS = None
    COMMANDS_LEFT_OUT: ClassVar[tuple[str, ...]] = commands.OF_LAB
    """Commands that make no sense here: they have no key and stand nowhere."""
    HINT: ClassVar[str] = ""
    """What to do where there is nothing to show."""
    QUIT_QUESTION: ClassVar[str] = "A run is under way. Quitting ends it and all of its processes."

    def __init__(self, core: Core, first: Panel, second: Panel, glyphs: Glyphs) -> None:
        """Take what is watched, and the two panels that depend on what that is."""
        super().__init__(id="lab")
        with suppress(ImportError):
            from poolscope.tui.thrift import ThriftyCompositor

            self._compositor = ThriftyCompositor()
        self._core = core
        self._glyphs = glyphs
        self.log_panel = LogPanel(core.drain_log)
        self.panels: tuple[Panel, ...] = (
            first, second, CoresPanel(), LedgerPanel(), TimelinePanel(), ProcessesPanel(), self.log_panel,
        )  # fmt: skip
        for panel in self.panels:
            panel.glyphs = glyphs
            panel.hint = self.HINT
        self._header = Bar(id="header")
        self._tabs = Bar(id="tabs")
        self._footer = Bar(id="footer")
        self._transport = TransportBar(id="transport")
        self._apology = Static("", id="too-small", markup=False)
        self._body = Body(*self.panels)
        self._chosen = 1
        self._is_zoomed = False
        self._shape: Shape = "full"
        self._snapshot: Snapshot | None = None
        self._allowed: tuple[object, ...] = ()
        self._is_resumed = False

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
    def is_under_way(self) -> bool:
        """Whether a run goes on now, whatever moment is shown, and though frames may have been left out."""
        snapshot = self._core.latest
        return snapshot is not None and snapshot.is_under_way

    @property
    def transport(self) -> Transport:
        """The moment shown."""
        return self._snapshot.transport if self._snapshot else LIVE

    def compose(self) -> ComposeResult:
        """Header, panels and footer; what is not in sight at first is there when these are drawn."""
        shape, latest = shape_of(*self.app.size), self._core.latest
        yield self._header
        if shape == "tabs":
            yield self._tabs
        yield self._body
        if latest is None or not latest.transport.is_live:
            yield self._transport
        yield self._footer
        if shape == "tiny":
            yield self._apology

    def _complete(self) -> None:
        """Mount what the first screen did without, unless it was left at once."""
        if not self.is_attached:
            return
        if not self._tabs.is_attached:
            self.mount(self._tabs, after=self._header)
        if not self._transport.is_attached:
            self.mount(self._transport, before=self._footer)
        if not self._apology.is_attached:
            self.mount(self._apology)

    def on_mount(self) -> None:
        """Show what there is already."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.bindings_updated_signal.subscribe(self, self._show_footer)
        self._arrange(self.app.size)
        self.panel(self._chosen).take_focus()
        self.frame(self._core.latest)
        self.call_after_refresh(self._complete)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Have styles not applied a second time to what was just made."""
        if not self._is_resumed:
            self._is_resumed = True
            event.refresh_styles = False

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
            had_transport = self._has_transport
            self._snapshot = snapshot
            if self._has_transport != had_transport:
                self._arrange(self.app.size)
            for panel in self.panels:
                panel.apply(snapshot)
            self._show_header()
            self._show_transport()
        self.refresh_keys()

    def refresh_keys(self) -> None:
        """Ask anew which commands are possible, if that can have changed."""
        allowed = self.circumstances()
        if allowed != self._allowed:
            self._allowed = allowed
            self.refresh_bindings()

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        transport = self.transport
        can_move = transport.end_ns > transport.begin_ns
        return self.is_under_way, can_move, transport.is_live, transport.is_playing

    @property
    def _has_transport(self) -> bool:
        return not self.transport.is_live

    def _show_transport(self) -> None:
        if self._has_transport:
            self._transport.show_transport(self.transport, self.size.width, self._glyphs)

    def _show_header(self) -> None:
        self._header.show_line(header_line(self._snapshot, self.size.width, self._glyphs))

    def _show_footer(self, _screen: object = None) -> None:
        transport = self.transport
        words = {
            "toggle_playing": "Hold"
            if transport.is_playing or (transport.is_live and not transport.is_over)
            else "Play",
            "go_to_end": "End" if transport.is_replay else "Live",
        }
        line, spots = footer_line([*self.active_bindings.values()], self.size.width, words, self._chosen)
        self._footer.show_line(line, spots)

    def _arrange(self, size: Size) -> None:
        width, height = size
        self._shape = shape = shape_of(width, height)
        is_tiny = shape == "tiny"
        self._tabs.display = shape == "tabs"
        for widget in (self._header, self._body, self._footer):
            widget.display = not is_tiny
        self._transport.display = self._has_transport and not is_tiny
        self._apology.display = is_tiny
        if is_tiny:
            self._apology.update(f"Poolscope needs 60x15 cells, and here are {width}x{height}.")
            return
        room = Size(width, height - 2 - (shape == "tabs") - self._has_transport)
        regions = regions_of(shape, room, self._chosen, zoomed=self._is_zoomed)
        self.arranged(shape)
        for panel in self.panels:
            panel.display = panel.NUMBER in regions
            if panel.display:
                panel.expect(regions[panel.NUMBER])
        if regions != self._body.placement.regions:
            self._body.placement.regions = regions
            self._body.refresh(layout=True)
        self._tabs.show_line(*tabs_line(self.panels, self._chosen, width, self._glyphs))
        self._show_header()
        self._show_transport()
        self._show_footer()

    def arranged(self, shape: Shape) -> None:
        """Adapt panels to the layout that is about to be used."""

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

    async def action_search(self) -> None:
        """Filter the log from wherever the focus is."""
        self.action_jump(LOG)
        await self.log_panel.action_filter()

    def action_noop(self) -> None:
        """Do nothing, for parts of the footer that only name keys."""

    async def action_focused_action(self, action: str) -> None:
        """Carry out an ACTION of the focused widget or of its panel."""
        name = action.partition("(")[0]
        for node in self.focused.ancestors_with_self if self.focused else ():
            if hasattr(node, f"action_{name}"):
                await self.app.run_action(action, default_namespace=node)
                return

    # The moment shown.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now, and leave out what makes no sense here at all."""
        del parameters
        if action in self.COMMANDS_LEFT_OUT:
            return False
        transport = self.transport
        if action in commands.OF_TRANSPORT and transport.end_ns <= transport.begin_ns:
            return None
        if action in ("step_on", "go_to_end", "slower", "faster"):
            return None if transport.is_live else True
        if action == "cancel":
            return True if self.is_under_way else None
        return True

    def action_toggle_playing(self) -> None:
        """Play from the moment shown, or hold it."""
        self._core.toggle_playing()

    def action_step_back(self) -> None:
        """Show the moment of the event before."""
        self._core.step(-1)

    def action_step_on(self) -> None:
        """Show the moment of the next event."""
        self._core.step(1)

    def action_slower(self) -> None:
        """Play slower."""
        self._core.change_speed(-1)

    def action_faster(self) -> None:
        """Play faster."""
        self._core.change_speed(1)

    def action_go_to_begin(self) -> None:
        """Show the beginning."""
        self._core.go_to_begin()

    def action_go_to_end(self) -> None:
        """Show the end, or follow what goes on."""
        self._core.go_to_end()

    def action_seek(self) -> None:
        """Ask for a time, and show that moment."""
        from .seek import SeekScreen

        def go(time_ns: int | None) -> None:
            if time_ns is not None:
                self._core.seek(time_ns)

        self.app.push_screen(SeekScreen(self.transport, self._glyphs), go)

    @on(MomentChosen)
    def _show_moment(self, event: MomentChosen) -> None:
        event.stop()
        self._core.seek(event.time_ns)

    def action_cancel(self) -> None:
        """End the run under way."""
        self._core.cancel()

    # What opens over the lab.

    def action_explain(self) -> None:
        """Explain the focused panel."""
        from .help import HelpScreen

        possible = [command for command in commands.COMMANDS if self.check_action(command.id, ()) is not False]
        active = [*self.active_bindings.values()]
        self.app.push_screen(HelpScreen(self.panel(self._chosen), active, possible, self._glyphs))

    def action_ask_quit(self) -> None:
        """Leave; ask first while something runs."""
        if not self.is_under_way:
            self.app.exit()
            return
        from .quit import QuitScreen

        def leave(is_sure: bool | None) -> None:
            if is_sure:
                self.app.exit()

        self.app.push_screen(QuitScreen(self.QUIT_QUESTION), leave)

    def action_toggle_theme(self) -> None:
        """Change between the light and the dark theme."""
        self.app.theme = "poolscope-light" if self.app.current_theme.dark else "poolscope-dark"

    def action_command_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()
