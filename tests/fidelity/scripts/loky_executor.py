"""loky's reusable executor."""
# needs: loky
# records: workers=2

from loky import get_reusable_executor


def third(number):
    return number / 3


if __name__ == "__main__":
    executor = get_reusable_executor(max_workers=2)
    print(list(executor.map(third, range(9))))
    executor.shutdown(wait=True)
