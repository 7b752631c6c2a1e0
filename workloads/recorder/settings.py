"""What the recorder was told, through the environment or by the parent process."""

RECORDER = "_poolscope_recorder"  # name of this package inside an observed process

RECORDER_VARIABLE = "POOLSCOPE_RECORDER"
"""The one environment variable of an observed process: ``<log level><s or f>:<record cap or nothing>:<directory>``.
With ``s``, the log of multiprocessing goes to the run's stderr; with ``f``, to its file `LOG_NAME`."""
RECORD_CAP_VARIABLE = "POOLSCOPE_RECORD_CAP"
"""A setting of whoever starts the run, taken over into the variable above."""

LOG_NAME = "log.log"

directory = ""  # of the run; "" means that nothing is recorded
log_level = 0  # of the log of multiprocessing; 0 leaves it alone
logs_to_file = False  # whether the program's own logging must not be touched
record_cap = -1  # details that one process may write; -1 means the default


def read(value: str) -> None:
    """Take over the settings from the value of the environment variable."""
    global directory, log_level, logs_to_file, record_cap  # noqa: PLW0603 - one recorder a process, so module state is its state
    log, _, rest = value.partition(":")
    cap, _, directory = rest.partition(":")
    log_level = _number(log[:-1], 0)
    logs_to_file = log[-1:] == "f"
    record_cap = _number(cap, -1)


def write() -> str:
    """Return what `read` takes, for a child process."""
    return compose(directory, log_level, logs_to_file, record_cap)


def compose(directory: str, log_level: int, logs_to_file: bool, record_cap: int) -> str:
    """Return the value of the variable for these settings."""
    cap = record_cap if record_cap >= 0 else ""
    return f"{log_level}{'f' if logs_to_file else 's'}:{cap}:{directory}"


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default
