"""CPython's own tests of multiprocessing and concurrent.futures, with the recorder and without, test by test.

From the command line it runs whole suites, those that are named or all of them, and prints what differs::

    python tests/support/cpython_suite.py [--python PYTHON] [--match PATTERN ...] [SUITE ...]

It needs a Python whose ``test`` package holds the suites, and exits with status 1 if any result differs. A test that
gave another result is run again alone on both sides, because some of them fail now and then by themselves.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from poolscope.workloads.recorder.injection import injected_environment

MULTIPROCESSING = ("test_manager", "test_misc", "test_processes", "test_threads")
METHODS = ("fork", "spawn", "forkserver")
EXECUTORS = ("as_completed", "deadlock", "future", "init", "process_pool", "shutdown", "thread_pool", "wait")
SUITES = (
    *(f"test_multiprocessing_{method}.{part}" for method in METHODS for part in MULTIPROCESSING),
    *(f"test_concurrent_futures.test_{part}" for part in EXECUTORS),
)
"""As regrtest names them, without the leading ``test.``."""

ATTEMPTS = 3
"""How often a test that differs is run again before the difference counts."""
TIMEOUT = 1800.0
"""Seconds for one suite."""

Results = Mapping[str, str]
"""Outcome by the full name of a test: ``passed``, ``skipped``, ``failed``; and by the name of a suite what regrtest
said of all of it, such as ``SUCCESS`` or ``ENV CHANGED``."""


def has_suites(python: str = sys.executable) -> bool:
    """Whether that Python brings CPython's tests of multiprocessing along."""
    code = "import test.test_multiprocessing_fork.test_processes, test.test_concurrent_futures.test_process_pool"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def run_suite(
    suite: str, environment: Mapping[str, str], python: str = sys.executable, match: Sequence[str] = ()
) -> Results:
    """Run a suite, or those of its tests that one of the patterns matches.

    Raises:
        subprocess.TimeoutExpired: If it takes more than half an hour.
        AssertionError: If regrtest itself failed.
    """
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [python, "-m", "test", "--junit-xml", str(report), "--randseed", "1"]
        for pattern in match:
            command += ["-m", pattern]
        ended = subprocess.run(
            [*command, f"test.{suite}"],
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
        said = [line.removeprefix("Result: ") for line in ended.stdout.splitlines() if line.startswith("Result: ")]
        assert said, f"regrtest gave no result for {suite}:\n{ended.stdout[-4000:]}"
        results = {suite: said[-1]}
        if report.exists():
            results.update(_outcomes(report))
        return results


def _outcomes(report: Path) -> dict[str, str]:
    outcomes = {}
    # Written by the Python under test a moment ago, into a directory of our own.
    for case in ET.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        outcomes[case.get("name", "")] = (
            "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        )
    return outcomes


def difference(bare: Results, recorded: Results) -> dict[str, tuple[str, str]]:
    """What the two sides do not agree on: name to outcome without and with the recorder."""
    names = sorted(bare.keys() | recorded.keys())
    pairs = {name: (bare.get(name, "not run"), recorded.get(name, "not run")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def compare(suite: str, python: str = sys.executable, match: Sequence[str] = ()) -> tuple[int, dict[str, str]]:
    """Run a suite without the recorder and with it.

    Returns:
        How many tests were compared, and what differs for good, as a sentence by name.
    """
    bare_environment = {name: value for name, value in os.environ.items() if not name.startswith("POOLSCOPE_")}
    with tempfile.TemporaryDirectory(prefix="poolscope-suite-") as directory:
        recorded_environment = injected_environment(bare_environment, Path(directory), 10, log_to_file=True)
        bare = run_suite(suite, bare_environment, python, match)
        recorded = run_suite(suite, recorded_environment, python, match)
        assert any(Path(directory).glob("*.ev")), "the recorder did not record anything"
        differing = difference(bare, recorded)

        def agrees(name: str, pattern: Sequence[str]) -> bool:
            """Whether a test, or the whole suite, comes to the same with and without at one of some more attempts."""
            for _ in range(ATTEMPTS):
                environments = bare_environment, recorded_environment
                outcomes = {run_suite(suite, each, python, pattern).get(name) for each in environments}
                if len(outcomes) == 1 and None not in outcomes:  # what was not run agrees in nothing
                    return True
            return False

        cases = [name for name in differing if name != suite]
        for name in cases:
            if agrees(name, [name.rpartition("(")[0].strip() or name]):
                del differing[name]
        if cases and not any(name in differing for name in cases):
            differing.pop(suite, None)
        elif not cases and differing and agrees(suite, match):
            del differing[suite]  # a thread or process was late, and changed what the suite left
    return len(bare), {
        name: f"{name}: {before} without the recorder, {after} with it" for name, (before, after) in differing.items()
    }


def main() -> int:
    """Compare what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("suites", metavar="SUITE", nargs="*", help=f"such as {SUITES[0]}; all of them if none is named")
    parser.add_argument("--python", default=sys.executable, help="the Python under test")
    parser.add_argument("--match", metavar="PATTERN", action="append", default=[], help="only tests of that name")
    options = parser.parse_args()
    if not has_suites(options.python):
        print(f"{options.python} does not bring CPython's own tests along; name one that does with --python.")
        return 2
    wrong = 0
    for suite in options.suites or SUITES:
        count, differing = compare(suite, options.python, options.match)
        print(f"{suite}: {count} results, {len(differing)} differ", flush=True)
        for sentence in differing.values():
            print(f"  {sentence}", flush=True)
        wrong += len(differing)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
