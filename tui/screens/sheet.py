"""What the sheets that open over the lab have in common: header, body, footer, and keys from one declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from poolscope.tui.commands import Command
from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.widgets.line_view import Line, LineView

from .bars import Bar, footer_line, header_line

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Snapshot

FRAME_SECONDS = 0.25


class Lines(LineView, can_focus=False):
    """As high as what it shows."""

    DEFAULT_CSS = "Lines { height: auto; overflow: hidden; }"

    def show_all(self, lines: list[Line]) -> None:
        """Show LINES, all of them."""
        if self.styles.height is None or self.styles.height.value != len(lines):
            self.styles.height = len(lines)
        self.show(lines)


class SheetScreen(Screen[None], inherit_bindings=False):
    """A whole screen about one question; Esc goes back to the lab, where everything went on meanwhile.

    A sheet names its commands in `OFFERED` and binds them, and has an action for each.
    """

    AUTO_FOCUS = None
    OFFERED: ClassVar[tuple[Command, ...]] = ()
    NUMBER: ClassVar[int] = 0
    TITLE: ClassVar[str] = ""
    HELP: ClassVar[str | None] = None

    def __init__(self, core: Core, glyphs: Glyphs) -> None:
        super().__init__(classes="sheet")
        self._core = core
        self.glyphs = glyphs
        self._header = Bar(id="sheet-header")
        self._footer = Bar(id="sheet-footer")
        self._snapshot: Snapshot | None = None
        self._allowed: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Header, what it is about, footer."""
        yield self._header
        yield from self.body()
        yield self._footer

    def body(self) -> ComposeResult:
        """What it is about."""
        raise NotImplementedError

    def heading(self) -> str:
        """What stands in the header; "" for what the lab is about."""
        return self.TITLE

    def scrolled(self) -> Widget | None:
        """The part that the arrows scroll; None if none does."""
        return None

    def show(self, snapshot: Snapshot) -> None:
        """Show SNAPSHOT; called with each new one."""
        raise NotImplementedError

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        return ()

    def on_mount(self) -> None:
        """Show what there is, and what comes."""
        self.set_class(self.glyphs is ASCII, "-ascii")
        self.bindings_updated_signal.subscribe(self, self._show_footer)
        self.set_interval(FRAME_SECONDS, self.frame, name="frame")
        self.call_after_refresh(self.frame)

    def on_resize(self, event: events.Resize) -> None:
        """Write header and footer for the new width."""
        del event
        self._show_bars()

    def frame(self) -> None:
        """Show the newest snapshot, if that is another one."""
        snapshot = self._core.latest
        if snapshot is None or snapshot is self._snapshot:
            return
        self._snapshot = snapshot
        with self.app.batch_update():
            self.show(snapshot)
            self._show_bars()
        self.refresh_keys()

    def refresh_keys(self) -> None:
        """Ask anew which commands are possible, if that can have changed."""
        allowed = self.circumstances()
        if allowed != self._allowed:
            self._allowed = allowed
            self.refresh_bindings()

    def _show_bars(self) -> None:
        self._header.show_line(header_line(self._snapshot, self.size.width, self.glyphs, self.heading()))
        self._show_footer()

    def _show_footer(self, _screen: object = None) -> None:
        active = [*self.active_bindings.values()]
        line, spots = footer_line(active, self.size.width, {}, commands=self.OFFERED)
        self._footer.show_line(line, spots)

    def spelled(self, text: str) -> str:
        """TEXT as the terminal can show it."""
        return text.translate(dict(self.glyphs.spelling)) if self.glyphs.spelling else text

    # Commands of all sheets.

    def action_scroll(self, key: str) -> None:
        """Scroll as KEY says."""
        part = self.scrolled()
        if part is None:
            return
        by = {"up": -1, "k": -1, "down": 1, "j": 1}.get(key)
        page = {"pageup": -1, "pagedown": 1}.get(key)
        if by is not None:
            part.scroll_relative(y=by, animate=False)
        elif page is not None:
            part.scroll_relative(y=page * max(1, part.size.height - 1), animate=False)
        else:
            part.scroll_to(y=0 if key == "home" else part.max_scroll_y, animate=False)

    def action_noop(self) -> None:
        """Do nothing, for parts of the footer that only name keys."""

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()

    def action_explain(self) -> None:
        """Explain this sheet."""
        from .help import HelpScreen

        possible = [command for command in self.OFFERED if self.check_action(command.id, ()) is not False]
        self.app.push_screen(HelpScreen(self, [*self.active_bindings.values()], possible, self.glyphs))

    def action_toggle_theme(self) -> None:
        """Change between the light and the dark theme."""
        self.app.theme = "poolscope-light" if self.app.current_theme.dark else "poolscope-dark"

    def action_command_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()
