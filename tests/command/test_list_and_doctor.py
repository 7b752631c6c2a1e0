"""What the command says without running anything."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poolscope.workloads import doctor
from poolscope.workloads.catalogue import names
from poolscope.workloads.cli import main
from poolscope.workloads.model import CgroupLimit, CpuBudget
from poolscope.workloads.sampling.machine import describe_machine


@pytest.fixture(scope="module")
def checkup() -> doctor.Checkup:
    """Return what the doctor says of a machine with nothing wrong."""
    machine = describe_machine()
    machine = machine._replace(budget=CpuBudget(8, 8, ()), load=0.1, memory_bytes=16 * 10**9)
    return doctor.Checkup(
        machine=machine,
        executable="/usr/bin/python3",
        available_bytes=8 * 10**9,
        shared_memory=doctor.SharedMemory("/dev/shm", 8 * 10**9, 8 * 10**9),
        open_files=(1_024, 4_096),
        processes=(-1, -1),
        loads=(0.1, 0.2, 0.3),
        steal_percent=0.0,
    )


def test_list_names_every_workload(command: Path) -> None:
    done = subprocess.run([command, "list"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    for name in names():
        assert f"\n{name} " in f"\n{done.stdout}"
    assert "From 11 to 1,000,000,000. Default 5,000,000." in done.stdout


def test_list_as_json(command: Path) -> None:
    done = subprocess.run([command, "list", "--json"], capture_output=True, text=True)
    listed = json.loads(done.stdout)
    assert set(listed) == {"schema", "workloads", "registered"}
    assert listed["schema"] == 1
    assert listed["registered"] == []
    assert [workload["name"] for workload in listed["workloads"]] == list(names())
    for workload in listed["workloads"]:
        assert set(workload) == {"name", "summary", "explanation", "parameters", "engines", "default_lanes"}
        for parameter in workload["parameters"]:
            assert set(parameter) == {
                "name", "kind", "default", "help", "minimum", "maximum", "choices", "presets", "most",
            }  # fmt: skip
    sqrt, bubble, _, eight = listed["workloads"][:4]
    assert sqrt["parameters"][0]["presets"] == [10_000, 5_000_000]
    assert sqrt["default_lanes"] == ["serial", "pool"]
    assert bubble["parameters"][1]["default"] == [1, 9, 4, 5, 2, 6, 8, 4]
    assert bubble["default_lanes"] == ["serial", "process"]
    assert eight["default_lanes"] == ["serial", "pool:workers=4"]


def test_doctor_as_json(command: Path) -> None:
    done = subprocess.run([command, "doctor", "--json"], capture_output=True, text=True)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert set(found) == {
        "schema", "machine", "cores", "affinity", "cgroup_limits", "budget_cpus", "default_workers", "memory",
        "python", "start_methods", "shared_memory", "open_files", "processes", "load", "steal_percent", "warnings",
    }  # fmt: skip
    assert found["cores"] == os.cpu_count()
    assert found["affinity"] == len(os.sched_getaffinity(0))
    assert 0 < found["budget_cpus"] <= found["cores"]
    assert found["python"]["version"] == sys.version.split()[0]
    assert found["start_methods"]["default"] in found["start_methods"]["available"]
    assert len(found["load"]) == 3
    assert all(isinstance(warning, str) for warning in found["warnings"])


def test_doctor_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for name in ("Cores", "CPU quota", "CPU budget", "Python", "Start methods", "Shared memory", "Open files", "Load"):
        assert f"\n{name} " in said


def test_nothing_wrong_means_no_warning(checkup: doctor.Checkup) -> None:
    assert doctor.warnings_of(checkup) == ()
    assert doctor.as_text(checkup).endswith("\nNothing stands in the way of parallel work here.")


def test_every_warning_says_what_to_do(checkup: doctor.Checkup) -> None:
    budget = CpuBudget(online=64, affinity=8, limits=(CgroupLimit("/pods/one", 1.5), CgroupLimit("/pods", 4.0)))
    poor = dataclasses.replace(
        checkup,
        machine=checkup.machine._replace(budget=budget),
        available_bytes=10**8,
        shared_memory=doctor.SharedMemory("/dev/shm", 64 * 10**6, 64 * 10**6),
        open_files=(256, 4_096),
        loads=(5.0, 1.0, 1.0),
        steal_percent=12.5,
    )
    assert "\n".join(doctor.warnings_of(poor)) == (
        "The CPU quota of cgroup /pods/one is 1.5 of 8 cores: use at most 2 workers, which is the default here, "
        "or have the quota raised.\n"
        "This process may run on 8 of 64 cores only: start it without taskset, "
        "or give the container or job more cores.\n"
        "Only 64.0 MB of shared memory are free in /dev/shm: large arrays will not fit; clean it up, "
        "or start the container with --shm-size=1g.\n"
        "Only 256 files may be open at once, and each worker takes some: raise the limit with ulimit -n 4096.\n"
        "The load is 5.00 with 1.5 CPUs to use: other programs are at work, so measurements will scatter; "
        "stop them, or wait until the load has fallen.\n"
        "The hypervisor gives 12.5 % of the CPU time to other machines: measure in several runs, "
        "or on a host that is not shared.\n"
        "Only 100 MB of memory are available: use few workers and small parameters, or close other programs."
    )
    said = doctor.as_text(poor)
    assert "CPU quota      1.5 CPUs in cgroup /pods/one\nCPU quota      4 CPUs in cgroup /pods\n" in said
    assert said.count("\nWarning: ") == 7
    assert json.loads(json.dumps(doctor.as_object(poor)))["cgroup_limits"][0] == {"path": "/pods/one", "cpus": 1.5}


def test_what_the_system_does_not_say_is_said_so(checkup: doctor.Checkup) -> None:
    blind = dataclasses.replace(checkup, shared_memory=None, open_files=None, processes=None, steal_percent=None)
    assert doctor.warnings_of(blind) == ()
    assert doctor.as_object(blind)["open_files"] is None
    assert "Open files     not known here" in doctor.as_text(blind)
    assert doctor.as_object(checkup)["processes"] == {"soft": None, "hard": None}


def test_a_name_from_outside_cannot_drive_the_terminal(checkup: doctor.Checkup) -> None:
    evil = dataclasses.replace(checkup, executable="/tmp/\x1b[2J")
    assert "\x1b" not in doctor.as_text(evil)


def test_the_real_shared_memory_is_looked_at(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path).shared_memory
    assert found is not None
    assert 0 < found.free_bytes <= found.total_bytes
    assert doctor.examine(tmp_path / "none").shared_memory is None


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["doctor"], ["--help"]])
def test_a_reader_that_leaves_early_is_no_error(command: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as closed:
        done = subprocess.run([command, *words], stdout=closed, stderr=subprocess.PIPE, text=True)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_full_disk_is_an_error(command: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([command, "list"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.stderr == "poolscope: The output cannot be written: no space left on device.\n"
    assert done.returncode == 1


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(command: Path, redirection: str) -> None:
    done = subprocess.run(["sh", "-c", f'"{command}" list {redirection}'], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_encoding_without_our_characters_is_no_error(command: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "COLUMNS": "20"}
    done = subprocess.run([command, "list"], capture_output=True, env=environment)
    assert done.returncode == 0
    assert done.stdout.isascii()


@pytest.mark.parametrize("words", [["--help"], ["list"], ["run", "--help"], ["run", "sqrt", "-p", "N=5"]])
def test_textual_is_never_imported_without_a_screen(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from poolscope.workloads.cli import main\n"
        f"main({words})\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('textual', 'rich') or n.startswith('poolscope.tui')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")
