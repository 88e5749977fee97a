//! Signals, alarms, timers, threads and pools: what happens while a script waits, and how a signal ends it.

use openskills_runtime::audit::Action;

use crate::{printed, run, skill, text};

fn ends(script: &str) -> (u8, String, String) {
    let result = run(&skill(script, "").ready()).unwrap();
    (result.exit_code, text(&result.stdout), text(&result.stderr))
}

#[test]
fn a_signal_that_nobody_handles_ends_a_script_with_the_status_that_a_shell_tells() {
    for (script, status) in [
        ("signal.raise_signal(signal.SIGTERM)", 143),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("os.killpg(os.getpgid(0), signal.SIGHUP)", 129),
        ("os.abort()", 134),
        ("signal.raise_signal(signal.SIGINT)", 130),
    ] {
        let script = format!("import os, signal\nprint('said')\n{script}\nprint('never')");
        let (found, stdout, _) = ends(&script);
        assert_eq!((found, stdout.as_str()), (status, "said\n"), "{script}");
    }
}

#[test]
fn a_signal_that_is_handled_or_ignored_is() {
    let script = "import os, signal, sys\nsignal.signal(signal.SIGUSR1, lambda number, frame: print('got', number))\n\
                  signal.raise_signal(signal.SIGUSR1)\nos.kill(os.getpid(), signal.SIGUSR1)\n\
                  signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\nsignal.raise_signal(signal.SIGUSR1)\n\
                  print('held back')\nsignal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})\n\
                  signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.raise_signal(signal.SIGTERM)\n\
                  os.kill(os.getpid(), signal.SIGCHLD)\nos.kill(os.getpid(), 0)\n\
                  try:\n    os.kill(99_999, 0)\nexcept ProcessLookupError as error:\n    print(error)\n\
                  try:\n    signal.signal(signal.SIGKILL, print)\nexcept OSError as error:\n    print(error.strerror)\n\
                  def stop(number, frame): sys.exit(number)\nsignal.signal(signal.SIGTERM, stop)\n\
                  signal.raise_signal(signal.SIGTERM)";
    let (status, stdout, _) = ends(script);
    assert_eq!(
        (status, stdout.as_str()),
        (15, "got 10\ngot 10\nheld back\ngot 10\n[Errno 3] No such process\nInvalid argument\n")
    );
}

#[test]
fn an_alarm_rings_while_a_script_waits_and_while_it_works() {
    let script = "import signal, time\ndef late(*_): raise TimeoutError('late')\n\
                  signal.signal(signal.SIGALRM, late)\n\
                  def endless():\n    while True: pass\n\
                  for work in (lambda: time.sleep(20), endless, lambda: [0 for _ in iter(int, 1)]):\n    \
                  try:\n        signal.setitimer(signal.ITIMER_REAL, 0.05)\n        work()\n    \
                  except TimeoutError as error:\n        print(error)\n\
                  signal.setitimer(signal.ITIMER_REAL, 0.05)\n\
                  try:\n    while True: pass\nexcept TimeoutError:\n    print('here, too')\n\
                  signal.alarm(20)\nprint(signal.alarm(0), signal.alarm(0))";
    assert_eq!(printed(script), "late\nlate\nlate\nhere, too\n20 0\n");
}

#[test]
fn an_alarm_that_nobody_handles_ends_a_script_and_one_that_is_not_due_does_not() {
    let ring = "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.02)\nwhile True: pass";
    assert_eq!(ends(ring).0, 142);
    assert_eq!(printed("import signal\nsignal.alarm(20)\nprint('done')"), "done\n");
}

#[test]
fn a_timer_is_due_at_its_time_and_not_at_its_start() {
    let script = "import threading\nsaid = []\nlate = threading.Timer(0.02, said.append, ['due'])\nlate.start()\n\
                  print(said, late.is_alive())\nlate.join()\nprint(said, late.is_alive())\n\
                  watchdog = threading.Timer(20, print, ['never'])\nwatchdog.start()\nprint('work')\nwatchdog.cancel()\n\
                  cut_off = threading.Timer(20, print, ['never'])\ncut_off.daemon = True\ncut_off.start()\n\
                  threading.Timer(0.02, print, ['at the end']).start()\nprint('main')";
    assert_eq!(printed(script), "[] True\n['due'] False\nwork\nmain\nat the end\n");
}

#[test]
fn what_is_told_to_stop_runs_when_it_has_been_told() {
    let script = "import itertools, threading, time\n\
                  class Spinner:\n    \
                  def __enter__(self):\n        self.on = True\n        self.thread = threading.Thread(target=self.spin)\n        \
                  self.thread.start()\n    \
                  def __exit__(self, *_):\n        self.on = False\n        self.thread.join()\n    \
                  def spin(self):\n        while self.on: time.sleep(0.01)\n\
                  with Spinner():\n    print('work')\n\
                  done = threading.Event()\n\
                  def spin():\n    for each in itertools.cycle('-+'):\n        \
                  if done.is_set(): break\n        time.sleep(0.01)\n\
                  thread = threading.Thread(target=spin)\nthread.start()\ntime.sleep(0.01)\ndone.set()\nthread.join()\n\
                  class Again(threading.Timer):\n    \
                  def run(self):\n        while not self.finished.wait(self.interval): self.function()\n\
                  again = Again(0.01, print)\nagain.start()\ntime.sleep(0.01)\nagain.cancel()\nagain.join()\nprint('end')";
    assert_eq!(printed(script), "work\nend\n");
}

