"""Where a person's code is, and how it is imported: under a name that workers find again, with errors that teach.

A file is imported as the module that it is, never as ``__main__``: what its functions are called then is what every
worker finds, however it was started. Nothing here is for the process of the user interface but `locate`, which imports
nothing: the rest runs in the probe and in runners.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import UsageError
from .parameters import listed, nearest_name
from .text import clean

if TYPE_CHECKING:
    from types import CodeType, FrameType, ModuleType, TracebackType

_SHOWN = 200
_MOST_NAMES = 2_000
"""Modules and files among which a similar name is sought."""
_FEW = 8
"""Names that are listed where none is similar."""
GUARD = 'below if __name__ == "__main__"'
"""Where a file has what is not to happen when it is imported."""


class Place(NamedTuple):
    """A module, and where it is imported from."""

    module: str
    """The name it is imported under."""
    root: str
    """Directory that has to be importable for that."""
    file: str | None
    """Absolute path, where a file was named; None where a module was."""
    shown: str
    """What it is called in sentences: the file as it was written, or the module's name."""


def current_directory() -> str:
    """Absolute path of the current directory.

    Raises:
        UsageError: If it was removed meanwhile.
    """
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        raise UsageError("The current directory does not exist any more: change to one that does.") from None


def split_reference(text: str) -> tuple[str, str] | None:
    """Split ``file.py:function`` or ``module:function``; None if TEXT is neither."""
    where, colon, name = text.strip().rpartition(":")
    return (where, name) if colon and where else None


def locate(where: str, directory: str) -> Place:
    """Find out which module WHERE names, without importing anything.

    Args:
        where: ``path/file.py``, or the name of a module as it is written after ``import``.
        directory: Against which paths are resolved, and from which modules are imported.

    Raises:
        UsageError: If there is no such file, or it cannot be imported under its name.
    """
    shown = clean(where, _SHOWN)
    if not where or "\0" in where:
        raise UsageError(f"{shown or 'Nothing'} is neither a file nor a module: write file.py or module.")
    if where.endswith(".py") or "/" in where:
        return _locate_file(where, shown, directory)
    if where.endswith(".ipynb"):
        raise UsageError(f"{shown} is a notebook, which workers cannot import: write the function to a .py file.")
    for part in where.split("."):
        if not part.isidentifier():
            raise UsageError(
                f"{shown} is no name of a module: write package.module, or the path of a file ending in .py."
            )
    return Place(where, directory, None, shown)


def _locate_file(where: str, shown: str, directory: str) -> Place:
    path = os.path.abspath(os.path.join(directory, os.path.expanduser(where)))  # noqa: PTH100, PTH111, PTH118
    if not os.path.isfile(path):  # noqa: PTH113
        raise UsageError(_no_file(path, shown))
    if not os.access(path, os.R_OK):
        raise UsageError(f"{shown} may not be read by you: change its permissions.")
    root, name = os.path.split(path)
    stem = name.removesuffix(".py")
    parts = [] if stem == "__init__" else [stem]
    if not name.endswith(".py") or "." in stem:
        raise UsageError(f"{shown} cannot be imported under its name: rename it to one like work.py.")
    while os.path.isfile(os.path.join(root, "__init__.py")):  # noqa: PTH113, PTH118 - a part of a package
        root, package = os.path.split(root)
        parts.insert(0, package)
    if parts[0] in sys.stdlib_module_names or parts[0] == "__main__":
        raise UsageError(f"{shown} has the name of the standard library's module {parts[0]}: rename it.")
    return Place(".".join(parts), root, path, shown)


def _no_file(path: str, shown: str) -> str:
    if os.path.isdir(path):  # noqa: PTH112
        return f"{shown} is a directory: name a file in it."
    parent, name = os.path.split(path)
    try:
        with os.scandir(parent) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)]
    except OSError:
        return f"{shown} does not exist, nor does the directory {clean(parent, _SHOWN)}."
    meant = nearest_name(name, [name for name in names if name.endswith(".py")])
    if meant is None:
        return f"There is no file {shown}."
    similar = os.path.join(os.path.dirname(shown), meant)  # noqa: PTH118, PTH120
    return f"There is no file {shown}; did you mean {clean(similar, _SHOWN)}?"


