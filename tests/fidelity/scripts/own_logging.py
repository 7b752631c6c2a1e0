"""A program that has the log of multiprocessing on stderr itself."""

import logging
import multiprocessing


def noisy(number):
    multiprocessing.get_logger().warning("number %d", number)


if __name__ == "__main__":
    logger = multiprocessing.log_to_stderr(logging.WARNING)
    child = multiprocessing.Process(target=noisy, args=(4,), name="noisy")
    child.start()
    child.join()
    logger.error("handlers: %d", len(logger.handlers))
