"""Files that are whole by their check sums, and were made by somebody who means harm."""

import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.probing import probe

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording import columns
from poolscope.workloads.recording import format as form
from poolscope.workloads.recording.names import SAMPLES_NAME
from poolscope.workloads.recording.samples import Samples

NAMES = (
    form.META, form.END, form.PLAN, form.RESULT, form.SUMMARY, form.SAMPLES, f"{form.PROCESS}:5.6",
    f"{form.RECORDS}:5.6", f"{form.RECORDS}:7.8", f"{form.LOG}:stdout.log:0", f"{form.LOG}:../../x:0", form.LAST, "new",
)  # fmt: skip


def header(pid: int = 5, **slots: int) -> bytes:
    """The header of an event file."""
    data = bytearray(layout.HEADER_SIZE)
    known = {
        "MAGIC_SLOT": layout.MAGIC,
        "VERSION_SLOT": layout.VERSION,
        "HEADER_SIZE_SLOT": layout.HEADER_SIZE,
        "RECORD_SIZE_SLOT": layout.RECORD_SIZE,
        "PID": pid,
    }
    for name, value in {**known, **slots}.items():
        struct.pack_into("<q", data, getattr(layout, name) * 8, value)
    return bytes(data)


def make(path: Path, sections: Sequence[tuple[str, bytes]]) -> Path:
    """Write a file of SECTIONS, whatever they hold."""
    with path.open("wb") as file:
        form.write_head(file)
        for name, data in sections:
            form.write_section(file, name, data)
    return path


def add(path: Path, name: str, payload: bytes, size: int, encoding: int = form.DEFLATED) -> None:
    """Append a section that says what is not true of its payload."""
    text = name.encode()
    head = form.SECTION.pack(form.MARK, encoding, 0, len(text), len(payload), size, zlib.crc32(payload)) + text
    with path.open("ab") as file:
        file.write(head + form.CHECK.pack(zlib.crc32(head)) + payload)


contents = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(lambda tail: header() + tail * 4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    ).map(lambda value: json.dumps(value).encode()),
    st.tuples(st.integers(0, 255), st.integers(0, 2**17), st.binary(max_size=600)).map(
        lambda parts: form.BLOCK.pack(parts[0], len(columns.COLUMNS), 0, parts[1]) + parts[2]
    ),
)


