"""Threads that each use a pool of their own, at the same time."""
# records: tasks=40 failed=0 main=1

import multiprocessing
import threading


def double(number):
    return 2 * number


def work(name, answers):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers[name] = pool.map(double, range(20))


if __name__ == "__main__":
    answers = {}
    threads = [threading.Thread(target=work, args=(name, answers)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sorted(answers.items()))
    print(threading.active_count())
