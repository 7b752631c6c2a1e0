"""The workloads: what can be run, by topic, with parameters that say at once when they are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from poolscope.tui.messages import PageAsked, ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import Parameters, Workload

from .base import Panel
from .parameter_field import ParameterField, defaults_of
from .run_view import RunView

if TYPE_CHECKING:
    from poolscope.workloads.catalogue.listing import Entry

WIDE = 70
"""Cells from which the list stands beside the rest instead of above it."""
_SUMMARY = 14
"""Cells that are the least a summary needs to be worth showing."""
_LONGEST_NAME = 20

__all__ = ["WorkloadList", "WorkloadsPanel", "defaults_of"]


class WorkloadList(OptionList):
    """The names below their topics, one line each; left and right step through the presets of the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step_preset(-1)", "Preset before", show=False, tooltip="Set the previous preset"),
        Binding("right", "step_preset(1)", "Next preset", show=False, tooltip="Set the next preset"),
        Binding("pagedown", "scroll_about(1)", "Read on", show=False, tooltip="Read on in the explanation"),
        Binding("pageup", "scroll_about(-1)", "Read back", show=False, tooltip="Go back in the explanation"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding(
            "enter",
            "select",
            "Open",
            key_display="enter",
            id="workloads.choose",
            tooltip="Open the page of the chosen workload",
        ),
    ]

    @property
    def _panel(self) -> WorkloadsPanel:
        return next(node for node in self.ancestors if isinstance(node, WorkloadsPanel))

    def action_step_preset(self, step: int) -> None:
        """Set the chosen workload's first parameter that has presets to another of them."""
        self._panel.step_preset(step)

    def action_scroll_about(self, by: int) -> None:
        """Scroll the parameters and the explanation by most of a page."""
        about = self._panel.query_one("#about", VerticalScroll)
        about.scroll_relative(y=by * max(1, about.size.height - 2), animate=False)


