"""The headless run: real runs by the installed command, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.patience import PATIENCE, PROMISE, wait_for
from support.terminal import Terminal

import poolscope.workloads
from poolscope.workloads.model import PHASES
from poolscope.workloads.recording.events import EventFile
from poolscope.workloads.recording.states import has_chunk

_TWO_WORKERS = ("--lane", "serial", "--lane", "pool:workers=2")
_LONG = ("run", "eight-roots", "-p", "pause=60000", "--json")


def run(command: Path, *words: str, code: int = 0, **more: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [command, "run", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, **more
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


class Running:
    """A command under way."""

    def __init__(self, words: Sequence[str | Path]) -> None:
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def below(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return []

    def wait_for_processes(self, number: int) -> list[psutil.Process]:
        """Wait until there are NUMBER processes of the run: guardian, runner, and the runner's."""
        assert wait_for(lambda: len(self.below()) >= number or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()
        return self.below()

    def guardian(self) -> psutil.Process:
        (guardian,) = psutil.Process(self.process.pid).children()
        return guardian

    def workers(self) -> list[psutil.Process]:
        (runner,) = self.guardian().children()
        return runner.children()

    def end(self, number: signal.Signals, timeout: float = PATIENCE) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err


@pytest.fixture
def running(command: Path) -> Iterator[Any]:
    started: list[Running] = []

    def start(*words: str) -> Running:
        started.append(Running([command, *words]))
        return started[-1]

    yield start
    for each in started:
        with suppress(ProcessLookupError):
            each.process.kill()
        each.process.communicate()


def check_report(report: dict[str, Any]) -> None:
    """Check an object key by key."""
    assert list(report) == [
        "schema", "identity", "begun", "poolscope", "code", "workload", "machine", "lanes", "verdict",
        "warnings",
    ]  # fmt: skip
    assert report["schema"] == 1
    assert report["poolscope"] == poolscope.workloads.__version__
    assert set(report["workload"]) == {"name", "parameters"}
    assert report["machine"]["python"] == sys.version.split()[0]
    assert set(report["verdict"]) == {
        "answer", "fastest", "lane", "speedup", "interval", "sentences", "findings", "snippet",
    }  # fmt: skip
    for lane in report["lanes"]:
        assert set(lane) == {
            "label", "engine", "workers", "start_method", "chunksize", "flavour", "maxtasks", "blas", "warm", "state",
            "error", "tasks", "runs", "warmups", "median_s", "spread_s", "speedup", "speedup_interval", "comparison",
            "same_result", "difference", "traceback",
        }  # fmt: skip
        for each in lane["runs"]:
            assert set(each) == {
                "elapsed_s", "ok", "error", "ledger_s", "failed", "failures", "digest", "processes", "slowest",
            }  # fmt: skip
            if each["ok"]:
                assert set(each["ledger_s"]) == set(PHASES)
                assert sum(each["ledger_s"].values()) == pytest.approx(each["elapsed_s"], rel=0.05, abs=0.005)


def check_processes(each: dict[str, Any], workers: int, tasks: int) -> None:
    """Check what a run says of its processes: they share its time, and did all its tasks."""
    runner, *others = each["processes"]
    assert (runner["role"], len(others)) == ("runner", workers)
    assert runner["wall_s"] == pytest.approx(each["elapsed_s"])
    for process in each["processes"]:
        assert sum(process["parts_s"].values()) == pytest.approx(process["wall_s"])
        assert process["wall_s"] <= each["elapsed_s"] * 1.000_001
    assert sum(process["tasks"] for process in each["processes"]) == tasks
    durations = [task["computing_s"] for task in each["slowest"]]
    assert durations == sorted(durations, reverse=True)
    assert 0 < len(durations) <= 10


def test_runs_go_on_within_their_budget_after_a_warm_up(command: Path) -> None:
    budget = ("-w", "1", "-r", "auto", "--time-budget", "2")
    done = run(
        command, "sqrt", "-p", "N=1_000", "--lane", "serial", "--lane", "threads:workers=2,warm=yes", *budget, "--json"
    )
    report = json.loads(done.stdout)
    check_report(report)
    serial, threads = report["lanes"]
    assert (serial["warmups"], threads["warmups"], serial["warm"], threads["warm"]) == (1, 1, False, True)
    runs = len(serial["runs"])
    assert 1 <= runs == len(threads["runs"]) == serial["spread_s"]["count"]
    is_known = runs >= 5
    assert (threads["speedup_interval"] is not None) == (threads["comparison"] != "not enough runs") == is_known
    assert report["verdict"]["interval"] == threads["speedup_interval"]
    assert any("not enough" in sentence for sentence in report["verdict"]["sentences"]) == (not is_known)
    assert all(list(warning) == ["kind", "sentence", "advice"] for warning in report["warnings"])
    if min(serial["median_s"], threads["median_s"]) < 0.001:
        assert "too-short" in [warning["kind"] for warning in report["warnings"]]


def test_json_says_everything(command: Path) -> None:
    done = run(command, "sqrt", "-p", "N=20_010", *_TWO_WORKERS, "-r", "2", "--json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    check_report(report)
    assert report["workload"] == {"name": "sqrt", "parameters": {"N": 20_010}}
    serial, pool = report["lanes"]
    assert (serial["engine"], serial["tasks"], serial["speedup"], serial["same_result"]) == (
        "serial",
        20_000,
        1.0,
        None,
    )
    assert (pool["engine"], pool["workers"], pool["tasks"], pool["same_result"]) == ("pool", 2, 20_000, True)
    assert pool["start_method"] in ("fork", "spawn", "forkserver")
    assert pool["chunksize"] == 2_500
    for lane, workers in ((serial, 0), (pool, 2)):
        assert [each["ok"] for each in lane["runs"]] == [True, True]
        for each in lane["runs"]:
            check_processes(each, workers, 20_000)
        assert all(each["error"] is None for each in lane["runs"])
        assert lane["median_s"] > 0
    assert pool["speedup"] == pytest.approx(serial["median_s"] / pool["median_s"])
    assert report["verdict"]["answer"] in ("parallel pays", "serial wins", "no difference")
    assert report["verdict"]["sentences"]


def test_the_table_goes_to_stdout_and_nothing_else_does(command: Path) -> None:
    done = run(command, "bubble-sort", "-v")
    assert done.stdout.startswith("bubble-sort  form = one, ")
    assert "sorted: 1 2 4 4 5 6 8 9" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr.count("[1, 2, 4, 4, 5, 6, 8, 9]\n") == 2
    assert re.search(r"INFO +\d+ +\w*Process-1 +process exiting with exitcode 0", done.stderr)
    assert "DEBUG" not in done.stderr


def test_the_log_level_is_chosen(command: Path) -> None:
    done = run(command, "eight-roots", "-p", "pause=0", "--lane", "pool:workers=1", "--log-level", "debug")
    assert " DEBUG " in done.stderr


def test_without_v_nothing_goes_to_stderr(command: Path) -> None:
    assert run(command, "bubble-sort").stderr == ""


def test_the_array_may_be_chosen(command: Path) -> None:
    done = run(command, "bubble-sort", "-p", "array=3 1 2", "--lane", "process", "--json")
    assert json.loads(done.stdout)["workload"]["parameters"]["array"] == [3, 1, 2]


def test_real_files_are_counted(command: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a").write_text("two words")
    (tmp_path / "texts/b").write_bytes(b"\0")
    done = run(command, "wordcount", "-p", f"directory={tmp_path / 'texts'}", *_TWO_WORKERS)
    assert "2 words in 1 file, skipped 1 binary" in done.stdout
    assert "1  two" in done.stdout


def test_workers_of_lanes_that_leave_them_open(command: Path) -> None:
    words = ("eight-roots", "-p", "pause=0", "-j", "3", "--json")
    assert [lane["workers"] for lane in json.loads(run(command, *words).stdout)["lanes"]] == [1, 3]
    lanes = ("--lane", "pool:workers=2", "--lane", "pool")
    assert [lane["workers"] for lane in json.loads(run(command, *words, *lanes).stdout)["lanes"]] == [2, 3]


def test_the_result_is_written_to_a_file_too(command: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_text("something older")
    (tmp_path / "link").symlink_to(target)
    done = run(command, "eight-roots", "-p", "pause=0", "--lane", "serial", "-o", str(tmp_path / "link"))
    assert done.stdout.startswith("eight-roots")
    check_report(json.loads(target.read_text()))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["link", "result.json"]
    done = run(command, "eight-roots", "-p", "pause=0", "--lane", "serial", "--json", "-o", "/dev/null")
    check_report(json.loads(done.stdout))


def test_a_file_that_cannot_be_written_at_last(command: Path) -> None:
    done = run(command, "eight-roots", "-p", "pause=0", "--lane", "serial", "-o", "/dev/full", code=1)
    assert done.stderr == "poolscope: /dev/full cannot be written: no space left on device.\n"
    assert "8 roots" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lane", "pol"), "pool"),
        (("--lane", "pool:wrkers=2"), "workers"),
        (("--lane", "pool:workers=0"), "1"),
        (("--lane", "pool:workers=100000"), "1,024"),
        (("--lane", "pool", "--lane", "pool"), "pool"),
        (("--lane", "pool:start=frk"), "fork"),
        (("--lane", "pool:chunksize=x"), "chunksize"),
    ],
)
def test_refused_lanes(command: Path, words: tuple[str, ...], said: str, runtime_directory: Path) -> None:
    done = run(command, "sqrt", *words, code=2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert list(runtime_directory.iterdir()) == []


def test_what_does_not_fit_is_refused_before_it_starts(command: Path) -> None:
    if psutil.virtual_memory().total > 40 * 2**30:
        pytest.skip("it fits into this machine")
    done = run(command, "sqrt", "-p", "N=10^9", code=2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.search(r"N = [\d,]+", done.stderr), done.stderr


def test_progress_is_shown_on_a_terminal_and_taken_away(command: Path) -> None:
    words = [str(command), "run", "eight-roots", "-p", "pause=200", "--lane", "pool:workers=2"]
    with Terminal(words, columns=100, rows=40) as terminal:
        assert terminal.wait_exit() == 0
        said = terminal.raw.decode()
    assert re.search(r"\rA pool:workers=2,.*?: \d of 8 tasks, \d\.\d s\x1b\[K", said)
    result = said.index("eight-roots  pause = 200")
    assert said[:result].endswith("\r\x1b[K")
    assert "\r\x1b[K" not in said[result:]


@pytest.mark.parametrize("quiet", [["-q"], []])
def test_no_progress_if_quiet_or_dumb(command: Path, quiet: list[str]) -> None:
    words = [str(command), "run", "eight-roots", "-p", "pause=100", "--lane", "pool:workers=2", *quiet]
    with Terminal(words, environment={} if quiet else {"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 0
        assert b" of 8 tasks" not in terminal.raw


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_and_reports(running: Any, number: signal.Signals, code: int) -> None:
    one = running(*_LONG, "--lane", "pool:workers=3")
    one.wait_for_processes(5)
    left, out, err = one.end(number)
    assert left == code, err
    assert err == ""
    report = json.loads(out)
    check_report(report)
    assert report["verdict"]["answer"] == "unknown"


def test_ctrl_c_keeps_what_was_measured(running: Any, runtime_directory: Path) -> None:
    one = running("run", "eight-roots", "-p", "pause=400", "--json", "--lane", "process:workers=8", "--lane", "serial")
    assert wait_for(lambda: len(list(runtime_directory.glob("*/*/plan.json"))) == 2)  # the serial lane has come
    code, out, _ = one.end(signal.SIGINT)
    assert code == 130
    report = json.loads(out)
    check_report(report)
    first, second = report["lanes"]
    assert [each["ok"] for each in first["runs"]] == [True]
    assert not any(each["ok"] for each in second["runs"])


def test_the_second_ctrl_c_leaves_at_once(running: Any) -> None:
    one = running(*_LONG, "--lane", "pool:workers=2")
    one.wait_for_processes(4)
    guardian = one.guardian()
    guardian.suspend()  # so that nothing ends in an orderly way

    def has_left() -> bool:
        one.process.send_signal(signal.SIGINT)  # two in a row may arrive as one
        return one.process.poll() is not None

    try:
        assert wait_for(has_left, every=0.1)
    finally:
        guardian.resume()
    assert one.process.returncode == 130


def at_work(runtime_directory: Path) -> set[int]:
    """The processes that have a chunk in hand."""
    files = [EventFile(path, keeps_open=False) for path in runtime_directory.rglob("*.ev")]
    return {file.pid for file in files if file.refresh() and has_chunk(file)}


def test_a_killed_worker_is_named_and_the_run_ends(running: Any, runtime_directory: Path) -> None:
    one = running(*_LONG, "--lane", "pool:workers=2")
    one.wait_for_processes(4)
    victim = one.workers()[0].pid
    # One that has no task yet would be replaced, and nothing be lost.
    assert wait_for(lambda: victim in at_work(runtime_directory))
    os.kill(victim, signal.SIGKILL)
    out, err = one.process.communicate(timeout=PATIENCE)
    assert one.process.returncode == 1, err
    (lane,) = json.loads(out)["lanes"]
    (only,) = lane["runs"]
    assert only["ok"] is False
    assert f"(pid {victim}) was killed by SIGKILL" in only["error"]


def test_few_open_files_are_enough_for_few_workers(command: Path) -> None:
    words = ["run", "sqrt", "-p", "N=100", "--lane", "pool:workers=1", "--lane", "serial"]
    for limit, code, said in ((48, 0, ""), (20, 0, "20 files open here"), (8, 1, "too many open files")):
        shell = ["sh", "-c", f'ulimit -n {limit} && exec "$0" "$@"', str(command), *words]
        done = subprocess.run(shell, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == code, done.stderr
        assert done.stderr.count("\n") == (code != 0)
        assert said in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("words", "variables"),
    [(("wordcount", "-p", "directory=."), {}), (("sqrt",), {"POOLSCOPE_RUNTIME_DIRECTORY": "here"})],
)
def test_a_removed_current_directory_is_said(
    command: Path, tmp_path: Path, words: Sequence[str], variables: dict[str, str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    shell = ["sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(gone), str(command), "run", *words]
    done = subprocess.run(
        shell, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, **variables}
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no such file or directory" in done.stderr


def test_what_is_missing_from_a_recording_is_said_on_stderr(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOLSCOPE_RECORD_CAP", "2")
    done = run(command, "sqrt", "-p", "N=100", "--lane", "serial", "--json")
    check_report(json.loads(done.stdout))
    assert re.fullmatch(r"poolscope: A: \d+ events were counted, but no details of them were kept\.\n", done.stderr)


def test_a_killed_guardian_ends_the_command(running: Any) -> None:
    one = running(*_LONG, "--lane", "pool:workers=2")
    one.wait_for_processes(4)
    one.guardian().kill()
    out, err = one.process.communicate(timeout=PATIENCE)
    assert one.process.returncode == 1
    report = json.loads(out)
    check_report(report)
    (only,) = report["lanes"][0]["runs"]
    assert "guardian" in only["error"]
    assert err.count("\n") == 1
    assert "guardian" in err


@pytest.mark.parametrize("lane", ["pool:workers=2", "pool:workers=2,start=spawn", "joblib:workers=2"])
def test_a_killed_command_leaves_nothing(running: Any, runtime_directory: Path, lane: str) -> None:
    """Neither processes nor, by the look around after every test, semaphores of multiprocessing or loky."""
    one = running(*_LONG, "--lane", lane)
    left = one.wait_for_processes(4)
    assert wait_for(lambda: len(at_work(runtime_directory)) >= 2)
    one.process.kill()
    assert wait_for(lambda: not any(each.is_running() and each.status() != "zombie" for each in left), PROMISE)


def test_a_reader_that_leaves_early_is_no_error(command: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [str(command), "run", "eight-roots", "-p", "pause=0", "--lane", "serial"]
    with os.fdopen(writing) as closed:
        done = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
