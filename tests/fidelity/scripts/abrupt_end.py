"""A script that leaves by os._exit with work under way."""

import multiprocessing
import os
import sys
import time

if __name__ == "__main__":
    child = multiprocessing.Process(target=time.sleep, args=(60,), daemon=True)
    child.start()
    print("leaving")
    sys.stdout.flush()
    os.kill(child.pid, 9)
    os._exit(77)
