"""A manager, a queue, a pipe, shared memory and locks between processes."""

import multiprocessing
from multiprocessing import shared_memory


def produce(queue, shared, lock, name):
    block = shared_memory.SharedMemory(name)
    block.buf[0] = 42
    block.close()
    with lock:
        shared["seen"] = queue.get(timeout=30)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    block = shared_memory.SharedMemory(create=True, size=16)
    with multiprocessing.Manager() as manager:
        shared, lock, queue = manager.dict(), multiprocessing.Lock(), multiprocessing.Queue()
        child = multiprocessing.Process(target=produce, args=(queue, shared, lock, block.name))
        child.start()
        queue.put("message")
        child.join()
        print(dict(shared), block.buf[0], child.exitcode)
    block.close()
    block.unlink()
