"""The many records of a process as arrays."""

from pathlib import Path

import numpy as np
import pytest
from support.event_files import ROOM, EventFileBuilder

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording import chunks
from poolscope.workloads.recording.chunks import CHUNK, LIFE, chunks_since, records_since
from poolscope.workloads.recording.events import EventFile


@pytest.fixture
def builder(tmp_path: Path) -> EventFileBuilder:
    return EventFileBuilder(tmp_path, 4242, 1000, ROLE=layout.ROLE_WORKER)


def read(builder: EventFileBuilder) -> EventFile:
    file = EventFile(builder.save())
    file.refresh()
    return file


def test_the_arrays_have_the_layout_of_the_records() -> None:
    assert CHUNK.itemsize == LIFE.itemsize == layout.RECORD_SIZE == layout.CHUNK_RECORD.size
    values = range(1, 17)
    record = np.frombuffer(layout.CHUNK_RECORD.pack(*values), CHUNK)[0]
    assert list(record) == list(values)
    assert list(np.frombuffer(layout.LIFE_RECORD.pack(*values), LIFE)[0]) == list(values)


def test_chunks_and_waits_are_told_apart_and_all_else_is_left_out(builder: EventFileBuilder) -> None:
    builder.life(layout.REAPED, a=1)
    builder.chunk(job=3, index=7, items=5, flags=layout.FLAG_FAILED, times=(1, 2, 3, 4, 5, 6))
    builder.life(layout.BLOCKED_FOR, value=layout.BLOCKED_BY_JOIN, time=30, v1=40)
    builder.life(layout.RESULT, a=3, b=7)
    builder.chunk(job=4)
    new = records_since(read(builder), 0)
    assert new.chunks["job"].tolist() == [3, 4]
    assert [int(new.chunks[name][0]) for name in ("index", "items", "flags", "received", "sent")] == [7, 5, 1, 2, 6]
    assert (new.blocked["time"].tolist(), new.blocked["v1"].tolist()) == ([30], [40])
    assert new.next == 5


def test_a_growing_file_gives_what_is_new_up_to_what_is_not_complete(builder: EventFileBuilder) -> None:
    for index in range(3):
        builder.chunk(index=index)
    builder.uncommit(1)
    file = read(builder)
    found = [chunks_since(file, 0)]
    builder.commit(1)
    builder.save()
    file.refresh()
    found.append(chunks_since(file, found[0][1]))
    found.append(chunks_since(file, found[1][1]))
    assert [(array["index"].tolist(), following) for array, following in found] == [([0], 1), ([1, 2], 3), ([], 3)]
    file.close()


def test_a_finished_file_is_read_past_what_was_never_completed(builder: EventFileBuilder) -> None:
    for index in range(4):
        builder.chunk(index=index)
    builder.uncommit(1)
    builder.put(RECORDS_WRITTEN=2)
    file = read(builder)
    file.finish()
    before = len(list(Path("/proc/self/fd").iterdir()))
    array, following = chunks_since(file, 0)
    assert array["index"].tolist() == [0, 2, 3]
    assert following >= 4
    assert chunks_since(file, following)[0].size == 0
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_many_records_come_in_blocks(builder: EventFileBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK", 100)
    for index in range(ROOM + 50):
        builder.chunk(index=index)
    array, following = chunks_since(read(builder), 0)
    assert array["index"].tolist() == list(range(ROOM + 50))
    assert following == ROOM + 50


def test_a_file_that_cannot_be_read_gives_nothing(builder: EventFileBuilder) -> None:
    builder.chunk()
    file = read(builder)
    file.close()
    builder.path.unlink()
    assert chunks_since(file, 0)[0].size == 0
    assert chunks_since(EventFile(builder.path), 0)[0].size == 0
