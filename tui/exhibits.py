"""What a run has to show beside figures: a picture that grows, and gauges. Read in the bridge's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolscope.workloads.catalogue.canvas import Canvas
    from poolscope.workloads.catalogue.gauges import Gauges, Point
    from poolscope.workloads.recording.contents import Contents


class Exhibits:
    """Follows the run that is shown, be it live or out of a saved recording."""

    def __init__(self) -> None:
        self._recording: Contents | None = None
        self._canvas: Canvas | None = None
        self._gauges: Gauges | None = None

    def look(self, recording: Contents | None) -> None:
        """Read what is new of the run that is recorded; None where nothing is watched."""
        if recording is not self._recording:
            self._recording, self._canvas, self._gauges = recording, None, None
            if recording is not None and not recording.directory.is_dir():
                self._open(recording)
        if recording is None or not recording.directory.is_dir():
            return
        # A run that shows nothing has neither file, and then nothing is imported for them.
        place = recording.directory
        if self._canvas is not None or (place / "canvas").exists():
            from poolscope.workloads.catalogue.canvas import Canvas

            if self._canvas is None or self._canvas.rows_there < self._canvas.height:
                self._canvas = Canvas.read(place, self._canvas)
        if self._gauges is not None or (place / "gauges").exists():
            from poolscope.workloads.catalogue.gauges import Gauges

            self._gauges = self._gauges or Gauges(place)
            self._gauges.refresh()

    def _open(self, recording: Contents) -> None:
        """Read all that was saved."""
        shown = recording.exhibits
        if shown.size("canvas"):
            from poolscope.workloads.catalogue.canvas import Canvas

            self._canvas = Canvas.of(shown)
        if shown.size("gauges"):
            from poolscope.workloads.catalogue.gauges import Gauges

            self._gauges = Gauges.of(shown)

    def canvas(self, until_ns: int | None = None) -> Canvas | None:
        """The picture as far as it was drawn, UNTIL_NS or until now; None where none is drawn."""
        if self._canvas is None or until_ns is None:
            return self._canvas
        return self._canvas.until(until_ns)

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
