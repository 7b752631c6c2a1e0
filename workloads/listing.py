"""What `poolscope list` says of the workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .catalogue import find, names
from .parameters import format_parameter, listed
from .text import clean, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Parameter, Workload
    from .probe import FunctionInfo
    from .registry import Entry

SCHEMA = 1
_LONGEST_NAME = 40
"""Characters that are shown of the name of what is registered."""


def as_object(registered: Iterable[Entry] = ()) -> dict[str, Any]:
    """Describe all workloads, as `poolscope list --json` prints them.

    Args:
        registered: Those of the project and of installed packages.
    """
    return {
        "schema": SCHEMA,
        "workloads": [_workload_object(find(name)) for name in names()],
        "registered": [_entry_object(entry) for entry in registered],
    }


def as_text(registered: Iterable[Entry] = ()) -> str:
    """Describe all workloads for people; likewise."""
    entries = tuple(registered)
    width = max(len(name) for name in (*names(), *(clean(entry.name, _LONGEST_NAME) for entry in entries)))
    texts = [_workload_text(find(name), width) for name in names()]
    return "\n\n".join([*texts, *(_entry_text(entry, width) for entry in entries)])


def functions_object(where: str, functions: Iterable[FunctionInfo]) -> dict[str, Any]:
    """Describe the functions of a file or module, as `poolscope list FILE --json` prints them."""
    listed_ones = [{"reference": f"{where}:{each.name}", **each._asdict()} for each in functions]
    return {"schema": SCHEMA, "functions": listed_ones}


def functions_text(where: str, functions: Iterable[FunctionInfo]) -> str:
    """Describe the functions of a file or module for people."""
    shown = clean(where, 200)
    texts = [f"{shown}:{each.name}{each.signature}" + (f"\n  {each.doc}" if each.doc else "") for each in functions]
    return "\n".join(texts) or f"{shown} defines no function."


def _entry_object(entry: Entry) -> dict[str, Any]:
    target = entry.target
    return {
        "name": entry.name,
        "summary": entry.summary,
        "function": target.function,
        "inputs": target.inputs or None,
        "limit": target.limit,
        "sample": target.sample,
        "source": entry.source,
    }


def _entry_text(entry: Entry, width: int) -> str:
    inputs = f", inputs {clean(entry.target.inputs, 60)}" if entry.target.inputs else ""
    function = f"  {clean(entry.target.function, 200)}{inputs}, from {entry.source}."
    return f"{clean(entry.name, _LONGEST_NAME):<{width}}  {clean(entry.summary, 100)}\n{function}"


def _workload_object(workload: Workload) -> dict[str, Any]:
    defaults = {parameter.name: parameter.default for parameter in workload.parameters}
    return {
        "name": workload.name,
        "summary": workload.summary,
        "explanation": workload.explanation,
        "parameters": [_parameter_object(parameter) for parameter in workload.parameters],
        "engines": list(workload.engines),
        "default_lanes": [lane.label for lane in workload.default_lanes(defaults)],
    }


def _parameter_object(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "default": parameter.default,
        "help": parameter.help,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "choices": list(parameter.choices),
        "presets": list(parameter.presets),
        "most": parameter.most,
    }


def _workload_text(workload: Workload, name_width: int) -> str:
    lines = [f"{workload.name:<{name_width}}  {workload.summary}"]
    width = max((len(parameter.name) for parameter in workload.parameters), default=0)
    for parameter in workload.parameters:
        default = shorten_middle(format_parameter(parameter, parameter.default), 40)
        lines.append(f"  {parameter.name:<{width}}  {parameter.help} {_range(parameter)}Default {default}.")
    return "\n".join(lines)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return f"Choose {listed(parameter.choices, 'or')}. "
    if parameter.kind == "integer" and parameter.minimum is not None and parameter.maximum is not None:
        return f"From {parameter.minimum:,} to {parameter.maximum:,}. "
    return ""
