"""The page of the format says what the code does, and is enough to read a recording by."""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.event_files import RunBuilder

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording import columns, events, samples, save, saved
from poolscope.workloads.recording import format as form
from poolscope.workloads.recording.meta import Meta, write_meta

PAGE = (Path(__file__).parents[2] / "workloads" / "recording" / "FORMAT.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", PAGE, re.MULTILINE)


def test_every_code_on_the_page_is_that_of_the_code() -> None:
    assert len(ROWS) > 80
    for number, name in ROWS:
        assert getattr(layout, name) == int(number), name


def test_every_code_is_on_the_page() -> None:
    source = Path(layout.__file__).read_text()
    on_page = {name for _, name in ROWS}
    begin, end = source.index("MAGIC_SLOT = "), source.index("SLOTS = ")
    slots = set(re.findall(r"^([A-Z_]+) = \d+", source[begin:end], re.MULTILINE))
    kinds = set(
        re.findall(
            r"^([A-Z_]+) = \d+", source[source.index("CHUNK = ") : source.index("START_PROCESS = ")], re.MULTILINE
        )
    )
    families = ("ROLE_", "PHASE_", "LOCK_", "START_", "POOL_KIND_", "BLOCKED_BY_", "FLAG_")
    codes = {
        name
        for name, value in vars(layout).items()
        if name.startswith(families) and isinstance(value, int) and name not in slots
    }
    assert on_page == slots | kinds | codes


@pytest.mark.parametrize(
    "words",
    [
        "## The file: version {form.VERSION}",
        "| magic | 12 | `{magic}`",
        "| version | 2 | {form.VERSION} |",
        "| mark | 4 | `{mark}`",
        "| name size | 2 | {form.NAME_LIMIT} at most |",
        "| payload size | 4 | {form.PAYLOAD_LIMIT} at most |",
        "{form.SECTIONS_LIMIT} sections at most",
        "{saved.MOST_DECODED} bytes of content",
        "longer than {save.MOST_LOG} bytes",
        "{save.MOST_PROCESSES} processes at most",
        "more than {save.FEW_RECORDS_EACH}, unless all processes together have {save.FEW_RECORDS_IN_ALL} at most",
        "no more than {save.FEW_RECORDS} of the kind",
        "blocks of up to {form.ROWS_LIMIT}",
        "| columns | 1 | {columns_count} |",
        "{columns.SELF} none, {columns.ABOVE} above, {columns.LEFT} left, {columns.CORNER} corner",
        "plus {columns.FOLDED} if folded",
        "A header of {layout.HEADER_SIZE} bytes, then records of {layout.RECORD_SIZE} bytes",
        "n records of {record_size} bytes",
        "at byte {layout.NAME_TEXT[0]} the process's name ({layout.NAME_TEXT[1]} bytes)",
        "at byte {layout.FUNCTION_TEXT[0]} what it calls or called last ({layout.FUNCTION_TEXT[1]} bytes)",
        "at byte {layout.ERROR_TEXT[0]} the exception that ended it ({layout.ERROR_TEXT[1]} bytes)",
        "a `CHUNK` is `{layout.CHUNK_RECORD.format}`",
        "a `TEXT` is `{layout.TEXT_RECORD.format}`",
        "all others are `{layout.LIFE_RECORD.format}`",
        "from {layout.EXECUTOR_JOBS} on",
        "An exit code of {layout.EXIT_CODE_UNKNOWN} is",
        "A line longer than {samples.LINE_LIMIT} bytes",
        "beyond {samples.READ_LIMIT} bytes is not read",
        "passes {samples.FILE_LIMIT} bytes",
    ],
)
def test_every_number_on_the_page_is_that_of_the_code(words: str) -> None:
    known = {
        "form": form, "columns": columns, "layout": layout, "samples": samples, "save": save, "saved": saved,
        "magic": form.MAGIC.hex(" "), "mark": form.MARK.hex(" "), "columns_count": len(columns.COLUMNS),
        "record_size": layout.RECORD_SIZE - 4,
    }  # fmt: skip
    assert words.format_map(known) in " ".join(PAGE.split())


def test_every_section_is_on_the_page() -> None:
    for name in (form.META, form.END, form.PLAN, form.RESULT, form.SUMMARY, form.SAMPLES, form.LAST):
        assert f"| `{name}` |" in PAGE
    for name in (form.PROCESS, form.RECORDS, form.LOG):
        assert f"| `{name}:<" in PAGE
    assert saved.MOST_PROCESSES == save.MOST_PROCESSES
    assert events.parse_name("12.34.ev") == (12, 34)


