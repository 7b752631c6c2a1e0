"""The studies of a workload: from which size on a lane pays, how far more workers help, and which chunks are best."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.study_view import KINDS, TITLES, StudyKind, StudyView, Subject
from poolscope.tui.widgets.chart import ChartView
from poolscope.tui.widgets.line_view import Line

from . import study_lines as lines_of
from .bars import Bar, subject_text
from .sheet import Lines, SheetScreen

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Snapshot

    from .lab import LabScreen


class StudyScreen(SheetScreen, inherit_bindings=False):
    """One study at a time; what was measured stays until it is measured anew."""

    OFFERED: ClassVar[tuple[commands.Command, ...]] = commands.ON_STUDY
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.ON_STUDY)]
    TITLE = "Studies"
    HELP = """\
A **study** measures the chosen workload many times with one thing changed, and says what follows from it.

**Break-even** (1): both lanes at growing numbers of tasks. A lane of workers has a fixed cost, for starting and ending
them, and a cost for each task; the chart shows both lanes' times, on axes on which each step is a factor. Where the
curves cross, the second lane begins to win. "Never" means that a task costs more to ship than to compute.

**Scaling** (2): how many times as fast the lane is with more workers, beside what it would be if they were free of
cost. The marks show how many CPUs there are. **Chunk sizes** (3): the time by how many tasks are shipped at once.

**Advice** (4): within a minute, the engines and settings that promise anything, what the best of them gains, and why;
with the code to paste, which **y** copies.

Signs are measurements. The bars through them are the fastest and the slowest of their runs, or for scaling the 95 %
interval; lines are what is fitted to them. On the axis, a thick part is the interval of what is marked there. Axes keep
their scale while it is measured, and grow in steps.

