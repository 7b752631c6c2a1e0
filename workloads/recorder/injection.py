"""The environment in which processes record themselves."""

from __future__ import annotations

import os

from .settings import RECORD_CAP_VARIABLE, RECORDER_VARIABLE, compose

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SITE_DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")  # noqa: PTH100, PTH118, PTH120


def injected_environment(
    base: Mapping[str, str], directory: Path, log_level: int, log_to_file: bool = False
) -> dict[str, str]:
    """Return the environment for a Python process that shall record itself and all its descendants.

    Args:
        base: Environment to start from; it is left alone.
        directory: Run directory; it must exist, and every process writes its event file there.
        log_level: Level of the log of multiprocessing, such as 20 for INFO; 0 leaves logging alone.
        log_to_file: Write that log to a file of its own, and leave the program's logging and stderr as they are.
    """
    environment = dict(base)
    paths = [path for path in base.get("PYTHONPATH", "").split(os.pathsep) if path and path != SITE_DIRECTORY]
    environment["PYTHONPATH"] = os.pathsep.join([SITE_DIRECTORY, *paths])
    cap = environment.pop(RECORD_CAP_VARIABLE, "")
    environment[RECORDER_VARIABLE] = compose(
        os.path.abspath(directory),  # noqa: PTH100
        log_level,
        log_to_file,
        int(cap) if cap.isdecimal() else -1,
    )
    return environment
