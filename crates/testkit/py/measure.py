"""Runs a command and says in JSON what it took: seconds on the clock, seconds of processor, peak memory in megabytes."""

import json
import resource
import subprocess
import sys
import time

begin = time.monotonic()
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
seconds = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
answer = {
    "ok": run.returncode == 0,
    "seconds": seconds,
    "processor": used.ru_utime + used.ru_stime,
    "megabytes": used.ru_maxrss / 1024,
    "said": run.stdout[-2000:],
}
print(json.dumps(answer))
