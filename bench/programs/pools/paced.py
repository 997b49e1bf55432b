"""A thousand stamps a second through a pool, one task each: how old they are when they are back."""

import multiprocessing
import time

from job import now, read_job, report


def same(stamp):
    return stamp


def main(job):
    latencies = []
    stamps = []
    records = job["records"]
    with multiprocessing.Pool(job["workers"]) as pool:
        pool.map(abs, range(64), chunksize=1)
        begun = now()
        sent = 0
        while sent < records:
            due = min(records, int(now() - begun) + 1)
            while sent < due:
                stamp = now()
                stamps.append(stamp)
                pool.apply_async(same, (stamp,), callback=lambda stamp: latencies.append(now() - stamp))
                sent += 1
            time.sleep(0.001)
        pool.close()
        pool.join()
    report(latencies=latencies, stamps=stamps)


if __name__ == "__main__":
    main(read_job())
