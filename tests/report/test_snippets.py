"""The code to paste: each is executed in a fresh interpreter, and comes to the results of the run."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poolscope.workloads.catalogue import find, names
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.lanes import parse_lane, resolve_lane
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import CpuBudget, Lane, LaneState
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.probe import Checked, ask, check_request
from poolscope.workloads.report.snippet import Subject, snippet, subject_of
from poolscope.workloads.target import Target, check_target, workload_of

BUDGET = CpuBudget(2, 2, ())
WORK = """\
SIZES = (3, 1, 2)
WITH_LOCK = []


def double(number):
    return 2 * number


def area(width, height=10):
    return width * height


def inputs(number):
    return -number


def length(name):
    return len(open(name).read())


def shout(text):
    return text.upper()


def picky(number):
    if number == 3:
        raise ValueError(f"not {number}")
    return number


def sizes():
    number = 0
    while True:
        yield number
        number += 1


class Tools:
    @staticmethod
    def halve(number):
        return number / 2
"""
FILES = {
    "work.py": WORK,
    "inner/other.py": "def double(number):\n    return number + 1\n\n\ndef some():\n    yield from range(4)\n",
    "words.txt": "\ufeffone\n\ntwo\rand a half\r\nthree",
    "rooms.csv": "height, width\n3,2\n5,4.5\n",
    "plain.csv": "breadth,depth\n3,2\n5,4\n",
    "bare.tsv": "3\t2\n5\t4\n",
    "rooms.jsonl": '{"width": 2, "height": 3}\n\n[4, 5]\n',
}
FORK, SPAWN = "pool:workers=2,start=fork", "executor:workers=2,start=spawn"
EVERY_LANE = [
    "serial", "threads:workers=2,chunksize=100", "joblib:workers=2,chunksize=300", "process:workers=2,start=fork",
    "process:workers=2,start=spawn", FORK, "pool:workers=2,start=spawn,chunksize=400",
    "pool:workers=2,start=forkserver,chunksize=600,maxtasks=1", f"{FORK},flavour=imap_unordered",
    "executor:workers=2,start=fork", SPAWN,
]  # fmt: skip
CASES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("work.py:double", "range(1_010)", {}, EVERY_LANE),
    (
        "work.py:double",
        "range(1_010)",
        {},
        [
            f"{lane},warm=yes"
            for lane in (
                FORK,
                "threads:workers=2,chunksize=100",
                "joblib:workers=2,chunksize=300",
                "executor:workers=2,start=fork",
            )
        ],
    ),
    ("work.py:area", "[(2, 3), (4,)]", {}, [FORK, "threads:workers=2", "process:workers=1,start=fork"]),
    ("work.py:area", "@rooms.csv", {}, ["serial", "joblib:workers=2", f"{FORK},flavour=apply_async"]),
    ("work:area", "plain.csv", {"limit": 1}, ["serial"]),
    ("work.py:area", "bare.tsv", {}, [f"{FORK},flavour=imap"]),
    ("work.py:area", "@rooms.jsonl", {}, [SPAWN]),
    ("work.py:shout", "@words.txt", {}, ["executor:workers=2,start=fork"]),
    ("work.py:length", "*.csv", {"sample": 1, "seed": 3}, [f"{FORK},flavour=starmap,blas=1"]),
    ("work.py:Tools.halve", "work.py:sizes", {"limit": 5}, [FORK]),
    ("work.py:inputs", "work:SIZES", {"limit": 2, "sample": 5}, ["executor:workers=1,start=fork"]),
    ("inner/other.py:double", "inner/other.py:some", {}, ["pool:workers=1,start=spawn"]),
    ("work.py:shout", "['\u202e\\x1b[2J', 'a']  # hello", {}, ["serial"]),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "project"
    (path / "inner").mkdir(parents=True)
    for name, content in FILES.items():
        (path / name).write_bytes(content.encode())
    monkeypatch.chdir(path)
    return path


def looked_at(guardian: Guardian, target: Target) -> tuple[Subject, Checked]:
    checked = ask(guardian, check_request(check_target(target))).checked
    assert checked is not None
    subject = subject_of(workload_of(target, checked), {}, target.reference, checked)
    assert subject is not None
    return subject, checked


def run_serially(guardian: Guardian, target: Target, checked: Checked) -> LaneState:
    workload = workload_of(target, checked)
    comparison = Comparison(guardian, workload, {}, [Lane("serial")], workload_reference=target.reference)
    state = comparison.advance()
    while not state.is_over:
        select.select([guardian], [], [], 0.05)
        state = comparison.advance()
    return state.lanes[0]


def lane(spec: str, tasks: int) -> Lane:
    return resolve_lane(parse_lane(spec), tasks, BUDGET, "fork")


def begun(code: str, directory: Path, name: str, results: str = "results") -> subprocess.Popen[str]:
    """Start a program that says the digest of its results, too."""
    assert code.isascii()
    said = f'    from poolscope.workloads.runner.digest import digest\n    print("digest", digest({results}))\n'
    (directory / name).write_text(code + said)
    return subprocess.Popen(
        [sys.executable, name], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("function", "inputs", "more", "specs"), CASES)
def test_it_comes_to_the_results_of_the_run(
    function: str, inputs: str, more: dict[str, Any], specs: list[str], project: Path
) -> None:
    target = Target(function, inputs, str(project), **more)
    with Guardian.start() as guardian:
        subject, checked = looked_at(guardian, target)
        serial = run_serially(guardian, target, checked)
    assert serial.state == "done", serial.error
    for number in range(0, len(specs), 4):
        programs = []
        for place, spec in enumerate(specs[number : number + 4]):
            results = "sorted(results)" if "unordered" in spec else "results"
            code = snippet(subject, lane(spec, checked.tasks), checked.tasks)
            programs.append((spec, begun(code, project, f"pasted{place}.py", results)))
        for spec, program in programs:
            out, err = program.communicate(timeout=100)
            assert (program.returncode, err) == (0, ""), (spec, err)
            count = f"{checked.tasks:,} results"
            assert out.splitlines() == [count, f"digest {serial.results[0].digest}"], spec


@pytest.mark.parametrize(
    ("name", "given", "spec"),
    [
        ("sqrt", {"N": 1_000}, "executor:workers=2,start=spawn"),
        ("fetch", {"pages": 4, "delay": 1}, "threads:workers=2"),
        ("memory", {"objects": 1_000, "pause": 1}, "process:workers=2,start=spawn"),
        ("blas", {"size": 16}, "pool:workers=1,start=forkserver,blas=1"),
    ],
)
def test_workloads_of_the_catalogue(name: str, given: dict[str, Any], spec: str, tmp_path: Path) -> None:
    workload = find(name)
    parameters = check_parameters(workload, given)
    tasks = workload.count_tasks(parameters)
    subject = subject_of(workload, parameters)
    assert subject is not None
    program = begun(snippet(subject, lane(spec, tasks), tasks), tmp_path, "pasted.py")
    out, err = program.communicate(timeout=100)
    assert (program.returncode, err) == (0, ""), err
    assert out.startswith(f"{tasks:,} results\n")


@pytest.mark.parametrize("name", names())
def test_all_of_the_catalogue_can_be_written(name: str) -> None:
    workload = find(name)
    parameters = check_parameters(workload, {})
    subject = subject_of(workload, parameters)
    assert subject is not None
    for engine in workload.engines:
        code = snippet(subject, resolve_lane(Lane(engine), 8, BUDGET, "spawn"), 8)
        compile(code, name, "exec")
        assert code.splitlines()[0].startswith(f'"""{name} ')
        assert max(map(len, code.splitlines())) <= 200