The lanes are those of the lab: the first one is the reference, and the marked one is compared with it; while the first
one is marked, the pool, or the first other parallel lane.
Nothing else is run meanwhile; **c** ends a study, and what was measured stays.
"""

    def __init__(self, core: Core, lab: LabScreen, glyphs: Glyphs, kind: StudyKind = "break-even") -> None:
        super().__init__(core, glyphs)
        self._lab = lab
        self._kind: StudyKind = kind
        self._tabs = Bar(id="study-kinds")
        self._answer = Lines(id="study-answer")
        self._chart = ChartView(glyphs, id="study-chart")
        self._table = Lines(id="study-table")
        self._code = Lines(id="study-code")
        self._progress = Bar(id="study-progress")

    @property
    def kind(self) -> StudyKind:
        """Which study is shown."""
        return self._kind

    @property
    def view(self) -> StudyView | None:
        """The study that is shown; None if it was not made yet."""
        return self._snapshot.studies.get(self._kind) if self._snapshot else None

    @property
    def subject(self) -> Subject:
        """What would be studied now."""
        return self._lab.study_subject(self._kind)

    def body(self) -> ComposeResult:
        """Tabs, answer, chart and table, progress."""
        yield self._tabs
        with VerticalScroll(id="study", can_focus=False):
            yield self._answer
            yield self._chart
            yield self._table
            yield self._code
        yield self._progress

    def heading(self) -> str:
        """What is studied, or would be."""
        subject = self.view.subject if self.view is not None else self.subject
        return subject_text(subject.workload, subject.parameters, self.glyphs)

    def scrolled(self) -> Widget:
        """All that is above the line of progress."""
        return self.query_one("#study")

    def on_mount(self) -> None:
        """Show the study that goes on, if one does."""
        snapshot = self._core.latest
        if snapshot is not None and snapshot.studied is not None:
            self._kind = snapshot.studied.subject.kind
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        del event
        self._draw()

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        snapshot = self._snapshot
        has_code = self.view is not None and self.view.code is not None
        return snapshot is not None and snapshot.is_under_way, bool(snapshot and snapshot.studied), has_code

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        del parameters
        snapshot = self._snapshot or self._core.latest  # keys count from the beginning, before the first frame
        if action == "start":
            return None if snapshot is None or snapshot.is_under_way else True
        if action == "copy":
            return None if self.view is None or self.view.code is None else True
        if action == "cancel":
            return True if snapshot is not None and snapshot.studied is not None else None
        return True

    def show(self, snapshot: Snapshot) -> None:
        """Draw what is known of the study by now."""
        del snapshot
        self._draw()

    def _draw(self) -> None:
        width, height = self.app.size
        view = self.view
        self._tabs.show_line(*lines_of.kinds_line(self._kind))
        is_roomy = height >= lines_of.ROOMY
        inner = width - 3  # the scrollbar
        if view is None:
            answer = [(), *self._invitation(self.subject, inner)]
        elif view.chart is None and not view.error and not (view.is_over and (view.rows or not view.is_cancelled)):
            answer = [*self._heading(view, inner), *self._invitation(view.subject, inner)]
        else:
            answer = self._heading(view, inner)
            answer += lines_of.answer_lines(view, inner, self.glyphs, is_roomy=is_roomy)
        self._answer.show_all(self.glyphs.spell(answer))
        chart = view.chart if view is not None else None
        self._chart.display = chart is not None
        self._chart.show_chart(chart)
        self._table.show_all(self.glyphs.spell(lines_of.table_lines(view, inner, self.glyphs) if view else []))
        # Code is shown as it is: what would be copied has to be what is seen.
        self._code.show_all(lines_of.code_lines(view.code if view else None))
        line = lines_of.progress_line(view, width, self.glyphs, other=self._other())
        self._progress.show_line(self.glyphs.spell([line])[0])

    def _invitation(self, subject: Subject, width: int) -> list[Line]:
        """What it would find out, or will."""
        about = lines_of.invitation(self._kind, *lines_of.lane_labels([lane.label for lane in subject.lanes]))
        empty = StudyView(subject, about, is_cancelled=True)
        return lines_of.answer_lines(empty, min(width, 90), self.glyphs, is_roomy=False)

    def _heading(self, view: StudyView, width: int) -> list[Line]:
        """What was studied, where that is not what the lab has now."""
        subject, now = view.subject, self.subject
        is_same = subject.workload is now.workload and (
            self._kind == "break-even" or dict(subject.parameters) == dict(now.parameters)
        )
        if is_same and subject.lanes == now.lanes:
            return []
        what = subject_text(subject.workload, subject.parameters, self.glyphs)
        lanes = f" {self.glyphs.separator} ".join(lane.label for lane in subject.lanes)
        return [((f" Of {what}: {lanes}"[:width], "text-muted"),)]

    def _other(self) -> str:
        """What goes on instead of this study."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.is_under_way:
            return ""
        studied = snapshot.studied
        if studied is None:
            return "A run is under way: this can be measured after it."
        if studied.subject.kind == self._kind:
            return ""
        return f"{TITLES[studied.subject.kind]} is being measured: this can be measured after it."

    # Commands.

    def action_start(self) -> None:
        """Begin to measure."""
        self._core.study(self.subject)

    def action_cancel(self) -> None:
        """Stop measuring."""
        self._core.cancel()

    def action_copy(self) -> None:
        """Copy the code."""
        if self.view is not None and self.view.code is not None:
            self.app.copy_to_clipboard(self.view.code)
            self.notify("The code is on the clipboard, if the terminal allows that.", markup=False)

    def action_kind(self, number: int) -> None:
        """Go to the study with that NUMBER."""
        self._go_to(KINDS[number - 1])

    def action_step_kind(self, key: str) -> None:
        """Go on to the next study, or back, as KEY says."""
        by = -1 if key in ("shift+tab", "left") else 1
        self._go_to(KINDS[(KINDS.index(self._kind) + by) % len(KINDS)])

    def _go_to(self, kind: StudyKind) -> None:
        self._kind = kind
        self._draw()
        self.refresh_keys()
        self.scrolled().scroll_to(y=0, animate=False)
