"""Explains the focused panel: what is shown, what the shapes mean, and the keys that work there."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from poolscope.tui.commands import COMMANDS, Command, key_name
from poolscope.tui.glyphs import ASCII, PART_ROLES, PHASE_ROLES, Glyphs
from poolscope.tui.panels.lane_lines import STATE_ROLES
from poolscope.tui.widgets.line_view import Line, LineView, Piece, line_width
from poolscope.workloads.model import PHASES
from poolscope.workloads.programs import PARTS

_STATES = ("queued", "running", "done", "failed", "cancelled", "suspended", "skipped", "off")
_KEY_WIDTH = 16


class _Legend(LineView, can_focus=False):
    """Shapes and keys, folded to the width that there is, and as high as that makes them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._whole = tuple(lines)
        self.styles.height = len(self._whole)

    def on_resize(self, _event: events.Resize) -> None:
        """Fold the lines anew."""
        folded = [part for line in self._whole for part in folded_line(line, self.content_width)]
        self.styles.height = len(folded)
        self.show(folded)


class Explained(Protocol):
    """What has a page of help: a panel, or a sheet."""

    @property
    def NUMBER(self) -> int:  # noqa: N802
        """Digit of the panel; 0 for a sheet, which shows none of the shapes of a run."""

    @property
    def TITLE(self) -> str:  # noqa: N802
        """What it is called."""

    @property
    def HELP(self) -> str | None:  # noqa: N802
        """Markdown: what is shown, what it means."""


class HelpScreen(ModalScreen[None]):
    """One page of help, from the panel's own text and the bindings that are really there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1,ctrl+c,ctrl+q", "dismiss", "Close"),
    ]

    def __init__(
        self, subject: Explained, active: Sequence[ActiveBinding], possible: Sequence[Command], glyphs: Glyphs
    ) -> None:
        super().__init__()
        self._subject = subject
        self._glyphs = glyphs
        shapes = shape_lines(glyphs) if subject.NUMBER else []
        self.lines = (*shapes, *key_lines(active, possible, subject.NUMBER))
        """The legend and the keys."""

    def compose(self) -> ComposeResult:
        """The page, which scrolls."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = f"Help: {self._subject.TITLE}"
            dialog.border_subtitle = "Esc closes"
            page = Markdown((self._subject.HELP or "").translate(self._glyphs.spelling))
            if self._glyphs is ASCII:
                page.BULLETS = ["* "]
            yield page
            yield _Legend(self.lines)

    def on_mount(self) -> None:
        """Let the arrows scroll at once."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_focus(self.query_one(VerticalScroll))


def shape_lines(glyphs: Glyphs) -> list[Line]:
    """Write what every shape and colour means, as it is drawn everywhere."""
    phases: list[Piece] = []
    for name in PHASES:
        phases += [(glyphs.phases[name], PHASE_ROLES[name]), (f" {name}  ", "")]
    states: list[Piece] = []
    for state in _STATES:
        states += [(glyphs.states[state], STATE_ROLES.get(state, "text-muted")), (f" {state}  ", "")]
    parts = {name: glyphs.parts[name] for name in PARTS} | {"stall": glyphs.stall, "failed": glyphs.cross}
    shapes: list[Piece] = []
    for name, glyph in parts.items():
        shapes += [(glyph, PART_ROLES[name]), (f" {name}  ", "")]
    half = 2 * ((len(parts) + 1) // 2)
    return [
        (("Shapes of a lane's time", "title"),), tuple(phases), tuple(states), (),
        (("Shapes of a process's time", "title"),), tuple(shapes[:half]), tuple(shapes[half:]), (),
    ]  # fmt: skip


def key_lines(active: Sequence[ActiveBinding], possible: Sequence[Command], panel: int = 0) -> list[Line]:
    """Write every key that works here: those of the PANEL first, then all others of the POSSIBLE commands."""
    own = [(_keys_of(command), command.help) for command in possible if panel and command.panel == panel]
    own += _own_keys(active, possible)
    lines: list[Line] = []
    if own:
        lines += [(("Keys of this panel", "title"),), *(_key_line(key, text) for key, text in own), ()]
    lines.append((("Keys everywhere" if panel else "Keys", "title"),))
    others = [command for command in possible if not panel or command.panel != panel]
    by_id: dict[str | None, str] = {}
    for item in active:  # of several keys, the first that the panel has not for itself
        by_id.setdefault(item.binding.id, key_name(item.binding.key))
    return lines + [
        _key_line(command.shown_key or by_id.get(command.id) or command.key_text, command.help) for command in others
    ]


def folded_line(line: Line, width: int) -> list[Line]:
    """Fold a line of the legend at WIDTH: sentences between words, beside their key, and shapes with their names."""
    if line_width(line) <= width or len(line) < 2:
        return [line]
    if len(line) == 2:  # a key, and what it does
        (key, role), (text, text_role) = line
        parts = wrap(text, max(1, width - _KEY_WIDTH)) or [""]
        margins = [(key, role), *[(" " * _KEY_WIDTH, "")] * (len(parts) - 1)]
        return [(margin, (part, text_role)) for margin, part in zip(margins, parts, strict=True)]
    lines: list[Line] = [()]
    for shape in zip(line[::2], line[1::2], strict=True):
        if lines[-1] and line_width((*lines[-1], *shape)) > width:
            lines.append(())
        lines[-1] = (*lines[-1], *shape)
    return lines


def _keys_of(command: Command) -> str:
    return command.shown_key or ", ".join(map(key_name, command.keys))


def _key_line(key: str, text: str) -> Line:
    return ((f"{key:<{_KEY_WIDTH}}", "text-primary"), (text.rstrip("."), ""))


def _own_keys(active: Sequence[ActiveBinding], possible: Sequence[Command]) -> list[tuple[str, str]]:
    common = {binding.id for command in (*COMMANDS, *possible) for binding in command.bindings()}
    keys: dict[str, tuple[list[str], str]] = {}
    for node, binding, _enabled, tooltip in active:
        if binding.id in common or not (binding.show or tooltip):
            continue
        name = node.app.get_key_display(binding)
        keys.setdefault(binding.action, ([], tooltip or binding.description))[0].append(name)
    return [(", ".join(dict.fromkeys(names)), text) for names, text in keys.values()]
