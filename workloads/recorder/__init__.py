"""The recorder: injected into every Python process of a run; standard library only, and nothing else of ours.

Inside an observed process this directory is the top-level package ``_poolscope_recorder``; `site/sitecustomize.py`
puts it there without importing anything of ``poolscope``. What happens then, in the order of the imports::

    hooking       waits for the modules of interest to be imported, and calls their hook (table `HOOKS`)
    programs      from the start of an interpreter to its end: what it is, its plain forks, the children that it reaps
    children      subprocess: the programs that a process starts
    processes     Process: start, entry, exit code
    workers       Pool, in the worker: every chunk, phase by phase; arguments: what the slowest ones were called with
    pools         Pool, in the parent: its life, jobs, what is sent and what comes back
    calls         the same for process pool executors (of concurrent.futures, loky, joblib), in the worker,
    executors     and in the parent
    futures       the time in which a thread waits for futures; blocking: how that is counted
    loglines      the log of multiprocessing, one parseable line in one write
    stowaway      takes all this along into spawned children whose environment was cleared
    eventfile     where it is written; layout: what it looks like; packing: how records are packed
    api           for engines that call the function themselves

`injection` is for the outside: the environment that starts all this.
"""
