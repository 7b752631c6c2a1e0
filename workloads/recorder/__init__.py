"""The recorder: injected into every Python process of a run; standard library only, and nothing else of ours.

Inside an observed process this directory is the top-level package ``_poolscope_recorder``; `site/sitecustomize.py`
puts it there without importing anything of ``poolscope``. What happens then, in the order of the imports::

    hooking       waits for the modules of multiprocessing to be imported, and calls their hook (table `HOOKS`)
    processes     Process: start, entry, exit code, and the status with which a child was reaped
    workers       Pool, in the worker: every chunk, phase by phase
    pools         Pool, in the parent: its life, jobs, what is sent and what comes back
    loglines      the log of multiprocessing, one parseable line in one write
    stowaway      takes all this along into spawned children whose environment was cleared
    eventfile     where it is written; layout: what it looks like
    api           for engines that call the function themselves

`injection` is for the outside: the environment that starts all this.
"""
