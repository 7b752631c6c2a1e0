"""Wait for the modules of interest to be imported, and hook them then: who needs none of them pays next to nothing."""

import _imp
import sys
from _frozen_importlib_external import FileFinder, SourceFileLoader
from time import perf_counter_ns

from . import settings
from .quiet import quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# Module -> the module of the recorder with its hook, and the function, which is called with the module once it is
# executed. This is the place for further kinds of pools.
_PARTS = {
    "process": ("processes", "hook_process"),
    "popen_forkserver": ("processes", "hook_popen"),
    "spawn": ("stowaway", "hook_spawn"),
    "util": ("loglines", "hook_util"),
    "pool": ("pools", "hook_pool"),
}
HOOKS = {
    "subprocess": ("children", "hook_subprocess"),
    **{f"multiprocessing.{part}": hook for part, hook in _PARTS.items()},
    **{f"multiprocess.{part}": hook for part, hook in _PARTS.items()},
    "concurrent.futures._base": ("futures", "hook_base"),
    "concurrent.futures.process": ("executors", "hook_executor"),
    "joblib.parallel": ("futures", "hook_joblib"),
}
for _loky in ("loky", "joblib.externals.loky"):
    HOOKS[f"{_loky}.process_executor"] = ("executors", "hook_loky")
    HOOKS[f"{_loky}.backend.spawn"] = ("stowaway", "hook_spawn")


def install(value: str) -> None:
    """Record this process with the settings in that value of the variable; nothing happens without a run directory."""
    settings.read(value)
    if not settings.directory:
        return
    package = sys.modules[__name__.rpartition(".")[0]]
    for directory in package.__path__:
        sys.path_importer_cache[directory] = FileFinder(directory, (Unseen, [".py"]))
    package.__getattr__ = _attribute  # type: ignore[method-assign]
    from . import programs

    quietly(programs.begin)
    missing = set(HOOKS)
    for name in HOOKS:
        module = sys.modules.get(name)
        if module is not None:
            missing.discard(name)
            _hook(name, module)
    if missing:
        sys.meta_path.insert(0, Finder(missing))


class Unseen(SourceFileLoader):
    """Loads the rest of the recorder under names that are no files'.

    Whoever measures coverage would count our files as the program's, unless these lie where its Python is installed.
    """

    def get_code(self, fullname: str) -> "Any":
        """Return the code of a module of ours."""
        code = super().get_code(fullname)
        _imp._fix_co_filename(code, f"<{fullname}>")  # type: ignore[attr-defined]
        return code


def _attribute(name: str) -> "ModuleType":
    """Import `api` when it is first asked for: most processes never need it."""
    if name != "api":
        raise AttributeError(name)
    __import__(f"{__package__}.api")
    return sys.modules[f"{__package__}.api"]


def _hook(name: str, module: "ModuleType") -> None:
    try:
        home, function = HOOKS[name]
        __import__(f"{__package__}.{home}")
        getattr(sys.modules[f"{__package__}.{home}"], function)(module)
    except Exception:  # noqa: BLE001 - a program must not notice that it cannot be recorded
        return


_costs: "dict[str, int]" = {}
"""By top-level package: ns from where one of its modules was looked for until the next module was."""
_costly: "list[Any]" = ["", 0]
"""The package that was looked for last, and when."""
_NAMED = 4
_WORTH_NAMING_NS = 500_000


def imported() -> str:
    """Say which packages this process has spent its time of importing on, as ``name=ns,name=ns``, most first.

    What a package imports on its way counts for that. The last import has no end that can be seen, so it is left out.
    """
    own = (settings.RECORDER, "")
    found = sorted((spent, name) for name, spent in _costs.items() if spent >= _WORTH_NAMING_NS and name not in own)[
        ::-1
    ]
    return ",".join(f"{name}={spent}" for spent, name in found[:_NAMED])


def forget() -> None:
    """Begin to count anew: this process was forked from one that had imported things of its own."""
    _costs.clear()
    _costly[:] = "", 0


class Finder:
    """Finds nothing itself: it lets the others find the modules of `HOOKS` and has a word with their loaders."""

    def __init__(self, missing: set[str]) -> None:
        self._missing = missing
        self._busy: set[str] = set()
        # What workers import is of interest, and what a fork server does, which is forgotten in those that it forks.
        words = getattr(sys, "orig_argv", ())
        self._is_timed = any("multiprocess" in word or "loky" in word for word in words[1:])

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Return the spec that would have been found without us, or None."""
        if self._is_timed:
            now = perf_counter_ns()
            before, since = _costly
            _costs[before] = _costs.get(before, 0) + now - since
            _costly[:] = name.partition(".")[0], now
        if name not in self._missing or name in self._busy:
            return None
        self._busy.add(name)  # a finder may well ask all finders again
        try:
            for finder in tuple(sys.meta_path):
                spec = finder.find_spec(name, path, target) if finder is not self else None
                if spec is not None:
                    self._wrap(spec.loader, name)
                    return spec
        finally:
            self._busy.discard(name)
        return None

    def _wrap(self, loader: object, name: str) -> None:
        """Have the hook called when this loader has executed the module; the loader itself stays what it is."""
        try:
            execute: Callable[[ModuleType], None] = loader.exec_module  # type: ignore[attr-defined]

            def exec_module(module: "ModuleType") -> None:
                if module.__name__ == name:
                    vars(loader).pop("exec_module", None)
                execute(module)
                if module.__name__ == name and name in self._missing:
                    _hook(name, module)
                    self._done(name)

            loader.exec_module = exec_module  # type: ignore[attr-defined]
        except (AttributeError, TypeError):
            return  # an unusual loader; the module stays without its hook

    def _done(self, name: str) -> None:
        self._missing.discard(name)
        if not self._missing and self in sys.meta_path:
            sys.meta_path.remove(self)
