//! Attacks from Python, in one table: what is tried, what the script sees of it, what its caller gets, what is on
//! record. Each is checked, and the table is printed:
//! `cargo nextest run --workspace --test python attacks --no-capture`.

use std::path::Path;

use openskills_runtime::{Limits, ScriptOptions};
use openskills_tests::{Scenario, Stage};

use crate::{skill, text};

/// One attack. Whatever else happens: what is outside of the workspace is neither read nor changed, and the next run
/// of the same runtime works.
struct Attack {
    name: &'static str,
    script: &'static str,
    /// What the skill asks for, and gets.
    tools: &'static str,
    /// How the call ends: `status N`, or the kind of an error; one of several.
    ends: &'static str,
    /// Part of what the script prints.
    says: &'static str,
    /// Part of a target on record as refused.
    record: &'static str,
}

const fn attack(name: &'static str, script: &'static str, ends: &'static str, says: &'static str) -> Attack {
    Attack { name, script, tools: "", ends, says, record: "" }
}

impl Attack {
    const fn refused(self, record: &'static str) -> Self {
        Self { record, ..self }
    }

    const fn tools(self, tools: &'static str) -> Self {
        Self { tools, ..self }
    }
}

const DENIED: &str = "PermissionDenied";
const LIMIT: &str = "LimitExceeded";

