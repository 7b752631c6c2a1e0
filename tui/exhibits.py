"""What a run has to show beside figures: a picture that grows, and gauges. Read in the bridge's thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolscope.workloads.catalogue.canvas import Canvas
    from poolscope.workloads.catalogue.gauges import Gauges, Point


class Exhibits:
    """Follows the run that is watched."""

    def __init__(self) -> None:
        self.canvas: Canvas | None = None
        """The picture as far as it was drawn; None where none is drawn."""
        self._directory: str | None = None
        self._gauges: Gauges | None = None

    def look(self, directory: str | None) -> None:
        """Read what is new in a run's DIRECTORY; None where nothing is watched."""
        if directory != self._directory:
            self._directory, self.canvas, self._gauges = directory, None, None
        if directory is None:
            return
        # A run that shows nothing has neither file, and then nothing is imported for them.
        place = Path(directory)
        if self.canvas is not None or (place / "canvas").exists():
            from poolscope.workloads.catalogue.canvas import Canvas

            if self.canvas is None or self.canvas.rows_there < self.canvas.height:
                self.canvas = Canvas.read(place, self.canvas)
        if self._gauges is not None or (place / "gauges").exists():
            from poolscope.workloads.catalogue.gauges import Gauges

            self._gauges = self._gauges or Gauges(place)
            self._gauges.refresh()

    def gauges(self, until_ns: int | None = None) -> Mapping[str, tuple[Point, ...]]:
        """What the gauges showed, by name; UNTIL_NS leaves out what came later."""
        if self._gauges is None:
            return {}
        points = {}
        for name, known in self._gauges.points.items():
            latest = self._gauges.latest[name]
            series = known if known and known[-1] == latest else [*known, latest]
            points[name] = tuple(point for point in series if until_ns is None or point.time_ns <= until_ns)
        return points
