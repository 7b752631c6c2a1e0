"""The log of a recording comes back by time, from a directory and from a file alike."""

from itertools import pairwise
from pathlib import Path

import pytest
from support.event_files import RunBuilder

from poolscope.workloads.recording import recorded_log as module
from poolscope.workloads.recording import save as saving
from poolscope.workloads.recording.contents import Contents
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.recorded_log import RecordedLog
from poolscope.workloads.recording.samples import SampleWriter
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording


def logged(time_ns: int, text: str) -> bytes:
    return f"\x1e{time_ns}\x1f20\x1f5\x1fw\x1f{text}\n".encode()


def append(directory: Path, name: str, data: bytes) -> None:
    with (directory / name).open("ab") as file:
        file.write(data)


def make_run(directory: Path) -> Path:
    """Leave a run whose output came in four stretches, sampled at 200, 300 and so on."""
    RunBuilder(directory).save()
    write_meta(Meta("program", "20260101-000000-aaaa", "x", 100, 10**18, "1", {}), directory)
    writer = SampleWriter(directory)
    for number in range(1, 5):
        append(directory, "stdout.log", b"out %d\n" % number)
        append(directory, "stderr.log", b"err %d\n" % number)
        append(directory, "log.log", logged(100 * number + 50, f"log {number}"))
        writer.write_sizes(100 * number + 100)
    writer.close()
    return directory


@pytest.fixture(params=["directory", "file"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Contents:
    directory = make_run(tmp_path / "run")
    write_end(End(600, "done", 0), directory)
    if request.param == "file":
        save(directory, tmp_path / "x.poolscope")
        return SavedRecording(tmp_path / "x.poolscope")
    opened = Recording(directory, is_alive=lambda pid: False)
    opened.refresh()
    return opened


def texts(log: RecordedLog, begin: int, end: int, most: int | None = None) -> list[str]:
    return [line.text for line in log.lines_between(begin, end, most)]


def test_lines_come_at_their_times(recording: Contents) -> None:
    log = RecordedLog(recording)
    lines = log.lines_between(0, 10_000)
    assert [(line.time_ns, line.text) for line in lines] == [
        (100, "out 1"), (100, "err 1"), (150, "log 1"), (200, "out 2"), (200, "err 2"), (250, "log 2"),
        (300, "out 3"), (300, "err 3"), (350, "log 3"), (400, "out 4"), (400, "err 4"), (450, "log 4"),
    ]  # fmt: skip
    assert [line.stream for line in lines[:3]] == ["out", "err", "log"]


def test_stretches_of_time_share_no_line_and_lose_none(recording: Contents) -> None:
    log = RecordedLog(recording)
    everything = texts(log, 0, 1000)
    for borders in ((0, 100, 101, 150, 200, 260, 1000), (0, 99, 349, 350, 351, 1000)):
        parts = [text for begin, end in pairwise(borders) for text in texts(log, begin, end)]
        assert parts == everything


def test_the_last_ones_are_enough_if_that_is_said(recording: Contents) -> None:
    log = RecordedLog(recording)
    everything = texts(log, 0, 1000)
    for most in (0, 1, 3, 5, 100):
        assert texts(log, 0, 1000, most) == everything[max(0, len(everything) - most) :]
    assert texts(log, 0, 300, 2) == ["err 2", "log 2"]


def test_a_long_log_is_read_by_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEP", 500)
    monkeypatch.setattr(saving, "LOG_BLOCK", 1100)
    directory = make_run(tmp_path / "run")
    write_end(End(10**6, "done", 0), directory)
    (directory / "stderr.log").write_bytes(
        b"".join(logged(1000 + number, f"line {number}") + b"own\r%d\n" % number for number in range(2000))
    )
    save(directory, tmp_path / "x.poolscope")
    recording = SavedRecording(tmp_path / "x.poolscope")
    log = RecordedLog(recording)
    reads = 0
    read = recording.output.read

    def counted(name: str, offset: int, size: int) -> bytes:
        nonlocal reads
        data = read(name, offset, size)
        reads += len(data)
        return data

    monkeypatch.setattr(recording.output, "read", counted)
    assert texts(log, 1500, 1502) == ["line 500", "500", "line 501", "501"]
    assert reads < 10_000
    assert len(log.lines_between(0, 10**9)) == 4000 + 8


def test_it_grows_with_its_run(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run")
    recording = Recording(directory, is_alive=lambda pid: True)
    recording.refresh()
    log = RecordedLog(recording)
    append(directory, "stdout.log", b"unfinished")
    log.refresh()
    assert texts(log, 450, 10_000) == ["log 4"]
    append(directory, "stdout.log", b" business\n")
    log.refresh()
    assert texts(log, 460, 10_000) == ["unfinished business"]


def test_what_was_begun_and_never_ended_is_there_at_the_end(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run")
    append(directory, "stdout.log", b"killed in the mid")
    write_end(End(600, "failed", -9), directory)
    recording = Recording(directory, is_alive=lambda pid: False)
    recording.refresh()
    assert texts(RecordedLog(recording), 460, 10_000) == ["killed in the mid"]


def test_times_that_make_no_sense_do_no_harm(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run")
    append(directory, "log.log", logged(10**18 * 9, "late") + logged(3, "early") + b"\x1e5\x1f\n" + b"\x1e" * 100)
    write_end(End(600, "done", 0), directory)
    recording = Recording(directory, is_alive=lambda pid: False)
    recording.refresh()
    lines = RecordedLog(recording).lines_between(0, 10**6)
    assert [line.text for line in lines if line.stream == "log"][4:6] == ["late", "early"]
    times = [line.time_ns for line in lines]
    assert times == sorted(times)


def test_there_may_be_no_samples_at_all(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run")
    (directory / "samples.jsonl").unlink()
    recording = Recording(directory, is_alive=lambda pid: False)
    recording.refresh()
    assert [line.time_ns for line in RecordedLog(recording).lines_between(0, 10**6) if line.stream == "out"] == [
        100
    ] * 4
