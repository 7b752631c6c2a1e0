"""Recordings are kept within limits, whole or not at all, whatever happens meanwhile."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.event_files import RunBuilder
from support.patience import PATIENCE

from poolscope.workloads.errors import PoolscopeError, UsageError
from poolscope.workloads.recording import store
from poolscope.workloads.recording.meta import End, Meta, new_identity, write_end, write_meta
from poolscope.workloads.recording.open import open_recording
from poolscope.workloads.recording.save import save


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where recordings are kept in these tests."""
    monkeypatch.setenv(store.DIRECTORY_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data" / "recordings"


def make_run(directory: Path, identity: str, size: int = 0) -> Path:
    run = RunBuilder(directory)
    run.save()
    write_meta(Meta("program", identity, f"run {identity}", 100, 10**18, "1", {}, ("x",)), directory)
    write_end(End(1100, "done", 0), directory)
    (directory / "stdout.log").write_bytes(os.urandom(size))
    return directory


def keep(tmp_path: Path, *identities: str, size: int = 0) -> None:
    for identity in identities:
        assert store.keep(make_run(tmp_path / f"run-{identity}", identity, size)) == identity


def listing(place: Path) -> list[str]:
    return [path.name for path in place.iterdir()]


def names() -> list[str]:
    return [entry.identity for entry in store.entries()]


def test_what_is_kept_is_found_again(tmp_path: Path, place: Path) -> None:
    assert store.entries() == ()
    keep(tmp_path, "20260101-000000-aaaa", "20260101-000001-bbbb", "20260202-000000-aaaa")
    newest = store.entries()[0]
    assert newest.identity == "20260202-000000-aaaa"
    assert newest.meta is not None
    assert newest.meta.title == "run 20260202-000000-aaaa"
    assert newest.end == End(1100, "done", 0)
    assert (newest.tasks, newest.processes, newest.problem) == (0, 1, None)
    assert newest.size == newest.path.stat().st_size > 0
    assert store.find("last") == newest.path
    assert store.find("202602") == newest.path
    assert store.find(newest.identity) == newest.path
    assert store.find(str(newest.path)) == newest.path
    assert open_recording("last").meta == newest.meta
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(newest.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("20260101", "2 recordings begin with 20260101, such as .* and .*; write more"),
        ("2027", 'There is no recording 2027; "poolscope recordings" names those that are kept'),
        ("", "There is no recording"),
        ("no/such/file", "There is no file no/such/file"),
        ("x\0y", "There is no recording"),
        ("x" * 5000, "There is no recording"),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, reference: str, words: str) -> None:
    keep(tmp_path, "20260101-000000-aaaa", "20260101-000001-bbbb")
    with pytest.raises(UsageError, match=words):
        store.find(reference)


def test_nothing_is_the_last_where_nothing_is_kept() -> None:
    with pytest.raises(UsageError, match="No recording is kept yet"):
        store.find("last")


def test_the_oldest_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.COUNT_VARIABLE, "3")
    keep(tmp_path, *(f"20260101-00000{number}-aaaa" for number in (4, 1, 2, 5, 3)))
    assert names() == ["20260101-000005-aaaa", "20260101-000004-aaaa", "20260101-000003-aaaa"]


def test_they_take_no_more_room_than_they_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv(store.SIZE_VARIABLE, "250_000")
    keep(tmp_path, *(f"20260101-00000{number}-aaaa" for number in (1, 2, 3)), size=100_000)
    assert names() == ["20260101-000003-aaaa", "20260101-000002-aaaa"]
    notes: list[str] = []
    assert store.keep(make_run(tmp_path / "large", "20260101-000009-aaaa", 300_000), notes) is None
    assert notes == ["The recording was not kept: it has 301 kB, more than POOLSCOPE_KEEP_SIZE allows."]
    assert names() == ["20260101-000003-aaaa", "20260101-000002-aaaa"]
    assert len(listing(place)) == 2


@pytest.mark.parametrize("variable", [store.COUNT_VARIABLE, store.SIZE_VARIABLE])
def test_none_is_kept_if_none_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, "0")
    notes: list[str] = []
    assert store.keep(make_run(tmp_path / "run", "20260101-000000-aaaa"), notes) is None
    assert notes == []
    assert not place.exists()


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "9" * 30])
def test_a_limit_that_makes_no_sense_is_the_default(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(store.COUNT_VARIABLE, text)
    assert store.limit(store.COUNT_VARIABLE, 50) == 50


@pytest.mark.parametrize("identity", ["", "../x", "a/b", ".hidden", "x" * 200, "ä"])
def test_an_identity_is_never_a_path(tmp_path: Path, place: Path, identity: str) -> None:
    assert store.keep(make_run(tmp_path / "run", identity)) is None
    assert not place.exists()


def test_identities_sort_by_their_time() -> None:
    moments = [10**18 + number * 50_000 for number in range(2000)] + [10**18 + number * 10**9 for number in range(50)]
    identities = [new_identity(moment) for moment in sorted(moments)]
    assert identities == sorted(identities)
    assert new_identity(10**18) == "20010909-014640-0000"
    assert all(store.is_identity(identity) for identity in identities)


def test_the_place_is_that_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv(store.DIRECTORY_VARIABLE)
    for value in (str(tmp_path / "xdg"), ""):
        monkeypatch.setenv("XDG_DATA_HOME", value)
        assert store.directory() == Path(platformdirs.user_data_path("poolscope")) / "recordings"


def test_there_may_be_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(store.DIRECTORY_VARIABLE)
    monkeypatch.delenv("XDG_DATA_HOME")

    def nobody_knows() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody_knows)
    notes: list[str] = []
    assert store.keep(make_run(tmp_path / "run", "20260101-000000-aaaa"), notes) is None
    assert notes[0].startswith("The recording was not kept: there is no place for recordings; set POOLSCOPE_DATA_DIR")
    with pytest.raises(UsageError, match="There is no place for recordings"):
        store.find("last")


