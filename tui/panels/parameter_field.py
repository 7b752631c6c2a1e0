"""One parameter of a workload: a field that says at once when its value is wrong."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Parameter, ParameterValue, Workload
from poolscope.workloads.parameters import format_parameter, parse_parameter


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
        self._problem_line = Static("", classes="problem", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out name and field."""
        parameter = self.parameter
        with Horizontal():
            yield Label(Text(parameter.name), markup=False)
            yield Input(format_parameter(parameter, parameter.default), compact=True)
            if parameter.presets or parameter.choices:
                yield Label(Text(self._arrows), classes="presets", markup=False)

    def _add_sentences(self) -> None:
        """Have room for sentences below, now that there is something to say."""
        if not self._problem_line.is_attached:
            self.mount(Static(Text(self.parameter.help), classes="hint", markup=False), self._problem_line)

    def on_descendant_focus(self) -> None:
        """Say what the parameter means."""
        self._add_sentences()

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
            self._add_sentences()
            self._problem_line.update(Text(problem or ""))
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
