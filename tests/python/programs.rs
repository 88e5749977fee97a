//! Scripts that start scripts: each in an instance of its own, under the same gate and limits.

use openskills_runtime::audit::Action;
use openskills_runtime::{ErrorKind, Limits};

use crate::{run, skill, text};

const OTHER: &str = "import json, os, sys\nprint(json.dumps([sys.argv[1:], __name__, __file__, os.getcwd(), \
                     sys.stdin.read(), os.environ.get('MINE'), hasattr(json, 'left')]))\n\
                     print('wrong', file=sys.stderr)\nsys.exit(int(os.environ.get('STATUS', 0)))";

/// What a script prints that has another one beside it.
fn printed(script: &str, other: &str) -> String {
    let stage = skill(script, "").skill_file("scripts/other.py", other).ready();
    let result = run(&stage).unwrap_or_else(|error| panic!("{error}: {:?}", error.stderr()));
    assert_eq!(result.exit_code, 0, "{}", text(&result.stderr));
    text(&result.stdout)
}

#[test]
fn a_script_of_the_skill_runs_with_arguments_input_and_variables_of_its_own() {
    let script = "import json, os, subprocess, sys\njson.left = 1\n\
                  other = os.path.join(os.path.dirname(__file__), 'other.py')\n\
                  r = subprocess.run([sys.executable, other, 'a b', '--x'], input='given', capture_output=True, text=True,\n    \
                  env={**os.environ, 'MINE': '1', 'STATUS': '3'}, cwd='/tmp')\n\
                  print(r.stdout, r.stderr, r.returncode, os.getcwd() != '/tmp')";
    let expected = r#"[["a b", "--x"], "__main__", "/skill/scripts/other.py", "/tmp", "given", "1", false]"#;
    assert_eq!(printed(script, OTHER), format!("{expected}\n wrong\n 3 True\n"));
}

#[test]
fn every_way_to_start_python_starts_it() {
    let script = "import os, shutil, subprocess, sys\nhere = os.path.dirname(__file__)\nout = []\n\
                  def add(x):\n    out.append(x.strip() if isinstance(x, str) else x.decode().strip())\n\
                  add(subprocess.check_output(['python3', f'{here}/other.py']))\n\
                  add(subprocess.getoutput(f'python3 {here}/other.py'))\n\
                  add(os.popen(f'python {here}/other.py').read())\n\
                  add(subprocess.run('python3 -u other.py', shell=True, cwd=here, stdout=subprocess.PIPE).stdout)\n\
                  add(subprocess.run([sys.executable, '-m', 'other'], cwd=here, stdout=-1, text=True).stdout)\n\
                  add(subprocess.run([sys.executable, '-c', 'print(1 + 1)'], stdout=-1, text=True).stdout)\n\
                  add(subprocess.run([f'{here}/other.py'], stdout=-1, text=True).stdout)\n\
                  p = subprocess.Popen([sys.executable, '-'], stdin=-1, stdout=-1, text=True)\n\
                  p.stdin.write('print(\"from stdin\")'); p.stdin.close(); add(p.stdout.read()); assert p.wait() == 0\n\
                  with open('/tmp/out', 'w') as f:\n    subprocess.run([sys.executable, f'{here}/other.py'], stdout=f)\n\
                  add(open('/tmp/out').read())\n\
                  add(str(os.system(f'python3 {here}/other.py')))\n\
                  print(out, shutil.which('python3') == sys.executable, shutil.which('git'))";
    let other = "#!/usr/bin/env python3\nprint('other')";
    let o = "'other', ".repeat(5);
    assert_eq!(
        printed(script, other),
        format!("other\n[{o}'2', 'other', 'from stdin', 'other', '0'] True None\n")
    );
}

#[test]
fn a_status_an_exception_and_a_limit_of_time_are_the_programs() {
    let script = "import os, subprocess, sys\nother = os.path.dirname(__file__) + '/other.py'\n\
                  try:\n    subprocess.run([sys.executable, other, 'fail'], check=True, stderr=-1)\n\
                  except subprocess.CalledProcessError as e:\n    print(e.returncode, b'ValueError' in e.stderr)\n\
                  try:\n    subprocess.run([sys.executable, other, 'loop'], timeout=0.3, stdout=-1, text=True)\n\
                  except subprocess.TimeoutExpired as e:\n    print(type(e).__name__)\n\
                  r = subprocess.run([sys.executable, other + 'x'], capture_output=True, text=True)\n\
                  print(r.returncode, r.stderr.strip())";
    let other = "import sys\nif sys.argv[1] == 'fail': raise ValueError\nprint('begun', flush=True)\nwhile True: pass";
    assert_eq!(
        printed(script, other),
        "1 True\nTimeoutExpired\n2 python3: can't open file '/skill/scripts/other.pyx': [Errno 2] No such file or \
         directory\n"
    );
}

