"""A pool at module level without a guard, under spawn: the mistake that every beginner makes once."""

import multiprocessing
import sys


def square(number):
    return number * number


multiprocessing.set_start_method("spawn", force=True)
child = multiprocessing.Process(target=square, args=(3,))
child.start()
child.join()
print(child.exitcode, flush=True)
sys.exit(child.exitcode)
