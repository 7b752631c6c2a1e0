"""Comparisons are kept within limits, whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.lanes import MACHINE, lane_state
from support.pasts import BEGUN, SERIAL, past, two_lanes
from support.patience import PATIENCE

from poolscope.workloads.errors import PoolscopeError, UsageError
from poolscope.workloads.history import database, store
from poolscope.workloads.history.past import object_of, past_from
from poolscope.workloads.recording.meta import new_identity

SUPPORT = Path(__file__).parents[1]
KEPT = '{"schema": 1, "identity": "20261118-'


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the database is in these tests."""
    monkeypatch.setenv("POOLSCOPE_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv(store.COUNT_VARIABLE, "100_000")
    return tmp_path / "data" / "history.sqlite"


def keep(*numbers: int) -> list[str]:
    kept = [store.keep(past(number)) for number in numbers]
    assert all(each.notes == () and each.identity for each in kept)
    return [each.identity or "" for each in kept]


def identities() -> list[str]:
    return [each.origin.identity for each in store.entries()]


def test_what_is_kept_is_found_again(place: Path) -> None:
    assert store.entries() == ()
    assert not place.exists(), "who only asks makes no file"
    first, second, third = keep(1, 2, 3)
    assert identities() == [third, second, first]
    assert [each.origin.identity for each in store.entries(2)] == [third, second]
    assert store.entries(workload="primes") == ()
    found = store.find("last")
    assert found.origin == past(3).origin
    assert object_of(found) == object_of(past(3))
    assert store.find("last~2").origin.identity == first
    assert store.find(second[:15]).origin.identity == second
    assert store.find(first) == store.entries()[2]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert [path.name for path in place.parent.iterdir()] == ["history.sqlite"]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("202611", "2 comparisons begin with 202611, such as .* and .*; write more"),
        ("2027", 'There is no comparison 2027; "poolscope history" names those that are kept'),
        ("last~2", "There is no comparison last~2: so many are not kept"),
        ("last~x", "There is no comparison last~x;"),
        ("last~" + "9" * 50, "There is no comparison last~9"),
        ("", "There is no comparison"),
        ("x\0y'; DROP TABLE comparisons", "There is no comparison"),
    ],
)
def test_what_is_not_there_is_named(reference: str, words: str) -> None:
    keep(1, 2)
    with pytest.raises(UsageError, match=words):
        store.find(reference)


def test_nothing_is_the_last_where_nothing_is_kept() -> None:
    with pytest.raises(UsageError, match="No comparison is kept yet"):
        store.find("last")


def test_the_oldest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.COUNT_VARIABLE, "3")
    keep(4, 1, 2, 5, 3)
    assert identities() == [past(number).origin.identity for number in (5, 4, 3)]


