"""What a snippet calls, and with which inputs, as code: a workload of the catalogue, or a person's function."""

from __future__ import annotations

import builtins
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..calling import Manner
    from ..inputs import Choice, InputSource
    from ..model import Parameters, Workload
    from ..probe.answers import Checked
    from ..target import Target

NAMES = frozenset(
    ("main", "inputs", "results", "context", "pool", "calls", "executor", "file", "line", "rows", "names", "value",
     "call", "call_all", "item", "items", "chunks", "part", "start", "places", "work", "writer", "reader", "child",
     "children", "batches", "parallel", "number", "begin", "end", "problem", "workload", "parameters", "shared", "name",
     "kind", "cell")
)  # fmt: skip
"""What snippets call their own things."""
_MODULES = frozenset(
    ("csv", "glob", "json", "multiprocessing", "os", "random", "sys", "traceback", "itertools",
     "ProcessPoolExecutor", "ThreadPoolExecutor", "InterpreterPoolExecutor", "Parallel", "delayed", "find")
)  # fmt: skip
_LONG = 1_000
"""Characters of a literal that are left as they were written."""


class Subject(NamedTuple):
    """What is called, and with what."""

    title: str
    """Such as ``work.py:slow``."""
    function: str
    """The expression by which it is called."""
    imports: tuple[str, ...]
    """Lines by which a person's own modules are imported, or ours."""
    standard: tuple[str, ...]
    """Modules of the standard library that `helpers` and `inputs` use."""
    inputs: tuple[str, ...]
    """Lines that make ``inputs``, a sequence."""
    helpers: tuple[str, ...] = ()
    """Functions that they use, a block of lines each."""
    manner: Manner = "one"
    beside: str = ""
    """The file beside which the snippet is to be kept; "" where it may be anywhere."""
    path: str = ""
    """Directory from which modules have to be importable; "" for that of the snippet."""
    initializer: str = ""
    """What has to be called in every process first; "" for nothing."""
    has_shared: bool = False
    """Whether ``workload.shared`` makes the arguments of that."""
    has_surround: bool = False
    """Whether ``workload.surround`` has to be there meanwhile."""


def subject_of(
    workload: Workload, parameters: Parameters, reference: str | None = None, checked: Checked | None = None
) -> Subject | None:
    """Describe what was run.

    Args:
        workload: From the catalogue, or as `target.workload_of` describes a person's function.
        parameters: Complete and checked.
        reference: How a runner finds it, if not by its name in the catalogue.
        checked: What is known of a person's function.

    Returns:
        None where the workload is neither of the catalogue nor a person's function.
    """
    if reference is None or reference == workload.name:
        return _of_catalogue(workload, parameters)
    from ..target import is_reference, target_from

    if checked is None or not is_reference(reference):
        return None
    return _of_target(target_from(reference), checked)


def _of_catalogue(workload: Workload, parameters: Parameters) -> Subject:
    module, name = workload.function.__module__, workload.function.__qualname__
    from_module = [name]
    initializer = ""
    if workload.initializer is not None:
        initializer = workload.initializer.__qualname__
        from_module.append(initializer)
    given = ", ".join(f"{_quoted(key)}: {_written(value)}" for key, value in parameters.items())
    return Subject(
        title=workload.name,
        function=name,
        imports=(f"from {module.rpartition('.')[0]} import find", f"from {module} import {', '.join(from_module)}"),
        standard=(),
        inputs=(
            f"workload, parameters = find({_quoted(workload.name)}), {{{given}}}",
            "inputs = workload.inputs(parameters)",
        ),
        initializer=initializer,
        has_shared=workload.shared is not None,
        has_surround=workload.surround is not None,
    )


