"""A study as the screen shows it, whichever it is: the answer in words, a chart, a table, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from poolscope.workloads.model import Lane, Parameters, Workload

    from .widgets.chart import Chart

StudyKind = Literal["break-even", "scaling", "chunks", "advice"]
KINDS: tuple[StudyKind, ...] = ("break-even", "scaling", "chunks", "advice")
TITLES: dict[StudyKind, str] = {
    "break-even": "Break-even",
    "scaling": "Scaling",
    "chunks": "Chunk sizes",
    "advice": "Advice",
}


class Subject(NamedTuple):
    """What is studied."""

    kind: StudyKind
    workload: Workload
    parameters: Parameters
    lanes: tuple[Lane, ...]
    """As asked for; the first one is the reference."""


class StudyView(NamedTuple):
    """One study at one moment."""

    subject: Subject
    sentence: str
    """The answer, as far as it is known by now."""
    figure: str = ""
    """The figure in it that is to be seen from afar; "" for none."""
    more: tuple[str, ...] = ()
    """What else there is to say, a sentence each."""
    chart: Chart | None = None
    """None before there is anything to draw."""
    head: tuple[str, ...] = ()
    """Titles of the table's columns."""
    rows: Sequence[tuple[str, ...]] = ()
    """What was measured, a row a place."""
    code: str | None = None
    """A complete program that does what is advised; None where there is none."""
    is_over: bool = False
    is_cancelled: bool = False
    error: str | None = None
    """Why it could not go on, in one sentence."""
    notes: tuple[str, ...] = ()
    """What a person should know, a sentence each."""
    doing: str = ""
    """What is measured just now, in a few words."""
    share: float | None = None
    """How far it has come, from 0 to 1; None where nobody can say."""
    left_ns: float | None = None
    """Time that it will still take at most; None where nobody can say."""
