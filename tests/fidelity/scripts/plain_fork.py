"""os.fork, os.wait and the statuses that they give."""
# records: forks=3 main=1

import os
import signal
import time

for ending in (0, 7, "signal"):
    pid = os.fork()
    if pid == 0:
        if ending == "signal":
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)
        os._exit(ending)
    same, status = os.waitpid(pid, 0)
    print(same == pid, os.waitstatus_to_exitcode(status))
try:
    os.wait()
except ChildProcessError as error:
    print(error)
