"""The one-line parts of the lab: header, tabs and footer, drawn by the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.binding import ActiveBinding

from poolscope.tui.commands import COMMANDS, OF_TRANSPORT, Command, key_name
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.panels.base import Panel
from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import Line, LineView, Piece, line_width
from poolscope.workloads.model import Parameters, Workload
from poolscope.workloads.parameters import format_parameter
from poolscope.workloads.report import figures
from poolscope.workloads.text import cell_width, clean, shorten, shorten_middle


class Bar(LineView, can_focus=False):
    """One line that is never focused; parts of it may be clicked."""

    DEFAULT_CSS = """
    Bar { height: 1; overflow: hidden; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._spots: tuple[tuple[int, int, str], ...] = ()

    def show_line(self, line: Line, spots: Sequence[tuple[int, int, str]] = ()) -> None:
        """Show LINE; a click in one of SPOTS (first cell, end, action of the screen) does what it says."""
        self._spots = tuple(spots)
        self.show((line,))

    async def on_click(self, event: events.Click) -> None:
        """Carry out the action under the pointer."""
        for start, end, action in self._spots:
            if start <= event.x < end:
                await self.screen.run_action(action)
                return


def header_line(snapshot: Snapshot | None, width: int, glyphs: Glyphs, title: str = "") -> Line:
    """Say what is compared (or would be), or the TITLE of what is shown instead, and on which machine."""
    left: list[Piece] = [(" poolscope  ", "title")]
    if snapshot is None:
        return tuple(left)
    left += [(title, "strong")] if title else _subject(snapshot, glyphs)
    dot = f" {glyphs.separator} "
    machine = snapshot.machine
    load = snapshot.cores.load if snapshot.cores else machine.load
    variants = (
        [f"Python {machine.python}", machine.default_start_method, _cpus(snapshot), f"load {load:.1f}"],
        [f"Python {machine.python}", _cpus(snapshot), f"load {load:.1f}"],
        [_cpus(snapshot), f"load {load:.1f}"],
        [f"load {load:.1f}"],
    )
    room = width - line_width(tuple(left)) - 3
    right = next((text for parts in variants if len(text := dot.join(parts)) <= room), "")
    if not right and room < 0:
        text, role = left[-1]
        left[-1] = (shorten(text, max(8, cell_width(text) + room + 1), glyphs.ellipsis), role)
    gap = width - line_width(tuple(left)) - len(right) - 1
    return (*left, (" " * max(1, gap), ""), (right, "text-muted"))


def _subject(snapshot: Snapshot, glyphs: Glyphs) -> list[Piece]:
    """What is watched, or would be."""
    if snapshot.record is not None:
        title = snapshot.record.meta.title if snapshot.record.meta else ""
        return [("replay  ", "text-accent"), (shorten(title or snapshot.record.place, 200, glyphs.ellipsis), "strong")]
    if snapshot.program is not None:
        from poolscope.tui.panels.program_lines import command_text

        return [(command_text(snapshot.program.command, 200), "strong")]
    is_run = snapshot.is_under_way and snapshot.studied is None
    subject = snapshot.subject if is_run else snapshot.choice or snapshot.subject
    return [(subject_text(subject.workload, subject.parameters, glyphs), "strong")] if subject is not None else []


def _cpus(snapshot: Snapshot) -> str:
    budget = snapshot.machine.budget
    if budget.cpus >= budget.online:
        return f"{figures.cpus(budget.online)} CPU{'' if budget.online == 1 else 's'}"
    quota = any(limit.cpus <= budget.cpus for limit in budget.limits)
    reason = "cgroup quota" if quota else "affinity"
    unit = "CPU" if budget.cpus == 1 else "CPUs"
    return f"{figures.cpus(budget.cpus)} {unit} of {figures.cpus(budget.online)} ({reason})"


def subject_text(workload: Workload, parameters: Parameters, glyphs: Glyphs) -> str:
    """Name a workload with its parameters: ``sqrt · N = 5,000,000``."""
    parts = [workload.name]
    for parameter in workload.parameters:
        value = clean(format_parameter(parameter, parameters[parameter.name]), 200)
        parts.append(f"{parameter.name} = {shorten_middle(value, 28, glyphs.ellipsis)}")
    return f" {glyphs.separator} ".join(parts)


def tabs_line(
    panels: Sequence[Panel], chosen: int, width: int, glyphs: Glyphs
) -> tuple[Line, list[tuple[int, int, str]]]:
    """Write one tab a panel; the chosen one is in capitals, so that it is seen without colour.

    None is left out: where WIDTH cells are too few they stand closer, and the longest names of the others are cut.
    """
    names = {panel.NUMBER: panel.SHORT_TITLE or panel.TITLE for panel in panels}
    gap = 2 if sum(len(name) + 4 for name in names.values()) <= width + 1 else 1
    longest = max(map(len, names.values()), default=0)
    while longest > _LEAST_TAB and sum(len(name) + 2 + gap for name in names.values()) > width + gap - 1:
        longest -= 1
        for number, name in names.items():
            if number != chosen:
                names[number] = shorten(name, longest, glyphs.ellipsis)
    pieces: list[Piece] = [(" ", "")]
    spots = []
    at = 1
    for panel in panels:
        name = names[panel.NUMBER]
        is_chosen = chosen == panel.NUMBER
        text = f"{panel.NUMBER} {name.upper() if is_chosen else name}"
        pieces += [(text, "cursor" if is_chosen else "text-muted"), (" " * gap, "")]
        spots.append((at, at + len(text), f"jump({panel.NUMBER})"))
        at += len(text) + gap
    return tuple(pieces), spots


_LEAST_TAB = 4
"""Cells that are left of a tab's name at least."""


class _Entry(NamedTuple):
    key: str
    word: str
    action: str
    is_enabled: bool
    rank: int
    """When the line is too long, what cannot be done now gives way first, then entries of the highest rank."""

    @property
    def width(self) -> int:
        return len(self.key) + len(self.word) + 3


_RANKS = {"run": 0, "explain": 0, "ask_quit": 0, "cancel": 1, "command_palette": 2, "zoom": 4, "search": 3, "jump": 5,
          "show_study": 1, "show_findings": 1, "show_history": 3, "toggle_playing": 1, "step_on": 3, "faster": 4,
          "seek": 4, "go_to_end": 1, "leave": 0, "start": 0, "compare": 1}  # fmt: skip
_OWN_RANK, _LAST_RANK = 2, 5
_OWN_RANKS = {"choose_function": 3, "duplicate_lane": 4, "remove_lane": 3, "lower_lane": 4, "undo_lanes": 5,
              "toggle_lane": 3}  # fmt: skip
"""Of commands in the panel whose own they are."""


def footer_line(
    active: Sequence[ActiveBinding],
    width: int,
    words: Mapping[str, str],
    panel: int = 0,
    commands: Sequence[Command] = COMMANDS,
) -> tuple[Line, list[tuple[int, int, str]]]:
    """Write the keys that matter now: the focused panel's own first, then those of the whole screen.

    Args:
        active: The bindings that are there.
        width: Cells of the line.
        words: Other words for commands than their usual ones, by their ids.
        panel: Digit of the focused panel; commands that are its own come with its keys.
        commands: All that the screen has.
    """
    entries = _own_entries(active, commands) + _common_entries(active, words, panel, commands)
    palette = next((entry for entry in entries if entry.action == "command_palette"), None)
    others = [entry for entry in entries if entry is not palette]
    room = width - 1 - (palette.width if palette else 0)
    while others and sum(entry.width for entry in others) > room:
        others.remove(max(reversed(others), key=lambda entry: (not entry.is_enabled, entry.rank)))
    pieces: list[Piece] = [(" ", "")]
    spots: list[tuple[int, int, str]] = []
    at = 1
    for entry in others:
        at = _add(entry, at, pieces, spots)
    if palette:
        gap = max(0, width - at - palette.width + 1)
        pieces.append((" " * gap, ""))
        _add(palette, at + gap, pieces, spots)
    return tuple(pieces), spots


def _add(entry: _Entry, at: int, pieces: list[Piece], spots: list[tuple[int, int, str]]) -> int:
    pieces.append((entry.key, "text-primary" if entry.is_enabled else "text-muted"))
    pieces.append((f" {entry.word}  ", "" if entry.is_enabled else "text-muted"))
    if entry.is_enabled:
        spots.append((at, at + entry.width - 2, entry.action))
    return at + entry.width


def _own_entries(active: Sequence[ActiveBinding], commands: Sequence[Command]) -> list[_Entry]:
    known = {binding.id for command in commands for binding in command.bindings()}
    entries: dict[str, _Entry] = {}
    seen = set()
    for node, binding, is_enabled, _ in active:
        if not binding.show or binding.id in known or binding.action in seen:
            continue
        seen.add(binding.action)
        key = binding.key_display or node.app.get_key_display(binding)
        word = binding.group.description if binding.group else binding.description
        before = entries.get(word)
        if before is not None and binding.group:
            entries[word] = before._replace(key=f"{before.key}/{key}")
            continue
        action = binding.action if "." in binding.action else f"focused_action({binding.action!r})"
        entries[word] = _Entry(key, word, action, is_enabled, _OWN_RANK)
    return list(entries.values())


def _common_entries(
    active: Sequence[ActiveBinding], words: Mapping[str, str], panel: int, commands: Sequence[Command]
) -> list[_Entry]:
    by_id: dict[str | None, ActiveBinding] = {}
    for item in active:  # of several keys, the first that no panel has for itself
        by_id.setdefault(item.binding.id, item)
    entries: list[_Entry] = []
    for command in sorted(commands, key=lambda command: not panel or command.panel != panel):
        name = f"{command.id}-{command.keys[0]}" if command.each_key else command.id
        if name not in by_id or not command.footer:
            continue
        item = by_id[name]
        if command.id in OF_TRANSPORT and not item.enabled:
            continue
        action = "noop" if command.each_key else command.id
        key, word = command.footer_key or _key_of(command, item), words.get(command.id, command.footer)
        is_own = panel and command.panel == panel
        if command.panel and not is_own:
            continue
        rank = _OWN_RANKS.get(command.id, _OWN_RANK) if is_own else _RANKS.get(command.id, _LAST_RANK)
        if not command.each_key and item.binding.key != command.keys[0]:  # the panel has its usual key for itself
            rank = _LAST_RANK
        entries.append(_Entry(key, word, action, item.enabled, rank))
    return entries


def _key_of(command: Command, item: ActiveBinding) -> str:
    return command.shown_key or key_name(item.binding.key)