class WorkloadsPanel(Panel):
    """What can be run."""

    NUMBER = 1
    TITLE = "Workload"
    HELP = """\
The list holds what can be run, by topic. **Up** and **down** choose: the marked workload is the one that **r** runs.
**Enter** opens its page: what it shows, what to watch, what to expect, what to try next. **s** shows its source, and
**m** puts a function of your own into the list. **Ctrl+P** and a part of a name find a workload, too. What a project
registers in its `pyproject.toml`, or a package by an entry point, is listed as well; **Enter** or **r** has it looked
at before it runs.

Beside the list stand its parameters. They are checked while you type; a sentence below the field says what is wrong
and what is allowed. Numbers may be written as `5,000,000`, `5_000_000`, `1e6` or `10^6`. **Left** and **right** in the
list, **up** and **down** in a field step through the presets. **Tab** goes to the fields, **Esc** leaves them.

What a workload has to show while it runs stands here, too: the picture of `mandelbrot`, each row in the colour of the
worker that computed it, or how full the queues of `pipeline` are. **v** shows it large.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back to the list", show=False, tooltip="Leave the field"),
    ]

    def __init__(self, workloads: Iterable[Workload | Entry], *, id: str | None = None) -> None:  # noqa: A002
        """Take what is listed; an `Entry` is built when it is first chosen."""
        super().__init__(id=id)
        self._listed: dict[str, Workload | Entry] = {workload.name: workload for workload in workloads}
        self._chosen = self.workload(next(iter(self._listed)))
        self._given: Parameters = defaults_of(self._chosen)
        self.view = RunView()
        """What the run has to show beside figures."""

    @property
    def chosen(self) -> Workload:
        """The workload that would run next."""
        return self._chosen

    @property
    def listed(self) -> Sequence[Workload | Entry]:
        """All that can be run."""
        return tuple(self._listed.values())

    def workload(self, name: str) -> Workload:
        """Build the workload called NAME, if that was not done before."""
        entry = self._listed[name]
        if isinstance(entry, Workload):
            return entry
        from poolscope.workloads import catalogue

        return catalogue.find(name)

    @property
    def values(self) -> Parameters:
        """The parameters as they stand; empty while one of them cannot be used."""
        return self._given

    def compose(self) -> ComposeResult:
        """Lay out the list, the fields and the explanation."""
        yield WorkloadList(*self._options(), compact=True, markup=False)
        with VerticalScroll(id="about", can_focus=False):
            yield Vertical(*self._fields(), id="parameters")
            yield Static(self._explanation(), id="explanation", markup=False)

    def on_mount(self) -> None:
        """Put the cursor on the chosen workload."""
        self.view.glyphs = self.glyphs
        self.call_after_refresh(self._add_view)
        self._move_to(self._chosen.name)

    def _add_view(self) -> None:
        """Have room for what a run shows: the first screen does without. Who leaves at once needs none."""
        if self.is_attached:
            self.query_one("#about", VerticalScroll).mount(self.view, before=0)

    def apply(self, snapshot: Snapshot) -> None:
        """Show what the run has to show."""
        self.view.apply(snapshot)
        if self.has_class("-view") != self.view.display:
            self.set_class(self.view.display, "-view")
            self.call_after_refresh(self.query_one(WorkloadList).scroll_to_highlight)

    def problems(self) -> list[str]:
        """What keeps the workload from running, a sentence each."""
        return [field.problem for field in self.query(ParameterField) if field.problem]

    def step_preset(self, by: int) -> bool:
        """Step through the presets of the first parameter that has any; False if none has."""
        return any(field.step(by) for field in self.query(ParameterField))

    def list_more(self, workloads: Sequence[Workload]) -> None:
        """Put WORKLOADS at the end of the list; what is chosen stays chosen."""
        self._listed |= {workload.name: workload for workload in workloads}
        self._list_again()
        self._move_to(self._chosen.name)

    def _list_again(self) -> None:
        chooser = self.query_one(WorkloadList)
        with self.prevent(OptionList.OptionHighlighted):
            chooser.clear_options()
            chooser.add_options(self._options())
        self._write_names()

    async def add(self, workload: Workload) -> None:
        """Put a person's own WORKLOAD into the list, in place of one of the same name, and choose it."""
        self._listed[workload.name] = workload
        self._list_again()
        await self.choose(workload.name)

    async def choose(self, name: str) -> None:
        """Choose the workload called NAME, with its default parameters."""
        self._move_to(name)  # first, as who moves on while the fields are exchanged is not to be taken back
        workload = self.workload(name)
        if workload is not self._chosen:
            self._chosen = workload
            parameters = self.query_one("#parameters", Vertical)
            await parameters.remove_children()
            await parameters.mount(*self._fields())
            self.query_one("#about", VerticalScroll).scroll_home(animate=False)
            self.query_one("#explanation", Static).update(self._explanation())
            self._given = defaults_of(self._chosen)
            self._write_names()
            self.post_message(WorkloadChosen(self._chosen, self._given))

    @on(OptionList.OptionHighlighted)
    async def _choose_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        chooser = self.query_one(WorkloadList)
        # Who goes down fast has only where they are now chosen for them.
        if event.option_id is not None and event.option_index == chooser.highlighted:
            await self.choose(event.option_id)

    @on(OptionList.OptionSelected)
    async def _open_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            await self.choose(event.option_id)
            self.post_message(PageAsked())

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        event.stop()
        values = {field.parameter.name: field.read() for field in self.query(ParameterField)}
        given = {name: value for name, value in values.items() if value is not None}
        if len(given) < len(values):
            self._given = {}
            self.post_message(ParametersInvalid(self.problems()[0]))
        elif given != self._given:  # a field that was only filled in, or written differently, changes nothing
            self._given = given
            self.post_message(ParametersChanged(self._chosen, given))

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_back()

    def action_back(self) -> None:
        """Go back to the list."""
        self.screen.set_focus(self.query_one(WorkloadList))

    def on_resize(self, event: events.Resize) -> None:
        """Shorten the descriptions to the new width, or put the list beside the rest."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._write_names)

    def _move_to(self, name: str) -> None:
        chooser = self.query_one(WorkloadList)
        index = chooser.get_option_index(name)
        if chooser.highlighted != index:
            with self.prevent(OptionList.OptionHighlighted):
                chooser.highlighted = index
        if index <= 1:
            chooser.scroll_home(animate=False)  # the heading above the first one, too

    def _write_names(self) -> None:
        chooser = self.query_one(WorkloadList)
        width = chooser.scrollable_content_region.width
        for entry in self._listed.values():
            prompt = self._prompt(entry, width)
            if prompt != chooser.get_option(entry.name).prompt:  # each has the whole screen laid out anew
                chooser.replace_option_prompt(entry.name, prompt)

    def _explanation(self) -> Text:
        summary = self._chosen.summary
        return Text(f"{summary[:1].upper()}{summary[1:].rstrip('.')}.\n\n", style="bold").append(
            self._chosen.explanation, style="not bold"
        )

    def _options(self) -> list[Option]:
        by_topic: dict[str, list[Workload | Entry]] = {}
        for entry in self._listed.values():
            by_topic.setdefault(entry.topic, []).append(entry)
        options = []
        for topic, entries in by_topic.items():
            options.append(Option(Text(f"{topic[:1].upper()}{topic[1:]}", no_wrap=True), disabled=True))
            options += [Option(self._prompt(entry, 0), id=entry.name) for entry in entries]
        return options

    def _prompt(self, entry: Workload | Entry, width: int) -> Text:
        from poolscope.workloads.text import shorten

        is_chosen = entry.name == self._chosen.name
        mark = self.glyphs.arrow if is_chosen else " "
        longest = min(_LONGEST_NAME, max(map(len, self._listed)))
        room = width - longest - 5
        name = shorten(entry.name, max(longest, width - 3), self.glyphs.ellipsis)
        if room < _SUMMARY or len(name) > longest:
            return Text(f"{mark} {name}", style="bold" if is_chosen else "", no_wrap=True)
        text = Text(f"{mark} {name:<{longest}}  ", style="bold" if is_chosen else "", no_wrap=True)
        return text.append(shorten(entry.summary, room, self.glyphs.ellipsis), style="not bold dim")

    def _fields(self) -> list[ParameterField]:
        arrows = "< >" if self.glyphs.ellipsis == "~" else "◂ ▸"
        return [ParameterField(parameter, arrows) for parameter in self._chosen.parameters]
