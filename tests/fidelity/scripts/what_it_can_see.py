"""Everything that a program can easily look at: arguments, modules, paths, threads, hooks, open files, loggers."""

import atexit
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings

print(sys.argv[1:], __name__, __file__ == sys.argv[0])
print(sorted(set(vars(sys.modules["__main__"]))))
print([path for path in sys.path if "poolscope" in path.lower()])
print(sorted(name for name in sys.modules if "poolscope" in name.lower() and not name.startswith("_poolscope")))
print(sys.modules.get("sitecustomize"), sys.modules.get("usercustomize"))
print(threading.active_count(), threading.current_thread().name)
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1)])
print(sys.excepthook is sys.__excepthook__, sys.unraisablehook is sys.__unraisablehook__)
print(sys.gettrace(), sys.getprofile())
print(gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), sys.getrecursionlimit(), sys.flags)
if sys.version_info >= (3, 13):  # before, memory that is mapped keeps its file open
    print(sorted(os.listdir("/proc/self/fd")))
print(
    os.environ.get("PYTHONPATH", "").count(os.pathsep), sorted(n for n in os.environ if n.startswith("POOLSCOPE_RUN"))
)
print(warnings.filters)
print(logging.getLogger().handlers, logging.root.level)
logger = multiprocessing.get_logger()
print(logger.level, logger.handlers, multiprocessing.active_children(), multiprocessing.current_process().name)
print(os.getcwd() == os.path.realpath(os.curdir), os.isatty(0), os.umask(0o22))
atexit.register(print, "at the end")
