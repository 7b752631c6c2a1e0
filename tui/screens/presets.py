"""Named comparisons to choose from, each with what it shows and the lanes that it makes here."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.lane_settings import Situation, why_not
from poolscope.tui.panels.lane_lines import describe_lane
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.errors import UsageError
from poolscope.workloads.lane_runs import key_of
from poolscope.workloads.model import Lane
from poolscope.workloads.presets import Preset, presets
from poolscope.workloads.text import shorten

NONE = "No preset makes sense for this workload as it stands."
_MOST_SHOWN = 12
"""Lanes of one preset that are listed."""


class Chosen(NamedTuple):
    """What was chosen."""

    lanes: tuple[Lane, ...]
    instead: bool
    """Whether they take the place of the lanes that are there; else they are added to them."""


class _Lanes(LineView, can_focus=False):
    """What the marked preset is about, and its lanes."""


class PresetsScreen(ModalScreen[Chosen | None]):
    """A list; Enter takes the lanes of the marked preset, Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add them"),
        Binding("j", "focused_list(1)", "Down", show=False),
        Binding("k", "focused_list(-1)", "Up", show=False),
        Binding("escape,p,q,ctrl+c,ctrl+q", "leave", "Leave", priority=True),
    ]

    def __init__(self, situation: Situation, lanes: tuple[Lane, ...], glyphs: Glyphs) -> None:
        """Show the presets for a workload; LANES are those that are there."""
        super().__init__()
        self._situation = situation
        self._glyphs = glyphs
        self._lanes = lanes
        self.presets = self._offered()
        """Those that make sense, in the order of the list."""

    def _offered(self) -> tuple[Preset, ...]:
        workload, parameters, machine, tasks = self._situation
        # Counted already, which may take a moment.
        counted = workload._replace(count_tasks=lambda _: tasks)
        try:
            return presets(counted, parameters, machine)
        except UsageError:
            return ()

    def compose(self) -> ComposeResult:
        """The list, and the marked preset in full."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Presets: lanes for {self._situation.workload.name}"
            dialog.border_subtitle = (
                "Enter takes them instead, a adds them, Esc leaves" if self.presets else "Esc leaves"
            )
            if not self.presets:
                yield Static(NONE, markup=False)
                return
            yield OptionList(*(Option(preset.title) for preset in self.presets), compact=True, markup=False)
            yield _Lanes()

    def on_mount(self) -> None:
        """Mark the preset that the lanes are of, or the first one."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        if not self.presets:
            return
        chooser = self.query_one(OptionList)
        there = [self._situation.resolve(lane) for lane in self._lanes]
        made = [[self._situation.resolve(lane) for lane in preset.lanes] for preset in self.presets]
        chooser.highlighted = made.index(there) if there in made else 0
        self.set_focus(chooser)

    def on_resize(self, event: events.Resize) -> None:
        """Fill the new width."""
        del event
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if not self.presets:
            return
        chooser, column = self.query_one(OptionList), max(len(preset.title) for preset in self.presets)
        room = chooser.scrollable_content_region.width - column - 4
        for index, preset in enumerate(self.presets):
            title = preset.title[:1].upper() + preset.title[1:]
            text = Text(f" {title:<{column}}  ", style="bold", no_wrap=True)
            text.append(shorten(preset.about, max(0, room), self._glyphs.ellipsis), style="not bold dim")
            chooser.replace_option_prompt_at_index(index, text)
        self._show_marked()

    @on(OptionList.OptionHighlighted)
    def _mark(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show_marked()

    def _show_marked(self) -> None:
        view, index = self.query_one(_Lanes), self.query_one(OptionList).highlighted
        if index is None or view.size.width < 10:
            return
        # As high as the longest of them, so that nothing jumps from one to the next.
        drawn = [self._lines(preset, view.size.width) for preset in self.presets]
        view.styles.height = max(map(len, drawn))
        view.show(self._glyphs.spell(drawn[index]))

    def _lines(self, preset: Preset, width: int) -> list[Line]:
        lines: list[Line] = [((text, ""),) for text in wrap(preset.about, width)]
        lines.append(())
        for index, lane in enumerate(preset.lanes[:_MOST_SHOWN]):
            name = describe_lane(self._situation.resolve(lane), self._glyphs)
            reason = why_not(lane.engine, self._situation.workload)
            if reason is None:
                lines.append(((f"{key_of(index)} ", "strong"), (shorten(name, width - 2, self._glyphs.ellipsis), "")))
                continue
            said = f"{lane.engine}: skipped. {reason}"
            shown = shorten(said, width - 2, self._glyphs.ellipsis)
            lines.append(((f"{key_of(index)} ", "text-muted"), (shown, "text-muted")))
        left = len(preset.lanes) - _MOST_SHOWN
        if left > 0:
            lines.append(((f"  and {left} more", "text-muted"),))
        return lines

    @property
    def _marked(self) -> Preset | None:
        index = self.query_one(OptionList).highlighted if self.presets else None
        return self.presets[index] if index is not None else None

    @on(OptionList.OptionSelected)
    def _select(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(Chosen(self.presets[event.option_index].lanes, instead=True))

    def action_add(self) -> None:
        """Add the lanes of the marked preset to those that are there."""
        if self._marked is not None:
            self.dismiss(Chosen(self._marked.lanes, instead=False))

    def action_focused_list(self, by: int) -> None:
        """Mark the next preset, or the one before."""
        chooser = self.query_one(OptionList)
        (chooser.action_cursor_down if by > 0 else chooser.action_cursor_up)()

    def action_leave(self) -> None:
        """Leave the lanes as they were."""
        self.dismiss(None)
