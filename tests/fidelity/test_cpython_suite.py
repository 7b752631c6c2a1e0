"""CPython's own tests give the same results under the recorder: those that would notice a bad hook first."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from support.cpython_suite import compare, difference

needs_suites = pytest.mark.skipif(
    find_spec("test") is None or find_spec("test.test_multiprocessing_fork") is None,
    reason="this Python does not bring CPython's own tests along",
)

CHOSEN = {
    "processes": [
        "*WithProcessesTestPool.test_release_task_refs",
        "*WithProcessesTestPool.test_traceback",
        "*WithProcessesTestPool.test_wrapped_exception",
        "*WithProcessesTestPool.test_imap*",
        "*WithProcessesTestPool.test_map*",
        "*WithProcessesTestPool.test_starmap*",
        "*TestPoolWorkerErrors.*",
        "*WithProcessesTestProcess.test_[a-l]*",
        "*WithProcessesTestProcess.test_parent*",
        "*WithProcessesTestSubclassingProcess.*",
        "*WithProcessesTestLogging.*",
    ],
    "misc": [
        "*TestCloseFds*",
        "*TestFlags*",
        "*TestStartMethod*",
        "*MiscTestCase*",
        "*TestNoForkBomb*",
        "*TestForkAwareThreadLock*",
        "*TestInitializers*",
    ],
}
EXECUTOR = ["*ProcessPool*Fork*.test_map*", "*ProcessPool*Spawn*.test_traceback", "*ProcessPool*Fork*.test_[e-s]*"]


@needs_suites
@pytest.mark.parametrize("part", CHOSEN)
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_gives_the_same_results(method: str, part: str) -> None:
    count, differing = compare(f"test_multiprocessing_{method}.test_{part}", match=CHOSEN[part])

    assert count > 5
    assert not differing, "\n".join(differing.values())


@needs_suites
def test_executors_give_the_same_results() -> None:
    count, differing = compare("test_concurrent_futures.test_process_pool", match=EXECUTOR)

    assert count > 5
    assert not differing, "\n".join(differing.values())


def test_a_difference_is_found_in_either_direction() -> None:
    bare = {"suite": "SUCCESS", "a": "passed", "b": "passed", "c": "skipped"}
    recorded = {"suite": "FAILURE", "a": "passed", "b": "failed", "d": "passed"}

    assert difference(bare, recorded) == {
        "suite": ("SUCCESS", "FAILURE"),
        "b": ("passed", "failed"),
        "c": ("skipped", "not run"),
        "d": ("not run", "passed"),
    }
