"""The lanes that a person chose, in their order, some of them switched off: immutable, every change makes another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from poolscope.workloads.model import Lane


class Entry(NamedTuple):
    """One lane of the list."""

    lane: Lane
    """As it was asked for: None in a setting means the default."""
    is_on: bool = True
    """Whether it is run; one that is switched off keeps its place and its settings."""


class LaneList(NamedTuple):
    """The lanes; there is always at least one that is on."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, lanes: Iterable[Lane]) -> LaneList:
        """Switch all of LANES on."""
        return cls(tuple(map(Entry, lanes)))

    @property
    def lanes_on(self) -> tuple[Lane, ...]:
        """Those that run, in their order."""
        return tuple(entry.lane for entry in self.entries if entry.is_on)

    def replaced(self, index: int, lane: Lane) -> LaneList:
        """Give the entry at INDEX another lane."""
        return self._with(index, index + 1, self.entries[index]._replace(lane=lane))

    def inserted(self, index: int, lane: Lane) -> LaneList:
        """Put LANE before the entry at INDEX, switched on."""
        return self._with(index, index, Entry(lane))

    def removed(self, index: int) -> LaneList | None:
        """Leave the entry at INDEX out; None if no lane would be left that is on."""
        return self._with(index, index + 1)._checked()

    def toggled(self, index: int) -> LaneList | None:
        """Switch the entry at INDEX off, or on again; None if no lane would be left that is on."""
        entry = self.entries[index]
        return self._with(index, index + 1, entry._replace(is_on=not entry.is_on))._checked()

    def moved(self, index: int, by: int) -> LaneList | None:
        """Let the entry at INDEX change places with its neighbour; None if there is none on that side."""
        other = index + by
        if not 0 <= other < len(self.entries):
            return None
        entries = list(self.entries)
        entries[index], entries[other] = entries[other], entries[index]
        return LaneList(tuple(entries))

    def with_lanes(self, lanes: Iterable[Lane]) -> LaneList:
        """Put those of LANES at the end that are not there yet; switch on those that are."""
        wanted = list(dict.fromkeys(lanes))
        there = {entry.lane for entry in self.entries}
        kept = [entry._replace(is_on=entry.is_on or entry.lane in wanted) for entry in self.entries]
        return LaneList((*kept, *(Entry(lane) for lane in wanted if lane not in there)))

    def _with(self, start: int, end: int, *entries: Entry) -> LaneList:
        return LaneList((*self.entries[:start], *entries, *self.entries[end:]))

    def _checked(self) -> LaneList | None:
        return self if self.lanes_on else None
