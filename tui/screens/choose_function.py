"""Chooses a function of the person's own: a file or module, one of its functions, and what it is called with."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.widgets.chooser import Chooser
from poolscope.workloads.errors import UsageError
from poolscope.workloads.places import current_directory, locate
from poolscope.workloads.probe.answers import Answer, FunctionInfo, Limits, Request
from poolscope.workloads.target import Own, Target, check_target, workload_of

if TYPE_CHECKING:
    from poolscope.tui.core import Core

_ROOMY = 32
"""Rows of a terminal from which on there is a blank line between the fields."""
_NUMBERS = (("limit", "the first", "all"), ("sample", "at random", "all"), ("seed", "seed", "0"))
_STAR = (("", "spread if needed"), ("star", "spread always"))
_KEEP_GOING = (("", "ends the run"), ("keep going", "is only listed"))
_MOST = 10**12
_TASKS = 8
"""Of a trial."""
_PAUSE_SECONDS = 0.4
"""After the last letter of the path, before the file is looked at."""
_MOST_FILES = 2_000
_FIRST_HINT = "A file such as work.py, or a module such as package.work; the key right takes what is suggested."
_INPUTS_HINT = "Write a range(100), a literal list, @words.txt, @table.csv, a pattern such as *.txt, or file.py:inputs."


class Given(NamedTuple):
    """A function that is known already, because it was registered or chosen before."""

    name: str
    """What its workload is called."""
    summary: str
    target: Target
    """Its inputs are "" where the person has to say them."""
    at_once: bool = True
    """Whether it is tried before anything was asked."""


class PathSuggester(Suggester):
    """Completes the name of a Python file or a directory."""

    def __init__(self, directory: str) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._directory = directory

    async def get_suggestion(self, value: str) -> str | None:
        """The first name, in the order of the alphabet, that VALUE begins."""
        return complete(value, Path(self._directory))


def complete(value: str, directory: Path) -> str | None:
    """Complete a path that was begun, relative to DIRECTORY; None where nothing fits."""
    head, slash, begin = value.rpartition("/")
    if not value:
        return None
    try:
        place = directory / Path(head + slash).expanduser()
        names = [
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in islice(place.iterdir(), _MOST_FILES)
            if entry.name.startswith(begin) and (begin or not entry.name.startswith((".", "_")))
        ]
    except (OSError, ValueError, RuntimeError):
        return None
    fitting = sorted(name for name in names if name.endswith((".py", "/")) and name.isprintable())
    return head + slash + fitting[0] if fitting else None


def target_of(form: dict[str, str], directory: str) -> Target:
    """Read a FORM that was filled in; paths in it are relative to DIRECTORY.

    Raises:
        UsageError: If a number in it makes no sense.
    """
    numbers: dict[str, int | None] = {}
    for name, text, _ in _NUMBERS:
        given = form.get(name, "")
        least = 0 if name == "seed" else 1
        if given and not (given.isascii() and given.isdecimal() and least <= int(given) <= _MOST):
            raise UsageError(f"{text.capitalize()} {given} cannot be used: choose a whole number from {least} on.")
        numbers[name] = int(given) if given else None
    return Target(
        f"{form['where']}:{form['function']}",
        form.get("inputs", ""),
        directory,
        numbers["limit"],
        numbers["sample"],
        numbers["seed"] or 0,
        star=bool(form.get("star")),
    )


def form_of(target: Target) -> dict[str, str]:
    """Fill a form in with a TARGET."""
    where, _, function = target.function.rpartition(":")
    form = {"where": where, "function": function, "inputs": target.inputs, "star": "star" if target.star else ""}
    return form | {name: str(value) for name, _, _ in _NUMBERS if (value := getattr(target, name))}


class ChooseFunctionScreen(ModalScreen[Own | None]):
    """Path, functions, inputs; Enter goes on, Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+q", "leave", "Leave", priority=True),
        Binding("enter", "try", "Try it", show=False),
        Binding("down", "go(1)", "Next", show=False),
        Binding("up", "go(-1)", "Before", show=False),
    ]

    class Answered(Message):
        """The probe answered."""

        def __init__(self, number: int, answer: Answer) -> None:
            super().__init__()
            self.number = number
            self.answer = answer

    def __init__(self, core: Core, glyphs: Glyphs, form: dict[str, str], given: Given | None = None) -> None:
        """Begin with what was typed last.

        Args:
            core: Whom the probe is asked through.
            glyphs: What the terminal can show.
            form: What was typed last, which is kept up to date.
            given: A function to begin with; None to choose one.

        Raises:
            UsageError: If there is no current directory to choose one in.
        """
        super().__init__()
        self._core = core
        self._glyphs = glyphs
        self._form = form if given is None else form_of(given.target)
        self._given = given
        self._directory = current_directory() if given is None else given.target.directory
        self._functions: tuple[FunctionInfo, ...] = ()
        self._target: Target | None = None
        """What is tried now; None while nothing is."""
        self._number = 0
        """Of the last question: older answers are not wanted."""
        self._where = ""
        """The file or module whose functions are listed or asked for."""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The form."""
        form = self._form
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "A function of your own"
            dialog.border_subtitle = "Tab and arrows move, Enter goes on, Esc leaves"
            with Horizontal(classes="row"):
                yield Label("File or module")
                suggester = PathSuggester(self._directory)
                yield Input(form.get("where", ""), compact=True, id="where", max_length=1_000, suggester=suggester)
            yield OptionList(id="functions", compact=True, markup=False)
            with Horizontal(classes="row"):
                yield Label("Inputs")
                yield Input(form.get("inputs", "range(100)"), compact=True, id="inputs", max_length=10_000)
            with Horizontal(classes="row numbers"):
                yield Label("Of these")
                for name, text, empty in _NUMBERS:
                    yield Static(text, markup=False, classes="word")
                    yield Input(form.get(name, ""), placeholder=empty, compact=True, id=name, max_length=15,
                                type="integer")  # fmt: skip
            with Horizontal(classes="row choices"):
                yield Label("Each input")
                yield Chooser(self._glyphs, id="star", goes_round=True)
                yield Static("an error", markup=False, classes="word")
                yield Chooser(self._glyphs, id="keep-going", goes_round=True)
            yield Static(_FIRST_HINT, classes="note", markup=False)

    def on_mount(self) -> None:
        """Let the path be typed at once."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_class(self.app.size.height >= _ROOMY, "-roomy")
        self.query_one("#star", Chooser).offer(_STAR, self._form.get("star", ""))
        self.query_one("#keep-going", Chooser).offer(_KEEP_GOING, self._form.get("keep_going", ""))
        if self._given is not None and self._given.target.inputs and self._given.at_once:
            self._where = self._form["where"]
            self._check(self._given.target)
            return
        self.set_focus(self.query_one("#where" if self._given is None else "#inputs"))
        if self._form.get("where"):
            self._list_functions()

    def _say(self, text: str, *, is_problem: bool = False) -> None:
        self.set_class(is_problem, "-invalid")
        spelled = text.translate(dict(self._glyphs.spelling)) if self._glyphs.spelling else text
        self.query_one(".note", Static).update(Text(spelled))

    def _ask(self, request: Request) -> None:
        self._number += 1
        number = self._number
        self._core.examine(request, lambda answer: self._post(number, answer))

    def _post(self, number: int, answer: Answer) -> None:
        """Take an answer; called from another thread, perhaps when this is closed already."""
        if self.is_running:
            self.post_message(self.Answered(number, answer))

    # The functions of a file.

    @on(Input.Changed, "#where")
    def _wait_for_more(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_SECONDS, self._list_functions)

    def _list_functions(self) -> None:
        where = self.query_one("#where", Input).value.strip()
        if where == self._where:
            return
        self._where, self._functions, self._target = where, (), None
        self.query_one(OptionList).clear_options()
        if not where:
            self._say(_FIRST_HINT)
            return
        try:
            locate(where, self._directory)
        except UsageError as error:
            self._say(str(error), is_problem=True)
            return
        self._say("Looking at it …")
        self._ask(Request("functions", self._directory, where=where, limits=Limits()))

    def _show_functions(self, answer: Answer) -> None:
        chooser = self.query_one(OptionList)
        self._functions = answer.functions
        chooser.clear_options()
        chooser.add_options([Option(self._prompt(each), id=each.name) for each in answer.functions])
        if not answer.functions:
            self._say(f"There is no function in {self._where} that could be run: write one with def.", is_problem=True)
            return
        names = [each.name for each in answer.functions]
        last = self._form.get("function", "")
        chooser.highlighted = names.index(last) if last in names else 0
        if self._given is not None and not self._given.target.inputs:
            self._say(f"{self._given.name} has no inputs of its own. {_INPUTS_HINT}")
            return
        self._say("Choose a function with up and down, then its inputs. Enter tries it on a few of them.")
        if self.query_one("#where").has_focus:
            self.set_focus(chooser)

    def _prompt(self, function: FunctionInfo) -> Text:
        line = f"  line {function.line}" if function.line else ""
        text = Text(f"{function.name}{function.signature}", style="bold", no_wrap=True, overflow="ellipsis")
        text.append(line, "not bold dim")
        return text.append(f"\n  {function.doc or 'no docstring'}", "not bold dim")

    # Trying it.

    @on(Input.Changed, "#inputs, .numbers Input")
    @on(Chooser.Changed)
    def _forget_trial(self, event: Input.Changed | Chooser.Changed) -> None:
        event.stop()
        with suppress(UsageError):
            if self._target == target_of(self._filled_in(), self._directory):
                return  # fields that were filled in say so, too
        self._target = None

    @on(OptionList.OptionHighlighted)
    def _explain(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()

    @on(OptionList.OptionSelected)
    def _go_to_inputs(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.set_focus(self.query_one("#inputs"))
        self._say(_INPUTS_HINT)

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "where":
            self._where = ""  # asked again, for the file may have changed
            self._list_functions()
        else:
            self._try()

    def _try(self) -> None:
        index = self.query_one(OptionList).highlighted
        if (index is None and self._given is None) or self._target is not None:
            self.app.bell()
            return
        self._form.update(self._filled_in())
        try:
            self._check(check_target(target_of(self._form, self._directory)))
        except UsageError as error:
            self._say(str(error), is_problem=True)

    def _filled_in(self) -> dict[str, str]:
        """The form as it is now."""
        index = self.query_one(OptionList).highlighted
        function = self._functions[index].name if index is not None else self._form.get("function", "")
        fields = {field.id or "": field.value.strip() for field in self.query(Input)}
        choices = {"star": self._chosen("#star"), "keep_going": self._chosen("#keep-going")}
        return {**fields, **choices, "where": self._where, "function": function}

    def _chosen(self, selector: str) -> str:
        value: str = self.query_one(selector, Chooser).value
        return value

    def _check(self, target: Target) -> None:
        self._target = target
        self._say("Trying a few tasks …")
        self._ask(Request("check", target.directory, target=target.reference, tasks=_TASKS, limits=Limits()))

    @on(Answered)
    def _take(self, event: Answered) -> None:
        event.stop()
        if event.number != self._number:
            return
        answer, target, self._target = event.answer, self._target, None
        if answer.error is not None:
            self._say(answer.error, is_problem=True)
        elif target is None:
            self._show_functions(answer)
        elif answer.checked is not None:
            for note in answer.notes:
                self.app.notify(note, timeout=10, markup=False)
            workload, given = workload_of(target, answer.checked), self._given
            if given is not None and given.target.function == target.function:
                workload = workload._replace(name=given.name, summary=given.summary)
            self.dismiss(Own(workload, target, answer.checked, bool(self._chosen("#keep-going"))))

    # Going about.

    def action_try(self) -> None:
        """Try it, from a field that Enter has no meaning in."""
        self._try()

    def action_go(self, by: int) -> None:
        """Go to the field before or behind."""
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_leave(self) -> None:
        """Change nothing."""
        self._core.forget_examination()
        self.dismiss(None)
