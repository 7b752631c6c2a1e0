"""A workload's page: what it shows, what to watch, what to expect, what to try next, and what would run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.workloads.parameters import format_parameter

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.workloads.model import Parameter, ParameterValue, Workload

    from .lab import LabScreen

_HEADINGS = {"Watch": "What to watch", "Expect": "What to expect", "Try next": "Try next"}


class PageScreen(ModalScreen[str | None]):
    """One page; Enter or r runs the workload, Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,r,f5", "wish('run')", "Run", priority=True),
        Binding("escape,q,i,ctrl+c,ctrl+q", "wish('')", "Back", priority=True),
        Binding("s", "source", "Source"),
        Binding("left", "step_preset(-1)", "Preset before", priority=True),
        Binding("right", "step_preset(1)", "Next preset", priority=True),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, lab: LabScreen, core: Core, glyphs: Glyphs) -> None:
        super().__init__()
        self._lab = lab
        self._core = core
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The page, which scrolls, and what the keys do."""
        workload = self._lab.workloads.chosen
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = self._spell(f"{workload.name} · {workload.topic}")
            has_presets = any(parameter.presets or parameter.choices for parameter in workload.parameters)
            sizes = "left and right: size · " if has_presets else ""
            dialog.border_subtitle = self._spell(f"Enter runs it · {sizes}s: source · Esc: back")
            yield Static(id="page-text", markup=False)
            yield Static(id="page-plan", markup=False)

    def on_mount(self) -> None:
        """Write the page."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.query_one("#page-text", Static).update(self._spelled(text_of(self._lab.workloads.chosen)))
        self._show_plan()
        self.set_interval(0.25, self._show_plan)
        self.set_focus(self.query_one(VerticalScroll))

    def _spell(self, text: str) -> str:
        return text.translate(dict(self._glyphs.spelling)) if self._glyphs.spelling else text

    def _spelled(self, text: Text) -> Text:
        return Text(self._spell(text.plain), spans=text.spans)

    def _show_plan(self) -> None:
        panel = self._lab.workloads
        given = panel.values
        text = Text()
        if panel.chosen.parameters:
            text.append("Parameters\n", "bold")
        for parameter in panel.chosen.parameters:
            text.append_text(_parameter_text(parameter, given.get(parameter.name)))
        snapshot = self._core.latest
        choice = snapshot.choice if snapshot else None
        if choice is not None and choice.workload is panel.chosen:
            gap = "\n" if text else ""
            text.append(f"{gap}Enter runs these lanes, one after the other\n", "bold")
            for key, lane in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", choice.lanes, strict=False):
                text.append(f"{key} ", "bold").append(f"{lane.label}\n")
            if choice.expectation:
                text.append(f"{choice.expectation}\n", "dim")
            if choice.problem:
                text.append(f"\n{choice.problem}\n", "bold")
        if snapshot is not None and snapshot.is_under_way:
            text.append("\nA run is under way; this one can be run after it.\n", "bold")
        text.rstrip()
        self.query_one("#page-plan", Static).update(self._spelled(text))

    def action_wish(self, wish: str) -> None:
        """Close, perhaps with the WISH to run."""
        if wish and not self._lab.check_action("run", ()):
            self.app.bell()
            return
        self.dismiss(wish or None)

    def action_source(self) -> None:
        """Show the source."""
        self._lab.action_show_source()

    def action_step_preset(self, by: int) -> None:
        """Step through the presets of the first parameter that has any."""
        self._lab.workloads.step_preset(by)
        self.call_after_refresh(self._show_plan)

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def text_of(workload: Workload) -> Text:
    """Write what a workload says of itself, each paragraph with a heading."""
    text = Text()
    summary = workload.summary
    text.append(f"{summary[:1].upper()}{summary[1:].rstrip('.')}.\n\n", "bold")
    for number, paragraph in enumerate(workload.explanation.split("\n\n")):
        heading = next((words for begin, words in _HEADINGS.items() if paragraph.startswith(begin)), "")
        if heading or number == 0:
            text.append(f"{heading or 'What it shows'}\n", "bold")
        rest = paragraph.removeprefix("Try next: ")
        text.append(f"{rest[:1].upper()}{rest[1:]}\n\n")
    text.rstrip()
    return text


def _parameter_text(parameter: Parameter, value: ParameterValue | None) -> Text:
    shown = format_parameter(parameter, value) if value is not None else "(cannot be used as it stands)"
    text = Text().append(f"{parameter.name} = {shown}", "bold").append(f"  {parameter.help}", "not bold")
    if parameter.choices:
        text.append(f" One of {', '.join(parameter.choices)}.", "dim")
    elif parameter.minimum is not None and parameter.maximum is not None:
        text.append(f" From {parameter.minimum:,} to {parameter.maximum:,}.", "dim")
    if parameter.presets:
        presets = ", ".join(format_parameter(parameter, preset) for preset in parameter.presets)
        text.append(f" Presets: {presets}.", "dim")
    return text.append("\n")
