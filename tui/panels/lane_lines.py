"""The lanes and the verdict as lines of text: pure functions of a comparison and the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.bar import bar
from poolscope.tui.widgets.line_view import Line, Piece
from poolscope.workloads.model import ComparisonState, Lane, LaneState, Verdict
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean, shorten

from .big_figures import big

STATE_ROLES = {
    "queued": "text-muted",
    "running": "text-primary",
    "done": "text-success",
    "failed": "text-error",
    "cancelled": "text-warning",
}
_ANSWER_ROLES = {
    "parallel pays": "text-success",
    "serial wins": "text-warning",
    "no difference": "text-primary",
    "unknown": "strong",
}
_FIGURE_WIDTH = 13
"""Cells right of a bar: ``4,999,990`` and ``3.20 M / 5.00 M`` fit without a jump."""
_ENOUGH_DONE = 0.5
"""Share of a lane's tasks from which its speed may be compared while it runs: chunks in hand do not count yet."""


def describe_lane(lane: Lane, glyphs: Glyphs) -> str:
    """Name a lane with its settings: ``pool · 2 workers · fork · chunk 625,000``."""
    parts = [str(lane.engine)]
    if lane.workers is not None and lane.engine != "serial":
        parts.append(f"{lane.workers} worker{'' if lane.workers == 1 else 's'}")
    if lane.start_method is not None and lane.engine != "serial":
        parts.append(lane.start_method)
    if lane.chunksize is not None:
        parts.append(f"chunk {figures.count(lane.chunksize)}")
    return f" {glyphs.separator} ".join(parts)


def lane_lines(
    lanes: Sequence[LaneState], width: int, glyphs: Glyphs, *, cursor: int | None, compact: bool, gaps: bool
) -> list[Line]:
    """Draw every lane.

    Args:
        lanes: In their order.
        width: Cells of a line.
        glyphs: What the terminal can show.
        cursor: Index of the lane that is marked; None marks none.
        compact: Two lines a lane instead of three.
        gaps: Put a blank line between lanes.
    """
    lines: list[Line] = []
    for index, state in enumerate(lanes):
        if gaps and index:
            lines.append(())
        lines += _block(state, lanes, width, glyphs, is_marked=index == cursor, compact=compact)
    return lines


def _block(
    state: LaneState, lanes: Sequence[LaneState], width: int, glyphs: Glyphs, *, is_marked: bool, compact: bool
) -> list[Line]:
    head = _head(state, width, glyphs, is_marked=is_marked)
    body_width = width - 3
    if state.state == "failed" or state.error:
        sentence = clean(state.error or "It failed without saying why.", 600)
        return [head, *((("   ", ""), (text, "text-error")) for text in wrap(sentence, max(20, body_width)))]
    progress = _progress(state, body_width, glyphs)
    if compact:
        return [head, progress]
    return [head, progress, _facts(state, lanes, body_width, glyphs)]


def _head(state: LaneState, width: int, glyphs: Glyphs, *, is_marked: bool) -> Line:
    mark = glyphs.arrow if is_marked else " "
    clock = ""
    if state.state == "running":
        clock = figures.seconds(state.elapsed_ns)
    elif state.results:
        clock = figures.duration(state.median_ns or state.elapsed_ns)
    elif state.elapsed_ns:
        clock = figures.duration(state.elapsed_ns)
    else:
        clock = state.state
    right = f"{glyphs.states[state.state]} {clock:>8}"
    runs = ""
    if state.runs_planned > 1:
        number = min(state.runs_done + (state.state == "running"), state.runs_planned)
        runs = f" {glyphs.separator} run {number} of {state.runs_planned}"
        if state.state == "done":
            runs = f" {glyphs.separator} median of {state.runs_done}"
    room = max(0, width - cell_len(right) - 5)
    name = shorten(describe_lane(state.lane, glyphs) + runs, room, glyphs.ellipsis)
    gap = width - 4 - cell_len(name) - cell_len(right)
    role = STATE_ROLES[state.state]
    return ((f"{mark}", "text-primary"), (f"{state.key} ", "strong"), (name, "strong"), (" " * max(1, gap), ""),
            (right, role))  # fmt: skip


def _progress(state: LaneState, width: int, glyphs: Glyphs) -> Line:
    done, total = state.tasks_done, state.tasks
    if state.state == "done":
        figure = figures.count(total) if total < 10**9 else figures.short_count(total)
    elif state.state == "queued":
        figure = f"{figures.short_count(total)} task{'' if total == 1 else 's'}" if total else ""
    else:
        figure = f"{figures.short_count(done)} / {figures.short_count(total)}"
    room = max(_FIGURE_WIDTH, cell_len(figure)) + 2
    fraction = done / total if total else 0.0
    if state.state == "done":
        fraction = 1.0
    filled, empty = bar(fraction, max(4, width - room), glyphs)
    role = {"running": "success", "done": "success", "cancelled": "warning"}.get(state.state, "success")
    return (("   ", ""), (filled, role), (empty, "surface"), (f"{figure:>{room}}", ""))


