"""Workloads that are perfectly parallel: what they compute, and that they notice when it is wrong."""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from poolscope.workloads.catalogue import find, mandelbrot, primes
from poolscope.workloads.catalogue.compress import compress_file
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, Parameters, Workload
from poolscope.workloads.parameters import check_parameters


class Done:
    """A workload with parameters, and the results of its tasks."""

    def __init__(self, name: str, **given: Any) -> None:
        self.workload: Workload = find(name)
        self.parameters: Parameters = check_parameters(self.workload, given)
        self.results: list[Any] = [self.workload.function(each) for each in self.workload.inputs(self.parameters)]

    @property
    def summary(self) -> str:
        return self.workload.summarise(self.results, self.parameters)

    def check(self, results: Sequence[Any] | None = None) -> str | None:
        """What is wrong with these results, or those of the tasks; in whichever order they come."""
        assert self.workload.check is not None
        found = self.results if results is None else list(results)
        said = self.workload.check(found, self.parameters)
        assert self.workload.check(found[::-1], self.parameters) == said
        assert said is None or said.endswith(".")
        return said

    def but(self, index: int, result: Any) -> list[Any]:
        """The results, with one of them changed."""
        return [*self.results[:index], result, *self.results[index + 1 :]]


# primes


@pytest.mark.parametrize(
    ("limit", "blocks", "count"), [(10_000, 7, 1_229), (1, 5, 0), (2, 5, 0), (3, 1, 1), (30, 100, 10)]
)
def test_primes(limit: int, blocks: int, count: int) -> None:
    done = Done("primes", N=limit, blocks=blocks)
    assert sum(found for _, found in done.results) == count
    assert len(done.results) == done.workload.count_tasks(done.parameters) == min(limit, blocks)
    assert done.check() is None
    assert done.summary == f"{count:,} prime{'' if count == 1 else 's'} below {limit:,}"


def test_primes_are_those_of_the_books() -> None:
    assert [n for n in range(60) if primes.is_prime(n)] == [
        2,
        3,
        5,
        7,
        11,
        13,
        17,
        19,
        23,
        29,
        31,
        37,
        41,
        43,
        47,
        53,
        59,
    ]


def test_a_wrong_count_of_primes_is_found() -> None:
    done = Done("primes", N=1_000, blocks=10)
    said = "The count of the block from 300 to 399 is wrong: 17 instead of 16."
    assert done.check(done.but(3, (300, 17))) == said
    assert done.check(done.but(3, done.results[2])) == "The count of the block from 300 on is missing."
    assert done.check(done.results[1:]) == "There are 9 counts for 10 blocks."


# pi


def test_pi_with_random_numbers_of_its_own_for_each_task() -> None:
    done = Done("pi", tasks=20, points=2_000)
    assert done.check() is None
    assert done.results == Done("pi", tasks=20, points=2_000).results
    assert done.results[:10] == Done("pi", tasks=10, points=2_000).results
    assert len({hits for _, hits, _ in done.results}) > 10
    assert done.summary.startswith("π ≈ 3.1")
    assert " from 40,000 points, off by 0.0" in done.summary


def test_equal_random_numbers_are_found() -> None:
    done = Done("pi", tasks=4, points=100)
    copied = [*done.results[:2], *((number + 2, hits, last) for number, hits, last in done.results[:2])]
    said = done.check(copied)
    assert said is not None
    assert said.startswith("Only 2 of 4 tasks drew random numbers of their own: the results of the other 2 are copies")


def test_one_generator_is_no_trouble_in_one_process() -> None:
    done = Done("pi", tasks=10, points=100, seeding="wrong")
    assert done.check() is None
    assert done.results != Done("pi", tasks=10, points=100).results


def test_a_wrong_pi_is_found() -> None:
    done = Done("pi", tasks=3, points=100)
    number, hits, last = done.results[1]
    assert done.check(done.but(1, (number, 101, last))) == "Task 2 counted 101 hits among 100 points."
    assert done.check(done.results[:2]) == "There are results of 2 tasks instead of 3."
    first = (0, done.results[0][1] - 1, done.results[0][2])
    assert "has another result when it is done again" in str(done.check(done.but(0, first)))
    off = [done.results[0], *((number, 0, last) for number, _, last in done.results[1:])]
    assert "is too far from π: with 300 points" in str(done.check(off))
    assert hits


# mandelbrot


def test_the_mandelbrot_set_is_where_it_should_be() -> None:
    done = Done("mandelbrot", width=60, height=41, iterations=100)
    assert done.check() is None
    rows = dict(done.results)
    assert all(rows[number] == rows[40 - number] for number in range(20)), "it is the same below the real axis as above"
    assert 20 < 100 * sum(levels.count(100) for levels in rows.values()) / (60 * 41) < 30
    assert done.summary.startswith("60 × 41 pixels, 2")
    assert mandelbrot.iterations(0.0, 0.0, 500) == 500
    assert mandelbrot.iterations(-1.0, 0.0, 500) == 500
    assert mandelbrot.iterations(1.0, 0.0, 500) == 3
    assert mandelbrot.iterations(2.0, 2.0, 500) == 1


