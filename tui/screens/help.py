"""Explains the focused panel: what is shown, what the shapes mean, and the keys that work there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from poolscope.tui.commands import COMMANDS
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.panels.base import Panel
from poolscope.workloads.model import PHASES

_STATES = ("queued", "running", "done", "failed", "cancelled", "suspended")


class HelpScreen(ModalScreen[None]):
    """One page of help, from the panel's own text and the bindings that are really there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1,ctrl+c,ctrl+q", "dismiss", "Close"),
    ]

    def __init__(self, panel: Panel, active: Sequence[ActiveBinding], glyphs: Glyphs) -> None:
        super().__init__()
        self._panel = panel
        self.text = help_text(panel, active, glyphs)
        """What is shown, as Markdown."""

    def compose(self) -> ComposeResult:
        """The page, which scrolls."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = f"Help: {self._panel.TITLE}"
            dialog.border_subtitle = "Esc closes"
            yield Markdown(self.text)

    def on_mount(self) -> None:
        """Let the arrows scroll at once."""
        self.set_class(self.app.screen_stack[0].has_class("-ascii"), "-ascii")
        self.query_one(VerticalScroll).focus()


def help_text(panel: Panel, active: Sequence[ActiveBinding], glyphs: Glyphs) -> str:
    """Write the help of PANEL as Markdown."""
    shapes = "   ".join(f"`{glyphs.phases[name]}` {name}" for name in PHASES)
    states = "   ".join(f"`{glyphs.states[name]}` {name}" for name in _STATES)
    parts = [panel.HELP or "", "### Shapes", f"Phases: {shapes}", f"States: {states}"]
    own = _own_keys(active)
    if own:
        parts += ["### Keys of this panel", _table(own)]
    parts += ["### Keys everywhere", _table([(command.key_text, command.help) for command in COMMANDS])]
    return "\n\n".join(parts)


def _own_keys(active: Sequence[ActiveBinding]) -> list[tuple[str, str]]:
    common = {binding.id for command in COMMANDS for binding in command.bindings()}
    keys: dict[str, tuple[list[str], str]] = {}
    for node, binding, _enabled, tooltip in active:
        if binding.id in common or not (binding.show or tooltip):
            continue
        name = binding.key_display or node.app.get_key_display(binding)
        keys.setdefault(binding.action, ([], tooltip or binding.description))[0].append(name)
    return [(", ".join(dict.fromkeys(names)), text) for names, text in keys.values()]


def _table(rows: Sequence[tuple[str, str]]) -> str:
    body = "\n".join(f"| `{key}` | {text.rstrip('.')} |" for key, text in rows)
    return f"| Key | What it does |\n|---|---|\n{body}"