const ATTACKS: &[Attack] = &[
    // Files.
    attack("a file of the system", "open('/etc/passwd')", DENIED, "PermissionError").refused("/etc/passwd"),
    attack("up and out", "open('../../../etc/passwd')", DENIED, "PermissionError").tools("Read").refused("etc/passwd"),
    attack("a secret beside the workspace", "open('../outside/secret')", DENIED, "PermissionError")
        .tools("Read")
        .refused("outside/secret"),
    attack("the processes of the host", "open('/proc/self/environ')", DENIED, "PermissionError").refused("/proc"),
    attack("memory by its file", "open('/dev/mem', 'rb')", DENIED, "PermissionError").refused("/dev/mem"),
    attack("its own script", "open(__file__, 'w').write('x')", DENIED, "PermissionError").tools("Edit").refused("/skill"),
    attack("a link to the system", "import os\nos.symlink('/etc', '/tmp/l')", "status 1|PermissionDenied", "Error"),
    attack("a hard link out", "import os\nos.link('../outside/secret', 'l')", "status 1|PermissionDenied", "Error")
        .tools("Edit"),
    attack(
        "a link out of an archive",
        "import io, tarfile\nb = io.BytesIO()\nwith tarfile.open(fileobj=b, mode='w') as t:\n    \
         i = tarfile.TarInfo('l'); i.type = tarfile.SYMTYPE; i.linkname = '/etc'; t.addfile(i)\nb.seek(0)\n\
         try:\n    tarfile.open(fileobj=b).extractall('/tmp', filter='fully_trusted')\nexcept OSError as e:\n    print(type(e).__name__)\n\
         open('/tmp/l/passwd')",
        "status 1|PermissionDenied",
        "",
    ),
    attack(
        "a path in a zip",
        "import zipfile\nwith zipfile.ZipFile('/tmp/z', 'w') as z: z.writestr('../../outside/secret', 'x')\n\
         zipfile.ZipFile('/tmp/z').extractall('/tmp/out')\nimport os; print(sorted(os.listdir('/tmp/out')))",
        "status 0",
        "['outside']",
    ),
    attack("a database of the system", "import sqlite3\nsqlite3.connect('/etc/passwd').execute('select 1 from t')",
        "status 1|PermissionDenied", "unable to open").refused("etc"),
    // Network, environment, other processes.
    attack("the cloud's metadata", "import urllib.request as u\nu.urlopen('http://169.254.169.254/latest')", DENIED, "URLError")
        .tools("WebFetch")
        .refused("169.254.169.254"),
    attack("a raw socket", "import _socket\n_socket.socket(_socket.AF_INET, _socket.SOCK_STREAM).connect(('127.0.0.1', 22))", DENIED, "PermissionError")
        .refused("0.0.0.0:0"),
    attack("past the shims", "from wit_world.imports import http\nhttp.fetch(http.Request('GET', 'https://example.com/', [], None, None))",
        DENIED, "Err").refused("example.com"),
    attack("a server", "import socket\nsocket.socket().bind(('', 8000))", "status 1", "no server sockets"),
    attack("the environment", "import os\nprint(dict(os.environ))", "status 0", "{}"),
    attack("the environment of a program", "import subprocess as s\nprint(s.run(['python3', '-c', \
         'import os; print(dict(os.environ))'], stdout=-1, text=True).stdout)", "status 0", "{}"),
    attack("the host's texts in the image", "import gc\nprint([x for x in gc.get_objects() if isinstance(x, dict) \
         for x in map(str, x) if 'HOST-SECRET' in x])", "status 0", "[]"),
    attack("a signal to the host", "import os\nfor other in (1, -1, -2):\n    try:\n        os.kill(other, 9)\n    except \
         ProcessLookupError as e:\n        print(e)\nos.kill(1, 9)", "status 1", "No such process"),
    attack("a shell", "import os\nprint(os.system('sh -c id') >> 8)", "status 0", "127"),
    // Native code.
    attack("a native library", "import ctypes\nctypes.CDLL('libc.so.6')", "status 1", "loads no native libraries"),
    attack("a native module of the skill", "import evil", "status 1", "ImportError"),
    attack("made code", "import types\nf = lambda: 0\nc = f.__code__.replace(co_code=bytes([255, 0] * 9))\n\
         print(types.FunctionType(c, {})())", "status 1|ExecutionFailure|LimitExceeded", ""),
    // Pickles, and what one call leaves to the next.
    attack("a pickle that runs a program", "import os, pickle\nclass P:\n    def __reduce__(self): return os.system, ('id',)\n\
         print(pickle.loads(pickle.dumps(P())) >> 8)", "status 0", "127"),
    attack("a pickle that reads", "import pickle\npickle.loads(b\"cbuiltins\\neval\\n(S\\\"open('/etc/passwd')\\\"\\ntR.\")", DENIED,
        "PermissionError").refused("/etc/passwd"),
    attack("what is patched stays", "import builtins, json, os, sys\nassert not hasattr(json, 'left')\njson.left = 1\n\
         json.dumps = os.stat = builtins.print = sys.exit = None\nsys.modules['re'] = None", "status 0", ""),
    // What a call uses up.
    attack("memory at once", "bytearray(1 << 30)", LIMIT, "MemoryError"),
    attack("memory by and by", "x = []\nwhile True: x.append(bytes(1 << 20))", LIMIT, "MemoryError"),
    attack("memory of programs", "import subprocess as s\nx = bytearray(60 << 20)\n\
         print(s.run(['python3', '-c', 'x = bytearray(120 << 20)'], stderr=-1).returncode)", "status 0", "-9"),
    attack("an endless loop", "while True: pass", "Timeout", ""),
    attack("an endless sleep", "import time\ntime.sleep(1e9)", "Timeout", ""),
    attack("a slow pattern", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", "Timeout", ""),
    attack("a number of many digits", "print(len(str(7 ** 10 ** 9)))", "Timeout|LimitExceeded|status 1", ""),
    attack("deep recursion", "def f(): f()\nf()", "status 1", "RecursionError"),
    attack("deep recursion in C", "import json\njson.loads('[' * 100000)", "status 1|LimitExceeded", ""),
    attack("deep recursion in the parser", "eval('(' * 5000 + ')' * 5000)", "status 1|LimitExceeded", ""),
    attack("a fork bomb", "import os\nwhile True: os.fork()", "status 1", "starts no other"),
    attack("a bomb of programs", "import subprocess as s, sys\ns.run([sys.executable, __file__], check=True)\n",
        "status 1|LimitExceeded", "no deeper"),
    attack("programs without end", "import subprocess as s\nwhile True: s.run(['python3', '-c', ''])", "Timeout", ""),
    attack("threads that never end", "import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()",
        "Timeout", ""),
    attack("ten thousand threads", "import threading\nt = [threading.Thread(target=int) for _ in range(10000)]\n\
         [x.start() for x in t]\nprint('done')", "status 0", "done"),
    attack("threads that wait for one another", "import threading\na, b = threading.Lock(), threading.Lock()\n\
         a.acquire()\nthreading.Thread(target=a.acquire).start()", "Timeout|status 1|ExecutionFailure", ""),
    attack("output without end", "for _ in range(40): print('x' * (1 << 20))", "status 0", "more bytes cut"),
    attack("a zip bomb in memory", "import zlib\nz = zlib.compress(bytes(64 << 20))\nx = [zlib.decompress(z) for _ in range(9)]",
        LIMIT, "MemoryError"),
    attack("a zip bomb on disk", "import zlib\nz = zlib.compress(bytes(16 << 20))\nwith open('/tmp/x', 'wb') as f:\n    \
         while True: f.write(zlib.decompress(z))", LIMIT, ""),
    attack("files without end", "import itertools\nfor n in itertools.count(): open(f'/tmp/{n}', 'w').close()", LIMIT, ""),
];

fn scene(attack: &Attack) -> Scenario {
    let limits =
        Limits { written_bytes: 32 << 20, created_files: 500, memory: 192 << 20, ..Limits::default() };
    skill(attack.script, attack.tools)
        .limits(limits)
        .skill_file("scripts/evil.cpython-314-wasm32-wasi.so", "\x7fELF")
        .skill_file(
            "scripts/next.py",
            "import json, os, re, sys\nprint(json.dumps([1]), hasattr(json, 'left'))\nsys.exit(0)",
        )
        .outside("outside/secret", "SECRET-OUTSIDE")
        .environment(&[("HOST_SECRET", "HOST-SECRET")])
        .allow("WebFetch")
}

fn attempt(attack: &Attack, faults: &mut Vec<String>) -> [String; 4] {
    let stage = scene(attack).ready();
    stage.has_interpreter();
    let mut fault = |what: String| faults.push(format!("{}: {what}", attack.name));
    // Loaded before the clock starts.
    next(&stage, &mut fault);
    let options = ScriptOptions { timeout_ms: Some(6_000), ..ScriptOptions::default() };
    let (ended, printed) = match stage.script("scripts/tried.py", options) {
        Ok(result) => (
            format!("status {}", result.exit_code),
            format!("{}{}", lossy(&result.stdout), lossy(&result.stderr)),
        ),
        Err(error) => {
            let trace = error.trace();
            let printed = trace.map(|trace| format!("{}{}", trace.stdout, trace.stderr)).unwrap_or_default();
            (format!("{:?}", error.kind()), printed)
        }
    };
    let record = stage.last();
    let refused: Vec<String> = record.refusals.iter().map(|refusal| refusal.target.clone()).collect();
    if !attack.ends.split('|').any(|end| end == ended) {
        fault(format!("it ended with {ended}, not {}: {printed:.600}", attack.ends));
    }
    if !printed.contains(attack.says) {
        fault(format!("it does not say {}: {printed:.600}", attack.says));
    }
    if !attack.record.is_empty() && !refused.iter().any(|target| target.contains(attack.record)) {
        fault(format!("{} is not on record: {refused:?}", attack.record));
    }
    for secret in ["SECRET-OUTSIDE", "HOST-SECRET", "root:x:"] {
        if printed.contains(secret) {
            fault(format!("{secret} was read"));
        }
    }
    let secret: &Path = &stage.outside("outside/secret");
    if std::fs::read_to_string(secret).unwrap() != "SECRET-OUTSIDE" {
        fault("what is outside was changed".to_owned());
    }
    next(&stage, &mut fault);
    let last = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    let refused = match refused.as_slice() {
        [] => record.outcome.name().to_owned(),
        [first, ..] => format!("{}, refused {first}", record.outcome.name()),
    };
    [attack.name.to_owned(), last.chars().take(70).collect(), ended, refused]
}

/// The next run of the same runtime is a fresh one.
fn next(stage: &Stage, fault: &mut impl FnMut(String)) {
    match stage.script("scripts/next.py", ScriptOptions::default()) {
        Ok(result) if text(&result.stdout) == "[1] False\n" && result.exit_code == 0 => {}
        Ok(result) => fault(format!("the next run is not as it was: {}", lossy(&result.stdout))),
        Err(error) => fault(format!("the next run failed: {error}")),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn no_attack_from_python_gets_through() {
    let mut faults = Vec::new();
    let rows: Vec<[String; 4]> = ATTACKS.iter().map(|attack| attempt(attack, &mut faults)).collect();
    let mut table = String::from(
        "\n| attack | the script sees | the caller gets | the record has |\n|---|---|---|---|\n",
    );
    for row in &rows {
        table.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    println!("{table}{} attacks from Python", rows.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