def _facts(state: LaneState, lanes: Sequence[LaneState], width: int, glyphs: Glyphs) -> Line:
    dot = f" {glyphs.separator} "
    left: list[str] = []
    elapsed = state.elapsed_ns if state.state == "running" else state.median_ns or state.elapsed_ns
    done = state.tasks if state.state == "done" else state.tasks_done
    if done and elapsed:
        left.append(figures.rate(done / (elapsed / 1e9), "tasks" if state.tasks != 1 else "task"))
    if state.state == "running":
        left.append(_time_left(state))
    elif state.state == "cancelled":
        left.append("cancelled")
    if state.results and state.state == "done":
        left.append(clean(state.results[-1].summary, 200))
    right, role = _comparison_with_first(state, lanes)
    room = width - cell_len(right) - 2
    text = shorten(dot.join(part for part in left if part), max(0, room), glyphs.ellipsis)
    gap = width - cell_len(text) - cell_len(right)
    return (("   ", ""), (text, "text-muted"), (" " * max(1, gap), ""), (right, role))


def _time_left(state: LaneState) -> str:
    if not state.tasks_done or state.tasks_done >= state.tasks:
        return "" if state.tasks_done else "starting"
    left = state.elapsed_ns * (state.tasks - state.tasks_done) / state.tasks_done
    return f"{figures.seconds(left)} left"


def _comparison_with_first(state: LaneState, lanes: Sequence[LaneState]) -> Piece:
    if state is lanes[0]:
        return ("reference", "text-muted") if len(lanes) > 1 else ("", "")
    if state.same_result is None:
        return _ratio_so_far(state, lanes[0]), "text-muted"
    return ("same result", "text-success") if state.same_result else ("different result", "text-error")


def _ratio_so_far(state: LaneState, first: LaneState) -> str:
    reference = first.median_ns
    if state.state != "running" or not reference or not state.tasks or state.tasks_done < _ENOUGH_DONE * state.tasks:
        return ""
    expected = state.elapsed_ns * state.tasks / max(1, state.tasks_done)
    return f"so far {figures.ratio_in_words(reference / expected)}" if expected else ""


def verdict_lines(comparison: ComparisonState, width: int, glyphs: Glyphs, *, rows: int) -> list[Line]:
    """Draw the answer: a large figure where there is room for it, and the sentences."""
    verdict = comparison.verdict
    if comparison.is_cancelled and comparison.is_over:
        cancelled: list[Line] = [((" Cancelled; what was measured stands above.", "text-warning"),)]
        if verdict is None or verdict.answer == "unknown":
            return cancelled
    if verdict is None or not verdict.sentences:
        return []
    role = _ANSWER_ROLES[verdict.answer]
    # A failed lane says itself why, just above.
    failed = tuple(f"{lane.key} failed" for lane in comparison.lanes if lane.state == "failed")
    sentences = [text for text in verdict.sentences if not (failed and text.startswith(failed))]
    figure = _figure(comparison.lanes, verdict) if glyphs.bar_partial else None
    rows_of_figure = big(figure) if figure else None
    if rows_of_figure and rows >= 3 and width >= 44:
        indent = len(rows_of_figure[0]) + 4
        said = _sentences(sentences, width - indent - 1, role)
        said = [()] * (len(said) == 1) + said
        lines: list[Line] = []
        for row in range(max(3, len(said))):
            left = rows_of_figure[row] if row < 3 else " " * (indent - 4)
            line = said[row] if row < len(said) else ()
            lines.append(((f" {left}   ", role), *line))
        return lines
    return [((" ", ""), *line) for line in _sentences(sentences, width - 2, role)]


def _sentences(sentences: Sequence[str], width: int, role: str) -> list[Line]:
    lines: list[Line] = []
    for index, sentence in enumerate(sentences):
        lines += [((text, role if index == 0 else ""),) for text in wrap(clean(sentence, 400), max(16, width))]
    return lines


def _figure(lanes: Sequence[LaneState], verdict: Verdict) -> str | None:
    """How many times faster or slower the best other lane is than the first, such as ``1.7×``."""
    if verdict.answer == "no difference":
        return "="
    reference = lanes[0].median_ns
    others = [lane.median_ns for lane in lanes[1:] if lane.median_ns]
    if verdict.answer == "unknown" or not reference or not others:
        return None
    ratio = reference / min(others)
    words = figures.ratio_in_words(ratio)
    return f"{words.split()[0]}×" if "times" in words else "="
