"""A pool of processes that takes the records in chunks and hands out results as they come."""

import multiprocessing

from job import as_line, now, read_job, report
from work import HANDLERS, values


def main(job):
    handle = HANDLERS[job["work"]]
    with multiprocessing.Pool(job["workers"]) as pool:
        pool.map(abs, range(64), chunksize=1)
        begun = now()
        results = pool.imap_unordered(handle, values(job["work"], job["records"]), chunksize=job["chunk"])
        if "output" in job:
            with open(job["output"], "w") as output:
                count = sum(1 for result in results if output.write(as_line(result)))
        else:
            count = sum(1 for _ in results)
        seconds = (now() - begun) / 1000
    report(records=count, seconds=seconds)


if __name__ == "__main__":
    main(read_job())