#[test]
fn who_takes_from_a_queue_finds_what_is_put_there_later() {
    let script = "import queue, threading\ntasks, done, small = queue.Queue(), [], queue.Queue(maxsize=2)\n\
                  def work():\n    while True:\n        task = tasks.get()\n        if task is None: break\n        \
                  done.append(task)\n        tasks.task_done()\n    done.append('end')\n\
                  threads = [threading.Thread(target=work) for _ in range(3)]\n[t.start() for t in threads]\n\
                  [tasks.put(n) for n in range(4)]\ntasks.join()\nprint(done)\n\
                  [tasks.put(None) for _ in threads]\n[t.join() for t in threads]\nprint(done[4:], tasks.empty())\n\
                  def produce():\n    for n in range(5): small.put(n)\n    small.put(None)\n\
                  threading.Thread(target=produce).start()\nprint(list(iter(small.get, None)))\n\
                  try:\n    queue.Queue().get(timeout=0.01)\nexcept queue.Empty:\n    print('empty')\n\
                  try:\n    queue.Queue().get()\nexcept RuntimeError as error:\n    print(error)";
    let printed = printed(script);
    assert!(
        printed.starts_with(
            "[0, 1, 2, 3]\n['end', 'end', 'end'] True\n[0, 1, 2, 3, 4]\nempty\nthe script waits"
        ),
        "{printed}"
    );
}

#[test]
fn who_looks_again_and_again_whether_a_thread_is_done_sees_it_done() {
    let script = "import threading, time\nfound = {}\n\
                  def work(name):\n    time.sleep(0.01)\n    found[name] = 1\n\
                  threading.Thread(target=work, args=('a',), daemon=True).start()\n\
                  while 'a' not in found: time.sleep(0.01)\n\
                  thread = threading.Thread(target=work, args=('b',), daemon=True)\nthread.start()\n\
                  while thread.is_alive(): time.sleep(0.01)\nprint(found)";
    assert_eq!(printed(script), "{'a': 1, 'b': 1}\n");
}

#[test]
fn pools_and_processes_of_multiprocessing_do_their_work() {
    let script = "import multiprocessing as mp, sys\nfrom multiprocessing.pool import ThreadPool\n\
                  def square(x): return x * x\n\
                  def fail(x): raise ValueError(x)\n\
                  def work(given, done):\n    for x in iter(given.get, None): done.put((x * 2, mp.current_process().name))\n\
                  if __name__ == '__main__':\n    \
                  with mp.Pool(2) as pool:\n        \
                  print(pool.map(square, [1, 2]), pool.starmap(pow, [(2, 3)]), list(pool.imap(square, [3])), \
                  pool.apply_async(square, (4,)).get(timeout=1))\n        \
                  try:\n            pool.map(fail, [5])\n        except ValueError as error:\n            print(error)\n    \
                  with ThreadPool(2) as pool:\n        print(pool.map(square, [6]))\n    \
                  given, done = mp.Queue(), mp.Queue()\n    \
                  each = mp.Process(target=work, args=(given, done), name='worker')\n    each.start()\n    \
                  given.put(7); given.put(None)\n    print(done.get())\n    each.join()\n    print(each.exitcode, each.is_alive())\n    \
                  each = mp.Process(target=sys.exit, args=(3,))\n    each.start()\n    each.join()\n    print(each.exitcode)\n    \
                  count = mp.Value('i', 1)\n    \
                  with count.get_lock(): count.value += 1\n    \
                  with mp.Manager() as manager:\n        shared = manager.dict(a=count.value)\n    \
                  one, other = mp.Pipe()\n    one.send(shared)\n    print(other.recv())";
    assert_eq!(printed(script), "[1, 4] [8] [9] 16\n5\n[36]\n(14, 'worker')\n0 False\n3\n{'a': 2}\n");
}

#[test]
fn asyncio_starts_python_programs_hears_signals_and_waits_for_threads() {
    let script = "import asyncio, os, signal, sys, threading\nfrom asyncio.subprocess import PIPE\n\
                  async def main():\n    \
                  program = await asyncio.create_subprocess_exec(sys.executable, '-c', \
                  'import sys; print(sys.stdin.read().upper()); sys.exit(3)', stdin=PIPE, stdout=PIPE, stderr=PIPE)\n    \
                  print(await program.communicate(b'given'), program.returncode)\n    \
                  program = await asyncio.create_subprocess_shell(f'{sys.executable} -c \"print(1); print(2)\"', stdout=PIPE)\n    \
                  print([line async for line in program.stdout], await program.wait())\n    \
                  try:\n        await asyncio.create_subprocess_exec('git')\n    \
                  except FileNotFoundError as error:\n        print(error.filename)\n    \
                  loop, told = asyncio.get_running_loop(), asyncio.Event()\n    \
                  loop.add_signal_handler(signal.SIGTERM, told.set)\n    \
                  loop.call_later(0.01, os.kill, os.getpid(), signal.SIGTERM)\n    await told.wait()\n    \
                  print(loop.remove_signal_handler(signal.SIGTERM))\n    future = loop.create_future()\n    \
                  threading.Thread(target=lambda: loop.call_soon_threadsafe(future.set_result, 5), daemon=True).start()\n    \
                  print(await future)\nasyncio.run(main())";
    let result = run(&skill(script, "").ready()).unwrap();
    assert_eq!(
        text(&result.stdout),
        "(b'GIVEN\\n', b'') 3\n[b'1\\n', b'2\\n'] 0\ngit\nTrue\n5\n",
        "{}",
        text(&result.stderr)
    );
    // Each program is on the record, as those of `subprocess` are.
    let started = result.audit.uses.iter().filter(|used| used.action == Action::Run).count();
    assert_eq!(started, 2);
}