#[test]
fn a_program_is_asked_as_its_script_is_and_both_are_on_one_record() {
    let script = "import os, subprocess, sys\nother = os.path.dirname(__file__) + '/other.py'\n\
                  r = subprocess.run([sys.executable, other], stdout=-1, text=True)\nprint(r.stdout, r.returncode)";
    let other = "print(open('a.txt').read())\nopen('/etc/passwd')";
    let stage =
        skill(script, "Read(a.txt)").file("a.txt", "mine").skill_file("scripts/other.py", other).ready();
    let result = run(&stage).unwrap();
    assert_eq!(text(&result.stdout), "mine\n 1\n");
    assert!(result.audit.refusals.iter().any(|refusal| refusal.target == "/etc/passwd"));
    let ran = result.audit.uses.iter().find(|entry| entry.action == Action::Run).unwrap();
    assert_eq!((ran.target.as_str(), ran.count), ("/skill/scripts/other.py", 1));
    assert_eq!(stage.records.records().len(), 1);
    // The program was refused what no line of the script's own says.
    let stage = skill(
        "import subprocess, sys; sys.exit(subprocess.run(['python3', '-c', 'open(\"b\")']).returncode)",
        "",
    );
    assert_eq!(run(&stage.file("b", "").ready()).unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[test]
fn tmp_is_one_and_so_are_the_quota_and_the_memory() {
    let script = "import subprocess, sys\nopen('/tmp/a', 'w').write('x')\n\
                  r = subprocess.run(['python3', '-c', sys.argv[1]], capture_output=True, text=True)\n\
                  print(r.stdout, r.returncode, r.stderr[-200:])";
    let stage = skill(script, "").ready();
    let shared = "print(open('/tmp/a').read())";
    assert_eq!(text(&crate::run_with(&stage, &[shared], "").unwrap().stdout), "x\n 0 \n");
    let limits = Limits { written_bytes: 1 << 20, memory: 128 << 20, ..Limits::default() };
    let stage = skill(script, "").limits(limits).ready();
    // Twice half of it and more, in two instances.
    let written = "open('/tmp/b', 'wb').write(bytes(1 << 20))";
    let error = text(&crate::run_with(&stage, &[written], "").unwrap().stdout);
    assert!(error.contains("that it may write"), "{error}");
    let held = "x = bytearray(70 << 20)\nimport subprocess, sys\n\
                print(subprocess.run(['python3', '-c', 'x = bytearray(50 << 20)'], stderr=-1).returncode)";
    assert_eq!(
        text(
            &crate::run_with(
                &skill(held, "").limits(Limits { memory: 160 << 20, ..Limits::default() }).ready(),
                &[],
                ""
            )
            .unwrap()
            .stdout
        ),
        "-9\n"
    );
}

#[test]
fn programs_that_start_programs_come_to_an_end() {
    let script = "import subprocess, sys\nprint('level', flush=True)\n\
                  r = subprocess.run([sys.executable, __file__])\nsys.exit(r.returncode)";
    let result =
        run(&skill(script, "").limits(Limits { memory: 1 << 30, ..Limits::default() }).ready()).unwrap();
    assert_eq!(text(&result.stdout), "level\n".repeat(5));
    assert!(text(&result.stderr).contains("4 deep, and no deeper"), "{}", text(&result.stderr));
    assert_eq!(result.exit_code, 1);
}

#[test]
fn what_is_started_and_never_waited_for_runs_at_the_end() {
    let script = "import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', 'print(1)'], stderr=-1)\nprint(0)";
    assert_eq!(text(&run(&skill(script, "").ready()).unwrap().stdout), "0\n1\n");
}

#[test]
fn a_limit_of_time_holds_where_nothing_is_captured() {
    let script = "import subprocess, sys\n\
                  for start in (subprocess.run, subprocess.call, subprocess.check_call):\n    \
                  try:\n        start([sys.executable, '-c', 'while True: pass'], timeout=0.1)\n    \
                  except subprocess.TimeoutExpired:\n        print('stopped')";
    assert_eq!(printed(script, ""), "stopped\nstopped\nstopped\n");
}

#[test]
fn what_is_quoted_in_a_shells_line_is_no_command_of_the_shell() {
    let script = r#"
import os, subprocess
print(os.system('python3 -c "import sys; sys.exit(3)"') >> 8)
print(subprocess.getoutput("python3 -c 'print(\"$HOME\", 2 > 1)'"))
print(os.system('python3 -c "print($HOME)"') >> 8, os.system('python3 -c "1" | cat') >> 8)
"#;
    assert_eq!(printed(script, ""), "3\n$HOME True\n127 127\n");
}

#[test]
fn folders_and_archives_with_a_main_file_are_programs() {
    let script = r#"
import os, subprocess, sys, zipapp
os.makedirs("/tmp/app")
open("/tmp/app/__main__.py", "w").write("import beside, sys; print(beside.X, __name__, sys.argv)")
open("/tmp/app/beside.py", "w").write("X = 1")
zipapp.create_archive("/tmp/app", "/tmp/app.pyz", "/usr/bin/env python3")
for name in ("/tmp/app", "/tmp/app.pyz", "/tmp"):
    r = subprocess.run([sys.executable, name, "a"], capture_output=True, text=True)
    print(r.stdout.strip(), r.returncode, "can't find '__main__'" in r.stderr)
"#;
    assert_eq!(
        printed(script, ""),
        "1 __main__ ['/tmp/app', 'a'] 0 False\n1 __main__ ['/tmp/app.pyz', 'a'] 0 False\n 1 True\n"
    );
}
