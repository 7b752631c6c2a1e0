"""Why the lanes of a comparison differ, what to do, and the code to paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean

from .sheet import SheetScreen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Choice, Snapshot
    from poolscope.workloads.analysis.findings.base import Finding, Page
    from poolscope.workloads.analysis.steadiness import MeasurementWarning
    from poolscope.workloads.model import ComparisonState, LaneState
    from poolscope.workloads.target import Own

NOTHING_FOUND = "Nothing was found that would explain the times, or that is wrong with them."
NO_CODE = "There is no code to paste: no lane came to a result that could be advised."
_LONGEST = 2_000


class Explanation(NamedTuple):
    """What there is to say of a comparison that is over."""

    advice: tuple[str, ...]
    """What to do, a sentence each."""
    lane: str | None
    """Label of the lane that should be used; None where none can be advised."""
    code: str | None
    """A complete program; None where none can be written."""
    pages: tuple[Page, ...]
    """Of the help, one for each kind of finding."""


def explain(
    comparison: ComparisonState, subject: Choice | None, own: Own | None = None, studies: Sequence[str] = ()
) -> Explanation:
    """Work out what to say of a comparison; may read a person's files.

    Args:
        comparison: At its end.
        subject: What it compared; None where that is not known, so that there is no code.
        own: The person's own function, if it was one.
        studies: What studies of the same came to, a sentence each.
    """
    from poolscope.workloads.analysis.advice import advise
    from poolscope.workloads.analysis.findings import pages
    from poolscope.workloads.errors import PoolscopeError

    advice = advise(comparison.lanes, comparison.findings, studies, more="with R in the lab")
    lane = next((each for each in comparison.lanes if each.key == advice.lane), None)
    try:
        code = _code(lane, subject, own) if lane is not None and subject is not None else None
    except (PoolscopeError, OSError):  # a file of the person's own is not there any more
        code = None
    kinds = {finding.page for finding in comparison.findings}
    known = tuple(page for page in pages() if page.kind in kinds) if kinds else ()
    return Explanation(advice.sentences, lane.label if lane is not None else None, code, known)


def _code(lane: LaneState, subject: Choice, own: Own | None) -> str | None:
    from poolscope.workloads.report.snippet import code_for

    reference, checked = (own.target.reference, own.checked) if own is not None else (None, None)
    return code_for(lane, subject.workload, subject.parameters, reference, checked)


class WhyScreen(SheetScreen, inherit_bindings=False):
    """The advice first, then what it rests on, then the code."""

    OFFERED: ClassVar[tuple[commands.Command, ...]] = commands.ON_FINDINGS
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.ON_FINDINGS)]
    TITLE = "Why"
    HELP = """\
What the last comparison comes to. First **what to do**: whether to work in parallel, with which engine and settings,
and what that gains on this machine.

Then the **findings**: causes that were diagnosed from the recordings, the one that explains most of the time first.
Each has the figures that it was found by, and what helps. **Enter** adds the help page of each: what happens, how it is
found, and what helps in general.

