"""How the recorder gets into a process, and that the program cannot tell."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.observed_run import environment, observe
from support.patience import PATIENCE

from poolscope.workloads.recorder import layout
from poolscope.workloads.recorder.injection import SITE_DIRECTORY, injected_environment

METHODS = layout.START_METHODS

FAMILY = """
import multiprocessing, sys

def work(): print("child", flush=True)

if __name__ == "__main__":
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    process.join()
"""


def test_the_environment_names_the_run_and_keeps_the_rest(tmp_path: Path) -> None:
    base = {"PYTHONPATH": "/one:/two", "HOME": "/nowhere", "POOLSCOPE_RECORD_CAP": "7"}
    environment = injected_environment(base, tmp_path, 20)
    assert environment == {
        "PYTHONPATH": f"{SITE_DIRECTORY}:/one:/two",
        "HOME": "/nowhere",
        "POOLSCOPE_RECORDER": f"20s:7:{tmp_path}",
    }
    again = injected_environment(environment, tmp_path / "o:f", 0, log_to_file=True)
    assert again["PYTHONPATH"] == f"{SITE_DIRECTORY}:/one:/two"
    assert again["POOLSCOPE_RECORDER"] == f"0f::{tmp_path}/o:f"
    assert list(Path(SITE_DIRECTORY).glob("*.py")) == [Path(SITE_DIRECTORY) / "sitecustomize.py"]


@pytest.mark.parametrize("method", METHODS)
def test_an_existing_site_customisation_still_runs_in_every_process(method: str, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, sys\nis_it = sys.modules['sitecustomize'].__file__ == __file__\n"
        "os.write(1, b'customised %d\\n' % is_it)\n"
    )
    values = {"PYTHONPATH": str(tmp_path / "site")}
    alone = observe(tmp_path, FAMILY, [method], values=values, is_recorded=False)
    run = observe(tmp_path, FAMILY, [method], values=values)
    # Child and resource tracker start at the same time.
    assert sorted(run.output.splitlines()) == sorted(alone.output.splitlines())
    assert "customised 1" in run.output
    assert len(run.children) == 1


def test_an_existing_site_customisation_fails_as_it_would_without_us(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import no_such_module\n")
    values = {"PYTHONPATH": str(tmp_path / "site")}
    alone = observe(tmp_path, FAMILY, ["spawn"], values=values, is_recorded=False)
    run = observe(tmp_path, FAMILY, ["spawn"], values=values)
    assert (run.status, run.output) == (alone.status, alone.output)
    assert sorted(run.errors.splitlines()) == sorted(alone.errors.splitlines())
    assert "no_such_module" in run.errors


def test_the_site_customisation_is_readable_for_python_2() -> None:
    """What it cannot read it would complain about, on the stderr of a program that we have nothing to do with."""
    source = (Path(SITE_DIRECTORY) / "sitecustomize.py").read_text("ascii")
    too_new = (ast.JoinedStr, ast.Starred, ast.NamedExpr, ast.AnnAssign, ast.AsyncFunctionDef, ast.Nonlocal)
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, too_new)]
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [name.name for node in imports for name in node.names] == ["os", "sys", "sitecustomize"]


PYTHON_2 = [*Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob("versions/2.*/bin/python")]


@pytest.mark.skipif(not PYTHON_2, reason="there is no Python 2")
def test_python_2_does_not_notice(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('customised')\n")
    world = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path)}
    words = [str(PYTHON_2[0]), "-c", "import sys; print(sys.path)"]
    alone, recorded = (
        subprocess.run(words, env=each, capture_output=True, timeout=PATIENCE, check=True)
        for each in (world, injected_environment(world, tmp_path, 0))
    )
    assert (recorded.stdout, recorded.stderr) == (alone.stdout, b"")


def test_neither_path_nor_modules_show_that_we_are_here(tmp_path: Path) -> None:
    source = "import sys\nprint(sys.path[1:], 'sitecustomize' in sys.modules, 'typing' in sys.modules)"
    alone = observe(tmp_path, source, is_recorded=False)
    assert observe(tmp_path, source).output == alone.output


TRACED = """
import sys, threading

seen = set()

