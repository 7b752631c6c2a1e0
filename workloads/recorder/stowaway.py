"""Take the recorder along into a spawned child although the program cleared its environment.

The preparation data of a child is a pickled dictionary. One more value in it, which unpickles to a call of ``exec``
with a source text, needs nothing but builtins on the other side.
"""

from __future__ import annotations

import os

from . import settings
from .loglines import without_own_level
from .quiet import around

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_SOURCE = """
try:
    import sys
    if sys.version_info >= (3, 11) and {name!r} not in sys.modules:
        package = type(sys)({name!r})
        package.__path__ = [{directory!r}]
        sys.modules[{name!r}] = package
        from {name} import hooking
        hooking.install({value!r})
except Exception:
    pass
"""


class Stowaway:
    """Installs the recorder where it is unpickled, unless it is there already."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Be a call of ``exec`` on the other side."""
        directory = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
        source = _SOURCE.format(name=settings.RECORDER, directory=directory, value=settings.write())
        return exec, (source, {})


def hook_spawn(module: ModuleType) -> None:
    """Hook ``multiprocessing.spawn``."""
    module.get_preparation_data = around(module.get_preparation_data, None, _pack)  # type: ignore[attr-defined]


def _pack(_: None, data: dict[str, Any], *__: Any, **___: Any) -> None:
    data["poolscope"] = Stowaway()
    without_own_level(data)
