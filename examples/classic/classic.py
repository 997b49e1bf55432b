"""The program that millrace is an answer to: writer, pool of workers and sender, joined by bounded queues.

    python3 classic.py

It prints 30 lines and then loops for ever; end it with Ctrl-C.
"""

import multiprocessing
import time


def writer(numbers):
    for number in range(30):
        numbers.put(number)
        time.sleep(0.001)


def worker(number, texts):
    time.sleep(0.01)
    texts.put(f"number {number} is done")


def sender(texts):
    while True:
        if not texts.empty():
            print(texts.get(), flush=True)  # sends it to Kafka
        time.sleep(0.01)


if __name__ == "__main__":
    manager = multiprocessing.Manager()
    numbers = manager.Queue(10)
    texts = manager.Queue(10)
    multiprocessing.Process(target=writer, args=(numbers,), daemon=True).start()
    multiprocessing.Process(target=sender, args=(texts,), daemon=True).start()
    pool = multiprocessing.Pool(3)
    while True:
        if not numbers.empty():
            pool.apply_async(worker, (numbers.get(), texts))
        time.sleep(0.01)