def trace(frame, *_):
    seen.add(frame.f_code.co_filename)

threading.settrace(trace)
sys.settrace(trace)
import multiprocessing
with multiprocessing.get_context("fork").Pool(1) as pool:
    pool.map(abs, range(3))
    pool.close()
    pool.join()
sys.settrace(None)
print(*seen, sep="\\n")
"""


def test_who_measures_coverage_finds_no_file_of_ours(tmp_path: Path) -> None:
    """It passes over what has no file, and knows our files for foreign ones only where its own Python has them."""
    names = observe(tmp_path, TRACED).output.splitlines()
    assert "<_poolscope_recorder.pools>" in names
    assert not [name for name in names if name.startswith(str(Path(layout.__file__).parent))]


TRACEBACKS = """
import multiprocessing, sys

def fail(number):
    raise KeyError(number)

def unpicklable(number):
    return lambda: number

class Trap:
    def __reduce__(self):
        return (int, ("not a number",))

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    process = context.Process(target=fail, args=(1,), name="failing")
    process.start()
    process.join()
    print(process.exitcode)
    with context.Pool(1) as pool:
        for call in (
            lambda: pool.map(fail, range(3)),
            lambda: pool.apply(unpicklable, (1,)),
            lambda: pool.map(fail, (1 / 0 for _ in "x")),
            lambda: pool.apply(len, (lambda: 0,)),
            lambda: pool.map(fail, 5),
        ):
            try:
                call()
            except Exception:
                import traceback
                traceback.print_exc(file=sys.stdout)
    try:
        pool.map(fail, range(3))
    except ValueError:
        traceback.print_exc(file=sys.stdout)
    context.Process(target=fail, args=(1,)).start()
    context.get_context("spawn").Process(target=lambda: 0).start()
"""


@pytest.mark.parametrize("method", METHODS)
def test_output_tracebacks_and_status_are_the_same_with_and_without(method: str, tmp_path: Path) -> None:
    alone = observe(tmp_path, TRACEBACKS, [method], is_recorded=False)
    run = observe(tmp_path, TRACEBACKS, [method])
    assert alone.status == run.status == 1
    assert without_addresses(run.output) == without_addresses(alone.output)
    assert without_addresses(run.errors) == without_addresses(alone.errors)
    assert "recorder" not in run.output + run.errors
    assert run.children


INTERRUPTED = """
import multiprocessing, os, signal, sys

class Trap:
    def __reduce__(self):
        return (int, ("not a number",))

def ready():
    os.write(1, b"x")

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    pool = context.Pool(1, initializer=ready)
    pool.apply(len, ([],))
    victim = pool._pool[0]
    while pool._inqueue._rlock.acquire(False):  # until the worker waits for its next task
        pool._inqueue._rlock.release()
    if sys.argv[2] == "interrupt":
        os.kill(victim.pid, signal.SIGINT)
    else:
        pool.apply_async(len, (Trap(),))
    victim.join()
    pool.close()
    os._exit(0)
"""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("what", ["interrupt", "trap"])
def test_a_worker_that_dies_in_the_midst_of_reading_shows_nothing_of_us(what: str, method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, INTERRUPTED, [method, what])
    assert run.status == 0
    assert {"interrupt": "KeyboardInterrupt", "trap": "invalid literal"}[what] in run.errors
    assert "queues.py" in run.errors
    assert "recorder" not in run.errors


def test_asking_where_a_module_is_does_not_use_up_its_hook(tmp_path: Path) -> None:
    source = """
