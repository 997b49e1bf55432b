"""The program that millrace is an answer to (examples/classic/classic.py), without its sleeps, and with an end."""

import multiprocessing

from job import as_line, now, read_job, report


def writer(numbers, records):
    for number in range(records):
        numbers.put(number)


def worker(number, texts):
    texts.put(f"number {number} is done")


def sender(texts, records, output, done):
    taken = []
    count = 0
    while count < records:
        if not texts.empty():
            text = texts.get()  # sends it to Kafka
            count += 1
            if output is not None:
                taken.append(text)
    done.send(now())
    if output is not None:
        with open(output, "w") as file:
            file.writelines(map(as_line, taken))


def main(job):
    records = job["records"]
    manager = multiprocessing.Manager()
    numbers = manager.Queue(10)
    texts = manager.Queue(10)
    hears, tells = multiprocessing.Pipe(False)
    pool = multiprocessing.Pool(3)
    pool.map(abs, range(64), chunksize=1)
    begun = now()
    multiprocessing.Process(target=writer, args=(numbers, records), daemon=True).start()
    last = multiprocessing.Process(target=sender, args=(texts, records, job.get("output"), tells))
    last.start()
    given = 0
    while given < records:
        if not numbers.empty():
            pool.apply_async(worker, (numbers.get(), texts))
            given += 1
    seconds = (hears.recv() - begun) / 1000
    last.join()
    report(records=given, seconds=seconds)


if __name__ == "__main__":
    main(read_job())
