"""A saved recording says what the run directory says, and a damaged one what is left of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import RunBuilder
from support.probing import probe

from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import CoresSample, CoreUsage
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording import format as form
from poolscope.workloads.recording import save as saving
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta
from poolscope.workloads.recording.open import open_recording
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.samples import SampleWriter
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording, read_summary

META = Meta(
    "lane", "20261122-210355-4f2a", "sqrt · pool", 900, 10**18, "1.0", {"cpus": 2}, workload="sqrt",
    parameters={"N": 1000}, lane="pool", key="B", log_level=20,
)  # fmt: skip
END = End(90_000, "failed", 1, {5: -9}, "It failed.", ("A note.",))


def make_run(directory: Path, chunks: int = 20) -> Path:
    """Leave a run with two workers, one of them killed, with everything that a run directory can hold."""
    run = RunBuilder(directory)
    first, second = run.worker(1020, ENTERED=1030), run.worker(1025, ENTERED=1035)
    now = 2000
    for number in range(chunks):
        worker = (first, second)[number % 2]
        worker.chunk(index=number, flags=number % 3, times=(now, now + 3, now + 5, now + 900, now + 950, now + 1000))
        worker.put(CHUNKS_STARTED=worker.records, CHUNKS_DONE=worker.records, ITEMS_DONE=worker.records)
        run.runner.life(layout.RESULT, b=number, time=now + 1100, v1=7, v2=30)
        now += 600 + number % 7
    run.runner.life(layout.POOL_CREATED, value=2, a=1, time=1001, v1=1100)
    run.runner.life(layout.JOB_SUBMITTED, value=1, a=0, b=chunks, time=1200, v1=chunks)
    run.runner.life(layout.HANDLER_DIED, time=now, a=3)
    run.runner.name(layout.HANDLER_DIED, 3, 0, "boom")
    run.reap(first, now + 100, -9)
    second.put(EXITING=now + 50, EXIT_CODE=0)
    second.text(layout.NAME_TEXT, "ForkPoolWorker-2").text(layout.FUNCTION_TEXT, "math.sqrt")
    first.text(layout.ERROR_TEXT, "ValueError: \x1b[31m no")
    run.runner.put(EXITING=now + 200)
    run.result(summary="fine")
    write_meta(META, directory)
    write_end(END, directory)
    (directory / "stdout.log").write_bytes(b"hello\n" * 50)
    (directory / "stderr.log").write_bytes(b"\x1e2500\x1f20\x1f7\x1fw\x1fmade\n")
    writer = SampleWriter(directory)
    writer.write(3000, CoresSample(3000, (CoreUsage(0, 50.0, 1.0, 0.0),), 1.5, 100.0))
    writer.close()
    run.save()
    return directory


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("saved") / "run")


@pytest.fixture(scope="module")
def whole(directory: Path) -> Path:
    path = directory.parent / "whole.poolscope"
    save(directory, path)
    return path


def read(directory: Path) -> Recording:
    recording = Recording(directory, is_alive=lambda pid: False)
    recording.close()
    return recording


def assert_same(saved: SavedRecording, recording: Recording) -> None:
    """Compare all that a recording can be asked."""
    assert saved.problems == recording.problems == ()
    assert saved.meta == recording.meta
    assert saved.end == recording.end
    assert saved.result == recording.result
    assert saved.processes(0) == recording.processes(0)
    assert saved.marks == recording.marks
    assert saved.pools == recording.pools
    assert saved.handler_deaths == recording.handler_deaths
    assert saved.exit_statuses == recording.exit_statuses
    assert dict(saved.jobs) == dict(recording.jobs)
    assert saved.tasks_done == recording.tasks_done
    assert [file.pid for file in saved.workers] == [file.pid for file in recording.workers]
    assert saved.files.keys() == recording.files.keys()
    for pid, file in saved.files.items():
        other = recording.files[pid]
        assert file.slots == other.slots
        assert sorted(file.life) == sorted(other.life)
        assert (file.name, file.function, file.error) == (other.name, other.function, other.error)
        assert list(file.chunks()) == list(other.chunks())
        assert saved.label(file) == recording.label(other)
        assert saved.end_ns(file) == recording.end_ns(other)
    assert saved.samples.all_cores() == recording.samples.all_cores() != ()
    for name in ("stdout.log", "stderr.log", "log.log"):
        size = recording.output.size(name)
        assert saved.output.size(name) == size
        assert saved.output.read(name, 0, size) == recording.output.read(name, 0, size)
        assert saved.output.read(name, 3, 4) == recording.output.read(name, 3, 4)


def test_a_saved_recording_says_what_its_directory_says(directory: Path, whole: Path) -> None:
    saved = SavedRecording(whole)
    assert_same(saved, read(directory))
    assert saved.is_closed
    assert not saved.refresh()


def test_many_records_go_into_columns_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "FEW_RECORDS_IN_ALL", 10)
    monkeypatch.setattr(saving, "FEW_RECORDS_EACH", 3)
    directory = make_run(tmp_path / "run", chunks=500)
    save(directory, tmp_path / "columns.poolscope")
    assert_same(SavedRecording(tmp_path / "columns.poolscope"), read(directory))


def test_records_are_read_from_any_number_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "FEW_RECORDS_IN_ALL", 10)
    monkeypatch.setattr(saving, "FEW_RECORDS_EACH", 3)
    monkeypatch.setattr(form, "ROWS_LIMIT", 64)
    directory = make_run(tmp_path / "run", chunks=500)
    save(directory, tmp_path / "blocks.poolscope")
    saved = SavedRecording(tmp_path / "blocks.poolscope")
    for file in saved.all_files:
        everything = file.read_records(0, 10_000)
        count = len(everything) // layout.RECORD_SIZE
        words = [layout.LIFE_RECORD.unpack_from(everything, number * layout.RECORD_SIZE)[-1] for number in range(count)]
        assert words == list(range(1, count + 1))
        for first in (0, 1, 62, 63, 64, 65, 130, count - 1, count, count + 5):
            part = file.read_records(first, 70)
            assert part == everything[first * layout.RECORD_SIZE : (first + 70) * layout.RECORD_SIZE]


def test_records_that_were_never_completed_are_left_out(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "run")
    worker = run.worker(20)
    for number in range(9):
        worker.chunk(index=number)
    worker.uncommit(4)
    run.save()
    save(tmp_path / "run", tmp_path / "x.poolscope")
    (file,) = SavedRecording(tmp_path / "x.poolscope").workers
    assert [chunk.position for chunk in file.chunks()] == [0, 1, 2, 3, 5, 6, 7, 8]


def test_what_is_no_event_file_is_no_reason_to_lose_the_rest(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run")
    (directory / "12345.6.ev").write_bytes(b"what is this")
    (directory / "12346.6.ev").symlink_to("/etc/passwd")
    save(directory, tmp_path / "x.poolscope")
    assert len(SavedRecording(tmp_path / "x.poolscope").all_files) == 3


def test_processes_that_nobody_saw_end_have_ended(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "run")
    run.worker(20, ENTERED=5000)
    run.save()
    save(tmp_path / "run", tmp_path / "x.poolscope")
    saved = SavedRecording(tmp_path / "x.poolscope")
    assert [state.phase for state in saved.processes(0)] == ["ended", "ended"]
    assert saved.end_ns(saved.workers[0]) == 5000


def test_the_summary_is_there_without_the_rest(whole: Path) -> None:
    meta, end, summary = read_summary(whole)
    assert meta == META
    assert end == END
    assert summary == {"processes": 3, "tasks": 20}


def test_a_recording_opens_by_its_file_or_its_directory(directory: Path, whole: Path) -> None:
    assert isinstance(open_recording(str(whole)), SavedRecording)
    assert open_recording(directory).meta == META
    with pytest.raises(UsageError, match="no recording in the directory"):
        open_recording(directory.parent)


def test_a_saved_recording_is_saved_by_a_copy(whole: Path, tmp_path: Path) -> None:
    save(whole, tmp_path / "copy.poolscope")
    assert (tmp_path / "copy.poolscope").read_bytes() == whole.read_bytes()
    (tmp_path / "none").write_text("something else")
    with pytest.raises(UsageError, match="not a recording"):
        save(tmp_path / "none", tmp_path / "copy.poolscope")


def test_the_end_of_very_long_output_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST_LOG", 1000)
    directory = make_run(tmp_path / "run")
    (directory / "stdout.log").write_bytes(bytes(range(256)) * 10)
    save(directory, tmp_path / "x.poolscope")
    output = SavedRecording(tmp_path / "x.poolscope").output
    assert output.begin("stdout.log") == 1560
    assert output.size("stdout.log") == 2560
    assert output.read("stdout.log", 0, 10) == b""
    assert output.read("stdout.log", 1560, 10**6) == (bytes(range(256)) * 10)[1560:]


def test_a_small_recording_needs_no_numpy(directory: Path, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording
save(Path({str(directory)!r}), Path({str(tmp_path / "x.poolscope")!r}))
recording = SavedRecording(Path({str(tmp_path / "x.poolscope")!r}))
assert len(list(recording.workers[0].chunks())) == 10
assert recording.samples.all_cores()
assert "numpy" not in sys.modules, "numpy was imported"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# What a file may be instead


@pytest.mark.parametrize("content", [b"", b"x", b"\x93poolscope", b"PK\x03\x04" * 100, bytes(1000)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UsageError, match="x is not a recording of Poolscope"):
        SavedRecording(tmp_path / "x")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing", Path("/dev/null")):
        with pytest.raises(UsageError):
            SavedRecording(path)


def test_a_newer_version_is_refused_with_a_sentence(whole: Path, tmp_path: Path) -> None:
    data = bytearray(whole.read_bytes())
    data[12:14] = (form.VERSION + 1).to_bytes(2, "little")
    (tmp_path / "new.poolscope").write_bytes(data)
    with pytest.raises(UsageError) as error:
        SavedRecording(tmp_path / "new.poolscope")
    assert str(error.value) == (
        "The recording new.poolscope has version 2, and this program reads versions up to 1: install a newer Poolscope."
    )


def test_a_cut_file_opens_as_far_as_it_is_whole(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    path = tmp_path / "cut.poolscope"
    seen = []
    for end in range(form.HEAD.size, len(data)):
        path.write_bytes(data[:end])
        recording = probe(path)
        assert recording is not None
        assert any(
            "its end is missing" in line or "was cut" in line or "damaged" in line for line in recording.problems
        )
        seen.append(len(recording.all_files))
    assert seen == sorted(seen), "more of the file never shows less"
    assert seen[-1] == 3


def test_each_section_can_be_lost_alone(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    sections = list(form.Container(whole).sections())
    for section in sections:
        damaged = bytearray(data)
        damaged[section.offset] ^= 0xFF
        (tmp_path / "x.poolscope").write_bytes(damaged)
        recording = probe(tmp_path / "x.poolscope")
        assert recording is not None
        if section.name not in (form.PLAN,):
            assert [line for line in recording.problems if f"its part {section.name} is damaged" in line]
        expected = 2 if section.name.startswith(form.PROCESS) else 3
        assert len(recording.all_files) == expected
        assert (recording.meta is None) == (section.name == form.META)


def test_a_damaged_header_costs_its_section_alone(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    start = form.HEAD.size
    for section in form.Container(whole).sections():
        damaged = bytearray(data)
        damaged[start + 6] ^= 0x10
        (tmp_path / "x.poolscope").write_bytes(damaged)
        recording = probe(tmp_path / "x.poolscope")
        assert recording is not None
        assert any("damaged" in line for line in recording.problems)
        assert (recording.meta is None) == (section.name == form.META)
        start = section.offset + section.payload_size


@settings(max_examples=120)
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20),
    cut=st.none() | st.integers(0, 10**6),
)
def test_no_damage_raises(whole: Path, changes: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(whole.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    if cut is not None:
        del data[cut % len(data) :]
    path = whole.with_name("damaged.poolscope")
    path.write_bytes(data)
    probe(path)
