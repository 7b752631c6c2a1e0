"""Where the command writes to: stdout for results, stderr for everything else, and files."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from .errors import PoolscopeError, UsageError

TYPE_CHECKING = False  # `typing` would delay every program
if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO


def never_fail_to_write() -> None:
    """Let characters that the terminal's encoding lacks become question marks instead of errors."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether STREAM is a terminal that can do more than print."""
    if stream is None or os.environ.get("TERM", "") in ("", "dumb"):
        return False
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def complain(sentence: str) -> None:
    """Write one sentence to stderr, saying who says it."""
    write_error(f"poolscope: {sentence}")


def write_error(line: str) -> None:
    """Write a line to stderr, if there is one."""
    if sys.stderr is None:
        return
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def print_out(text: str) -> None:
    """Write TEXT and a newline to stdout; a reader that has had enough ends it quietly.

    Raises:
        PoolscopeError: If it cannot be written for another reason, such as a full disk.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:
        _silence_stdout()
        raise PoolscopeError(f"The output cannot be written: {(error.strerror or 'unknown reason').lower()}.") from None


def print_json(value: object) -> None:
    """Write one JSON value to stdout."""
    print_out(json_text(value))


def json_text(value: object) -> str:
    """Write VALUE as JSON that any program reads: no NaN, and nothing but ASCII."""
    import json

    return json.dumps(value, indent=2, allow_nan=False)


def flush_out() -> None:
    """Flush stdout now, while it can still be done quietly."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _silence_stdout()


def _silence_stdout() -> None:
    # Python flushes stdout once more on its way out, and would complain then.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def checked_output(name: str, option: str = "--output") -> Path:
    """Make sure, before anything runs, that the file called NAME, which an OPTION gave, can be written.

    Raises:
        UsageError: If it cannot.
    """
    from pathlib import Path

    from .text import clean

    shown = clean(name, 200)
    if name in ("", "-"):
        raise UsageError(f"{option} needs the name of a file; for standard output, use --json.")
    try:
        path = Path(name).resolve()
        if path.is_dir():
            raise UsageError(f"{option} {shown} is a directory: name a file.")
        if not path.parent.is_dir():
            raise UsageError(
                f"{option} {shown} cannot be written: there is no directory {clean(str(path.parent), 200)}."
            )
        if path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC))
        if not _is_special(path):
            part = _part_of(path)
            part.touch(exist_ok=True)
            part.unlink()
    except (OSError, ValueError, RuntimeError) as error:
        reason = (getattr(error, "strerror", None) or "this cannot be the name of a file").lower()
        raise UsageError(f"{option} {shown} cannot be written: {reason}.") from None
    return path


def write_output(path: Path, text: str) -> None:
    """Write TEXT to PATH, all of it or nothing.

    Raises:
        PoolscopeError: If that fails, such as on a full disk.
    """
    from .text import clean

    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        part = _part_of(path)
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise PoolscopeError(f"{clean(str(path), 200)} cannot be written: {reason}.") from None


def _is_special(path: Path) -> bool:
    """Whether PATH is a device or a pipe, which must not be replaced by a file."""
    return path.exists() and not path.is_file()


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