@settings(max_examples=120)
@given(sections=st.lists(st.tuples(st.sampled_from(NAMES), contents), max_size=8))
def test_no_content_raises(sections: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.poolscope"
    probe(make(path, [(f"{form.PROCESS}:5.6", header()), *sections]))


KEYS = (
    "kind", "identity", "title", "begun_ns", "begun_epoch_ns", "machine", "command", "parameters", "state", "status",
    "statuses", "error", "notes", "ok", "elapsed_ns", "tasks", "digest", "summary", "lines", "processes", "left_out",
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["lane", "done"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(max_examples=80)
@given(
    name=st.sampled_from([form.META, form.END, form.RESULT, form.SUMMARY]),
    content=st.dictionaries(st.sampled_from(KEYS), values),
)
def test_no_object_raises(name: str, content: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "object.poolscope"
    recording = probe(make(path, [(name, json.dumps(content).encode()), (form.LAST, b"")]))
    assert recording is not None
    json.dumps([recording.meta, recording.end, recording.summary], allow_nan=False)


@settings(max_examples=80)
@given(
    slots=st.dictionaries(
        st.sampled_from(
            ["ROLE", "PARENT_PID", "ENTERED", "EXITING", "PHASE", "JOB", "ITEMS_DONE", "CHUNKS_STARTED", "START_METHOD"]
        ),
        st.integers(-(2**63), 2**63 - 1),
    ),
    rest=st.binary(max_size=500),
)
def test_no_counter_raises(slots: dict[str, int], rest: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "counters.poolscope"
    probe(make(path, [(f"{form.PROCESS}:5.6", header(**slots) + rest * 10), (f"{form.PROCESS}:6.6", header(6) + rest)]))


@settings(max_examples=120)
@given(data=st.binary(max_size=2000), kind=st.integers(1, 255), at=st.integers(0, 5000), value=st.integers(0, 255))
def test_damaged_columns_say_so(data: bytes, kind: int, at: int, value: int) -> None:
    records = bytearray(data[: len(data) - len(data) % layout.RECORD_SIZE] or bytes(layout.RECORD_SIZE))
    records[:: layout.RECORD_SIZE] = bytes([kind]) * (len(records) // layout.RECORD_SIZE)
    packed = bytearray(columns.pack(bytes(records)))
    whole = columns.unpack(bytes(packed), 3)
    for number in range(len(records) // layout.RECORD_SIZE):
        begin = number * layout.RECORD_SIZE
        assert whole[begin : begin + 76] == records[begin : begin + 76]
        assert int.from_bytes(whole[begin + 76 : begin + 80], "little") == number + 4
    packed[at % len(packed)] = value
    for damaged in (bytes(packed), bytes(packed[: at % len(packed)])):
        try:
            columns.unpack(damaged, 0)
        except columns.DamagedColumnsError:
            continue


def test_what_a_section_declares_is_not_believed(tmp_path: Path) -> None:
    path = make(tmp_path / "x.poolscope", [(form.META, b"{}")])
    bomb = zlib.compress(bytes(form.PAYLOAD_LIMIT * 2))
    add(path, form.SAMPLES, bomb, 10)
    add(path, f"{form.LOG}:stdout.log:0", bomb, form.PAYLOAD_LIMIT)
    add(path, form.RESULT, bomb, form.PAYLOAD_LIMIT * 2)
    add(path, form.END, zlib.compress(b"{}"), 100)
    recording = probe(path)
    assert recording is not None
    text = " ".join(recording.problems)
    for name in ("samples.jsonl is damaged", "log:stdout.log:0 is damaged", "end.json is damaged", "of no use"):
        assert name in text


def test_a_file_of_bombs_takes_little_memory(tmp_path: Path) -> None:
    path = make(tmp_path / "bombs.poolscope", [])
    bomb = zlib.compress(header() + bytes(form.PAYLOAD_LIMIT - layout.HEADER_SIZE), 1)
    for number in range(30):
        add(path, f"{form.PROCESS}:5.{number}", bomb, form.PAYLOAD_LIMIT)
    block = form.BLOCK.pack(layout.STARTED, len(columns.COLUMNS), 0, form.ROWS_LIMIT)
    block += columns.COLUMN.pack(columns.SELF, 0, 0, 0) * len(columns.COLUMNS)
    for _ in range(100):
        add(path, f"{form.RECORDS}:5.6", block, len(block), form.STORED)
    program = """
import resource, sys
from pathlib import Path
from poolscope.workloads.recording.saved import SavedRecording
import numpy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
recording = SavedRecording(Path(sys.argv[1]))
for file in recording.all_files:
    assert len(file.read_records(0, 10)) == 800
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, recording.problems)
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True, timeout=100)
    megabytes, _, problems = done.stdout.decode().partition(" ")
    assert int(megabytes) < 400
    assert "more rare records than this program reads" in problems


def test_marks_without_headers_end_soon(tmp_path: Path) -> None:
    path = make(tmp_path / "x.poolscope", [(form.META, b"{}")])
    with path.open("ab") as file:
        file.write(form.MARK * 500_000)
    recording = probe(path)
    assert recording is not None
    assert "its end is missing" in recording.problems[-1]


def packed(**content: object) -> bytes:
    """A line as a `SampleWriter` writes it."""
    return json.dumps(content, separators=(",", ":")).encode()


times = st.integers(0, 10**9)
rows = st.lists(st.lists(values, max_size=8), max_size=4)
sample_lines = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda t, p, c, s: packed(t=t, p=p, c=c, s=s), times, values, values, values),
    st.builds(lambda t, n: packed(t=t, n=n), times, st.lists(values, max_size=4)),
    st.builds(lambda t, s: packed(t=t, s=s), times, st.lists(st.integers(), min_size=3, max_size=3)),
    st.builds(lambda t, p: packed(t=t, p=p, c=p, l=1e999), times, rows),
)


@settings(max_examples=80)
@given(lines=st.lists(sample_lines, max_size=12))
def test_no_samples_raise(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    data = b"\n".join(lines)
    directory = tmp_path_factory.getbasetemp()
    (directory / SAMPLES_NAME).write_bytes(data)
    for samples in (Samples(data=data), Samples(directory)):
        samples.refresh()
        times = [sample.time_ns for sample in samples.all_cores()]
        assert times == sorted(times)
        for moment in (-1, 0, 500, 10**10):
            samples.cores_at(moment)
            samples.processes_at(moment)
            samples.sizes_at(moment)
            samples.core_of(1, moment)
        samples.seen()
        assert samples.missing_ns(0, 10**30) is None or samples.process_times() is not None


def test_nothing_is_unpickled_or_executed() -> None:
    for path in Path(form.__file__).parent.glob("*.py"):
        imported = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
        assert not {"pickle", "marshal", "shelve", "dill", "runpy"} & set(imported)
        assert not re.search(
            r"\b(eval|exec|allow_pickle|compile|__import__)\b *[(=]", path.read_text().replace("re.compile(", "")
        )
