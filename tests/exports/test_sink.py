"""Where exports go: whole files or none, compressed if their names say so."""

import gzip
from pathlib import Path

import pytest

from poolscope.workloads.errors import PoolscopeError
from poolscope.workloads.recording.exports.rows import billionths, formatted, quoted, thousandths
from poolscope.workloads.recording.exports.sink import opened


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an empty directory."""
    path = tmp_path / "empty"
    path.mkdir()
    return path


def test_a_file_appears_when_it_is_whole(directory: Path) -> None:
    path = directory / "trace.json"
    path.write_text("old")
    with opened(path) as write:
        write(b"new ")
        write(b"content")
        assert path.read_text() == "old"
    assert path.read_text() == "new content"
    assert list(directory.iterdir()) == [path]


def test_what_was_there_stays_if_anything_goes_wrong(directory: Path) -> None:
    path = directory / "trace.json"
    path.write_text("old")

    def fail() -> None:
        with opened(path) as write:
            write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old"
    assert list(directory.iterdir()) == [path]


def test_a_name_that_ends_in_gz_is_compressed(tmp_path: Path) -> None:
    path = tmp_path / "trace.json.gz"
    with opened(path) as write:
        write(b"content" * 1000)
    assert gzip.decompress(path.read_bytes()) == b"content" * 1000


def test_a_device_is_written_to_and_not_replaced() -> None:
    with opened(Path("/dev/null")) as write:
        write(b"content")
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_sentence() -> None:
    sentence = r"^/dev/full cannot be written: no space left on device\.$"
    with pytest.raises(PoolscopeError, match=sentence), opened(Path("/dev/full")) as write:
        write(b"content")


def test_standard_output_takes_bytes(capfd: pytest.CaptureFixture[str]) -> None:
    with opened(None) as write:
        write("µ".encode())
    assert capfd.readouterr().out == "µ"


def test_rows_are_formatted_by_the_block() -> None:
    np = pytest.importorskip("numpy")
    times = np.array([0, 1_234_567_891, 10**18 + 1], np.int64)
    assert formatted("%d.%09d %s\n", [*billionths(times), ["a", "%d", "µ"]]) == (
        "0.000000000 a\n1.234567891 %d\n1000000000.000000001 µ\n".encode()
    )
    assert formatted("%d.%03d\n", thousandths(times)) == b"0.000\n1234567.891\n1000000000000000.001\n"


def test_strings_have_only_escapes_that_every_reader_knows() -> None:
    assert quoted('a"b\\c\u241bµ') == '"a\\"b\\\\c\u241bµ"'
