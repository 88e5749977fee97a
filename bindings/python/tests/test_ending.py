"""The end of the interpreter while calls run: every process here ends as it wants to."""

import subprocess
import sys

import pytest
from conftest import CACHE, skill

BEGIN = """
import asyncio, sys, threading, time
from openskills import OpenSkillRuntime, PermissionDenied

runtime = OpenSkillRuntime(sys.argv[1], cache_dir=sys.argv[2])
runtime.load_skills()
running = threading.Event()
"""

ENDINGS = {
    "tasks that were cancelled": """
async def main():
    tasks = [asyncio.create_task(runtime.execute_skill_async("abuse", {"op": "spin"})) for _ in range(3)]
    await asyncio.sleep(0.05)

asyncio.run(main())
""",
    "tasks that nobody waits for": """
loop = asyncio.new_event_loop()
task = loop.create_task(runtime.execute_skill_async("abuse", {"op": "spin"}))
loop.call_later(0.05, loop.stop)
loop.run_forever()
""",
    "threads in a call": """
for op in ({"op": "spin"}, {"op": "sleep", "number": 20_000}):
    threading.Thread(target=runtime.execute_skill, args=("abuse", op), daemon=True).start()
time.sleep(0.05)
""",
    "threads that make calls": """
def calls():
    while True:
        runtime.execute_skill("echo")
        running.set()

for _ in range(3):
    threading.Thread(target=calls, daemon=True).start()
running.wait()
""",
    "an approver that is being asked": """
def approver(question):
    running.set()
    time.sleep(600)

asking = OpenSkillRuntime(sys.argv[1], cache_dir=sys.argv[2], environment={"LANG": "C"}, approver=approver)
asking.load_skills()
threading.Thread(target=asking.execute_skill, args=("vars",), daemon=True).start()
running.wait()
""",
    "a call after the end": """
import atexit, openskills

async def late():
    try:
        await runtime.execute_skill_async("echo")
    except RuntimeError as error:
        print("refused:", error)

# Handlers run from the last to the first.
atexit.unregister(openskills._native.ending)
atexit.register(lambda: asyncio.run(late()))
atexit.register(openskills._native.ending)
""",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_process_ends_well_with(ending, made, skills):
    skill(skills, "vars", "vars", allowed_tools="Env(LANG)")
    made()
    program = BEGIN + ENDINGS[ending] + "print('end')\n"
    # A thread that is within the interpreter when it is taken down brings it down in every other run.
    for _ in range(6):
        ran = subprocess.run(
            [sys.executable, "-c", program, skills, CACHE], capture_output=True, text=True, timeout=120
        )
        assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, "end"), ran.stderr
        assert ("refused: the interpreter ends" in ran.stdout) == (ending == "a call after the end"), ran.stdout