# A reader made from the page alone


def sections(data: bytes) -> Iterator[tuple[str, bytes]]:
    assert data[:12] == bytes.fromhex("93706f6f6c73636f70650d0a")
    assert struct.unpack_from("<HH", data, 12) == (1, 0)
    place = 16
    while place < len(data):
        mark, encoding, _, size, payload_size, content_size, check = struct.unpack_from("<4sBBHIII", data, place)
        assert mark == b"\x0a\x53\x43\x9e"
        begin = place + 20
        name = data[begin : begin + size].decode()
        (own,) = struct.unpack_from("<I", data, begin + size)
        assert own == zlib.crc32(data[place : begin + size])
        payload = data[begin + size + 4 : begin + size + 4 + payload_size]
        assert zlib.crc32(payload) == check
        content = zlib.decompress(payload) if encoding else payload
        assert len(content) == content_size
        yield name, content
        place = begin + size + 4 + payload_size


def block(content: bytes) -> list[bytes]:
    """The records of a block, without their commit words."""
    kind, count_of_columns, _, count = struct.unpack_from("<BBHI", content)
    assert count_of_columns == 14
    place = 8
    table: list[tuple[int, list[int]]] = []
    for _ in range(14):
        neighbour, width, least, first = struct.unpack_from("<BBQQ", content, place)
        place += 18
        numbers = [0] * count
        for plane in range(width):
            encoding, size = struct.unpack_from("<BI", content, place)
            data = content[place + 5 : place + 5 + size]
            place += 5 + size
            data = zlib.decompress(data) if encoding else data
            numbers = [number | byte << 8 * plane for number, byte in zip(numbers, data, strict=True)]
        numbers = [number + least for number in numbers]
        if neighbour & 128:
            numbers = [-(number + 1) // 2 if number % 2 else number // 2 for number in numbers]
        if neighbour & 3 in (1, 3):
            numbers[0] = first
        table.append((neighbour & 3, numbers))
    records = []
    above = [0] * 14
    for row in range(count):
        values: list[int] = []
        for column, (neighbour, numbers) in enumerate(table):
            base = (0, above[column], values[-1] if values else 0, above[10])[neighbour]
            values.append((numbers[row] + base) % 2**64)
        above = values
        sizes = (1, 2, 4, 4, 4, 8, 8, 8, 8, 8, 8, 4, 4, 4)
        fields = [value.to_bytes(8, "little")[:size] for value, size in zip(values, sizes, strict=True)]
        records.append(bytes([kind]) + b"".join(fields))
    return records


def test_a_reader_made_from_the_page_reads_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(save, "FEW_RECORDS_IN_ALL", 10)
    monkeypatch.setattr(save, "FEW_RECORDS_EACH", 5)
    run = RunBuilder(tmp_path / "run")
    worker = run.worker(20, ENTERED=30)
    now = 10**12
    for number in range(300):
        times = (now, now + 5, now + 7 + number % 3, now + 90, now + 80, now + 100)  # the clock steps back once
        worker.chunk(index=(number * 7) % 300, items=number % 5, times=times)
        worker.life(layout.BLOCKED_FOR, value=number % 2, time=now - number * 1000, v1=now)
        now += 110 + number * number
    worker.name(layout.CHUNK, 0, 7, "arguments")
    run.save()
    write_meta(Meta("program", "20261122-210355-4f2a", "made up", 5, 6, "1", {}, ("python", "x.py")), tmp_path / "run")
    save.save(tmp_path / "run", tmp_path / "x.poolscope")

    found = list(sections((tmp_path / "x.poolscope").read_bytes()))
    assert json.loads(dict(found)["meta.json"])["command"] == ["python", "x.py"]
    assert found[-1] == ("last", b"")
    own = dict(found)[f"process:{worker.pid}.20"]
    assert own[:4096] == bytes(worker.data[:4096])
    count = (len(own) - 4096) // 76
    records = [bytes(own[4096 + byte * count + number] for byte in range(76)) for number in range(count)]
    for name, content in found:
        if name == f"records:{worker.pid}.20":
            records += block(content)
    written = [bytes(worker.data[4096 + 80 * number : 4096 + 80 * number + 76]) for number in range(worker.records)]
    assert sorted(records) == sorted(written)
    for kind in (layout.CHUNK, layout.BLOCKED_FOR, layout.TEXT):
        assert [record for record in records if record[0] == kind] == [
            record for record in written if record[0] == kind
        ]
