"""A person's code looked at in a process of its own: what is found out, and what is said where it fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.patience import PATIENCE, wait_for

from poolscope.workloads.errors import UsageError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
from poolscope.workloads.probe import Answer, Checked, Limits, Probing, ask, check_request, functions_request
from poolscope.workloads.target import Target, check_target, target_from, unsuitable, workload_of

FUNCTION = "def f(x):\n    return x\n"
PROXY = """class Proxy:
    def __getattr__(self, name):
        raise RuntimeError(f"not now: {name}")
    def __call__(self, x):
        return x
"""
PATIENT = Limits()
QUICK = Limits(importing=1.0, inputs=1.0, task=1.0)
"""For what never ends; on a busy machine anything else may take that long."""


def look(guardian: Guardian, function: str, inputs: str = "range(5)", limits: Limits = PATIENT) -> Answer:
    target = check_target(Target(function, inputs, str(Path.cwd())))
    return ask(guardian, check_request(target, limits=limits))


def checked(answer: Answer) -> Checked:
    assert answer.checked is not None
    return answer.checked


def test_what_is_found_out(project: Path, guardian: Guardian) -> None:
    found = checked(look(guardian, "work.py:double"))
    assert (found.tasks, found.manner, found.signature, found.doc) == (5, "one", "(number)", "Double a number.")
    assert (found.first, found.origin) == ("0", "")
    assert found.trial is not None
    assert found.trial.tasks == 5
    assert found.function_problem is found.input_problem is found.result_problem is None
    assert not list(guardian.directory.glob("0*")), "its directory is gone"


def test_the_functions_of_a_file_and_of_a_module(project: Path, guardian: Guardian) -> None:
    for where in ("work.py", "work", str(project / "work.py")):
        functions = ask(guardian, functions_request(where, str(project))).functions
        assert [each.name for each in functions] == [
            "double", "area", "picky", "sleepy", "locked", "nothing", "numbers", "shout",
        ]  # fmt: skip
        double, area, *_ = functions
        assert double == ("double", "(number)", "Double a number.", 7, True)
        assert (area.signature, area.takes_one) == ("(width, height)", False)


def test_what_defies_being_looked_at_hides_no_function(project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text(f"{PROXY}f = Proxy()\ndef g(x):\n    return x\n")
    functions = ask(guardian, functions_request("mine.py", str(project))).functions
    assert [each.name for each in functions] == ["g"]


def test_nothing_of_it_is_imported_here(project: Path, guardian: Guardian) -> None:
    look(guardian, "work.py:double")
    assert "work" not in sys.modules
    assert str(project) not in sys.path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import nowhere_to_be_found\n", "there is no module nowhere_to_be_found (mine.py, line 1); install it for "),
        ("import os\nimport nummpy\n", "there is no module nummpy (mine.py, line 2); did you mean numpy?"),
        ("x = 1\nraise ValueError('wrong place')\n", "cannot be imported: ValueError: wrong place (mine.py, line 2)."),
        ("def f(x) return x\n", "mine.py cannot be imported: SyntaxError: expected ':' (mine.py, line 1)."),
        ("def f(x):\nreturn x\n", "IndentationError: expected an indented block after function definition on line 1"),
        ("import sys\nsys.exit()\n", "Importing mine.py leaves the program by sys.exit() (mine.py, line 2): put that"),
        ("import sys\nsys.exit('enough')\n", "by sys.exit('enough') (mine.py, line 2): put that below if __name__"),
        ("import os\n\n\nos._exit(7)\n", "Importing mine.py ends the process by os._exit(7) (mine.py, line 4): put"),
        ("import os\nos.kill(os.getpid(), 9)\n", "Importing mine.py ends the process by SIGKILL."),
        ("import os\nos.kill(os.getpid(), 11)\n", "ends the process by SIGSEGV (mine.py, line 2)."),
        (
            "import time\ndef wait():\n    while True:\n        time.sleep(0.01)\nwait()\n",
            "Importing mine.py has not ended after 1 s (it is at mine.py, line 4): put what takes so long",
        ),
        ("raise KeyboardInterrupt\n", "mine.py cannot be imported: KeyboardInterrupt (mine.py, line 1)."),
        ("import helper\n", "mine.py cannot be imported: ZeroDivisionError: division by zero (helper.py, line 2)."),
        ("f = 5\n", "f in mine.py is an int and no function."),
        ("def ff(x):\n    return x\n", "There is no function f in mine.py; did you mean ff (mine.py, line 1)?"),
        ("", "There is no function f in mine.py, nor any other."),
        ("async def f(x):\n    return x\n", "f is an async function (mine.py, line 1), of which a worker gets only"),
        ("def f():\n    return 1\n", "f() (mine.py, line 1) takes no argument, but the inputs give 1 each: the first"),
        ("\ndef f(a, b):\n    return 1\n", "f(a, b) (mine.py, line 2) takes 2 arguments, but the inputs give 1 each"),
        (
            "def f(*, a):\n    return 1\n",
            "f(*, a) (mine.py, line 1) takes a by name, so each input has to be an",
        ),
        (f"{PROXY}f = Proxy()\n", "mine.py:f cannot be looked at: RuntimeError: not now: __name__ (mine.py, line 3)."),
        ("f = type(lambda: 1)\n", " takes 2 to 5 arguments, but the inputs give 1 each"),
    ],
)
def test_code_that_cannot_be_run_gets_one_sentence(content: str, said: str, project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text(content)
    (project / "helper.py").write_text("\n1 / 0\n")
    with pytest.raises(UsageError) as error:
        look(guardian, "mine.py:f", limits=QUICK if "after 1 s" in said else PATIENT)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert guardian.is_alive


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("wrok.py:double", "There is no file wrok.py; did you mean work.py?"),
        ("nowhere/work.py:double", "nowhere/work.py does not exist, nor does the directory "),
        (".:double", ". is no name of a module"),
        ("random.py:f", "random.py has the name of the standard library's module random: rename it."),
        ("two.parts.py:f", "two.parts.py cannot be imported under its name: rename it"),
        ("notes.ipynb:f", "notes.ipynb is a notebook, which workers cannot import"),
        ("double", "double names no function: write file.py:function or module:function."),
    ],
)
def test_what_is_refused_before_anything_starts(function: str, said: str, project: Path) -> None:
    for name in ("random.py", "two.parts.py", "notes.ipynb"):
        (project / name).write_text(FUNCTION)
    with pytest.raises(UsageError) as error:
        check_target(Target(function, "range(5)", str(project)))
    assert said in str(error.value)


def test_a_file_in_a_package_is_a_part_of_it(project: Path, guardian: Guardian) -> None:
    (project / "pack" / "inner").mkdir(parents=True)
    (project / "pack" / "__init__.py").write_text("BASE = 10\n")
    (project / "pack" / "inner" / "__init__.py").write_text("")
    (project / "pack" / "inner" / "code.py").write_text("from .. import BASE\ndef f(x):\n    return x + BASE\n")
    for function in ("pack/inner/code.py:f", "pack.inner.code:f"):
        assert checked(look(guardian, function)).function_problem is None


def test_a_directory_is_no_module_and_not_what_was_meant(project: Path, guardian: Guardian) -> None:
    (project / "folder.py").mkdir()
    with pytest.raises(UsageError, match=r"^There is no module folder to import from "):
        look(guardian, "folder:f")


def test_a_name_that_belongs_to_somebody_else(project: Path, guardian: Guardian) -> None:
    (project / "poolscope.py").write_text(FUNCTION)
    with pytest.raises(UsageError, match=r"poolscope.py cannot be imported as poolscope, because that name belongs to"):
        look(guardian, "poolscope.py:f")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("print('hello', 'you')", "writes to stdout (mine.py, line 1), it begins with 'hello you'; every worker"),
        ("import sys; sys.stderr.write('oh')", "writes to stderr (mine.py, line 1), it begins with 'oh'"),
        ("import os; os.write(1, b'raw')", "Importing mine.py writes to stdout; every worker"),
    ],
)
def test_output_while_importing_is_told_with_its_line(line: str, said: str, project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text(f"{line}\n{FUNCTION}")
    (note,) = look(guardian, "mine.py:f").notes
    assert said in note


def test_what_an_import_has_started_is_ended(project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text(
        "import subprocess, threading, time\n"
        "subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n" + FUNCTION
    )
    assert checked(look(guardian, "mine.py:f")).tasks == 5


def test_a_task_that_takes_too_long_is_estimated_by_that(project: Path, guardian: Guardian) -> None:
    found = checked(look(guardian, "work.py:sleepy", "[600, 1]", QUICK))
    assert found.trial is not None
    assert (found.trial.tasks, found.trial.exceeded_ns) == (0, 1_000_000_000)


def test_a_task_that_raises_is_told_and_left_to_the_run(project: Path, guardian: Guardian) -> None:
    answer = look(guardian, "work.py:picky")
    assert answer.notes == ("In a trial, task 4 of 5 (input 3) raised ValueError: not 3 (work.py, line 21).",)
    assert checked(answer).trial is not None


def test_a_task_that_ends_its_process_is_told(project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text("import os\ndef f(x):\n    os._exit(3)\n")
    answer = look(guardian, "mine.py:f")
    assert answer.notes == ("In a trial, task 1 ended its process: exit 3.",)
    assert checked(answer).trial is None


@pytest.mark.parametrize(
    ("function", "inputs", "lanes", "said"),
    [
        ("shout", "['a']", (0, 0, 1, 1, 1, 0, 0), "The function is a lambda, which cannot be pickled"),
        ("locked", "[1]", (0, 1, 1, 1, 1, 0, 1), "The first result['made'][1] is a _thread.lock, which cannot be"),
        ("double", "work.py:bad_inputs", (0, 0, 1, 1, 1, 0, 1), "The first input is a generator, which cannot be"),
    ],
)
def test_lanes_that_ship_what_cannot_be_pickled_say_so(
    function: str, inputs: str, lanes: tuple[int, ...], said: str, project: Path, guardian: Guardian
) -> None:
    with (project / "work.py").open("a") as file:
        file.write("def bad_inputs():\n    yield (x for x in 'a')\n")
    target = Target(f"work.py:{function}", inputs, str(project))
    found = checked(ask(guardian, check_request(target)))
    every = (
        Lane("serial"), Lane("process", start_method="fork"), Lane("process", start_method="spawn"),
        Lane("pool", start_method="fork"), Lane("executor", start_method="forkserver"), Lane("threads"), Lane("joblib"),
    )  # fmt: skip
    reasons = [unsuitable(found, lane) for lane in every]
    assert [reason is not None for reason in reasons] == [bool(lane) for lane in lanes]
    assert all(reason.startswith(said) for reason in reasons if reason is not None)
    workload = workload_of(target, found)
    assert workload.unsuitable is not None
    assert [workload.unsuitable(lane, {}) for lane in every] == reasons


def test_inputs_that_take_too_long(project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text(
        "import time\ndef inputs():\n    yield 1\n    while True:\n        time.sleep(0.01)\n" + FUNCTION
    )
    with pytest.raises(UsageError, match=r"has not ended after 1 s \(it is at mine.py, line 5\): --limit takes"):
        look(guardian, "mine.py:f", "mine.py:inputs", QUICK)


def test_it_can_be_stopped(project: Path, guardian: Guardian) -> None:
    (project / "mine.py").write_text("import time\ntime.sleep(600)\n")
    request = check_request(Target("mine.py:f", "range(5)", str(project)), limits=Limits(importing=600))
    probing = Probing(guardian, request)
    assert probing.advance() is None
    probing.cancel()
    answer = wait_for(probing.advance, PATIENCE)
    assert answer is not None
    assert answer.error == "The function was not looked at to the end, because that was stopped."


def test_one_guardian_answers_again_and_again(project: Path, guardian: Guardian) -> None:
    for _ in range(3):
        assert checked(look(guardian, "work.py:double")).tasks == 5


def test_a_target_travels_as_text() -> None:
    target = Target("a b.py:f", "['\\'\"ä']", "/some where", 3, 2, 1, star=True)
    assert target_from(target.reference) == target
    assert target.name == "a b.py:f"
