"""The lanes and the verdict as lines of text: pure functions of a comparison and the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.bar import bar
from poolscope.tui.widgets.line_view import Line, Piece
from poolscope.workloads.lane_runs import run_in_words
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
    "skipped": "text-warning",
    "off": "text-muted",
}
_BAR_ROLES = {"cancelled": "warning"}
_CLOCK_WIDTH = 10
_FOLLOWED_LIVE = 200
"""Runs beyond which an interval takes too long to be worked out between two frames."""
_ANSWER_ROLES = {
    "parallel pays": "text-success",
    "serial wins": "text-warning",
    "no difference": "text-primary",
    "unknown": "strong",
}
_FIGURE_WIDTH = 13
"""Cells right of a bar: ``4,999,990`` and ``3.20 M / 5.00 M`` fit without a jump."""
_MORE_RUNS = "choose more runs with R"
_MIND = "Mind:"
_ENOUGH_DONE = 0.5
"""Share of a lane's tasks from which its speed may be compared while it runs: chunks in hand do not count yet."""


def describe_lane(lane: Lane, glyphs: Glyphs) -> str:
    """Name a lane with its settings: ``pool · 2 workers · fork · chunk 625,000``."""
    return f" {glyphs.separator} ".join(_parts(lane).values())


def _parts(lane: Lane) -> dict[str, str]:
    """The words that a lane is named with, by the attribute that each is about."""
    parts = {"engine": f"warm {lane.engine}" if lane.warm else str(lane.engine)}
    if lane.workers is not None and lane.engine != "serial":
        parts["workers"] = f"{lane.workers:,} worker{'' if lane.workers == 1 else 's'}"
    if lane.start_method is not None and lane.engine != "serial":
        parts["start_method"] = lane.start_method
    if lane.flavour is not None:
        parts["flavour"] = lane.flavour
    if lane.chunksize is not None:
        parts["chunksize"] = f"chunk {figures.count(lane.chunksize)}"
    if lane.maxtasks is not None:
        parts["maxtasks"] = f"renewed after {figures.count(lane.maxtasks)}"
    if lane.blas is not None:
        parts["blas"] = f"{lane.blas:,} BLAS thread{'' if lane.blas == 1 else 's'}"
    return parts


def names_of(lanes: Sequence[LaneState], room: int, glyphs: Glyphs) -> list[str]:
    """Name LANES in ROOM cells each: settings give way in which those that have them do not differ."""
    dot = f" {glyphs.separator} "
    parts = [_parts(state.lane) for state in lanes]
    for setting in ("chunksize", "start_method", "workers", "blas", "maxtasks", "flavour"):
        if all(cell_len(dot.join(each.values())) <= room for each in parts):
            break
        if len({getattr(state.asked or state.lane, setting) for state in lanes if _has(state.lane, setting)}) <= 1:
            for each in parts:
                each.pop(setting, None)
    return [shorten(dot.join(each.values()), room, glyphs.ellipsis) for each in parts]


def _has(lane: Lane, setting: str) -> bool:
    return lane.engine != "serial" and getattr(lane, setting) is not None


def is_off(state: LaneState) -> bool:
    """Whether a lane is none of the comparison, because it was switched off; it has no letter then."""
    return not state.key


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
    return flat(lane_blocks(lanes, width, glyphs, cursor=cursor, compact=compact), gaps=gaps)


def flat(blocks: Sequence[Sequence[Line]], *, gaps: bool) -> list[Line]:
    """The lines of BLOCKS one after the other, perhaps with a blank one between them."""
    lines: list[Line] = []
    for block in blocks:
        if gaps and lines:
            lines.append(())
        lines += block
    return lines


def lane_blocks(
    lanes: Sequence[LaneState], width: int, glyphs: Glyphs, *, cursor: int | None, compact: bool
) -> list[list[Line]]:
    """Draw every lane as some lines of its own; see `lane_lines`."""
    names = names_of(lanes, max(0, width - _CLOCK_WIDTH - 5), glyphs)
    return [
        _block(state, name, lanes, width, glyphs, is_marked=index == cursor, compact=compact)
        for index, (state, name) in enumerate(zip(lanes, names, strict=True))
    ]