def test_none_is_kept_if_none_is_wanted(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv(store.COUNT_VARIABLE, "0")
    assert store.keep(past()) == (None, ())
    assert not place.parent.exists()


def test_a_comparison_without_a_run_is_not_kept(place: Path) -> None:
    assert store.keep(past(lanes=[lane_state("A", SERIAL, [], state="cancelled")])) == (None, ())
    assert not place.exists()


def test_two_of_one_moment_are_both_kept() -> None:
    first, second = keep(1, 1)
    assert first == new_identity(BEGUN + 1_000_000_000)
    assert second > first
    assert store.find(second).origin.identity == second


def test_they_are_removed() -> None:
    first, second, _ = keep(1, 2, 3)
    store.remove(second)
    store.remove(second)
    assert second not in identities()
    assert first in identities()
    store.clear()
    assert identities() == []
    store.clear()


def test_the_baseline_is_the_newest_one_that_is_alike() -> None:
    few = two_lanes((1.0,), (1.0,))
    other = MACHINE._replace(hostname="elsewhere")
    for kept in (
        past(1),
        past(2),
        past(3, lanes=few),
        past(4, machine=other),
        past(5, parameters={"N": 7}),
        past(6, lanes=two_lanes()[:1]),
        past(7, name="primes"),
    ):
        store.keep(kept)
    found = store.find_baseline(past(8), least_runs=3)
    assert found is not None
    assert found.origin.identity == past(2).origin.identity
    assert store.find_baseline(past(8), least_runs=4) is None
    again = store.find_baseline(past(2), least_runs=3)
    assert again is not None
    assert again.origin.identity == past(1).origin.identity, "nothing is compared with itself"


def test_what_goes_wrong_is_a_note(place: Path) -> None:
    place.parent.write_text("a file in the way")
    kept = store.keep(past())
    assert kept.identity is None
    assert kept.notes[0].startswith(f"The comparison was not kept: the history {place} cannot be used: ")
    place.parent.unlink()
    place.mkdir(parents=True)
    assert store.keep(past()).notes[0].endswith(" cannot be used: unable to open database file.")


# Versions


def version_of(place: Path) -> int:
    with sqlite3.connect(place) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_database_is_brought_up_to_date(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (identity,) = keep(1)
    assert version_of(place) == len(database._STEPS)
    later = (*database._STEPS, ("ALTER TABLE comparisons ADD COLUMN remark TEXT", "CREATE TABLE tags (name TEXT)"))
    monkeypatch.setattr(database, "_STEPS", later)
    assert identities() == [identity]
    assert version_of(place) == len(later)
    keep(2)
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT count(*), count(remark) FROM comparisons").fetchone() == (2, 0)


def test_a_step_that_fails_changes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(1)
    later = (*database._STEPS, ("CREATE TABLE tags (name TEXT)", "ALTER TABLE absent ADD COLUMN remark TEXT"))
    with monkeypatch.context() as patch:
        patch.setattr(database, "_STEPS", later)
        with pytest.raises(PoolscopeError, match=r"cannot be used: no such table: absent\.$"):
            store.entries()
    assert version_of(place) == len(database._STEPS)
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'tags'").fetchall() == []
    assert len(identities()) == 1


def test_a_newer_database_is_left_alone(place: Path) -> None:
    keep(1)
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    before = place.read_bytes()
    kept = store.keep(past(2))
    assert kept.identity is None
    (note,) = kept.notes
    assert note == (
        f"The comparison was not kept: the history {place} was made by a newer Poolscope (its tables have version 7, "
        f"this one knows 1) and is left alone: upgrade, or set POOLSCOPE_HISTORY=0 to do without."
    )
    with pytest.raises(PoolscopeError, match="made by a newer Poolscope"):
        store.entries()
    assert place.read_bytes() == before


# Damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: b"no database at all, but long enough to be taken for one" * 100, "file is not a database"),
        (lambda data: data[: len(data) // 2], "malformed"),
        (lambda data: data[:4096] + b"\xff" * (len(data) - 4096), ""),
    ],
    ids=["other", "cut", "overwritten"],
)
def test_a_damaged_database_is_put_aside(place: Path, damage: object, words: str) -> None:
    keep(*range(20))
    data = place.read_bytes()
    assert callable(damage)
    place.write_bytes(damage(data))
    damaged = place.read_bytes()
    kept = store.keep(past(30))
    aside = place.with_name("history.sqlite.damaged-1")
    assert kept.identity is not None
    assert len(kept.notes) == 1
    assert kept.notes[0].startswith("The history was damaged (")
    assert words in kept.notes[0]
    assert kept.notes[0].endswith(f"): it is now {aside}, and a new one has begun.")
    assert identities() == [kept.identity]
    assert aside.read_bytes() == damaged
    place.write_bytes(b"damaged again " * 1000)
    notes: list[str] = []
    assert store.entries(notes=notes) == ()
    assert "history.sqlite.damaged-2" in notes[0]


def test_a_database_of_somebody_else_is_put_aside(place: Path) -> None:
    place.parent.mkdir()
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    kept = store.keep(past())
    assert "no such table: comparisons" in kept.notes[0]
    assert identities() == [kept.identity]


def test_a_row_that_makes_no_sense_is_named(place: Path) -> None:
    (identity,) = keep(1)
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE comparisons SET document = '{}'")
    connection.close()
    with pytest.raises(PoolscopeError, match=f'The comparison {identity} is damaged; "poolscope history remove'):
        store.entries()
    store.remove(identity)
    assert store.entries() == ()


# Several instances

WRITER = """
import sys
from support.pasts import past, two_lanes
from poolscope.workloads.history import store
# A document of many pages, so that there is something to interrupt.
lanes = [lane._replace(traceback="x" * 100_000) for lane in two_lanes()]
number = int(sys.argv[1])
for each in range(number, number + int(sys.argv[2])):
    kept = store.keep(past(each, lanes=lanes))
    assert kept.identity and not kept.notes, kept
    print(".", end="", flush=True)
"""


def writer(first: int, count: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(SUPPORT)}
    words = [sys.executable, "-c", WRITER, str(first), str(count)]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE)


def test_two_instances_that_write_at_once_lose_nothing() -> None:
    # Both begin with an empty directory, so that they make the database at once, too.
    running = [writer(0, 30), writer(0, 30), writer(1_000, 30)]
    assert [process.communicate(timeout=PATIENCE)[0] for process in running] == [b"." * 30] * 3
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(identities())) == 90


def test_a_writer_that_is_killed_at_any_moment_leaves_whole_comparisons(place: Path) -> None:
    moments = random.Random(5)
    before: set[str] = set()
    for attempt in range(20):
        with writer(attempt * 10_000, 5_000) as process:
            assert process.stdout is not None
            written = process.stdout.read(1)
            time.sleep(moments.uniform(0, 0.03))
            process.kill()
            written += process.stdout.read()
        # What the killed one left is read by a new one: all that was there before, and whole comparisons only.
        found = store.entries()
        assert all(len(lane.times_ns) == 3 for each in found for lane in each.lanes)
        assert len(found) - len(before) in (len(written), len(written) + 1)
        now = {each.origin.identity for each in found}
        assert before <= now
        before = now
    assert len(before) >= 20
    with sqlite3.connect(place) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    assert not list(place.parent.glob("*damaged*"))


def test_what_is_kept_can_be_read_by_any_program(place: Path) -> None:
    keep(1)
    with sqlite3.connect(place) as connection:
        ((document, lanes),) = connection.execute("SELECT document, lanes FROM comparisons").fetchall()
    connection.close()
    assert document.startswith(KEPT)
    assert past_from(json.loads(document)).lanes[1].label == "pool"
    assert json.loads(lanes) == ["serial", "pool:workers=2,start=fork,chunksize=625000"]


def test_what_cannot_be_changed_can_be_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(1, 2)

    def connect(_: Path) -> sqlite3.Connection:  # as SQLite does on a file system that is mounted read-only
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(database, "_connect", connect)
    with pytest.raises(PoolscopeError, match="unable to open database file"):
        store.entries()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(store.entries()) == 2
    with pytest.raises(PoolscopeError, match="readonly"):
        store.clear()
    assert place.exists()
