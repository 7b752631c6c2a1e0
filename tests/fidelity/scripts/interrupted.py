"""KeyboardInterrupt that nobody catches."""

import os
import signal
import time

os.kill(os.getpid(), signal.SIGINT)
time.sleep(60)