import importlib.util, sys
specs = [importlib.util.find_spec(f"multiprocessing.{name}") for name in ("process", "pool", "popen_fork")]
""" + FAMILY.replace("sys.argv[1]", "'fork'")
    run = observe(tmp_path, source)
    assert run.output == "child\n"
    assert len(run.children) == 1
    assert len(run.reaped()) == 1


def without_addresses(text: str) -> list[str]:
    return sorted(line.split(" at 0x")[0] for line in text.splitlines())


@pytest.mark.parametrize("name", ["pip", "multiprocessing.resource_tracker"])
def test_helpers_are_left_alone(name: str, tmp_path: Path) -> None:
    words = {
        "pip": ["-m", "pip", "--version"],
        "multiprocessing.resource_tracker": [
            "-c",
            "from multiprocessing.resource_tracker import main; import multiprocessing.pool",
        ],
    }[name]
    (tmp_path / "run").mkdir()
    ended = subprocess.run(
        [sys.executable, *words],
        env=environment(tmp_path / "run", PYTHONPROFILEIMPORTTIME="1"), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0
    assert "_poolscope_recorder" not in ended.stderr
    assert "site" in ended.stderr


def test_a_run_directory_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    env = environment(tmp_path / "gone", log_level=20)
    program = tmp_path / "program.py"
    program.write_text(FAMILY)
    ended = subprocess.run([sys.executable, str(program), "fork"], env=env, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "child\n")
    assert not os.path.lexists(tmp_path / "gone")


PRESSED = """
import multiprocessing, os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor

def sleep(seconds):
    time.sleep(seconds)

def wait_until(pid, *places):
    while not any(place in open(f"/proc/{pid}/wchan").read() for place in places):
        time.sleep(0.01)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    if sys.argv[1] == "pool":
        pool = context.Pool(2)
        processes = pool._pool
        pool.map(len, [[]] * 2, 1)
        # A worker in the place of the dead one might wait for ever for a lock that died with another.
        type(pool)._repopulate_pool_static = staticmethod(lambda *_: None)
    else:
        executor = ProcessPoolExecutor(2, context)
        list(executor.map(len, [[]] * 2))
        processes = list(executor._processes.values())
    for process in processes:
        wait_until(process.pid, "pipe", "futex")
    victim = next(process for process in processes if sys.argv[2] in open(f"/proc/{process.pid}/wchan").read())
    os.kill(victim.pid, signal.SIGINT)
    victim.join()
    for process in processes:
        process.kill()
    os._exit(0)
"""


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="needs to see where a process waits")
@pytest.mark.parametrize("place", ["pipe", "futex"])
@pytest.mark.parametrize("what", ["pool", "executor"])
def test_ctrl_c_in_an_idle_worker_shows_the_same_traceback(what: str, place: str, tmp_path: Path) -> None:
    alone = observe(tmp_path, PRESSED, [what, place], is_recorded=False)
    run = observe(tmp_path, PRESSED, [what, place])
    assert "KeyboardInterrupt" in alone.errors
    assert re.sub(r"Process-\d|Worker-\d", "", run.errors) == re.sub(r"Process-\d|Worker-\d", "", alone.errors)


MAPPED = "print(any(line.rstrip().endswith('.ev') for line in open('/proc/self/maps')), 'mmap' in sys.modules)"


def test_an_interpreter_that_does_nothing_else_has_no_more_than_a_header(tmp_path: Path) -> None:
    run = observe(tmp_path, f"import sys\n{MAPPED}\n")
    assert (run.status, run.output, run.errors) == (0, "False False\n", "")
    assert 0 < run.main["CREATED"] == run.main["ENTERED"] < run.main["EXITING"]
    assert run.main["RECORDS_WRITTEN"] == 0
    assert [path.stat().st_size for path in run.directory.glob("*.ev")] == [layout.HEADER_SIZE]


def test_what_it_is_stays_known_when_it_has_more_to_tell(tmp_path: Path) -> None:
    run = observe(tmp_path, f"import os, sys\npid = os.fork()\npid and os.waitpid(pid, 0)\npid and {MAPPED}\n")
    assert (run.status, run.output, run.errors) == (0, "True True\n", "")
    assert run.main["ROLE"] == layout.ROLE_PROGRAM
    assert 0 < run.main["CREATED"] == run.main["ENTERED"] < run.main["EXITING"]
    assert len(list(run.main.records(layout.STARTED))) == len(list(run.main.records(layout.REAPED))) == 1


@pytest.mark.skipif(sys.version_info < (3, 13), reason="an interpreter does not know before whether it is the main one")
def test_another_interpreter_of_the_same_process_has_no_file(tmp_path: Path) -> None:
    code = "import _interpreters as i; i.exec(i.create(), 'import json')"
    environment = injected_environment(os.environ, tmp_path, 0)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert len(list(tmp_path.glob("*.ev"))) == 1
