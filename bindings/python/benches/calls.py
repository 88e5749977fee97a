"""What a call costs from Python beside the same call from Rust, in one run: ``cargo xtask bench python [CALLS]``.

Rounds of both are interleaved and medians compared. Then two threads beside one, of a skill that answers at once and of
one that reads and measures a file, the processor after a cancelled call, and the memory of the process over many calls
(100,000 by default).
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from openskills import Cancelled, CancelToken, OpenSkillRuntime

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUND = max(CALLS // 50, 10)
ROUNDS = 11
INPUT = {"input": "data"}
COMPUTES = ("csv-profile", {"path": "rows.csv"})


def skill(folder, name, component, tools=""):
    place = Path(folder) / name
    (place / "wasm").mkdir(parents=True)
    (place / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Is measured.\n{tools}---\n")
    (place / "wasm" / "skill.wasm").write_bytes(component.read_bytes())


def skills(folder):
    guests = Path(os.environ["OPENSKILLS_TEST_TARGET"]) / "guests"
    for guest in ("echo", "abuse"):
        skill(folder, guest, guests / f"{guest}.wasm")
    own = Path(__file__).resolve().parents[3] / "skills"
    skill(folder, "csv-profile", own / "csv-profile/wasm/skill.wasm", "allowed-tools: Read\n")


class Rust:
    """The same calls from Rust, in a process that waits meanwhile."""

    def __init__(self, folder):
        program = [os.environ["OPENSKILLS_BENCH_RUST"], folder, "echo", json.dumps(INPUT)]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def per_call(self, calls):
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def per_call(runtime, calls, name="echo", given=INPUT):
    begun = time.perf_counter()
    for _ in range(calls):
        runtime.execute_skill(name, given)
    return (time.perf_counter() - begun) / calls * 1e6


def per_second(runtime, count, calls, *skill):
    workers = [threading.Thread(target=per_call, args=(runtime, calls, *skill)) for _ in range(count)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count * calls / (time.perf_counter() - begun)


def after_cancel(runtime):
    """Processor time in milliseconds in the second after a guest that spins was cancelled."""
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    try:
        runtime.execute_skill("abuse", {"op": "spin"}, cancel=token)
    except Cancelled:
        pass
    begun = time.process_time()
    time.sleep(1)
    return (time.process_time() - begun) * 1e3


def resident_kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


def main():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as workspace:
        skills(folder)
        rows = "".join(f"{row},{row * 7919 % 1000},name {row % 97}\n" for row in range(5_000))
        (Path(workspace) / "rows.csv").write_text(f"id,amount,name\n{rows}")
        runtime = OpenSkillRuntime(folder, workspace=workspace)
        for found in runtime.load_skills():
            runtime.compile_skill(found.id)
        rust = Rust(folder)
        per_call(runtime, ROUND), rust.per_call(ROUND)
        python_us, rust_us, one, two, one_computes, two_compute = [], [], [], [], [], []
        for _ in range(ROUNDS):
            rust_us.append(rust.per_call(ROUND))
            python_us.append(per_call(runtime, ROUND))
            one.append(per_second(runtime, 1, ROUND))
            two.append(per_second(runtime, 2, ROUND))
            one_computes.append(per_second(runtime, 1, 30, *COMPUTES))
            two_compute.append(per_second(runtime, 2, 30, *COMPUTES))
        memory = [resident_kib()]
        for _ in range(10):
            per_call(runtime, CALLS // 10)
            memory.append(resident_kib())
        report = {
            "rust_us": statistics.median(rust_us),
            "python_us": statistics.median(python_us),
            "above_rust_us": statistics.median(python_us) - statistics.median(rust_us),
            "one_thread_calls_per_s": statistics.median(one),
            "two_threads_calls_per_s": statistics.median(two),
            "two_threads_times_one": statistics.median(two) / statistics.median(one),
            "one_thread_that_computes_calls_per_s": statistics.median(one_computes),
            "two_threads_that_compute_calls_per_s": statistics.median(two_compute),
            "two_that_compute_times_one": statistics.median(two_compute) / statistics.median(one_computes),
            "processor_ms_in_the_second_after_a_cancellation": after_cancel(runtime),
            "resident_kib_each_tenth": memory,
            "calls": CALLS,
            "python": sys.version.split()[0],
            "processors": os.cpu_count(),
        }
        rust.process.stdin.close()
        rust.process.wait()
    print(json.dumps(report, indent=2))


main()