@pytest.mark.parametrize("spec", ["process:workers=1,start=spawn", "executor:workers=2"])
def test_a_task_that_fails_is_told_with_its_traceback(spec: str, project: Path) -> None:
    target = Target("work.py:picky", "range(6)", str(project))
    with Guardian.start() as guardian:
        subject, _ = looked_at(guardian, target)
    program = begun(snippet(subject, lane(spec, 6), 6), project, "pasted.py")
    out, err = program.communicate(timeout=100)
    assert (program.returncode, out) == (1, "")
    assert "in picky" in err
    assert "ValueError: not 3" in err
    assert err.endswith("A task failed, so there are no results.\n")


def test_what_was_said_is_in_its_head_and_nowhere_else() -> None:
    workload = find("sqrt")
    subject = subject_of(workload, check_parameters(workload, {}))
    assert subject is not None
    code = snippet(subject, lane("pool:workers=2,start=fork", 8), 8, 'It is """2 times\\ faster.')
    assert "It is '''2 times/ faster." in code
    compile(code, "pasted", "exec")
    assert "chunksize" not in code.split('"""')[2], "the pool's own rule needs not be written"


def test_a_warm_pool_is_kept_for_what_comes_later() -> None:
    workload = find("sqrt")
    subject = subject_of(workload, check_parameters(workload, {}))
    assert subject is not None
    for engine in ("pool", "executor", "threads", "joblib"):
        code = snippet(subject, lane(f"{engine}:workers=2,chunksize=1,warm=yes", 8), 8)
        place = {"pool": "pool.map", "joblib": "parallel("}.get(engine, "list(executor.map")
        begin = code.index("        for inputs in batches:\n            results += " + place)
        assert code.rindex("    with ", 0, begin) < begin
        assert "results = [" not in code.replace("results = []", "")
        cold = snippet(subject, lane(f"{engine}:workers=2,chunksize=1", 8), 8)
        assert "batches" not in cold


def test_what_nobody_can_import_has_none() -> None:
    workload = find("sqrt")
    assert subject_of(workload, {}, "support.troubled:DOUBLE") is None
