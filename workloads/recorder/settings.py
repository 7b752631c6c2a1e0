"""What the recorder was told, through the environment or by the parent process."""

RECORDER = "_poolscope_recorder"  # name of this package inside an observed process

DIRECTORY_VARIABLE = "POOLSCOPE_RUN_DIRECTORY"
LOG_LEVEL_VARIABLE = "POOLSCOPE_LOG_LEVEL"
RECORD_CAP_VARIABLE = "POOLSCOPE_RECORD_CAP"

directory = ""  # of the run; "" means that nothing is recorded
log_level = 0  # of the log of multiprocessing; 0 leaves it alone
record_cap = -1  # details that one process may write; -1 means the default


def read(values: "dict[str, str]") -> None:
    """Take over the settings from environment variables, or from a copy of them."""
    global directory, log_level, record_cap  # noqa: PLW0603 - one recorder a process, so module state is its state
    directory = values.get(DIRECTORY_VARIABLE, "")
    log_level = _number(values.get(LOG_LEVEL_VARIABLE, ""), 0)
    record_cap = _number(values.get(RECORD_CAP_VARIABLE, ""), -1)


def write() -> "dict[str, str]":
    """Return what `read` takes, for a child process."""
    return {
        DIRECTORY_VARIABLE: directory,
        LOG_LEVEL_VARIABLE: str(log_level),
        RECORD_CAP_VARIABLE: str(record_cap),
    }


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default
