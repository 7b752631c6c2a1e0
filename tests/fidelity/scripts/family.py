"""Children of children, whose exit codes are all looked at."""
# records: children=4

import multiprocessing
import os
import sys


def grandchild(number):
    os._exit(number)


def child(number):
    process = multiprocessing.Process(target=grandchild, args=(number,))
    process.start()
    process.join()
    print("grandchild", process.exitcode, flush=True)
    sys.exit(number + 1)


if __name__ == "__main__":
    for number in (3, 200):
        process = multiprocessing.Process(target=child, args=(number,), name=f"child {number}")
        process.start()
        process.join()
        print(process.name, process.exitcode, flush=True)