def test_the_picture_is_shown_with_characters() -> None:
    done = Done("mandelbrot", width=60, height=41, iterations=100)
    assert done.workload.show is not None
    shown = done.workload.show(done.results, done.parameters)
    assert shown == done.workload.show(done.results[::-1], done.parameters)
    assert len(shown) == 20
    assert all(len(line) <= 64 for line in shown)
    assert shown[10].count("@") > 15 > shown[0].count("@")
    for width, height in ((1, 1), (1, 300), (300, 1)):
        small = Done("mandelbrot", width=width, height=height, iterations=3)
        assert small.check() is None
        assert small.workload.show is not None
        assert 1 <= len(small.workload.show(small.results, small.parameters)) <= 20


def test_a_wrong_row_is_found() -> None:
    done = Done("mandelbrot", width=48, height=31, iterations=50)
    number, levels = done.results[15]
    for wrong in (levels[1:], [*levels[:-1], 51], [-1, *levels[1:]]):
        assert "Row 16 is no row of 48 pixels" in str(done.check(done.but(15, (number, wrong))))
    assert "of row 16 is wrong" in str(done.check(done.but(15, (number, levels[::-1]))))
    assert "of row 16 is wrong" in str(done.check(done.but(15, (number, [0] * 48))))
    assert "of row 16 is wrong" in str(done.check(done.but(15, (number, [50] * 48))))
    assert done.check(done.but(15, done.results[14])) == "There are 30 rows instead of 31."


# hash


@pytest.mark.parametrize("algorithm", ["blake2b", "sha256", "sha3_256", "md5"])
def test_hash(algorithm: str) -> None:
    done = Done("hash", blocks=12, size=2, passes=3, algorithm=algorithm)
    assert done.check() is None
    assert len({digest for _, digest in done.results}) == 12
    assert done.summary == f"12 digests by {algorithm}, 0.1 MiB digested"
    once = Done("hash", blocks=1, size=2, passes=1, algorithm=algorithm)
    import hashlib

    (_, block, _, _) = once.workload.inputs(once.parameters)[0]
    assert len(block) == 2_048
    assert once.results == [(0, hashlib.new(algorithm, block).hexdigest())]


def test_a_wrong_digest_is_found() -> None:
    done = Done("hash", blocks=8, size=1, passes=1)
    assert done.check(done.but(3, (3, "00ff"))) == "The digest of block 4 is wrong: 00ff."
    assert "Only 7 of 8 digests differ" in str(done.check(done.but(3, (3, done.results[2][1]))))
    assert done.check(done.results[1:]) == "There are digests of 7 blocks instead of 8."
    assert done.check([*done.results, done.results[0]]) is not None


# compress


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    root = tmp_path / "texts"
    root.mkdir()
    for number in range(12):
        (root / f"{number:02}.txt").write_text(f"line {number}\n" * (100 * number))
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize(("algorithm", "module"), [("zlib", zlib), ("bz2", bz2), ("lzma", lzma)])
def test_compress(texts: Path, algorithm: str, module: Any) -> None:
    done = Done("compress", directory=str(texts), algorithm=algorithm, level=3)
    assert done.check() is None
    path, before, after, checksum = done.results[-1]
    data = Path(path).read_bytes()
    packed = module.compress(data, preset=3) if module is lzma else module.compress(data, 3)
    assert (before, after, checksum) == (len(data), len(packed), zlib.crc32(packed))
    assert done.summary.startswith("12 files of 48.3 kB became ")


def test_files_are_taken_from_all_over(texts: Path) -> None:
    done = Done("compress", directory=str(texts), files=4)
    assert [Path(result[0]).name for result in done.results] == ["00.txt", "03.txt", "06.txt", "09.txt"]
    assert done.workload.count_tasks(done.parameters) == 4


def test_a_file_that_cannot_be_compressed_is_counted(texts: Path) -> None:
    done = Done("compress", directory=str(texts), files=4)
    gone = str(texts / "gone")
    assert compress_file((gone, "zlib", 6)) == (gone, -1, 0, 0)
    assert compress_file((str(texts), "zlib", 6))[1] == -1
    path = done.results[1][0]
    results = done.but(1, (path, -1, 0, 0))
    assert done.workload.summarise(results, done.parameters).endswith(", skipped 1 unreadable")
    assert done.check(results) is None


def test_a_wrong_compression_is_found(texts: Path) -> None:
    done = Done("compress", directory=str(texts), files=6)
    path, before, after, checksum = done.results[2]
    assert f"{path} was compressed to something else" in str(done.check(done.but(2, (path, before, after, 0))))
    assert f"{path} was compressed to something else" in str(done.check(done.but(2, (path, before, 1, checksum))))
    assert done.check(done.but(2, done.results[1])) == f"The result of {path} is missing."
    # What somebody else changes meanwhile is no mistake.
    Path(path).write_text("new")
    assert done.check() is None


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no files below it: choose another"):
        Done("compress", directory=str(tmp_path))


def test_thorough_compression_needs_memory() -> None:
    workload = find("compress")
    lane = Lane("pool", workers=8)
    needed = {
        algorithm: workload.memory_needed(check_parameters(workload, {"algorithm": algorithm, "level": 9}), lane)
        for algorithm in ("zlib", "bz2", "lzma")
    }
    assert needed["zlib"] < needed["bz2"] < 8 * 600_000_000 < needed["lzma"]