Last, **the code to paste**: a complete program, with nothing of Poolscope in it where the function is your own. **y**
copies it to the clipboard as plain text, over SSH too, if the terminal allows programs to do that (OSC 52). Text that
is marked with the mouse is copied instead.
"""

    @dataclass
    class Explained(Message):
        """It is worked out what to say of a comparison."""

        comparison: ComparisonState
        explanation: Explanation

    def __init__(self, core: Core, glyphs: Glyphs, own: Mapping[str, Own]) -> None:
        """Take OWN functions of the person, by the names of their workloads."""
        super().__init__(core, glyphs)
        self._own = own
        self._comparison: ComparisonState | None = None
        self._explanation: Explanation | None = None
        self._has_pages = False

    @property
    def code(self) -> str | None:
        """The code that can be copied; None if there is none."""
        return self._explanation.code if self._explanation is not None else None

    def body(self) -> ComposeResult:
        """Advice, findings, code."""
        with VerticalScroll(id="why", can_focus=False):
            yield Static(id="why-advice", markup=False)
            yield Static(id="why-findings", markup=False)
            yield Static(id="why-code-title", markup=False)
            yield Static(id="why-code", markup=False)

    def scrolled(self) -> Widget:
        """All of it."""
        return self.query_one("#why")

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        return self.code is not None, bool(self._explanation and self._explanation.pages)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        del parameters
        if action == "copy":
            return True if self.code is not None else None
        if action == "show_page":
            return True if self._explanation is not None and self._explanation.pages else None
        return True

    def show(self, snapshot: Snapshot) -> None:
        """Have it worked out what to say, once for each comparison."""
        comparison = snapshot.comparison
        if comparison is None or comparison.verdict is None or comparison.lanes == self._lanes:
            return
        self._comparison = comparison
        self.query_one("#why-advice", Static).update(Text("Working out what to say ..."))
        subject = snapshot.subject
        own = self._own.get(subject.workload.name) if subject is not None else None
        studies = [
            study.sentence
            for study in snapshot.studies.values()
            if subject is not None and study.subject.workload is subject.workload and study.is_over and not study.error
        ]

        def work() -> None:
            self.post_message(self.Explained(comparison, explain(comparison, subject, own, studies)))

        self._core.carry_out(work)

    @property
    def _lanes(self) -> Sequence[LaneState] | None:
        return self._comparison.lanes if self._comparison is not None else None

    @on(Explained)
    def _take(self, event: Explained) -> None:
        event.stop()
        if event.comparison is self._comparison:
            self._explanation = event.explanation
            self._draw()
            self.refresh_keys()

    def _draw(self) -> None:
        comparison, explanation = self._comparison, self._explanation
        if comparison is None or explanation is None:
            return
        self._write("#why-advice", advice_text(explanation.advice))
        pages = explanation.pages if self._has_pages else ()
        found = findings_text(comparison.findings, pages, self.glyphs)
        self._write("#why-findings", found + warnings_text(comparison.warnings))
        title = Text(f"The code to paste: {explanation.lane}" if explanation.code else NO_CODE, "bold")
        self._write("#why-code-title", title)
        code = self.query_one("#why-code", Static)
        code.display = explanation.code is not None
        if explanation.code is not None:
            from rich.syntax import Syntax  # with all of Pygments behind it

            theme = "monokai" if self.app.current_theme.dark else "friendly"
            background = self.app.theme_variables["surface"]
            syntax = Syntax(explanation.code, "python", theme=theme, background_color=background)
            text = syntax.highlight(explanation.code)
            text.rstrip()
            code.update(text)

    def _write(self, where: str, text: Text) -> None:
        self.query_one(where, Static).update(Text(self.spelled(text.plain), text.style, spans=text.spans))

    # Commands.

    def action_copy(self) -> None:
        """Copy what is marked, or all of the code."""
        marked = self.get_selected_text()
        text = marked or self.code
        if text is None:
            return
        self.app.copy_to_clipboard(text)
        lines = text.rstrip("\n").count("\n") + 1
        what = "The marked text" if marked else "The code"
        self.notify(
            f"{what} ({lines:,} line{'' if lines == 1 else 's'}) is on the clipboard, if the terminal allows that.",
            markup=False,
        )

    def action_show_page(self) -> None:
        """Add the pages of help, or take them away again."""
        self._has_pages = not self._has_pages
        self._draw()

    def action_toggle_theme(self) -> None:
        """Change the theme, and the colours of the code with it."""
        super().action_toggle_theme()
        self._draw()


def advice_text(advice: Sequence[str]) -> Text:
    """Write what to do: the answer in bold, the reasons after it."""
    text = Text()
    for index, sentence in enumerate(advice):
        text.append(clean(sentence, _LONGEST), "bold" if index == 0 else "")
        text.append("\n\n" if index == 0 and len(advice) > 1 else " ")
    text.rstrip()
    return text


def warnings_text(warnings: Sequence[MeasurementWarning]) -> Text:
    """Write why the times may be worth less than they look, and what to do."""
    text = Text().append("\n\nAbout the measurement\n" if warnings else "", "bold")
    for warning in warnings:
        text.append(f"\n{clean(warning.sentence, _LONGEST)}\n", "")
        text.append("What helps: ", "bold").append(f"{clean(warning.advice, _LONGEST)}\n", "")
    return text


def findings_text(findings: Sequence[Finding], pages: Sequence[Page], glyphs: Glyphs) -> Text:
    """Write every finding: cause, evidence and advice, and the PAGES of those that are given."""
    if not findings:
        return Text(NOTHING_FOUND, "dim")
    text = Text().append(
        "What was found, the one that explains most first\n" if findings[1:] else "What was found\n", "bold"
    )
    by_kind = {page.kind: page for page in pages}
    for number, finding in enumerate(findings, 1):
        explains = f"explains {figures.duration(finding.explains_ns)}" if finding.explains_ns else "costs no time"
        where = f"lane {finding.lane}" if finding.lane else "the program"
        dot = f" {glyphs.separator} "
        text.append(f"\n{number} {finding.kind}", "bold")
        text.append(f"{dot}{where}{dot}{explains}\n", "dim")
        text.append(f"{clean(finding.cause, _LONGEST)}\n")
        for sentence in finding.evidence:
            text.append(f"  {glyphs.separator} {clean(sentence, _LONGEST)}\n", "dim")
        text.append("What helps: ", "bold").append(f"{clean(finding.advice, _LONGEST)}\n")
        page = by_kind.pop(finding.page, None)
        if page is not None:
            text.append(f"\n  {page.title}\n", "bold")
            said = (("What happens", page.meaning), ("How it is found", page.found_by), ("What helps", page.remedy))
            for heading, words in said:
                text.append(f"  {heading}: ", "bold").append(f"{words}\n")
    text.rstrip()
    return text
