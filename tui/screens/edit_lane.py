"""Edits one lane: every setting that its engine has is chosen from values that can be used here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.lane_settings import (
    NAMES,
    Situation,
    about_engine,
    engines_of,
    lane_of,
    offered,
    setting_of,
    settings_of,
    why_not,
)
from poolscope.tui.widgets.chooser import Chooser
from poolscope.workloads.lanes import for_whom
from poolscope.workloads.model import ENGINES, EngineName, Lane

_ROOMY = 32
"""Rows of a terminal from which on there is a blank line between settings."""


class EditLane(ModalScreen[Lane | None]):
    """A form of choosers; Enter takes it over, Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "accept", "Use it", priority=True),
        Binding("escape,ctrl+c,ctrl+q", "leave", "Leave", priority=True),
        Binding("down,j,tab", "app.focus_next", "Next", show=False),
        Binding("up,k,shift+tab", "app.focus_previous", "Before", show=False),
    ]

    def __init__(
        self, lane: Lane, situation: Situation, others: Sequence[Lane], *, is_new: bool, glyphs: Glyphs
    ) -> None:
        """Show a lane.

        Args:
            lane: As it is, or as a new one begins.
            situation: What decides which values make sense.
            others: The other lanes; a lane that is the same as one of them is not taken.
            is_new: Whether it is none of the lanes yet.
            glyphs: What the terminal can show.
        """
        super().__init__()
        self._situation = situation
        self._others = tuple(others)
        self._title = "New lane" if is_new else "Edit the lane"
        self._glyphs = glyphs
        self._first = self._offered_lane = lane
        self._settings: dict[str, Any] = {name: setting_of(lane, name) for name in NAMES}
        """Also of settings that the chosen engine has not, so that nothing is lost on the way through the engines."""

    def compose(self) -> ComposeResult:
        """One row a setting, and what is to be said of all of them."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "arrows change and move, Enter uses it, Esc leaves"
            yield self._row("engine", "Engine", goes_round=True)
            for name, title in NAMES.items():
                yield self._row(name, title, goes_round=name in ("start", "flavour"))
            yield Static("", id="lane-label", markup=False)
            yield Static("", id="lane-problem", markup=False)
            yield Static("", id="lane-missing", markup=False)

    def _row(self, name: str, title: str, *, goes_round: bool) -> Horizontal:
        return Horizontal(
            Label(title),
            Chooser(self._glyphs, id=name, goes_round=goes_round),
            Static("", classes="note", markup=False),
            classes="row",
            id=f"row-{name}",
        )

    def on_mount(self) -> None:
        """Fill the form in."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_class(self.app.size.height >= _ROOMY, "-roomy")
        engines = engines_of(self._situation.workload, self._first.engine)
        self.query_one("#engine", Chooser).offer([(name, name) for name in engines], self._first.engine)
        self._say_which_are_missing()
        self._offer(self._first)
        self.set_focus(self.query_one("#engine"))

    @on(Chooser.Changed)
    def _change(self, event: Chooser.Changed) -> None:
        event.stop()
        self._offer(self.lane)

    @property
    def lane(self) -> Lane:
        """The lane as the form has it now."""
        self._settings |= {name: self.query_one(f"#{name}", Chooser).value for name in settings_of(self._offered_lane)}
        engine: EngineName = self.query_one("#engine", Chooser).value
        return lane_of(engine, self._settings)

    def _offer(self, lane: Lane) -> None:
        """Offer for every setting of LANE what makes sense beside the others."""
        self._offered_lane = lane
        has = settings_of(lane)
        for name in NAMES:
            row = self.query_one(f"#row-{name}")
            row.display = name in has
            if name not in has:
                continue
            values, chosen = offered(name, lane, self._situation), setting_of(lane, name)
            row.query_one(Chooser).offer([(value.value, value.text) for value in values], chosen)
            self._note(name, next((value.about for value in values if value.value == chosen), ""))
        self._note("engine", about_engine(lane.engine))
        self._say(self._problem(lane))
        self.query_one("#lane-label", Static).update(Text(f"--lane {lane.label}"))

    def _note(self, name: str, text: str) -> None:
        self.query_one(f"#row-{name}").query_one(".note", Static).update(Text(self._spelled(text)))

    def _problem(self, lane: Lane) -> str | None:
        """Why LANE cannot be taken, in one sentence."""
        situation = self._situation
        full = situation.resolve(lane)
        twin = self._twin(full)
        if twin is not None:
            return f"This is the same as the lane {twin.label}: change a setting."
        reason = why_not(lane.engine, situation.workload)
        if reason is None and situation.workload.unsuitable is not None:
            reason = situation.workload.unsuitable(full, situation.parameters)
        return reason

    def _say(self, problem: str | None) -> None:
        said = self.query_one("#lane-problem", Static)
        said.display = problem is not None
        said.update(Text(self._spelled(problem or "")))

    def _say_which_are_missing(self) -> None:
        workload = self._situation.workload
        senseless = [name for name in ENGINES if name not in workload.engines]
        lines = [reason for name in ENGINES if name in workload.engines and (reason := why_not(name, workload))]
        if senseless:
            lines.append(f"Makes no sense for {for_whom(workload)}: {', '.join(senseless)}.")
        said = self.query_one("#lane-missing", Static)
        said.display = bool(lines)
        said.update(Text(self._spelled("\n".join(lines))))

    def _spelled(self, text: str) -> str:
        return "".join(piece for line in self._glyphs.spell([((text, ""),)]) for piece, _ in line)

    def action_accept(self) -> None:
        """Take the form over, if it can be used."""
        lane = self.lane
        self._offer(lane)
        if self._twin(self._situation.resolve(lane)) is not None:
            self.app.bell()
            return
        self.dismiss(lane)

    def _twin(self, full: Lane) -> Lane | None:
        """The other lane that is the same as FULL once its defaults are filled in."""
        return next((other for other in self._others if self._situation.resolve(other) == full), None)

    def action_leave(self) -> None:
        """Leave the lane as it was."""
        self.dismiss(None)
