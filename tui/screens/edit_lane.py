"""Edits one lane: engine, workers, start method and chunk size, checked while they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import parse_lane, resolve_lane
from poolscope.workloads.model import Lane, Workload
from poolscope.workloads.report import figures

DEFAULT = "default"


class Chooser(Widget, can_focus=True):
    """One of a few words, on one line; left and right go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Before", show=False),
        Binding("right,l,space", "step(1)", "Next", show=False),
    ]

    class Changed(Message):
        """Another word was chosen."""

    def __init__(self, words: Sequence[str], chosen: str, glyphs: Glyphs, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._words = tuple(words)
        self._index = self._words.index(chosen) if chosen in self._words else 0
        self._arrows = ("<", ">") if glyphs is ASCII else ("◂", "▸")

    @property
    def word(self) -> str:
        """The chosen word."""
        return self._words[self._index]

    def render(self) -> RenderResult:
        """Draw the word between arrows."""
        before, after = self._arrows
        return Text(f"{before} {self.word:<{max(map(len, self._words))}} {after}", no_wrap=True)

    def action_step(self, by: int) -> None:
        """Go to another word."""
        self._index = (self._index + by) % len(self._words)
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Go to the next word."""
        event.stop()
        self.action_step(1)


class EditLane(ModalScreen[Lane | None]):
    """A form of four rows; Enter takes it over, Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "accept", "Use it", priority=True),
        Binding("escape,ctrl+c,ctrl+q", "leave", "Leave", priority=True),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
    ]

    def __init__(
        self, lane: Lane, workload: Workload, snapshot: Snapshot | None, index: int, *, is_new: bool, glyphs: Glyphs
    ) -> None:
        super().__init__()
        self._lane = lane
        self._workload = workload
        self._snapshot = snapshot
        self._glyphs = glyphs
        self._key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index % 26]
        self._title = f"New lane {self._key}" if is_new else f"Lane {self._key}"

    def compose(self) -> ComposeResult:
        """The four rows and the keys."""
        lane, glyphs = self._lane, self._glyphs
        methods = self._snapshot.machine.start_methods if self._snapshot else ("fork", "spawn", "forkserver")
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "Enter uses it, Esc leaves"
            yield self._row("Engine", Chooser(self._workload.engines, lane.engine, glyphs, id="engine"))
            yield self._row("Workers", self._number("workers", lane.workers))
            start = lane.start_method or DEFAULT
            yield self._row("Start method", Chooser((DEFAULT, *methods), start, glyphs, id="start"))
            yield self._row("Chunk size", self._number("chunksize", lane.chunksize))

    @staticmethod
    def _row(name: str, field: Widget) -> Horizontal:
        return Horizontal(
            Label(name), field, Static("", classes="note", markup=False), classes="row", id=f"row-{field.id}"
        )

    @staticmethod
    def _number(name: str, value: int | None) -> Input:
        text = "" if value is None else str(value)
        return Input(text, placeholder=DEFAULT, compact=True, id=name, max_length=20)

    def on_mount(self) -> None:
        """Explain the fields."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_focus(self.query_one("#engine"))
        self._check()

    @on(Input.Changed)
    @on(Chooser.Changed)
    def _check_again(self, event: Message) -> None:
        event.stop()
        self._check()

    def _check(self) -> Lane | None:
        """Read the form and say beside each field what it means or what is wrong; None if it cannot be used."""
        engine = self.query_one("#engine", Chooser).word
        used = {
            "engine": True,
            "workers": engine != "serial",
            "start": engine != "serial",
            "chunksize": engine == "pool",
        }
        given = {
            "workers": self.query_one("#workers", Input).value.strip(),
            "start": self.query_one("#start", Chooser).word.replace(DEFAULT, ""),
            "chunksize": self.query_one("#chunksize", Input).value.strip(),
        }
        settings, problems = self._read_settings(engine, {name: given[name] for name in given if used[name]})
        lane = None
        if not problems:
            spec = f"{engine}:{','.join(settings)}" if settings else engine
            lane = parse_lane(spec)
        notes = self._notes(engine, self._resolved(lane) if lane else None)
        for name, is_used in used.items():
            row = self.query_one(f"#row-{name}")
            row.set_class(name in problems, "-invalid")
            row.set_class(not is_used, "-unused")
            field = row.query("Chooser, Input").first()
            field.disabled = not is_used
            row.query_one(".note", Static).update(Text(problems.get(name, notes[name] if is_used else "not used")))
        return lane

    @staticmethod
    def _read_settings(engine: str, given: dict[str, str]) -> tuple[list[str], dict[str, str]]:
        settings: list[str] = []
        problems: dict[str, str] = {}
        for name, text in given.items():
            if not text:
                continue
            setting = f"{name}={text.replace(',', '').replace('_', '')}"
            try:
                parse_lane(f"{engine}:{setting}")
            except UsageError as error:
                problems[name] = str(error)
            else:
                settings.append(setting)
        return settings, problems

    def _resolved(self, lane: Lane) -> Lane:
        snapshot = self._snapshot
        if snapshot is None:
            return lane
        choice = snapshot.choice
        tasks = choice.tasks if choice and choice.workload is self._workload and choice.tasks else 1
        try:
            return resolve_lane(lane, tasks, snapshot.machine.budget, snapshot.machine.default_start_method)
        except UsageError:
            return lane

    def _notes(self, engine: str, lane: Lane | None) -> dict[str, str]:
        engines = {
            "serial": "one process, one task after the other",
            "process": "one Process a worker, a slice of the tasks each",
            "pool": "multiprocessing.Pool and its map",
        }
        resolved = lane or self._lane._replace(workers=None, start_method=None, chunksize=None)
        return {
            "engine": engines.get(engine, ""),
            "workers": f"{resolved.workers}" if resolved.workers else "1 to 1,024; empty means the CPU budget",
            "start": f"{resolved.start_method}" if resolved.start_method else "the platform's own",
            "chunksize": f"{figures.count(resolved.chunksize)} tasks at once"
            if resolved.chunksize
            else "empty means the pool's own rule",
        }

    def action_accept(self) -> None:
        """Take the form over, if it can be used."""
        lane = self._check()
        if lane is None:
            self.app.bell()
            return
        self.dismiss(lane)

    def action_leave(self) -> None:
        """Leave the lane as it was."""
        self.dismiss(None)
