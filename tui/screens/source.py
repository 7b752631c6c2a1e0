"""The source of a workload, read and never run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.workloads.errors import UsageError
from poolscope.workloads.text import clean

if TYPE_CHECKING:
    from poolscope.workloads.model import Workload
    from poolscope.workloads.target import Target

_LARGEST = 400_000
_ABOVE = 3
"""Lines that stay in sight above the function."""


class Source(NamedTuple):
    """A file with a function in it."""

    title: str
    text: str
    line: int | None
    """Where the function begins; None where that is not known."""


def source_of(workload: Workload, target: Target | None) -> Source | str:
    """Read the source of a workload, or say in one sentence why it cannot be shown.

    Args:
        workload: Whose it is.
        target: The person's own function, if it is one; nothing of that is imported here.
    """
    if target is None:
        code = workload.function.__code__
        return _read(code.co_filename, Path(code.co_filename).name, code.co_firstlineno)
    from poolscope.workloads.places import locate, split_reference

    where, name = split_reference(target.function) or (target.function, "")
    try:
        place = locate(where, target.directory)
    except UsageError as error:
        return str(error)
    file = place.file or f"{Path(place.root, *place.module.split('.'))}.py"
    found = _read(file, place.shown, None)
    return found if isinstance(found, str) else found._replace(line=_line_of(found.text, name))


def _read(path: str, title: str, line: int | None) -> Source | str:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        return f"The source of {clean(title, 100)} cannot be read: {(error.strerror or 'unknown reason').lower()}."
    # Untrusted as any text: what a terminal would obey is shown and not sent.
    lines = text.expandtabs(4).split("\n")
    shown = "\n".join("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in each) for each in lines)
    return Source(clean(title, 100), shown, line)


def _line_of(text: str, name: str) -> int | None:
    begins = tuple(f"{word} {name.partition('.')[0]}" for word in ("def", "class", "async def"))
    for number, line in enumerate(text.split("\n"), 1):
        if any(line.startswith((f"{begin}(", f"{begin}:")) for begin in begins):
            return number
    return None


class SourceScreen(ModalScreen[None]):
    """The source, as it stands in the file; Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,s,q,ctrl+c,ctrl+q", "dismiss", "Back", priority=True),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, source: Source, glyphs: Glyphs) -> None:
        super().__init__()
        self._source = source
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The file with its lines numbered."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = self._source.title
            dialog.border_subtitle = "Arrows scroll, Esc goes back"
            yield Static(id="source", markup=False)

    def on_mount(self) -> None:
        """Show the function first."""
        from rich.syntax import Syntax  # with all of Pygments behind it

        self.set_class(self._glyphs is ASCII, "-ascii")
        source = self._source
        marked = {source.line} if source.line is not None else set()
        theme = "monokai" if self.app.current_theme.dark else "friendly"
        syntax = Syntax(
            source.text,
            "python",
            theme=theme,
            line_numbers=self._glyphs is not ASCII,
            highlight_lines=marked,
            background_color=self.app.theme_variables["background"],
            word_wrap=False,
        )
        self.query_one("#source", Static).update(syntax)
        scroll = self.query_one(VerticalScroll)
        self.set_focus(scroll)
        if source.line is not None:
            self.call_after_refresh(scroll.scroll_to, y=max(0, source.line - 1 - _ABOVE), animate=False)

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