def test_a_disk_that_is_full_is_a_note(tmp_path: Path, place: Path) -> None:
    # A limit on the size of files is the nearest that a test can have.
    program = f"""
import resource, signal
from pathlib import Path
from poolscope.workloads.recording import store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
notes = []
assert store.keep(Path({str(make_run(tmp_path / "run", "20260101-000000-aaaa", 50_000))!r}), notes) is None
print(notes[0])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "The recording was not kept: file too large.\n"
    assert listing(place) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_device_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PoolscopeError, match="/dev/full cannot be written: no space left on device"):
        save(make_run(tmp_path / "run", "x", 10), Path("/dev/full"))


def test_a_place_that_cannot_be_is_a_note(tmp_path: Path, place: Path) -> None:
    place.parent.write_text("a file in the way")
    notes: list[str] = []
    assert store.keep(make_run(tmp_path / "run", "20260101-000000-aaaa"), notes) is None
    assert notes == ["The recording was not kept: not a directory."]
    assert store.entries() == ()


def test_two_instances_keep_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv(store.COUNT_VARIABLE, "5")
    program = """
import sys
from pathlib import Path
from poolscope.workloads.recording import store
from poolscope.workloads.recording.meta import read_meta, write_meta
directory = Path(sys.argv[1])
meta = read_meta(directory)
for number in range(40):
    write_meta(meta._replace(identity=f"20260101-{number:06}-{sys.argv[2]}"), directory)
    notes = []
    assert store.keep(directory, notes), notes
    assert all(entry.problem is None and entry.meta for entry in store.entries())
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(make_run(tmp_path / name, name * 4)), name * 4])
        for name in "ab"
    ]
    assert [process.wait(timeout=PATIENCE) for process in running] == [0, 0]
    assert len(names()) == 5
    assert len(listing(place)) == 5


def test_a_kill_in_the_middle_leaves_nothing_that_counts(tmp_path: Path, place: Path) -> None:
    directory = make_run(tmp_path / "run", "20260101-000000-aaaa", 1_000_000)
    keep(tmp_path, "20250101-000000-aaaa")
    program = f"""
import time
from pathlib import Path
from poolscope.workloads.recording import format, store
write, written = format.write_section, []
def slowly(*arguments, **options):
    write(*arguments, **options)
    written.append(1)
    if len(written) == 5:
        arguments[0].flush()
        print("half", flush=True)
        time.sleep(60)
format.write_section = slowly
store.keep(Path({str(directory)!r}))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        (part,) = [name for name in listing(place) if name.endswith(".part")]
        assert names() == ["20250101-000000-aaaa"]
        # While it lives it is left alone, however old it looks.
        os.utime(place / part, (1, 1))
        store.entries()
        assert (place / part).stat().st_size > 0
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=PATIENCE)
    assert names() == ["20250101-000000-aaaa"]
    assert not (place / part).exists(), "nobody holds its lock any more"
    keep(tmp_path, "20260101-000000-bbbb")
    assert names() == ["20260101-000000-bbbb", "20250101-000000-aaaa"]


def test_one_that_is_being_made_is_not_swept(tmp_path: Path, place: Path) -> None:
    keep(tmp_path, "20260101-000000-aaaa")
    (place / ".new.part").touch()
    store.entries()
    assert (place / ".new.part").exists()
    os.utime(place / ".new.part", (time.time() - 60, time.time() - 60))
    store.entries()
    assert not (place / ".new.part").exists()


def test_what_else_lies_there_is_no_matter(tmp_path: Path, place: Path) -> None:
    keep(tmp_path, "20260101-000000-aaaa")
    (place / "20260101-000001-bbbb.poolscope").write_bytes(b"damaged")
    (place / "20260101-000002-cccc.poolscope").mkdir()
    os.mkfifo(place / "20260101-000003-dddd.poolscope")
    (place / "notes.txt").touch()
    (place / "..poolscope").touch()
    assert names() == [
        "20260101-000003-dddd", "20260101-000002-cccc", "20260101-000001-bbbb", "20260101-000000-aaaa",
    ]  # fmt: skip
    assert [entry.problem is None for entry in store.entries()] == [False, False, False, True]


def test_removing_one_that_is_gone_is_no_matter(tmp_path: Path) -> None:
    keep(tmp_path, "20260101-000000-aaaa")
    path = store.find("last")
    store.remove(path)
    store.remove(path)
    assert store.entries() == ()