def _written(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return f"{value:_}" if type(value) is int and abs(value) >= 10_000 else repr(value)


def _quoted(text: str) -> str:
    """Write a text as most people do: in double quotes, if that needs no more than others."""
    written = repr(text)
    return written if written[0] == '"' or '"' in written else f'"{written[1:-1]}"'


def _of_target(target: Target, checked: Checked) -> Subject:
    from ..inputs import Choice, parse_inputs
    from ..places import locate, split_reference

    where, name = split_reference(target.function) or (target.function, "")
    place = locate(where, target.directory)
    line, function = _import_of(place.module, name)
    is_here = os.path.realpath(target.directory) == os.path.realpath(os.curdir)
    inputs = _Inputs(target.directory, line, is_here=is_here)
    inputs.write(parse_inputs(target.inputs, target.directory), checked)
    inputs.choose(Choice(target.limit, target.sample, target.seed), is_made=checked.are_made)
    root = os.path.realpath(place.root)
    is_beside = root == os.path.realpath(os.curdir)
    return Subject(
        title=target.name,
        function=function,
        imports=tuple(dict.fromkeys(inputs.imports)),
        standard=tuple(dict.fromkeys(inputs.standard)),
        inputs=tuple(inputs.lines),
        helpers=tuple(inputs.helpers),
        manner=_manner(checked.manner),
        beside=place.shown if is_beside and place.file else "",
        path="" if is_beside else root,
    )


def _manner(manner: str) -> Manner:
    return "spread" if manner == "spread" else "keywords" if manner == "keywords" else "one"


def _import_of(module: str, name: str, others: Sequence[str] = ()) -> tuple[str, str]:
    """The line that imports a name, which may have dots, and the expression that it is then.

    Args:
        module: Where it is.
        name: What is imported.
        others: Lines that import something already.
    """
    first, dot, rest = name.partition(".")
    line = f"from {module} import {first}"
    is_taken = first in NAMES or first in _MODULES or hasattr(builtins, first)
    is_taken = is_taken or any(other.endswith(f" {first}") and other != line for other in others)
    local = f"{first}_of_{module.rpartition('.')[2]}" if is_taken else first
    return f"{line} as {local}" if is_taken else line, f"{local}{dot}{rest}"


class _Inputs:
    """The lines that make the inputs, and what these need."""

    def __init__(self, directory: str, line: str, *, is_here: bool) -> None:
        self._directory = directory
        self._is_here = is_here
        self.lines: list[str] = []
        self.helpers: list[str] = []
        self.standard: list[str] = []
        self.imports = [line]

    def write(self, source: InputSource, checked: Checked) -> None:
        """Write how the inputs are made."""
        if source.kind == "literal":
            self.lines.append(f"inputs = {_literal(source.text)}")
        elif source.kind == "files":
            self._files(source.text)
        elif source.kind == "code":
            self._code(source.text, is_made=checked.are_made)
        elif source.kind == "table":
            self._table(source.text, has_names=checked.manner == "keywords")
        else:
            self._lines(source.text, are_records=source.kind == "records")

    def choose(self, choice: Choice, *, is_made: bool) -> None:
        """Write which of them are taken."""
        if choice.limit is not None:
            if is_made:  # it may have no end
                self.standard.append("itertools")
                made = self.lines.pop().removeprefix("inputs = list(").removesuffix(")")
                self.lines.append(f"inputs = list(itertools.islice({made}, {choice.limit}))")
            else:
                self.lines.append(f"inputs = inputs[:{choice.limit}]")
        if choice.sample is not None:
            self.standard.append("random")
            taken = f"min({choice.sample}, len(inputs))"
            self.lines += [
                f"places = sorted(random.Random({choice.seed}).sample(range(len(inputs)), {taken}))",
                "inputs = [inputs[number] for number in places]",
            ]

    def _path(self, path: str) -> str:
        """A file as it is found from the current directory, or from everywhere where that is another one."""
        relative = os.path.relpath(path, self._directory)
        return _quoted(relative if self._is_here and not relative.startswith("..") else path)

    def _files(self, pattern: str) -> None:
        self.standard += ["glob", "os"]
        expanded = os.path.expanduser(pattern)  # noqa: PTH111
        if not self._is_here and not os.path.isabs(expanded):  # noqa: PTH117
            from glob import escape

            expanded = os.path.join(escape(self._directory), expanded)  # noqa: PTH118
        self.lines.append(
            f"inputs = sorted(name for name in glob.glob({_quoted(expanded)}, recursive=True) if os.path.isfile(name))"
        )

    def _code(self, text: str, *, is_made: bool) -> None:
        from ..places import locate, split_reference

        where, name = split_reference(text) or (text, "")
        line, made = _import_of(locate(where, self._directory).module, name, self.imports)
        self.imports.append(line)
        self.lines.append(f"inputs = list({made}{'()' if is_made else ''})")

    def _lines(self, path: str, *, are_records: bool) -> None:
        # Other ends of lines than "\n" are a part of the line, as they were in the run.
        self.lines.append(f'with open({self._path(path)}, encoding="utf-8-sig", newline="\\n") as file:')
        if are_records:
            self.standard.append("json")
            self.lines.append("    inputs = [json.loads(line) for line in file if line.strip()]")
        else:
            self.lines.append('    inputs = [line.rstrip("\\r\\n") for line in file if line.rstrip("\\r\\n")]')

    def _table(self, path: str, *, has_names: bool) -> None:
        self.standard.append("csv")
        self.helpers.append(_VALUE)
        delimiter = ', delimiter="\\t"' if path.lower().endswith(".tsv") else ""
        self.lines += [
            f'with open({self._path(path)}, encoding="utf-8-sig", newline="") as file:',
            f"    rows = csv.reader(file{delimiter})",
        ]
        if has_names:
            self.lines += [
                "    names = [name.strip() for name in next(rows)]",
                "    inputs = [dict(zip(names, map(value, row))) for row in rows if row]",
            ]
            return
        if _has_heading(path):
            self.lines.append("    next(rows)  # the heading")
        self.lines.append("    inputs = [tuple(map(value, row)) for row in rows if row]")


_VALUE = '''\
def value(cell):
    """Read a number where there is one."""
    for kind in (int, float) if cell.strip()[:1] in "+-.0123456789" else ():
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell'''


def _literal(text: str) -> str:
    """Write a literal on one line and without anything in it that a terminal might obey."""
    text = text.strip()
    if len(text) <= _LONG and text.isascii() and text.isprintable() and "#" not in text:
        return text
    import ast

    return ast.unparse(ast.parse(text, mode="eval").body)


def _has_heading(path: str) -> bool:
    """Whether the first row of a table was left out, because it is a heading."""
    import csv

    from ..errors import UsageError
    from ..input_files import cell_value, rows

    try:
        first = next(iter(rows(path, path)), None)
        with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123
            delimiter = "\t" if path.lower().endswith(".tsv") else ","
            row = next((row for row in csv.reader(file, delimiter=delimiter) if row), [])
    except (OSError, UsageError, UnicodeDecodeError, csv.Error):
        return False  # it is not what it was any more
    return first != tuple(map(cell_value, row))
