"""The built-in workloads, one file each, and their registry.

A workload's file keeps its task function free of imports that the task does not need, and builds its `Workload` in
``build()``: a worker that was spawned imports the file again, and its start would otherwise be measured with our own
imports in it. To add a workload, write such a file and name it in `_MODULES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model import Workload

_MODULES = {
    "sqrt": "sqrt",
    "bubble-sort": "bubble_sort",
    "wordcount": "wordcount",
    "eight-roots": "eight_roots",
    "primes": "primes",
    "pi": "pi",
    "mandelbrot": "mandelbrot",
    "hash": "hash",
    "compress": "compress",
    "fetch": "fetch",
    "files": "files",
    "shared-counter": "shared_counter",
    "shared-array": "shared_array",
    "ping-pong": "ping_pong",
    "pipeline": "pipeline",
    "family": "family",
    "exits": "exits",
    "start-methods": "start_methods",
    "tiny-tasks": "tiny_tasks",
    "big-arguments": "big_arguments",
    "big-results": "big_results",
    "stragglers": "stragglers",
    "unpicklable": "unpicklable",
    "blas": "blas",
    "memory": "memory",
}
_built: dict[str, Workload] = {}


def names() -> tuple[str, ...]:
    """Names of all built-in workloads, in the order in which they are offered."""
    return tuple(_MODULES)


def find(name: str, others: Iterable[str] = ()) -> Workload:
    """Find a built-in workload, always the same object for the same name.

    Args:
        name: Of it.
        others: Names besides the built-in ones, which may have been meant.

    Raises:
        UsageError: If there is none of that NAME; it says which one may have been meant.
    """
    if name not in _built:
        module = _MODULES.get(name)
        if module is None:
            raise _unknown(name, (*names(), *others))
        from importlib import import_module

        _built[name] = import_module(f".{module}", __name__).build()
    return _built[name]


def _unknown(name: str, known: Sequence[str]) -> Exception:
    from ..errors import UsageError
    from ..parameters import listed, nearest_name
    from ..text import clean

    meant = nearest_name(name.replace("_", "-"), known)
    hint = f"; did you mean {clean(meant, 40)}?" if meant else f": there are {clean(listed(known), 600)}."
    return UsageError(f"There is no workload {clean(name, 40)}{hint}")
