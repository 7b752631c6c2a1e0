"""What `poolscope list` says of the workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .catalogue import find, names
from .parameters import format_parameter, listed
from .text import shorten

if TYPE_CHECKING:
    from .model import Parameter, Workload

SCHEMA = 1


def as_object() -> dict[str, Any]:
    """Describe all workloads, as `poolscope list --json` prints them."""
    return {"schema": SCHEMA, "workloads": [_workload_object(find(name)) for name in names()]}


def as_text() -> str:
    """Describe all workloads for people."""
    return "\n\n".join(_workload_text(find(name)) for name in names())


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


def _workload_text(workload: Workload) -> str:
    lines = [f"{workload.name:<12} {workload.summary}"]
    width = max((len(parameter.name) for parameter in workload.parameters), default=0)
    for parameter in workload.parameters:
        default = shorten(format_parameter(parameter, parameter.default), 40)
        lines.append(f"  {parameter.name:<{width}}  {parameter.help} {_range(parameter)}Default {default}.")
    return "\n".join(lines)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return f"{listed(parameter.choices, 'or').capitalize()}. "
    if parameter.kind == "integer" and parameter.minimum is not None and parameter.maximum is not None:
        return f"From {parameter.minimum:,} to {parameter.maximum:,}. "
    return ""
