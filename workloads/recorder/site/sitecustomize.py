"""Start the recorder, then make room for the site customisation that would have run without us.

This directory comes first on PYTHONPATH, so every Python process of a run imports this file while it starts. It has to
be readable for any Python that a program may start, Python 2 among them, be cheap, and leave no trace: afterwards
neither ``sys.path`` nor ``sys.modules`` shows that it was here.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib would cost milliseconds
_self = sys.modules.pop("sitecustomize", None)  # kept alive until its last line ran
sys.path[:] = [_entry for _entry in sys.path if _entry.rstrip(os.sep) != _here]

_words = getattr(sys, "orig_argv", ())
if sys.version_info >= (3, 11):  # noqa: UP036 - this is for whatever a program starts
    import _frozen_importlib_external as _importing
    import _imp
    import _thread
if (
    sys.version_info >= (3, 11)
    # Another interpreter of a process that is recorded already has no file of its own.
    and getattr(_thread, "_is_main_interpreter", lambda: True)()
    and os.environ.get("POOLSCOPE_RECORDER")
    and "_poolscope_recorder" not in sys.modules
    and not any(_word.startswith("from ") and ".resource_tracker import main" in _word for _word in _words[1:])
    and _words[1:3] != ["-m", "pip"]
):
    try:
        _name = "_poolscope_recorder"
        _folder = os.path.dirname(_here)  # noqa: PTH120
        _package = type(sys)(_name)
        _package.__path__ = [_folder]
        _package.__file__ = os.path.join(_folder, "__init__.py")  # noqa: PTH118
        sys.modules[_name] = _package
        # Without looking for them, which would take most of the time: where they are is known.
        for _part in ("settings", "quiet", "layout", "eventfile", "hooking", "programs"):
            _module = type(sys)(_name + "." + _part)
            _module.__package__ = _name
            _module.__file__ = os.path.join(_folder, _part + ".py")  # noqa: PTH118
            sys.modules[_module.__name__] = _module
            setattr(_package, _part, _module)
            _code = _importing.SourceFileLoader(_module.__name__, _module.__file__).get_code(_module.__name__)
            # See `hooking.Unseen`.
            _imp._fix_co_filename(_code, "<" + _module.__name__ + ">")  # type: ignore[attr-defined]
            exec(_code, _module.__dict__)  # type: ignore[arg-type]  # noqa: S102
        _package.hooking.install(os.environ["POOLSCOPE_RECORDER"])
    except Exception:  # noqa: BLE001, S110 - a program must not notice that it cannot be recorded
        pass

# The next one on the path; if there is none, the ImportError is the one that would have been raised without us.
import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401
