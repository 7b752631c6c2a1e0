"""Samples of a run are written while it lasts, stay small, and are found again by time."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.model import CoresSample, CoreUsage, ProcessSample
from poolscope.workloads.recording import samples as module
from poolscope.workloads.recording.names import SAMPLES_NAME
from poolscope.workloads.recording.samples import LogSizes, Samples, SampleWriter, SeenProcess

SECOND = 10**9


def cores(time_ns: int, busy: float = 50.0) -> CoresSample:
    return CoresSample(time_ns, (CoreUsage(0, busy, 1.5, 0.0), CoreUsage(3, 0.0, 0.0, 2.5)), 1.25, 1000.0)


def process(pid: int, core: int | None = 1, command: tuple[str, ...] = ("python", "x.py")) -> ProcessSample:
    return ProcessSample(pid, 7, 99.5, 10_000, 5000, core, False, command)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SampleWriter]:
    writer = SampleWriter(tmp_path)
    yield writer
    writer.close()


def test_samples_are_found_by_time(tmp_path: Path, writer: SampleWriter) -> None:
    for moment in (10, 20, 30):
        writer.write(moment, cores(moment, float(moment)), [process(1, core=moment), process(2)])
    samples = Samples(tmp_path)
    assert samples.refresh()
    assert not samples.refresh()
    assert samples.cores_at(9) is None
    assert samples.cores_at(10) == cores(10, 10.0)
    assert samples.cores_at(29) == cores(20, 20.0)
    assert samples.cores_at(10**12) == cores(30, 30.0)
    assert [sample.time_ns for sample in samples.cores_between(20, 30)] == [20, 30]
    assert len(samples.all_cores()) == 3
    assert samples.processes_at(9) == ()
    assert samples.processes_at(25) == (process(1, core=20), process(2))
    assert samples.core_of(1, 35) == 30
    assert samples.core_of(9, 35) is None
    assert samples.process_times() == (10, 20, 30)


def test_they_come_while_the_file_grows(tmp_path: Path, writer: SampleWriter) -> None:
    samples = Samples(tmp_path)
    assert not samples.refresh()
    writer.write(10, cores(10))
    assert samples.refresh()
    writer.write(20, None, [process(1)])
    assert samples.refresh()
    assert samples.cores_at(25) == cores(10)
    assert samples.processes_at(15) == ()
    assert samples.processes_at(25) == (process(1),)


def test_a_command_is_written_once_and_a_pid_may_come_back(tmp_path: Path, writer: SampleWriter) -> None:
    for moment in range(10):
        writer.write(moment, None, [process(1, command=("first", "\x1b[31m"))])
    writer.write(20, None, [])
    writer.write(30, None, [process(1, command=("second",))])
    assert (tmp_path / SAMPLES_NAME).read_text().count("first") == 1
    samples = Samples(tmp_path)
    samples.refresh()
    assert samples.processes_at(5)[0].command == ("first", "␛[31m")
    assert samples.processes_at(30)[0].command == ("second",)
    assert samples.seen()[-1] == SeenProcess(1, 7, ("second",), 30, 30)


def test_long_commands_are_cut_but_processes_stay(tmp_path: Path, writer: SampleWriter) -> None:
    writer.write(1, None, [process(1, command=("x" * 10**6, "y" * 10**6))])
    assert (tmp_path / SAMPLES_NAME).stat().st_size < 10_000
    samples = Samples(tmp_path)
    samples.refresh()
    assert samples.processes_at(1)[0].command[0].startswith("xxx")


def test_all_processes_are_seen_with_their_times(tmp_path: Path, writer: SampleWriter) -> None:
    writer.write(10, None, [process(1)])
    writer.write(20, None, [process(1), process(2, command=("cat",))])
    writer.write(30, None, [process(2, command=("cat",))])
    samples = Samples(tmp_path)
    samples.refresh()
    assert samples.seen() == (
        SeenProcess(1, 7, ("python", "x.py"), 10, 20),
        SeenProcess(2, 7, ("cat",), 20, 30),
    )


def test_sizes_of_output_are_known_by_time(tmp_path: Path, writer: SampleWriter) -> None:
    writer.write_sizes(10)
    (tmp_path / "stdout.log").write_bytes(bytes(100))
    writer.write_sizes(20)
    writer.write_sizes(30)
    (tmp_path / "log.log").write_bytes(bytes(7))
    (tmp_path / "stdout.log").write_bytes(bytes(150))
    writer.write_sizes(40)
    samples = Samples(tmp_path)
    samples.refresh()
    assert samples.sizes_at(15) == LogSizes()
    assert samples.sizes_at(35) == LogSizes(100, 0, 0)
    assert samples.sizes_at(40) == LogSizes(150, 0, 7)
    assert samples.missing_ns(0, 100) is None
    assert samples.missing_ns(0, 101) == 20
    assert samples.missing_ns(0, 151) == 40
    assert samples.missing_ns(2, 1) == 20


def test_hours_stay_small_and_even(tmp_path: Path, writer: SampleWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_LIMIT", 20_000)
    reader = Samples(tmp_path)
    for second in range(3000):
        writer.write(second * SECOND, cores(second * SECOND), [process(1), process(2)])
        if second % 100 == 0:
            (tmp_path / "stdout.log").write_bytes(bytes(second + 1))
            writer.write_sizes(second * SECOND + 1)
            reader.refresh()
    assert (tmp_path / SAMPLES_NAME).stat().st_size <= 21_000
    reader.refresh()
    fresh = Samples(tmp_path)
    fresh.refresh()
    assert reader.all_cores() == fresh.all_cores()
    times = [sample.time_ns for sample in fresh.all_cores()]
    assert len(times) > 50
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) <= 4 * min(gaps)
    assert times[0] < 300 * SECOND
    assert times[-1] > 2800 * SECOND
    assert fresh.processes_at(times[-1])[0].command == ("python", "x.py")
    assert [path.name for path in tmp_path.glob("samples*")] == [SAMPLES_NAME]


def test_a_directory_that_is_gone_ends_it_quietly(tmp_path: Path) -> None:
    writer = SampleWriter(tmp_path / "gone")
    writer.write(1, cores(1), [process(1)])
    writer.write_sizes(2)
    writer.write(3, cores(3))
    assert not (tmp_path / "gone").exists()
    assert not Samples(tmp_path / "gone").refresh()


def test_lines_are_what_the_page_says(tmp_path: Path, writer: SampleWriter) -> None:
    writer.write(5, cores(5), [process(1)])
    lines = [json.loads(line) for line in (tmp_path / SAMPLES_NAME).read_text().splitlines()]
    assert lines == [
        {"t": 5, "n": [1, "python", "x.py"]},
        {
            "t": 5, "c": [[0, 50.0, 1.5, 0.0], [3, 0.0, 0.0, 2.5]], "l": 1.25, "x": 1000,
            "p": [[1, 7, 99.5, 10_000, 5000, 1, 0]],
        },
    ]  # fmt: skip


def test_a_line_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / SAMPLES_NAME
    path.write_bytes(b'{"t":5,"p":[],"c":[[0,1')
    samples = Samples(tmp_path)
    samples.refresh()
    assert samples.all_cores() == ()
    with path.open("ab") as file:
        file.write(b",2,3]]}\n")
    samples.refresh()
    assert [sample.cores for sample in samples.all_cores()] == [(CoreUsage(0, 1.0, 2.0, 3.0),)]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40), st.integers(-10, 10**6 + 10))
def test_the_last_one_before_a_moment_is_it(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], asked: int
) -> None:
    lines = b"".join(b'{"t":%d,"p":[],"c":[]}\n' % moment for moment in sorted(moments))
    sample = Samples(data=lines).cores_at(asked)
    expected = max((moment for moment in moments if moment <= asked), default=None)
    assert (sample.time_ns if sample else None) == expected
