"""The log on screen: a line-API view over a `LogRing` that follows the end, or stays where the reader is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from poolscope.workloads.text import shorten, shorten_middle

from .line_view import StyledView, cells_of, exact_strip, sentence_line
from .log_ring import LogRing, level_name

if TYPE_CHECKING:
    from poolscope.workloads.recording.log import LogLine

SCAN_SECONDS = 0.006
"""Time that one slice of filtering may take, so that keys are answered in between."""

LEVEL_ROLES = {"out": "text-secondary", "err": "text-warning", "INFO": "", "WARNING": "text-warning"}
SHORT_LEVELS = {"SUBDEBUG": "SUBDB", "SUBWARNING": "SUBWN", "WARNING": "WARN", "CRITICAL": "CRIT"}
MATCH_STYLE = Style(bold=True, underline=True)
SIDE_STEP = 8
"""Cells that one press of left or right moves."""


def seconds_since(line: LogLine, base_ns: int) -> str:
    """Time of LINE since BASE_NS in seconds, to the millisecond."""
    return f"{(line.time_ns - base_ns) / 1e9:.3f}"


def as_text(line: LogLine, base_ns: int) -> str:
    """LINE as it is written to a file: time, level or stream, pid, process, text."""
    pid = "" if line.pid is None else str(line.pid)
    return f"{seconds_since(line, base_ns):>9}  {level_name(line):<10}  {pid:>7}  {line.process:<18}  {line.text}"


class LogView(StyledView):
    """Lines of a run, never wrapped: columns stay, the text moves sideways."""

    can_focus = True

    DEFAULT_CSS = """
    LogView {
        overflow-y: scroll;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "Up", show=False),
        Binding("down,j", "scroll_lines(1)", "Down", show=False),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False),
        Binding("home", "scroll_home", "Oldest", show=False),
        Binding("end", "scroll_end", "Newest", show=False),
        Binding("left", "sideways(-1)", "Left", show=False),
        Binding("right", "sideways(1)", "Right", show=False),
    ]

    class Changed(Message):
        """What the view shows, or whether it follows, changed by the reader's doing or by a filter."""

        def __init__(self, view: LogView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, ring: LogRing | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ring = ring or LogRing()
        self.ellipsis = "…"
        self._is_following = True
        self._left = 0
        self._base_ns: int | None = None
        self._empty = ""
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(512)
        self._scrollbar_state: tuple[int, int] = (0, 0)

    @property
    def base_ns(self) -> int:
        """The moment that times are counted from: that of the first line."""
        return self._base_ns or 0

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in sight."""
        return self._is_following

    @property
    def lines_below(self) -> int:
        """Lines under the last visible one."""
        return max(0, len(self.ring) - self.scroll_offset.y - self.content_height)

    def set_empty(self, sentence: str) -> None:
        """Show SENTENCE while there is no line to show."""
        if sentence != self._empty:
            self._empty = sentence
            if not len(self.ring):
                self.refresh()

    def extend(self, lines: Sequence[LogLine]) -> None:
        """Add LINES at the end; one call a frame, whatever their number."""
        if not lines:
            return
        if self._base_ns is None:
            self._base_ns = lines[0].time_ns
        before = len(self.ring)
        gone = self.ring.extend(lines)
        if gone == 0 and len(self.ring) == before:
            return
        if gone:
            self._count_changed()
            self._place(self.scroll_offset.y - gone)
            self._repaint_all()
        self._show_more(before - gone)

    def clear(self) -> None:
        """Drop all lines, and count time from the next one."""
        self.ring.clear()
        self._base_ns = None
        self._left = 0
        self._start_over()

    def count_from(self, time_ns: int) -> None:
        """Count times from TIME_NS, whatever the first line is."""
        if time_ns != self._base_ns:
            self._base_ns = time_ns
            self._strips.clear()
            self._repaint_all()

    def until(self, time_ns: int | None) -> bool:
        """Hide lines later than TIME_NS; None hides none. Tells whether that changed what is shown."""
        before = len(self.ring)
        if time_ns == self.ring.until_ns:
            return False
        self.ring.until_ns = time_ns
        count = len(self.ring)
        if count == before:
            return False
        if count > before:
            self._show_more(before)
        else:
            self._count_changed()
            self._place(self.max_scroll_y if self._is_following else self.scroll_offset.y)
            self._repaint_all()
        return True

    def want(self, level: int, query: str) -> None:
        """Show lines of LEVEL or above that contain QUERY, as soon as they are found."""
        was_scanning = self.ring.is_scanning
        self.ring.want(level, query)
        if self.ring.is_scanning and not was_scanning:
            self.call_later(self._scan)

    def follow(self, is_wanted: bool) -> None:
        """Keep the newest line in sight, or stay where the view is."""
        self._set_following(is_wanted)
        if is_wanted:
            self._place(self.max_scroll_y)

    def render_line(self, y: int) -> Strip:
        """Draw visible row Y."""
        width = self.drawn_width or self.content_width
        index = self.scroll_offset.y + y
        if index >= len(self.ring):
            return self.strip_of(() if len(self.ring) else sentence_line(self._empty, width, y), width)
        key = (self.ring.number(index), width, self._left)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(self.ring[index], width)
        return strip

    def notify_style_update(self) -> None:
        """Draw everything anew in the new colours."""
        super().notify_style_update()
        self._strips.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when the reader scrolls away from the end, follow again when they come back to it."""
        self._update_scrollbar()
        self._set_following(round(new_value) >= self.max_scroll_y)
        if round(old_value) != round(new_value):
            self._repaint_all()

    def on_resize(self, _event: events.Resize) -> None:
        """Keep the end in sight when the view follows it."""
        self._place(self.max_scroll_y if self._is_following else self.scroll_offset.y)
        self._update_scrollbar(force=True)
        if self.content_width != self.drawn_width:
            self._repaint_all()

    def action_scroll_lines(self, lines: int) -> None:
        """Move by LINES."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def action_scroll_pages(self, pages: int) -> None:
        """Move by PAGES of what is visible, less a line."""
        self.action_scroll_lines(pages * max(1, self.content_height - 1))

    def action_scroll_home(self) -> None:
        """Go to the oldest line."""
        if len(self.ring) > self.content_height:
            self._set_following(False)
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_scroll_end(self) -> None:
        """Go to the newest line and follow."""
        self.follow(True)

    def action_sideways(self, steps: int) -> None:
        """Move the text by STEPS to the side; the columns before it stay."""
        longest = max((cells_of(self.ring[i].text) for i in self._visible()), default=0)
        most = max(self._left, longest - self._text_width(self.content_width))
        left = min(max(0, most), max(0, self._left + steps * SIDE_STEP))
        if left != self._left:
            self._left = left
            self._repaint_all()

    def _visible(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(len(self.ring), top + self.content_height))

    def _scan(self) -> None:
        """Filter for a moment; go on after whatever else waits, until the filter is in force."""
        anchor = None if self._is_following or not len(self.ring) else self.ring.number(self._visible().start)
        if self.ring.scan(SCAN_SECONDS):
            self._start_over(anchor)
        elif self.ring.is_scanning:
            self.call_later(self._scan)

    def _start_over(self, anchor: int | None = None) -> None:
        """Show what the ring shows now; ANCHOR is the number of the line that should stay on top."""
        self._strips.clear()
        self._count_changed()
        self._place(self.max_scroll_y if anchor is None else self.ring.index_of(anchor))
        self._set_following(self._is_following or self.scroll_offset.y >= self.max_scroll_y)
        self._repaint_all()
        self.post_message(self.Changed(self))

    def _show_more(self, first_new: int) -> None:
        self._count_changed()
        if self._is_following:
            self._place(self.max_scroll_y)
        top = self.scroll_offset.y
        self.repaint(range(max(0, first_new - top), self.content_height))

    def _count_changed(self) -> None:
        """Tell the scrolling machinery the new count, past the reactive: that would lay out the whole screen."""
        self.set_reactive(Widget.virtual_size, Size(0, len(self.ring)))
        self._update_scrollbar()

    def _update_scrollbar(self, *, force: bool = False) -> None:
        """Move the scrollbar only when its thumb would look different: it is sent to the terminal as a whole."""
        if not self.show_vertical_scrollbar:
            return
        count, height = max(1, len(self.ring)), max(1, self.content_height)
        steps = height * 8
        state = (round(steps * min(1, height / count)), round(steps * self.scroll_y / count))
        if force or state != self._scrollbar_state:
            self._scrollbar_state = state
            self.vertical_scrollbar.window_virtual_size = len(self.ring)
            self.vertical_scrollbar.window_size = height
            self.vertical_scrollbar.position = self.scroll_y

    def _place(self, y: float) -> None:
        """Scroll there at once; nobody watches this, so what moved is drawn again from here."""
        before = self.scroll_offset.y
        self.set_scroll(None, min(max(0, y), self.max_scroll_y))
        if self.scroll_offset.y != before:
            self._update_scrollbar()
            self._repaint_all()

    def _set_following(self, is_following: bool) -> None:
        if is_following != self._is_following:
            self._is_following = is_following
            self.post_message(self.Changed(self))

    def _repaint_all(self) -> None:
        self.refresh(self.size.region)

    def _text_width(self, width: int) -> int:
        return max(1, width - sum(cells + 1 for cells in self._columns(width) if cells))

    def _columns(self, width: int) -> tuple[int, int, int, int]:
        """Cells of time, level, pid and process; what does not fit beside a readable text is left out."""
        if width >= 90:
            return 9, 8, 7, 18
        if width >= 70:
            return 8, 5, 7, 16
        if width >= 50:
            return 8, 5, 7, 0
        return 0, 5, 0, 0

    def _draw(self, line: LogLine, width: int) -> Strip:
        time_width, level_width, pid_width, process_width = self._columns(width)
        name = level_name(line)
        level = name if len(name) <= level_width else SHORT_LEVELS.get(name, name)[:level_width]
        muted = self.style_of("text-muted")
        segments = []
        if time_width:
            segments.append(Segment(f"{seconds_since(line, self.base_ns):>{time_width}} ", muted))
        segments.append(Segment(f"{level:<{level_width}} ", self.style_of(_level_role(line, name))))
        if pid_width:
            pid = "" if line.pid is None else str(line.pid)
            process = shorten_middle(line.process, process_width, self.ellipsis)
            padding = " " * (process_width - cells_of(process) + (1 if process_width else 0))
            segments.append(Segment(f"{pid:>{pid_width}} {process}{padding}", muted))
        room = width - sum(cells_of(segment.text) for segment in segments)
        return exact_strip(segments + self._text_segments(line, room), width, self.style_of(""))

    def _text_segments(self, line: LogLine, room: int) -> list[Segment]:
        """The line's own text in ROOM cells, with what the filter looks for underlined."""
        text = line.text if self._left else shorten(line.text, room, self.ellipsis)
        style = self.style_of("text-error" if line.level >= 40 else "")
        parts = self.ring.matches(text)
        segments = [Segment(part, style + MATCH_STYLE if is_match else style) for part, is_match in parts]
        if not self._left:
            return segments
        strip = Strip(segments)
        return list(strip.crop(self._left, self._left + room)) if self._left < strip.cell_length else []


def _level_role(line: LogLine, name: str) -> str:
    if line.level >= 40:
        return "text-error"
    return LEVEL_ROLES.get(name, "text-muted" if 0 < line.level < 20 else "")
