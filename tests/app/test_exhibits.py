"""What a run has to show beside figures is kept in its recording, and goes back in time with everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.catalogue_runs import compared

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.exhibits import Exhibits
from poolscope.tui.glyphs import UNICODE
from poolscope.tui.screens.program import ReplayScreen
from poolscope.tui.screens.view import ViewScreen
from poolscope.tui.sources import RecordedSource
from poolscope.workloads.catalogue import canvas as canvases
from poolscope.workloads.catalogue import gauges as all_gauges
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
from poolscope.workloads.recording.meta import Meta, write_meta
from poolscope.workloads.recording.names import EXHIBIT_NAMES
from poolscope.workloads.recording.open import open_recording
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.save import save

ROWS = 12


def test_the_names_are_those_of_the_files() -> None:
    assert EXHIBIT_NAMES == (canvases.NAME, all_gauges.FILE_NAME)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the directory of a run that drew three rows of four, and whose queue filled up."""
    place = tmp_path / "run"
    place.mkdir()
    monkeypatch.setenv("POOLSCOPE_RECORDER", f"20s::{place}")
    write_meta(Meta("lane", "20260101-000000-aaaa", "x", 1, 2, "1", {}), place)
    brush = canvases.Brush(canvases.create(4, 4, 9))
    for row in (2, 0, 3):
        brush.draw(row, [row] * 4)
    (place / "gauges").write_text("100 queue 1\n200 queue 3\n300 queue 2\n")
    return place


@pytest.mark.parametrize("is_saved", [False, True])
def test_a_picture_and_gauges_are_shown_as_they_were(directory: Path, tmp_path: Path, is_saved: bool) -> None:
    if is_saved:
        save(directory, tmp_path / "run.poolscope")
    recording = open_recording(tmp_path / "run.poolscope") if is_saved else Recording(directory)
    shown = Exhibits()
    shown.look(recording)
    recording.close()
    whole = shown.canvas()
    assert whole is not None
    assert [row is not None for row in whole.rows] == [True, False, True, True]
    second = whole.rows[0]
    assert second is not None
    before = shown.canvas(second.time_ns - 1)
    assert before is not None
    assert [row is not None for row in before.rows] == [False, False, True, False]
    assert shown.canvas(second.time_ns) != before
    assert [point.value for point in shown.gauges()["queue"]] == [1, 3, 2]
    assert [point.value for point in shown.gauges(250)["queue"]] == [1, 3]
    shown.look(None)
    assert (shown.canvas(), shown.gauges()) == (None, {})


async def test_a_recorded_picture_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "run.poolscope"
    with Guardian.start() as guardian:
        state = compared(guardian, "mandelbrot", {"width": 20, "height": ROWS}, [Lane("process", 2, "fork")])
        assert state.run_directory is not None
        save(Path(state.run_directory), path)
    source = RecordedSource(open_recording(path), path)
    bridge = Bridge(None, source=lambda: source)
    app = PoolscopeApp(bridge, [], screen=ReplayScreen(bridge, UNICODE, is_of_program=False))
    async with app.run_test(size=(120, 40)) as pilot:

        def rows() -> int | None:
            snapshot = bridge.latest
            return snapshot.canvas.rows_there if snapshot is not None and snapshot.canvas is not None else None

        async def until(count: int) -> None:
            for _ in range(600):
                if rows() == count and bridge.latest is not None and not bridge.latest.transport.is_live:
                    break
                await pilot.pause(0.05)
            assert rows() == count
            app.frame()

        await until(ROWS)
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(app.screen, ViewScreen)
        assert len(app.screen.view.drawn) > 1
        await pilot.press("escape", "left_square_bracket")
        await until(0)
    bridge.close()
