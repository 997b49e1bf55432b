"""The program that millrace is an answer to: a writer, a pool of workers and a sender over bounded queues.

Run it with `python3 classic.py`, and end it with Ctrl-C: it never ends by itself.
"""

import multiprocessing
import time


def writer(queue):
    for number in range(30):
        queue.put(number)
        time.sleep(0.001)


def worker(number, results):
    time.sleep(0.01)
    results.put(f"number {number} worked on")


def sender(results):
    while True:
        if not results.empty():
            print(f"sent to Kafka: {results.get()}", flush=True)
        time.sleep(0.01)


if __name__ == "__main__":
    manager = multiprocessing.Manager()
    numbers = manager.Queue(10)
    results = manager.Queue(10)
    pool = multiprocessing.Pool(3)
    multiprocessing.Process(target=writer, args=(numbers,), daemon=True).start()
    multiprocessing.Process(target=sender, args=(results,), daemon=True).start()
    while True:
        if not numbers.empty():
            pool.apply_async(worker, (numbers.get(), results))
        time.sleep(0.01)
