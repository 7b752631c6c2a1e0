"""Event files, written here as the recorder writes them: complete, growing, cut short and damaged."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import ROOM, EventFileBuilder

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.events import EventFile, parse_name
from poolscope.workloads.recording.records import HandlerDied, JobSubmitted, PoolEvent, Reaped, Started


@pytest.fixture
def builder(tmp_path: Path) -> EventFileBuilder:
    return EventFileBuilder(tmp_path, 4242, 1000, ROLE=layout.ROLE_RUNNER, PARENT_PID=4241)


def fill(builder: EventFileBuilder) -> None:
    """Write one record of every kind."""
    builder.text(layout.NAME_TEXT, "MainProcess").text(layout.ERROR_TEXT, "ValueError: bad")
    builder.life(layout.POOL_CREATED, value=2, a=1, time=10, v1=20)
    builder.life(layout.STARTED, a=77, time=11, v1=12, v2=1)
    builder.life(layout.JOB_SUBMITTED, value=5, a=3, b=2, time=21, v1=9)
    builder.name(layout.JOB_SUBMITTED, 3, 2, "square_root")
    builder.chunk(job=3, index=0, items=5, times=(1, 2, 3, 4, 5, 6))
    builder.chunk(job=3, index=1, items=4, flags=layout.FLAG_FAILED)
    builder.life(layout.RESULT, a=3, b=0, time=30)
    builder.life(layout.HANDLER_DIED, a=1, time=31)
    builder.name(layout.HANDLER_DIED, 1, 0, "Thread-3 (_handle_results)")
    builder.life(layout.POOL_TERMINATED, a=1, time=40)
    builder.life(layout.REAPED, a=77, time=41, v1=-9)


def test_everything_is_read(builder: EventFileBuilder) -> None:
    fill(builder)
    file = EventFile(builder.save())
    assert file.refresh()
    assert (file.pid, file.created_ns, file.problem) == (4242, 1000, None)
    assert file.slots[layout.PARENT_PID] == 4241
    assert (file.name, file.error) == ("MainProcess", "ValueError: bad")
    assert file.life == [
        PoolEvent(layout.POOL_CREATED, 1, 2, 10, 20),
        Started(77, 11, 12, layout.START_WORKER),
        JobSubmitted(3, 5, 2, 9, 21),
        HandlerDied(31, "Thread-3 (_handle_results)"),
        PoolEvent(layout.POOL_TERMINATED, 1, 0, 40, 0),
        Reaped(77, 41, -9),
    ]
    assert file.text_of(layout.JOB_SUBMITTED, 3, 2) == "square_root"
    first, second = file.chunks()
    assert (first.job, first.position, first.items, first.is_failed, first.cpu) == (3, 0, 5, False, 1)
    assert (first.waiting_ns, first.received_ns, first.begin_ns) == (1, 2, 3)
    assert (first.end_ns, first.pickled_ns, first.sent_ns) == (4, 5, 6)
    assert (first.bytes_in, first.bytes_out, first.cpu_us) == (34, 56, 7)
    assert (second.position, second.items, second.is_failed) == (1, 4, True)
    file.close()


def test_a_growing_file_gives_what_is_new(builder: EventFileBuilder) -> None:
    file = EventFile(builder.save())
    assert file.refresh()
    assert not file.refresh()
    builder.life(layout.REAPED, a=1, v1=0)
    builder.save()
    assert file.refresh()
    builder.put(ITEMS_DONE=17)
    builder.save()
    assert file.refresh()
    assert file.slots[layout.ITEMS_DONE] == 17
    assert file.life == [Reaped(1, 0, 0)]
    assert not file.refresh()
    file.close()


def test_a_record_counts_once_it_is_complete(builder: EventFileBuilder) -> None:
    first = builder.life(layout.REAPED, a=1)
    builder.life(layout.REAPED, a=2)
    builder.uncommit(first)
    file = EventFile(builder.save())
    file.refresh()
    assert file.life == []
    builder.commit(first)
    builder.save()
    assert file.refresh()
    assert [record.pid for record in file.life if isinstance(record, Reaped)] == [1, 2]
    file.close()


def test_a_record_that_was_never_completed_is_stepped_over_at_the_end(builder: EventFileBuilder) -> None:
    builder.life(layout.REAPED, a=1)
    builder.uncommit(builder.life(layout.REAPED, a=2))
    builder.life(layout.REAPED, a=3)
    file = EventFile(builder.save())
    file.refresh()
    file.finish()
    assert [record.pid for record in file.life if isinstance(record, Reaped)] == [1, 3]
    assert file.is_finished


def test_records_across_segments(builder: EventFileBuilder) -> None:
    for index in range(ROOM * 5):
        builder.chunk(index=index)
    builder.life(layout.REAPED, a=5)
    file = EventFile(builder.save())
    file.refresh()
    assert file.life == [Reaped(5, 0, 0)]
    assert [chunk.position for chunk in file.chunks()] == list(range(ROOM * 5))
    file.finish()


def test_a_header_that_is_not_complete_yet_is_waited_for(builder: EventFileBuilder) -> None:
    whole = bytes(builder.data)
    for content in (b"", bytes(100), bytes(layout.HEADER_SIZE)):
        builder.path.write_bytes(content)
        file = EventFile(builder.path)
        assert not file.refresh()
        assert (file.is_ready, file.problem) == (False, None)
        assert list(file.chunks()) == []
        builder.path.write_bytes(whole)
        assert file.refresh()
        assert file.is_ready
        file.close()


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ({"MAGIC_SLOT": 5}, "is not an event file"),
        ({"VERSION_SLOT": 2}, "has version 2, and this program reads version 1"),
        ({"RECORD_SIZE_SLOT": 64}, "has a layout"),
        ({"PID": 9}, "belongs to process 9"),
    ],
)
def test_a_file_of_another_kind_is_given_up_with_a_sentence(
    builder: EventFileBuilder, slots: dict[str, int], said: str
) -> None:
    builder.put(**slots)
    file = EventFile(builder.save())
    assert not file.refresh()
    assert file.problem is not None
    assert said in file.problem
    assert not file.is_ready
    assert not file.refresh()


def test_what_is_no_file_is_given_up(builder: EventFileBuilder) -> None:
    os.mkfifo(builder.path)
    file = EventFile(builder.path)
    assert not file.refresh()
    assert file.problem == "The event file 4242.1000.ev is not a file."
    builder.path.unlink()
    builder.path.mkdir()
    file = EventFile(builder.path)
    assert not file.refresh()
    assert file.problem is not None


def test_a_file_that_vanished_is_no_problem(builder: EventFileBuilder) -> None:
    file = EventFile(builder.path)
    assert not file.refresh()
    assert file.problem is None


def test_a_file_that_is_not_kept_open_gives_its_descriptor_back(builder: EventFileBuilder) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    file = EventFile(builder.save(), keeps_open=False)
    assert file.refresh()
    assert file.name == ""
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_names_of_event_files() -> None:
    assert parse_name("12.345.ev") == (12, 345)
    for name in ("x.1.ev", "12.345.ev.part", "12.ev", "0.5.ev", "-1.5.ev", "1.2.ev\n", "٣.1.ev", "result.json"):
        assert parse_name(name) is None


def _whole_file() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        builder = EventFileBuilder(Path(directory), 4242, 1000)
        fill(builder)
        return bytes(builder.data[: layout.HEADER_SIZE + (builder.records + 2) * layout.RECORD_SIZE])


_WHOLE = _whole_file()


def _read_all(content: bytes) -> EventFile:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "4242.1000.ev")
        path.write_bytes(content)
        file = EventFile(path)
        file.refresh()
        file.refresh()
        list(file.chunks())
        _ = (file.name, file.error, file.function)
        file.finish()
        file.refresh()
        return file


def test_cut_short_at_every_byte_of_the_records() -> None:
    whole = _read_all(_WHOLE).life
    seen = set()
    for size in range(layout.HEADER_SIZE, len(_WHOLE) + 1):
        life = _read_all(_WHOLE[:size]).life
        named = [record for record in life if isinstance(record, HandlerDied)]
        assert life == whole[: len(life)] or named  # a death whose name was cut off
        seen.add(len(life))
    assert seen == set(range(len(whole) + 1))


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(_WHOLE)))
def test_cut_short_anywhere_is_read_as_far_as_it_goes(size: int) -> None:
    assert _read_all(_WHOLE[:size]).problem is None


@settings(deadline=None, max_examples=500)
@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255)), min_size=1, max_size=20))
def test_flipped_bits_never_raise(flips: list[tuple[int, int]]) -> None:
    content = bytearray(_WHOLE)
    for position, bits in flips:
        content[position] ^= bits
    file = _read_all(bytes(content))
    assert file.problem is None or file.problem.endswith(".")


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=600), st.booleans())
def test_garbage_never_raises(garbage: bytes, has_magic: bool) -> None:
    start = layout.MAGIC.to_bytes(8, "little") if has_magic else b""
    _read_all((start + garbage).ljust(layout.HEADER_SIZE, b"\0") + garbage * 3)
