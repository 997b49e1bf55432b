"""What a program of the benchmark is asked to do, and how it answers. The twin of job.mjs."""

import json
import sys
import time


def read_job():
    return json.loads(sys.argv[1])


def report(**figures):
    print(json.dumps(figures), flush=True)


def now():
    """Milliseconds on the clock that all processes of a machine share."""
    return time.monotonic_ns() / 1e6


def as_line(result):
    if isinstance(result, str):
        return result + "\n"
    return json.dumps(result, separators=(",", ":")) + "\n"