def import_place(place: Place) -> ModuleType:
    """Import a person's module, as the program would see it that runs it.

    Raises:
        UsageError: If that fails, in one sentence with file and line.
    """
    if sys.path[:1] != [place.root]:
        sys.path.insert(0, place.root)
    sys.argv = [place.file or place.module]
    try:
        module = import_module(place.module)
    except SyntaxError as error:
        raise UsageError(_bad_syntax(place, error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(_not_found(place, error)) from error
    except SystemExit as error:
        raise UsageError(
            f"Importing {place.shown} leaves the program by {_exit_in_words(error)}{at(error, place)}: "
            f"put that {GUARD}."
        ) from error
    except BaseException as error:
        raise UsageError(f"{place.shown} cannot be imported: {in_words(error)}{at(error, place)}.") from error
    _check_identity(place, module)
    return module


def _exit_in_words(error: SystemExit) -> str:
    code = error.code
    return f"sys.exit({code if isinstance(code, int) else clean(repr(str(code)), 60) if code is not None else ''})"


def _check_identity(place: Place, module: ModuleType) -> None:
    """Make sure that the name leads to the file, for workers go by the name."""
    found = getattr(module, "__file__", None)
    if place.file is None or (found is not None and os.path.realpath(found) == os.path.realpath(place.file)):
        return
    raise UsageError(
        f"{place.shown} cannot be imported as {place.module}, because that name belongs to "
        f"{clean(str(found or 'a part of Python'), _SHOWN)}: rename it."
    )


def find_attribute(place: Place, module: ModuleType, name: str) -> Any:
    """Find what a module has under a NAME, which may have dots.

    Raises:
        UsageError: If there is nothing of that name.
    """
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise UsageError(_no_function(place, module, name)) from None
    return found


def find_function(place: Place, module: ModuleType, name: str) -> Callable[..., Any]:
    """Find what is called once a task.

    Raises:
        UsageError: If there is nothing of that name, or it cannot be called.
    """
    found = find_attribute(place, module, name)
    shown = clean(name, 60)
    if not callable(found):
        raise UsageError(f"{shown} in {place.shown} is {a_kind(found)} and no function.")
    from inspect import iscoroutinefunction

    if iscoroutinefunction(found):
        raise UsageError(
            f"{shown} is an async function{line_of(found, place)}, of which a worker gets only a coroutine: "
            "name a function that calls asyncio.run."
        )
    return found  # type: ignore[no-any-return]


def functions_in(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions that a module defines for others, by name, in the order of the file."""
    return {
        name: value
        for name, value in list(vars(module).items())
        if not name.startswith("_") and _is_function_of(module, value)
    }


def _is_function_of(module: ModuleType, value: Any) -> bool:
    from inspect import isclass, iscoroutinefunction

    try:
        if not callable(value) or isclass(value) or iscoroutinefunction(value):
            return False
        # What is only imported there belongs to somebody else.
        return bool(getattr(value, "__module__", None) == module.__name__)
    except Exception:  # noqa: BLE001 - a proxy of something that is not there yet, such as a web request
        return False


def _no_function(place: Place, module: ModuleType, name: str) -> str:
    shown = clean(name, 60)
    names = functions_in(module)
    said = f"There is no function {shown} in {place.shown}" if name else f"{place.shown} alone names no function"
    meant = nearest_name(name, names) if name else None
    if meant is not None:
        return f"{said}; did you mean {meant}{line_of(names[meant], place)}?"
    if not names:
        return f"{said}, nor any other."
    some = list(names) if len(names) <= _FEW else [*list(names)[: _FEW - 1], "others"]
    return f"{said}: there {'is' if len(names) == 1 else 'are'} {listed(some)}."


def line_of(function: Any, place: Place) -> str:
    """Where a function is: `` (work.py, line 3)``; "" where nobody knows."""
    code = code_of(function)
    return f" ({file_and_line(code.co_filename, code.co_firstlineno, place)})" if code is not None else ""


def code_of(function: Any) -> CodeType | None:
    """The code of a function, or of what it wraps; None where there is none."""
    from inspect import iscode, unwrap

    try:
        code = getattr(unwrap(function), "__code__", None)
    except Exception:  # noqa: BLE001 - it wraps itself, or its attributes are somebody else's code
        return None
    return code if iscode(code) else None


def file_and_line(file: str, line: int | None, place: Place) -> str:
    """Name a line as people do: ``work.py, line 3``, the file as short as it is clear."""
    if place.file is not None and os.path.realpath(file) == os.path.realpath(place.file):
        shown = place.shown
    else:
        relative = os.path.relpath(file, os.getcwd()) if os.path.isabs(file) else file  # noqa: PTH109, PTH117
        shown = clean(file if relative.startswith("..") else relative, _SHOWN)
    return f"{shown}, line {line}" if line else shown


def a_kind(value: object) -> str:
    """Name the kind of a value: ``a list``, ``an int``."""
    kind = clean(type(value).__name__, 60)
    return f"{'an' if kind[:1] in 'aeiouAEIOU' else 'a'} {kind}"


def _bad_syntax(place: Place, error: SyntaxError) -> str:
    where = file_and_line(error.filename or place.shown, error.lineno, place)
    name = type(error).__name__
    return f"{place.shown} cannot be imported: {name}: {clean(str(error.msg), _SHOWN)} ({where})."


def _not_found(place: Place, error: ModuleNotFoundError) -> str:
    name = clean(str(error.name), 100)
    if error.name is not None and f"{place.module}.".startswith(f"{error.name}."):
        meant = _similar_module(place.module)
        hint = f"; did you mean {meant}?" if meant else f" to import from {clean(place.root, _SHOWN)}."
        return f"There is no module {name}{hint}"
    top = (error.name or "").partition(".")[0]
    meant = _similar_module(top)
    hint = f"did you mean {meant}?" if meant else f"install it for {clean(sys.executable, _SHOWN)}."
    return f"{place.shown} cannot be imported: there is no module {name}{at(error, place)}; {hint}"


def _similar_module(name: str) -> str | None:
    """A module that can be imported and is called nearly the same: of the many there are, only a close one will do."""
    from difflib import get_close_matches
    from pkgutil import iter_modules

    known = [module.name for module, _ in zip(iter_modules(), range(_MOST_NAMES), strict=False)]
    others = {*known, *sys.stdlib_module_names} - {name}  # a directory may be listed like a module
    found = get_close_matches(name[:100], sorted(others), n=1, cutoff=0.74)
    return found[0] if found else None


def in_words(error: BaseException) -> str:
    """Name an exception and what it says, whatever its class makes of that."""
    try:
        text = clean(str(error), 500)
    except Exception:  # noqa: BLE001 - somebody else's class
        text = ""
    name = clean(type(error).__name__, 100)
    return f"{name}: {text.rstrip('.')}" if text else name


def at(error: BaseException, place: Place) -> str:
    """Where it was raised, as far as a person's own code goes."""
    found = line_of_traceback(error.__traceback__, place)
    return f" ({found})" if found else ""


def line_of_traceback(traceback: TracebackType | None, place: Place) -> str:
    """The innermost line of a person's own code in a traceback; else the innermost of all; "" if there is none."""
    own = other = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if is_own(file, place):
            own = file_and_line(file, traceback.tb_lineno, place)
        elif not file.startswith("<") and not is_ours(file):
            other = file_and_line(file, traceback.tb_lineno, place)
        traceback = traceback.tb_next
    return own or other


def line_of_frame(frame: FrameType | None, place: Place) -> str:
    """The innermost line of a person's own code among those who called; "" if there is none."""
    while frame is not None:
        file = frame.f_code.co_filename
        if is_own(file, place):
            return file_and_line(file, frame.f_lineno, place)
        frame = frame.f_back
    return ""


def is_own(file: str, place: Place) -> bool:
    """Whether a file is a person's own rather than an installed one."""
    if file.startswith("<") or is_ours(file):
        return False
    path = os.path.realpath(file)
    if "site-packages" in path or "dist-packages" in path:
        return False
    return path.startswith(os.path.realpath(place.root).rstrip(os.sep) + os.sep)


def is_ours(file: str) -> bool:
    """Whether a file is a part of this program, or of what imports."""
    own = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    return file.startswith((own + os.sep, os.path.dirname(os.__file__) + os.sep + "importlib"))  # noqa: PTH120