def dense_blocks(lanes: Sequence[LaneState], width: int, glyphs: Glyphs, *, cursor: int | None) -> list[list[Line]]:
    """Draw every lane in one line; what else there is to say of it stands below the one that is marked."""
    room = max(12, (width - _CLOCK_WIDTH - 6) * 3 // 5)
    names = names_of(lanes, room, glyphs)
    column, keys = max(map(cell_len, names), default=0), max((len(state.key) for state in lanes), default=1)
    heads = [
        f"{state.key or glyphs.separator:<{keys}} {name:<{column}}" for state, name in zip(lanes, names, strict=True)
    ]
    return [
        _dense_block(state, head, lanes, width, glyphs, is_marked=index == cursor)
        for index, (state, head) in enumerate(zip(lanes, heads, strict=True))
    ]


def _dense_block(
    state: LaneState, name: str, lanes: Sequence[LaneState], width: int, glyphs: Glyphs, *, is_marked: bool
) -> list[Line]:
    mark, right, role = glyphs.arrow if is_marked else " ", _clock(state, glyphs), STATE_ROLES[_state_of(state)]
    differs = (f" {glyphs.differs}", "text-error") if state.same_result is False else ("", "")
    room = width - 1 - cell_len(name) - cell_len(right) - len(differs[0]) - 3
    name_role = "text-muted" if is_off(state) else "strong"
    middle: list[Piece] = [("", "")]
    if is_off(state) or room < 4:
        middle = [(" " * max(0, room), "")]
    elif state.error:
        text = shorten(clean(state.error, 600), room, glyphs.ellipsis)
        middle = [(f"{text:<{room}}", "text-muted" if state.state == "skipped" else "text-error")]
    else:
        filled, empty = bar(_fraction(state), room, glyphs)
        middle = [(filled, _BAR_ROLES.get(state.state, "success")), (empty, "surface")]
    head: Line = ((mark, "text-primary"), (name, name_role), ("  ", ""), *middle, differs, (" ", ""), (right, role))
    if not is_marked or is_off(state):
        return [head]
    if state.error:
        fits = cell_len(clean(state.error, 600)) <= room
        return [head] if fits else [head, *_sentence_lines(state.error, width, _error_role(state))]
    below = [_facts(state, lanes, width - 3, glyphs)] if state.results or state.tasks_done else []
    return [head, *below, *_difference_lines(state, width)]


def _block(
    state: LaneState,
    name: str,
    lanes: Sequence[LaneState],
    width: int,
    glyphs: Glyphs,
    *,
    is_marked: bool,
    compact: bool,
) -> list[Line]:
    head = _head(state, name, width, glyphs, is_marked=is_marked)
    if is_off(state):
        return [head]
    if state.state == "failed" or state.error:
        said = state.error or "It failed without saying why."
        return [head, *_sentence_lines(said, width, _error_role(state))]
    body_width = width - 3
    progress = _progress(state, body_width, glyphs)
    if compact and state.state == "done" and state.runs_done > 1:
        progress = _repeats(state, lanes, body_width, glyphs)  # a full bar would say less
    if compact:
        return [head, progress, *_difference_lines(state, width)]
    return [head, progress, _facts(state, lanes, body_width, glyphs), *_difference_lines(state, width)]


def _error_role(state: LaneState) -> str:
    return "text-muted" if state.state == "skipped" else "text-error"


def _sentence_lines(sentence: str, width: int, role: str) -> list[Line]:
    return [(("   ", ""), (text, role)) for text in wrap(clean(sentence, 600), max(20, width - 3))]


def _difference_lines(state: LaneState, width: int) -> list[Line]:
    """The first task whose result differs from the reference's."""
    return _sentence_lines(state.difference, width, "text-error") if state.difference else []


def _state_of(state: LaneState) -> str:
    return "off" if is_off(state) else state.state


def _clock(state: LaneState, glyphs: Glyphs) -> str:
    """The glyph of the state and the time, in as many cells for all lanes."""
    if is_off(state):
        clock = "off"
    elif state.state == "running":
        clock = figures.seconds(state.elapsed_ns)
    elif state.results:
        clock = figures.duration(state.median_ns or state.elapsed_ns)
    elif state.elapsed_ns:
        clock = figures.duration(state.elapsed_ns)
    else:
        clock = state.state
    return f"{glyphs.states[_state_of(state)]} {clock:>8}"


def _head(state: LaneState, name: str, width: int, glyphs: Glyphs, *, is_marked: bool) -> Line:
    mark = glyphs.arrow if is_marked else " "
    right = _clock(state, glyphs)
    runs = ""
    if state.state == "done" and state.runs_done > 1:
        runs = f" {glyphs.separator} median of {state.runs_done}"
    elif state.state in ("queued", "running") and (state.state == "running" or state.runs_done):
        number = run_in_words(state)
        runs = f" {glyphs.separator} {number}" if number else ""
    key = state.key or glyphs.separator
    room = max(0, width - cell_len(right) - 4 - len(key))
    name = shorten(name, max(0, room - cell_len(runs)), glyphs.ellipsis) + shorten(runs, room, glyphs.ellipsis)
    gap = width - 3 - len(key) - cell_len(name) - cell_len(right)
    role, name_role = STATE_ROLES[_state_of(state)], "text-muted" if is_off(state) else "strong"
    return ((f"{mark}", "text-primary"), (f"{key} ", name_role), (name, name_role), (" " * max(1, gap), ""),
            (right, role))  # fmt: skip


def _fraction(state: LaneState) -> float:
    if state.state == "done":
        return 1.0
    return state.tasks_done / state.tasks if state.tasks else 0.0


def _progress(state: LaneState, width: int, glyphs: Glyphs) -> Line:
    done, total = state.tasks_done, state.tasks
    if state.state == "done":
        figure = figures.count(total) if total < 10**9 else figures.short_count(total)
    elif state.state == "queued":
        figure = f"{figures.short_count(total)} task{'' if total == 1 else 's'}" if total else ""
    else:
        figure = f"{figures.short_count(done)} / {figures.short_count(total)}"
    room = max(_FIGURE_WIDTH, cell_len(figure)) + 2
    filled, empty = bar(_fraction(state), max(4, width - room), glyphs)
    role = _BAR_ROLES.get(state.state, "success")
    return (("   ", ""), (filled, role), (empty, "surface"), (f"{figure:>{room}}", ""))


def _facts(state: LaneState, lanes: Sequence[LaneState], width: int, glyphs: Glyphs) -> Line:
    dot = f" {glyphs.separator} "
    if state.state == "done" and state.runs_done > 1:
        return _repeats(state, lanes, width, glyphs)
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
    text = _cut(dot.join(part for part in left if part), max(0, room), glyphs)
    gap = width - cell_len(text) - cell_len(right)
    return (("   ", ""), (text, "text-muted"), (" " * max(1, gap), ""), (right, role))


def _cut(text: str, room: int, glyphs: Glyphs) -> str:
    """Shorten TEXT to ROOM cells, not within a number, whose first digits would say something else."""
    cut = shorten(text, room, glyphs.ellipsis)
    rest, blank, last = cut.rpartition(" ")
    if cut == text or not blank or not any(map(str.isdigit, last)):
        return cut
    return f"{rest} {glyphs.ellipsis}"


def _repeats(state: LaneState, lanes: Sequence[LaneState], width: int, glyphs: Glyphs) -> Line:
    """How several runs are spread, and where the ratio to the first lane lies."""
    from poolscope.workloads.analysis.statistics import spread_of
    from poolscope.workloads.analysis.verdict import ratio_between

    spread = spread_of(state.times_ns)
    left = [f"half of them {figures.duration(spread.lower)} to {figures.duration(spread.upper)}"]
    first = next((lane for lane in lanes if not is_off(lane) and lane.state != "skipped"), state)
    ratio = ratio_between(state, first) if state is not first and state.runs_done <= _FOLLOWED_LIVE else None
    if ratio is not None:
        interval = figures.interval(*ratio.interval) if ratio.interval is not None else "not enough runs"
        left.insert(0, f"{interval} {glyphs.times} {first.key}" if ratio.interval is not None else interval)
    right, role = _comparison_with_first(state, lanes)
    text = _cut(f" {glyphs.separator} ".join(left), max(0, width - cell_len(right) - 2), glyphs)
    gap = width - cell_len(text) - cell_len(right)
    return (("   ", ""), (text, "text-muted"), (" " * max(1, gap), ""), (right, role))


def _time_left(state: LaneState) -> str:
    if not state.tasks_done or state.tasks_done >= state.tasks:
        return "" if state.tasks_done else "starting"
    left = state.elapsed_ns * (state.tasks - state.tasks_done) / state.tasks_done
    return f"{figures.seconds(left)} left"


def _comparison_with_first(state: LaneState, lanes: Sequence[LaneState]) -> Piece:
    able = [lane for lane in lanes if not is_off(lane) and lane.state != "skipped"]
    if not able or state is able[0]:
        return ("reference", "text-muted") if len(able) > 1 else ("", "")
    if state.same_result is None:
        return _ratio_so_far(state, able[0]), "text-muted"
    return ("same result", "text-success") if state.same_result else ("different result", "text-error")


def _ratio_so_far(state: LaneState, first: LaneState) -> str:
    reference = first.median_ns
    if state.state != "running" or not reference or not state.tasks or state.tasks_done < _ENOUGH_DONE * state.tasks:
        return ""
    expected = state.elapsed_ns * state.tasks / max(1, state.tasks_done)
    return f"so far {figures.ratio_in_words(reference / expected)}" if expected else ""


def verdict_lines(
    comparison: ComparisonState, width: int, glyphs: Glyphs, *, rows: int, most: int | None = None
) -> list[Line]:
    """Draw the answer: a large figure where there is room for it, and the sentences, or the MOST important of them."""
    verdict = comparison.verdict
    if comparison.is_cancelled and comparison.is_over:
        cancelled: list[Line] = [((" Cancelled; what was measured stands above.", "text-warning"),)]
        if verdict is None or verdict.answer == "unknown":
            return cancelled
    if verdict is None or not verdict.sentences:
        return []
    from poolscope.workloads.analysis.verdict import HOW_TO_REPEAT, HOW_TO_REPEAT_LONGER

    role = _ANSWER_ROLES[verdict.answer]
    # A lane says itself, just above, why it failed or was skipped, and what its results differ in.
    told = [f"{lane.key} {lane.state}" for lane in comparison.lanes if lane.state == "failed"]
    told += [f"{lane.key} was skipped" for lane in comparison.lanes if lane.state == "skipped"]
    told += [f"{lane.key}: " for lane in comparison.lanes if lane.difference]
    sentences = [
        text.replace(HOW_TO_REPEAT_LONGER, _MORE_RUNS).replace(HOW_TO_REPEAT, _MORE_RUNS)
        for text in verdict.sentences
        if not text.startswith(tuple(told))
    ]
    if comparison.findings and comparison.is_over:
        sentences.append(f"Main finding: {comparison.findings[0].cause}")
    if comparison.warnings and comparison.is_over:
        more = f" (and {len(comparison.warnings) - 1} more)" if comparison.warnings[1:] else ""
        sentences.append(f"{_MIND} {comparison.warnings[0].sentence}{more}")
    sentences = _most_important(sentences, most)
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


def _most_important(sentences: list[str], most: int | None) -> list[str]:
    """Leave out first how to know more, then what to mind, then what comes last; all of it stands elsewhere, too."""
    if most is None or len(sentences) <= most:
        return sentences
    ranks = [(_MORE_RUNS in text, text.startswith(_MIND), index) for index, text in enumerate(sentences)]
    return [sentences[index] for index in sorted(index for *_, index in sorted(ranks)[:most])]


def _sentences(sentences: Sequence[str], width: int, role: str) -> list[Line]:
    lines: list[Line] = []
    for index, sentence in enumerate(sentences):
        lines += [((text, role if index == 0 else ""),) for text in wrap(clean(sentence, 400), max(16, width))]
    return lines


def _figure(lanes: Sequence[LaneState], verdict: Verdict) -> str | None:
    """How many times faster or slower the best other lane is than the first, such as ``1.7×``."""
    if verdict.answer == "no difference":
        return "="
    first = next((lane for lane in lanes if lane.state != "skipped"), lanes[0])
    reference = first.median_ns
    others = [lane.median_ns for lane in lanes if lane is not first and lane.median_ns]
    if verdict.answer == "unknown" or not reference or not others:
        return None
    ratio = reference / min(others)
    words = figures.ratio_in_words(ratio)
    return f"{words.split()[0]}×" if "times" in words else "="
