"""What the machine is said to be."""

import multiprocessing
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from poolscope.workloads.sampling.machine import available_memory, cpu_facts, describe_machine, threads_per_core


def test_the_machine_is_this_one() -> None:
    machine = describe_machine()
    assert machine.hostname == os.uname().nodename
    assert machine.python == platform.python_version().split("+")[0].split("a")[0].split("rc")[0]
    assert machine.implementation == platform.python_implementation()
    assert machine.memory_bytes == psutil.virtual_memory().total
    assert set(machine.start_methods) == set(multiprocessing.get_all_start_methods())
    assert machine.default_start_method == multiprocessing.get_context().get_start_method()
    assert machine.cpu_model.strip()
    assert machine.system.startswith(f"{platform.system()} ")


@pytest.mark.parametrize("first", ["import sys", "import multiprocessing"])
def test_start_methods_are_those_of_multiprocessing(first: str) -> None:
    code = (
        f"{first}\n"
        "from poolscope.workloads.sampling.machine import start_methods\n"
        "said = start_methods()\n"
        "import multiprocessing\n"
        "assert sorted(said[0]) == sorted(multiprocessing.get_all_start_methods()), said\n"
        "assert said[1] == multiprocessing.get_start_method(), said\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_available_memory_is_no_more_than_the_machine_has() -> None:
    assert 0 < available_memory() <= describe_machine().memory_bytes


def test_asking_does_not_settle_the_start_method() -> None:
    code = (
        "from poolscope.workloads.sampling.machine import describe_machine\n"
        "import multiprocessing, sys\n"
        "describe_machine()\n"
        "multiprocessing.set_start_method('spawn')\n"
        "print(multiprocessing.get_start_method(), 'psutil' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["spawn", "False"], done.stderr


@pytest.mark.parametrize(
    ("text", "threads"),
    [
        ("processor : 0\nsiblings : 8\ncpu cores : 4\n", 2),
        ("siblings : 2\ncpu cores : 2\n\nsiblings : 64\ncpu cores : 1\n", 1),
        ("model name : ARM\n", 1),
        ("siblings : 8\ncpu cores : 0\n", 1),
        ("siblings : x\ncpu cores : -1\n", 1),
    ],
)
def test_threads_of_a_core_are_those_of_the_first_processor(tmp_path: Path, text: str, threads: int) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert threads_per_core(cpu_facts(str(tmp_path / "cpuinfo"))) == threads
    assert threads_per_core(cpu_facts(str(tmp_path / "nowhere"))) == 1
