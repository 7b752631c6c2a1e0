"""The picture that workers draw together, and what is read of it while they do."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.catalogue.canvas import NAME, Brush, Canvas, Row, create

WIDTH, HEIGHT, LIMIT = 5, 4, 300


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a canvas in the directory of a run, which may have a colon in its name."""
    directory = tmp_path / "run:1"
    directory.mkdir()
    monkeypatch.setenv("POOLSCOPE_RECORDER", f"20s::{directory}")
    return create(WIDTH, HEIGHT, LIMIT)


def read(path: str, before: Canvas | None = None) -> Canvas:
    canvas = Canvas.read(Path(path).parent, before)
    assert canvas is not None
    return canvas


def levels(row: Row | None) -> list[int] | None:
    return None if row is None else list(row.levels)


def test_rows_are_there_once_they_were_drawn(path: str) -> None:
    empty = read(path)
    assert (empty.width, empty.height, empty.limit) == (WIDTH, HEIGHT, LIMIT)
    assert empty.rows == (None,) * HEIGHT
    assert empty.rows_there == 0
    brush = Brush(path)
    brush.draw(2, [0, 1, 2, 3, LIMIT])
    brush.draw(0, [0] * WIDTH)
    drawn = read(path, empty)
    assert list(map(levels, drawn.rows)) == [[0] * WIDTH, None, [0, 1, 2, 3, LIMIT], None]
    assert drawn.rows_there == 2
    assert drawn.painters == ((os.getpid(), threading.get_native_id()),)


def test_rows_that_were_read_are_not_read_again(path: str) -> None:
    brush = Brush(path)
    brush.draw(1, [1] * WIDTH)
    before = read(path)
    brush.draw(3, [3] * WIDTH)
    after = read(path, before)
    assert after.rows[1] is before.rows[1] is not None
    assert levels(after.rows[3]) == [3] * WIDTH
    other = Canvas(WIDTH, HEIGHT, LIMIT + 1, before.rows)
    assert read(path, other).rows[1] is not before.rows[1]


def _paint(path: str, row: int) -> None:
    Brush(path).draw(row, [row] * WIDTH)


def test_every_painter_is_told_from_the_others(path: str) -> None:
    process = multiprocessing.get_context("fork").Process(target=_paint, args=(path, 0))
    process.start()
    process.join()
    thread = threading.Thread(target=_paint, args=(path, 1))
    thread.start()
    thread.join()
    _paint(path, 2)
    canvas = read(path)
    assert [row and row.pid for row in canvas.rows] == [process.pid, os.getpid(), os.getpid(), None]
    assert len(canvas.painters) == 3


def test_a_picture_is_shrunk_to_cells(path: str) -> None:
    brush = Brush(path)
    for number in (0, 3):
        brush.draw(number, [number, 10, 20, 30, 40])
    sampled = read(path).sample(2, 4)
    assert [[cell and cell[0] for cell in line] for line in sampled] == [[10, 30], [None, None], [None, None], [10, 30]]
    assert len(read(path).sample(40, 20)) == 20
    assert {len(line) for line in read(path).sample(40, 20)} == {40}


def test_without_a_run_nothing_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POOLSCOPE_RECORDER", raising=False)
    assert create(WIDTH, HEIGHT, LIMIT) == ""
    monkeypatch.setenv("POOLSCOPE_RECORDER", f"20s::{tmp_path}/gone")
    assert create(WIDTH, HEIGHT, LIMIT) == ""
    Brush("").draw(0, [0] * WIDTH)
    Brush(f"{tmp_path}/gone/{NAME}").draw(0, [0] * WIDTH)
    assert Canvas.read(tmp_path) is None
    assert not (tmp_path / NAME).exists()
    assert not (tmp_path / "gone").exists()


def test_a_picture_that_cannot_grow_is_no_trouble(path: str) -> None:
    brush = Brush(path)
    brush._descriptor = os.open(path, os.O_RDONLY)
    try:
        brush.draw(0, [0] * WIDTH)
    finally:
        os.close(brush._descriptor)
    assert read(path).rows_there == 0


def test_only_its_owner_can_look_at_a_picture(path: str) -> None:
    assert Path(path).stat().st_mode & 0o777 == 0o600


@given(place=st.integers(0, 200), damage=st.binary(min_size=1, max_size=40), size=st.integers(0, 300))
def test_damage_costs_rows_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes, size: int
) -> None:
    directory = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POOLSCOPE_RECORDER", f"20s::{directory}")
        path = create(WIDTH, HEIGHT, LIMIT)
    brush = Brush(path)
    for number in range(HEIGHT):
        brush.draw(number, [number] * WIDTH)
    data = bytearray(Path(path).read_bytes())
    data[place : place + len(damage)] = damage
    Path(path).write_bytes(data[:size])
    canvas = Canvas.read(directory)
    os.close(brush._descriptor)
    if canvas is None or (canvas.width, canvas.height) != (WIDTH, HEIGHT):
        assert place < 24 or size < 24
        return
    assert all(row is None or levels(row) == [number] * WIDTH for number, row in enumerate(canvas.rows))


def test_a_file_that_claims_to_be_huge_is_no_picture(tmp_path: Path) -> None:
    import struct

    for width, height, limit in ((10**6, 1, 1), (1, 10**9, 1), (0, 1, 1), (1, 1, 0), (1, 1, 10**6)):
        (tmp_path / NAME).write_bytes(struct.pack("<8sIIII", b"POOLCANV", 2, width, height, limit))
        assert Canvas.read(tmp_path) is None
    (tmp_path / NAME).write_bytes(struct.pack("<8sIIII", b"POOLCANV", 1, 1, 1, 1))
    assert Canvas.read(tmp_path) is None
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    assert Canvas.read(tmp_path) is None
