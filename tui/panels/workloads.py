"""The workloads: what can be run, with parameters that say at once when they are wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from poolscope.tui.messages import ParametersChanged, ParametersInvalid, WorkloadChosen
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Parameter, ParameterValue, Workload
from poolscope.workloads.parameters import format_parameter, parse_parameter

from .base import Panel


class WorkloadList(OptionList):
    """The names, one line each; left and right step through the presets of the chosen one."""

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
            "Choose",
            key_display="enter",
            id="workloads.choose",
            tooltip="Choose the workload under the cursor",
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


class ParameterField(Vertical):
    """One parameter: its name, its value, and a sentence below when the value cannot be used."""

    DEFAULT_CSS = """
    ParameterField {
        height: auto;
        & > Horizontal { height: 1; }
        & Label { width: auto; padding: 0 1 0 0; text-style: bold; }
        & Input { width: 1fr; }
        & .presets { width: auto; color: $text-muted; padding: 0 0 0 1; text-style: none; }
        & .problem { color: $text-error; height: auto; display: none; }
        &.-invalid .problem { display: block; }
        & .hint { color: $text-muted; height: auto; display: none; }
        &:focus-within .hint { display: block; }
        &.-invalid .hint { display: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step_preset(1)", "Next preset", show=False, tooltip="Set the next preset"),
        Binding("down", "step_preset(-1)", "Preset before", show=False, tooltip="Set the previous preset"),
    ]

    def __init__(self, parameter: Parameter, arrows: str) -> None:
        super().__init__()
        self.parameter = parameter
        self._arrows = arrows
        self._problem: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out name, field and the sentences below."""
        parameter = self.parameter
        with Horizontal():
            yield Label(Text(parameter.name), markup=False)
            yield Input(format_parameter(parameter, parameter.default), compact=True)
            if parameter.presets or parameter.choices:
                yield Label(Text(self._arrows), classes="presets", markup=False)
        yield Static(Text(parameter.help), classes="hint", markup=False)
        yield Static("", classes="problem", markup=False)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.query_one(Input).value

    def read(self) -> ParameterValue | None:
        """Parse what stands in the field, and say below it what is wrong; None if it cannot be used."""
        value, problem = None, None
        try:
            value = parse_parameter(self.parameter, self.text)
        except UsageError as error:
            problem = str(error)
        if problem != self._problem:
            self._problem = problem
            self.query_one(".problem", Static).update(Text(problem or ""))
            self.set_class(problem is not None, "-invalid")
        return value

    @property
    def problem(self) -> str | None:
        """What is wrong with the value, in one sentence."""
        return self._problem

    def step(self, by: int) -> bool:
        """Go to the next preset or choice; False where there are none."""
        offered: tuple[ParameterValue, ...] = self.parameter.presets or self.parameter.choices
        if not offered:
            return False
        texts = [format_parameter(self.parameter, value) for value in offered]
        index = texts.index(self.text) + by if self.text in texts else (0 if by > 0 else -1)
        field = self.query_one(Input)
        field.value = texts[index % len(texts)]
        field.cursor_position = len(field.value)
        return True

    def action_step_preset(self, by: int) -> None:
        """Go to the next preset of this parameter."""
        self.step(by)


def defaults_of(workload: Workload) -> dict[str, ParameterValue]:
    """The parameters that WORKLOAD has when nothing else is asked for."""
    return {parameter.name: parameter.default for parameter in workload.parameters}


class WorkloadsPanel(Panel):
    """What can be run."""

    NUMBER = 1
    TITLE = "Workload"
    HELP = """\
The list holds what can be run. **Up** and **down** move, **Enter** chooses: the marked workload is the one that
**r** runs. Below the list stand its parameters. They are checked while you type; a sentence below the field says
what is wrong and what is allowed. Numbers may be written as `5,000,000`, `5_000_000`, `1e6` or `10^6`.

**Left** and **right** in the list, **up** and **down** in a field, or **p** anywhere step through the presets.
**Esc** leaves a field. The text at the bottom says what the workload shows and what to watch.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back to the list", show=False, tooltip="Leave the field"),
    ]

    def __init__(self, workloads: Iterable[Workload], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._workloads = {workload.name: workload for workload in workloads}
        self._chosen = next(iter(self._workloads.values()))
        self._given = defaults_of(self._chosen)

    @property
    def chosen(self) -> Workload:
        """The workload that would run next."""
        return self._chosen

    def compose(self) -> ComposeResult:
        """Lay out the list, the fields and the explanation."""
        yield WorkloadList(*self._options(), compact=True, markup=False)
        with VerticalScroll(id="about", can_focus=False):
            yield Vertical(*self._fields(), id="parameters")
            yield Static(self._explanation(), id="explanation", markup=False)

    def on_mount(self) -> None:
        """Put the cursor on the chosen workload."""
        self.query_one(WorkloadList).highlighted = 0

    def apply(self, snapshot: Snapshot) -> None:
        """Nothing here depends on what runs."""

    def problems(self) -> list[str]:
        """What keeps the workload from running, a sentence each."""
        return [field.problem for field in self.query(ParameterField) if field.problem]

    def step_preset(self, by: int) -> bool:
        """Step through the presets of the first parameter that has any; False if none has."""
        return any(field.step(by) for field in self.query(ParameterField))

    async def choose(self, name: str) -> None:
        """Choose the workload called NAME, with its default parameters."""
        self._chosen = self._workloads[name]
        chooser = self.query_one(WorkloadList)
        for index, workload in enumerate(self._workloads.values()):
            chooser.replace_option_prompt_at_index(index, self._prompt(workload))
        parameters = self.query_one("#parameters", Vertical)
        await parameters.remove_children()
        await parameters.mount(*self._fields())
        self.query_one("#about", VerticalScroll).scroll_home(animate=False)
        self.query_one("#explanation", Static).update(self._explanation())
        self._given = defaults_of(self._chosen)
        self.post_message(WorkloadChosen(self._chosen, self._given))

    @on(OptionList.OptionSelected)
    async def _choose_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            await self.choose(event.option_id)

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
        """Shorten the descriptions to the new width."""
        del event
        chooser = self.query_one(WorkloadList)
        for index, workload in enumerate(self._workloads.values()):
            chooser.replace_option_prompt_at_index(index, self._prompt(workload))

    def _explanation(self) -> Text:
        summary = self._chosen.summary
        return Text(f"{summary[:1].upper()}{summary[1:]}.\n\n", style="bold").append(
            self._chosen.explanation, style="not bold"
        )

    def _options(self) -> list[Option]:
        return [Option(self._prompt(workload), id=workload.name) for workload in self._workloads.values()]

    def _prompt(self, workload: Workload) -> Text:
        from poolscope.workloads.text import shorten

        is_chosen = workload is self._chosen
        mark = self.glyphs.arrow if is_chosen else " "
        longest = max(map(len, self._workloads))
        room = self.content_region.width - longest - 5
        text = Text(f"{mark} {workload.name:<{longest}}  ", style="bold" if is_chosen else "", no_wrap=True)
        return text.append(shorten(workload.summary, max(0, room), self.glyphs.ellipsis), style="not bold dim")

    def _fields(self) -> list[ParameterField]:
        arrows = "< >" if self.glyphs.ellipsis == "~" else "◂ ▸"
        return [ParameterField(parameter, arrows) for parameter in self._chosen.parameters]
