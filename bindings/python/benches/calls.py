"""What a call costs from Python: one call, two threads, a cancelled call's core, memory over many calls.

Run it with the Python of an environment that has a wheel of the release profile, from the repository's root:
    python bindings/python/benches/calls.py [CALLS]
"""

import json
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from openskills import Cancelled, CancelToken, OpenSkillRuntime

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000


def skill(folder, guest):
    place = Path(folder) / guest
    (place / "wasm").mkdir(parents=True)
    (place / "SKILL.md").write_text(f"---\nname: {guest}\ndescription: Is measured.\n---\n")
    (place / "wasm" / "skill.wasm").write_bytes(Path(f"target/guests/{guest}.wasm").read_bytes())


def per_call(runtime, calls):
    begun = time.perf_counter()
    for _ in range(calls):
        runtime.execute_skill("echo", {"input": "data"})
    return (time.perf_counter() - begun) / calls * 1e6


def rust_share(runtime, calls):
    """The part of it that the runtime's own records say that it took."""
    return sum(runtime.execute_skill("echo", {"input": "data"}).audit.duration_ms for _ in range(calls)) / calls * 1e3


def threads(runtime, count, calls):
    workers = [threading.Thread(target=per_call, args=(runtime, calls)) for _ in range(count)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count * calls / (time.perf_counter() - begun)


def core_after_cancel(runtime):
    """Processor time within a second after a spinning guest was cancelled, in milliseconds."""
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    try:
        runtime.execute_skill("abuse", {"op": "spin"}, cancel=token)
    except Cancelled:
        pass
    begun = time.process_time()
    time.sleep(1)
    return (time.process_time() - begun) * 1e3


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


with tempfile.TemporaryDirectory() as folder:
    skill(folder, "echo")
    skill(folder, "abuse")
    runtime = OpenSkillRuntime(folder)
    runtime.load_skills()
    for name in ("echo", "abuse"):
        runtime.compile_skill(name)
    per_call(runtime, 2_000)
    before = resident()
    per_call(runtime, CALLS)
    report = {
        "call_us": min(per_call(runtime, 5_000) for _ in range(5)),
        "runtime_share_us": min(rust_share(runtime, 5_000) for _ in range(5)),
        "one_thread_calls_per_s": max(threads(runtime, 1, 10_000) for _ in range(3)),
        "two_threads_calls_per_s": max(threads(runtime, 2, 10_000) for _ in range(3)),
        "cpu_ms_in_the_second_after_cancel": core_after_cancel(runtime),
        "resident_growth_kib": resident() - before,
        "calls": CALLS,
        "python": sys.version.split()[0],
        "processors": os.cpu_count(),
    }
print(json.dumps(report, indent=2))
