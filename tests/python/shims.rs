//! What the sandbox does in another way, and what it says about what it cannot do.

use openskills_runtime::ScriptOptions;

use crate::{printed, run, skill, text};

#[test]
fn threads_pools_and_event_loops_do_their_work() {
    let script = "import asyncio, queue, threading\nfrom concurrent.futures import ThreadPoolExecutor\nfound = []\n\
                  threads = [threading.Thread(target=found.append, args=(i,)) for i in range(3)]\n\
                  [t.start() for t in threads]; [t.join() for t in threads]\n\
                  with ThreadPoolExecutor() as pool:\n    found += pool.map(abs, [-3, -4])\n\
                  async def later(x):\n    await asyncio.sleep(0.01)\n    return x\n\
                  async def main():\n    return await asyncio.gather(later(5), later(6), asyncio.to_thread(int, '7'))\n\
                  found += asyncio.run(main())\n\
                  tasks = queue.Queue()\n\
                  def work():\n    while True:\n        found.append(tasks.get()); tasks.task_done()\n        \
                  if tasks.empty(): return\n\
                  threading.Thread(target=work, daemon=True).start()\n\
                  tasks.put(8); tasks.put(9); tasks.join()\nprint(found)";
    assert_eq!(printed(script), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
}

#[test]
fn other_programs_are_not_found_and_the_message_says_why() {
    let script = "import os, subprocess, shutil\n\
                  try:\n    subprocess.run(['git', 'log'], capture_output=True)\nexcept FileNotFoundError as e:\n    print(e)\n\
                  print(os.system('ls') >> 8, shutil.which('git'))\n\
                  try:\n    os.fork()\nexcept OSError as e:\n    print(e.strerror)";
    let printed = printed(script);
    for expected in [
        "the sandbox starts no other programs",
        "'git'",
        "\n127 None\n",
        "os.fork: the sandbox is one process",
    ] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
}

/// The mode, owner and name of each entry of the archives that a script makes of what it wrote.
const PACKS: &str = r#"
import os, pathlib, shutil, stat, tarfile, zipfile
os.chdir("/tmp")
os.makedirs("d/e")
for name in ("d/plain", "d/run.sh"):
    pathlib.Path(name).write_text(name)
pathlib.Path("d/run.sh").chmod(0o750)
with zipfile.ZipFile("o.zip", "w") as archive:
    for path in sorted(pathlib.Path("d").rglob("*")):
        archive.write(path)
print([(entry.filename, oct(entry.external_attr >> 16)) for entry in zipfile.ZipFile("o.zip").infolist()])
with tarfile.open("o.tar", "w") as archive:
    archive.add("d")
print([(entry.name, oct(entry.mode), entry.uname) for entry in sorted(tarfile.open("o.tar"), key=lambda e: e.name)])
with tarfile.open("o.tar") as archive:
    archive.extractall("x", filter="data")
shutil.copy2("d/run.sh", "x/copied")
with open("x/copied") as file:
    print(oct(os.fstat(file.fileno()).st_mode), oct(os.stat("x/d/run.sh").st_mode), oct(os.lstat("x/d").st_mode))
print(pathlib.Path("d/plain").owner(), stat.filemode(os.stat("d/plain").st_mode), os.stat("d/plain").st_size)
"#;

#[test]
fn what_scripts_pack_has_the_permissions_that_files_have() {
    assert_eq!(
        printed(PACKS),
        "[('d/e/', '0o40755'), ('d/plain', '0o100644'), ('d/run.sh', '0o100750')]\n\
         [('d', '0o755', 'sandbox'), ('d/e', '0o755', 'sandbox'), ('d/plain', '0o644', 'sandbox'), \
         ('d/run.sh', '0o750', 'sandbox')]\n\
         0o100750 0o100750 0o40755\n\
         sandbox -rw-r--r-- 7\n"
    );
}

#[test]
fn to_ask_for_access_tells_what_could_be_and_what_cannot() {
    let script = "import os\nopen('/tmp/f', 'w').close()\n\
                  ask = lambda path: [os.access(path, mode) for mode in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)]\n\
                  print(ask('/tmp/f'), ask('/tmp'), ask(__file__), ask('/tmp/none'), ask('/'))\n\
                  os.chmod('/tmp/f', 0o700)\nprint(ask('/tmp/f'))\n\
                  try:\n    os.chmod(__file__, 0o777)\nexcept OSError as error:\n    print(error.errno, error.strerror)\n\
                  try:\n    os.chmod('/tmp/none', 0o777)\nexcept FileNotFoundError as error:\n    print(error.filename)";
    assert_eq!(
        printed(script),
        "[True, True, True, False] [True, True, True, True] [True, True, False, False] \
         [False, False, False, False] [True, True, False, True]\n\
         [True, True, True, True]\n30 Read-only file system\n/tmp/none\n"
    );
}

#[test]
fn the_time_of_a_program_begins_with_it_and_room_is_not_told() {
    let script = "import resource, shutil, time\nbegan = time.process_time()\nsum(range(10_000))\n\
                  print(0 <= began < time.process_time() < 60, time.thread_time_ns() > 0, resource.getrusage(0).ru_utime > 0)\n\
                  try:\n    shutil.disk_usage('.')\nexcept OSError as e:\n    print(e.strerror)";
    let printed = printed(script);
    assert!(printed.starts_with("True True True\nshutil.disk_usage: the sandbox does not tell"), "{printed}");
}

#[test]
fn native_code_cannot_be_loaded_but_may_be_mentioned() {
    let script = "import ctypes, ctypes.util\nclass S(ctypes.Structure):\n    _fields_ = [('a', ctypes.c_int * 3)]\n\
                  print(hasattr(ctypes, 'windll'), ctypes.util.find_library('c'))\n\
                  try:\n    ctypes.CDLL('libc.so.6')\nexcept OSError as e:\n    print(e.strerror)";
    assert_eq!(printed(script), "False None\nctypes.CDLL: the sandbox loads no native libraries\n");
}

#[test]
fn a_package_that_is_missing_is_named_with_what_to_do() {
    for (name, expected) in [
        ("yaml", "package PyYAML"),
        ("pandas", "native code"),
        ("bz2", "`bz2` is native code"),
        ("lzma", "`gzip`"),
    ] {
        let result = run(&skill(&format!("import {name}"), "").ready()).unwrap();
        let stderr = text(&result.stderr);
        assert_eq!(result.exit_code, 1);
        assert!(stderr.contains("ModuleNotFoundError") && stderr.contains(expected), "{stderr}");
    }
    // A folder of examples that is called like the package is no module of the skill's.
    let stage = skill("", "").skill_file("examples/of/yaml/x.py", "import yaml").ready();
    let result = stage.script("examples/of/yaml/x.py", ScriptOptions::default()).unwrap();
    assert!(text(&result.stderr).contains("packages add SKILL PyYAML"), "{}", text(&result.stderr));
    let guarded = printed("try:\n    import yaml\nexcept ImportError:\n    print('without')");
    assert_eq!(guarded, "without\n");
}

#[test]
fn a_pure_package_that_the_skill_carries_is_used() {
    let stage =
        skill("import pure; print(pure.X)", "").skill_file("scripts/pure/__init__.py", "X = 1").ready();
    assert_eq!(text(&run(&stage).unwrap().stdout), "1\n");
}

#[test]
fn what_is_small_and_often_used_is_there() {
    let script = "import bz2";
    assert_eq!(run(&skill(script, "").ready()).unwrap().exit_code, 1);
    let script = "import getpass, hashlib, os, pathlib, pwd, sqlite3, tempfile, zoneinfo, datetime\n\
                  print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset())\n\
                  print(hashlib.pbkdf2_hmac('sha256', b'password', b'salt', 2).hex()[:8])\n\
                  print(pathlib.Path.home(), getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name)\n\
                  print(sqlite3.connect(':memory:').execute('select 1 + 1').fetchone())\n\
                  with tempfile.TemporaryDirectory() as d:\n    print(d.startswith('/tmp/'))\n\
                  with open(os.devnull, 'w') as f:\n    f.write('x')\n\
                  print('ü漢😀')";
    assert_eq!(printed(script), "2:00:00\nae4d0c95\n/home/sandbox sandbox sandbox\n(2,)\nTrue\nü漢😀\n");
}

#[test]
fn a_pickle_reaches_no_more_than_the_script_does() {
    let script = "import pickle, os\nclass P:\n    def __reduce__(self):\n        return (os.system, ('id',))\n\
                  print(pickle.loads(pickle.dumps(P())) >> 8)";
    assert_eq!(printed(script), "127\n");
}

#[test]
fn dates_are_written_as_on_linux() {
    let script = "import datetime, time\nmoment = datetime.datetime(2024, 3, 5, 7, 8, 9)\n\
                  print([moment.strftime(form) for form in ('%-d.%-m.', '%k|%l|%P', '%^a %^b', '%#p', '%Q %', '%5d', '%d %%k')])\n\
                  print(f'{moment:%-I %P}', time.strftime('%Y %P', moment.timetuple()), repr(time.strftime('')))";
    assert_eq!(
        printed(script),
        "['5.3.', ' 7| 7|am', 'TUE MAR', 'am', '%Q %', '00005', '05 %k']\n7 am 2024 am ''\n"
    );
}

#[test]
fn doctests_and_what_is_set_up_for_a_terminal_go_on_without_one() {
    let script = "import doctest, faulthandler, os, readline, sys\nfaulthandler.dump_traceback_later(5)\n\
                  readline.set_completer_delims(' ')\nprint(readline.get_line_buffer() == '')\n\
                  def add(a, b):\n    '''\n    >>> add(1, 2)\n    3\n    '''\n    return a + b\n\
                  print(doctest.testmod())\n\
                  for ask in (os.get_terminal_size, os.getlogin, lambda: os.ttyname(0), lambda: open('/dev/tty')):\n    \
                  try:\n        ask()\n    except OSError as error:\n        print(error.errno, end=' ')\n\
                  print(os.WEXITSTATUS(os.system('ls')), os.sched_getaffinity(0), os.getpgid(0) == os.getpid())";
    assert_eq!(printed(script), "True\nTestResults(failed=0, attempted=1)\n25 6 25 6 127 {0} True\n");
}

#[test]
fn where_a_script_is_shows_its_own_frames_and_none_of_ours() {
    let script = "import inspect, sys, traceback\ndef f():\n    traceback.print_stack(file=sys.stdout)\n    \
                  return inspect.stack()\nfound = f()\n\
                  print([frame.function for frame in found], found[-1].filename, traceback.extract_stack()[0].lineno)";
    let printed = printed(script);
    assert!(!printed.contains("/0/"), "{printed}");
    assert!(printed.ends_with("['f', '<module>'] /skill/scripts/tried.py 6\n"), "{printed}");
}

#[test]
fn a_socket_that_speaks_no_http_is_told_so_and_no_port_is_found_open() {
    let script = "import ftplib, socket, ssl\nwith socket.socket() as probe:\n    print(probe.connect_ex(('localhost', 80)))\n\
                  try:\n    ftplib.FTP('localhost', timeout=1)\nexcept OSError as error:\n    print(error.strerror)\n\
                  print(ssl.cert_time_to_seconds('Jan  5 09:34:43 2018 GMT'))";
    assert_eq!(printed(script), "13\nthe sandbox speaks HTTP to web servers and nothing else\n1515144883\n");
}
