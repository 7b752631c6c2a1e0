"""The Textual app: one frame timer that pulls snapshots from the bridge, themes, palette, and orderly ends."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from .commands import COMMANDS, find, key_name
from .glyphs import ASCII, UNICODE, Glyphs
from .keyboard import OrderedKeys
from .screens.lab import LabScreen
from .screens.watch import WatchScreen
from .theme import DARK, LIGHT

if TYPE_CHECKING:
    from poolscope.workloads.catalogue.listing import Entry
    from poolscope.workloads.model import Workload

    from .core import Core
    from .panels.base import Panel

SHEETS = Path(__file__).with_name("sheets.tcss")
"""Styles of what opens over the main screen."""
FRAME_SECONDS = 0.25
MOST_QUEUED_WRITES = 2
"""Writes that may wait for the terminal before frames are left out."""


class PoolscopeApp(OrderedKeys, inherit_bindings=False):
    """Shows what the core knows, and tells it what to do."""

    TITLE = "Poolscope"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*find("command_palette").bindings()]

    def __init__(
        self,
        core: Core,
        workloads: Sequence[Workload | Entry],
        glyphs: Glyphs = UNICODE,
        on_started: Callable[[], None] | None = None,
        theme: str | None = None,
        screen: WatchScreen | None = None,
    ) -> None:
        """Take what is shown and what may be run.

        Args:
            core: Where snapshots come from and commands go.
            workloads: In the order of the list; the first one is chosen at the start.
            glyphs: What the terminal can show.
            on_started: Called on the event loop once the app runs.
            theme: Name of a colour theme; None for our own dark one.
            screen: Watches something else than what may be run; None for the lab.
        """
        super().__init__()
        self.core = core
        self.glyphs = glyphs
        self.set_class(glyphs is ASCII, "-ascii", update=False)
        self.crash: BaseException | None = None
        """The exception that ended the app; None while all is well."""
        self.main_screen = screen or LabScreen(core, workloads, glyphs)
        """The screen that everything else opens over."""
        self._on_started = on_started
        self.animation_level = "none"
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._begin_with(theme if theme in self.available_themes else DARK.name)
        self._unknown_theme = theme if theme and theme not in self.available_themes else None

    def _begin_with(self, theme: str) -> None:
        if theme != DARK.name:
            self.theme = theme
            return
        # To set the theme would have all style sheets read again. Our dark one is told from Textual's own, in which
        # every app begins, by nothing but its colours and the name.
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self.add_class(f"-theme-{theme}", update=False)

    @property
    def lab(self) -> LabScreen:
        """The screen that everything else opens over, where that is the lab."""
        assert isinstance(self.main_screen, LabScreen)  # noqa: S101
        return self.main_screen

    def get_default_screen(self) -> Screen[Any]:
        """Open what watches."""
        return self.main_screen

    def get_key_display(self, binding: Binding) -> str:
        """Write a key as a word that every terminal has the letters for."""
        return binding.key_display or key_name(binding.key)

    def on_mount(self) -> None:
        """Start the core, and the frames as soon as the first screen is drawn."""
        self.core.open()
        self.call_after_refresh(self._settle)
        if self._on_started is not None:
            self._on_started()

    def _settle(self) -> None:
        # What was imported and built so far stays; the collector need not look at it again and again.
        gc.freeze()
        gc.enable()
        self._read_sheets()
        self.frame()
        self.set_interval(FRAME_SECONDS, self.frame, name="frame")
        self.core.begin_to_sample()
        if self._unknown_theme is not None:
            names = ", ".join(sorted(self.available_themes))
            self.notify(f"There is no theme {self._unknown_theme!r}: there are {names}.", timeout=10, markup=False)

    def _read_sheets(self) -> None:
        """Take in the styles that the first screen does without: to parse them would have kept it waiting."""
        self.stylesheet.read(SHEETS)
        self.stylesheet.parse()
        if self.screen is not self.main_screen:  # somebody was faster
            self.refresh_css(animate=False)

    def frame(self) -> None:
        """Show the newest snapshot, unless the terminal is still busy with the frames before."""
        core = self.core
        if core.failure is not None:
            raise core.failure
        for notice in core.drain_notices():
            self.notify(notice.text, severity=notice.severity, timeout=10, markup=False)
        if self.main_screen.is_running and not self._terminal_lags():
            self.main_screen.frame(core.latest)

    def _terminal_lags(self) -> bool:
        # Textual's writer queue is private; without it frames are simply not left out.
        writer = getattr(self._driver, "_writer_thread", None)
        queue = getattr(writer, "_queue", None)
        return queue is not None and queue.qsize() > MOST_QUEUED_WRITES

    def action_command_palette(self) -> None:
        """Open the palette, with words that every terminal has the letters for."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Search for commands", id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every command that is possible now, those of the panels too."""
        lab = self.main_screen
        if screen is lab:
            for command in COMMANDS:
                if command.in_palette and lab.check_action(command.id, ()):
                    yield SystemCommand(command.title, command.help, partial(lab.run_action, command.id))
            yield from _commands_of(lab.panel(lab.chosen))
            if isinstance(lab, LabScreen):
                for entry in lab.workloads.listed:
                    choose = partial(lab.workloads.choose, entry.name)
                    yield SystemCommand(f"Workload: {entry.name}", f"{entry.summary.rstrip('.')}.", choose)
            for panel in lab.panels:
                jump = partial(lab.run_action, f"jump({panel.NUMBER})")
                yield SystemCommand(f"Go to: {panel.TITLE}", f"Jump to the panel; its key is {panel.NUMBER}.", jump)
        if "sheet" in screen.classes:
            from .screens.sheet import SheetScreen

            for command in screen.OFFERED if isinstance(screen, SheetScreen) else ():
                if command.in_palette and screen.check_action(command.id, ()):
                    yield SystemCommand(command.title, command.help, partial(screen.run_action, command.id))
        yield SystemCommand("Theme", "Choose another colour theme.", self.action_change_theme)

    def _fatal_error(self) -> None:
        """Leave without a word on the terminal: the caller says where the traceback is."""
        self.crash = self._exception
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Print nothing; see `_fatal_error`."""
        self._exit_renderables.clear()


def _commands_of(panel: Panel) -> Iterator[SystemCommand]:
    """What the keys of PANEL do, as far as that is possible now."""
    for key in panel.BINDINGS:
        if isinstance(key, Binding) and key.tooltip and panel.check_action(key.action.partition("(")[0], ()):
            title = f"{panel.TITLE}: {key.description[0].lower()}{key.description[1:]}"
            yield SystemCommand(title, f"{key.tooltip}.", partial(panel.run_action, key.action))
