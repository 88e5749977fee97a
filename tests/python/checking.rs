//! Reading scripts without running them.

use openskills_runtime::ScriptCheck;

use crate::skill;

fn check(script: &str, allowed_tools: &str) -> ScriptCheck {
    let stage = skill(script, allowed_tools).skill_file("scripts/sibling.py", "X = 1").ready();
    stage.has_interpreter();
    let checks = stage.runtime.check_skill("tried").unwrap();
    checks.into_iter().find(|check| check.path == "scripts/tried.py").unwrap()
}

#[test]
fn nothing_is_run() {
    let check = check("import sys\nsys.exit(1)\nwhile True: pass", "");
    assert_eq!(check.verdict, "runs");
}

#[test]
fn packages_are_named_unless_the_script_can_do_without() {
    assert_eq!(check("import json, sibling", "").verdict, "runs");
    let found = check("import yaml, sibling", "");
    assert_eq!(
        (found.verdict.as_str(), found.packages[0]["package"].as_str()),
        ("needs packages", Some("PyYAML"))
    );
    assert_eq!(check("import pandas as pd", "").verdict, "needs native packages");
    let guarded = check("try:\n    import yaml\nexcept ImportError:\n    yaml = None", "");
    assert_eq!((guarded.verdict.as_str(), guarded.optional_packages.len()), ("runs", 1));
    let needed =
        check("import sys\ntry:\n    import yaml\nexcept ImportError:\n    sys.exit('install it')", "");
    assert_eq!(needed.verdict, "needs packages");
    let declared = check("# /// script\n# dependencies = [\"httpx>=1\"]\n# ///\nprint(1)", "");
    assert_eq!(declared.declared, ["httpx>=1"]);
}

#[test]
fn what_a_sibling_needs_is_needed() {
    let stage = skill("from parts import reader", "")
        .skill_file("scripts/parts/__init__.py", "from .deeper import thing")
        .skill_file("scripts/parts/deeper.py", "import lxml.etree")
        .skill_file("scripts/parts/reader.py", "import requests, json")
        .ready();
    stage.has_interpreter();
    let checks = stage.runtime.check_skill("tried").unwrap();
    let found = checks.iter().find(|check| check.path == "scripts/tried.py").unwrap();
    let mut packages: Vec<_> =
        found.packages.iter().map(|package| package["module"].as_str().unwrap()).collect();
    packages.sort_unstable();
    assert_eq!((found.verdict.as_str(), packages), ("needs native packages", vec!["lxml", "requests"]));
}

#[test]
fn what_a_sibling_imports_is_found_beside_the_script() {
    let stage = skill("from parts.deep import reader", "")
        .skill_file("scripts/parts/deep/reader.py", "import core, yaml")
        .skill_file("scripts/core/__init__.py", "")
        .ready();
    stage.has_interpreter();
    let checks = stage.runtime.check_skill("tried").unwrap();
    let found = checks.iter().find(|check| check.path == "scripts/tried.py").unwrap();
    let packages: Vec<_> = found.packages.iter().map(|package| &package["module"]).collect();
    assert_eq!(packages, ["yaml"]);
}

#[test]
fn a_folder_of_the_skill_that_is_not_beside_the_script_is_told_with_the_module_to_run() {
    let stage = |script: &str| {
        let stage = skill(script, "").skill_file("scripts/helper.py", "X = 1").ready();
        stage.has_interpreter();
        let found = stage.runtime.check_skill("tried").unwrap();
        found.into_iter().find(|check| check.path == "scripts/tried.py").unwrap()
    };
    let main = "if __name__ == '__main__': print(X)";
    let found = stage(&format!("from scripts.helper import X\nfrom scripts import helper\n{main}"));
    assert_eq!((found.verdict.as_str(), found.limits.len()), ("partly", 1));
    let said = found.limits[0]["message"].as_str().unwrap();
    assert!(said.contains("openskills run SKILL --module scripts.tried"), "{said}");
    for fine in [
        format!("from helper import X\n{main}"),
        format!("import sys\nsys.path.insert(0, '/skill')\nfrom scripts.helper import X\n{main}"),
        "from scripts.helper import X".to_owned(),
    ] {
        assert_eq!(stage(&fine).verdict, "runs", "{fine}");
    }
}

#[test]
fn what_the_sandbox_cannot_do_is_named_with_its_line() {
    let found = check("import subprocess as sp\n\ndef f():\n    sp.run(['git', 'log'])", "");
    assert_eq!(found.verdict, "partly");
    assert_eq!((&found.limits[0]["line"], &found.limits[0]["kind"]), (&4.into(), &"process".into()));
    assert!(found.limits[0]["message"].as_str().unwrap().contains("git"), "{:?}", found.limits);
    assert_eq!(check("import subprocess", "").verdict, "runs");
}

#[test]
fn the_entries_that_are_missing_are_named() {
    let script = "import os, urllib.request\nurllib.request.urlopen('https://api.example.com/v1')\nos.environ['TOKEN']\n\
                  os.getenv('HOME_URL')";
    let found = check(script, "Env(TOKEN)");
    assert_eq!(found.missing_entries, ["WebFetch(domain:api.example.com)", "Env(HOME_URL)"]);
    let found = check(script, "Env(TOKEN), Env(HOME_URL), WebFetch(domain:api.example.com)");
    assert_eq!(found.missing_entries, [""; 0]);
}

#[test]
fn what_is_not_python_is_said_and_nothing_breaks() {
    assert_eq!(check("print 'old'", "").verdict, "invalid");
    assert_eq!(check(&format!("x = {}1{}", "(".repeat(50), ")".repeat(50)), "").verdict, "runs");
    assert_eq!(check(&"-".repeat(50_000), "").verdict, "invalid");
}

#[test]
fn what_the_libraries_were_built_without_is_foretold_and_what_works_is_not() {
    for (script, expected) in [
        ("import sqlite3\nsqlite3.connect('x').execute('create virtual table t using fts5(a)')", "fts5"),
        ("import tarfile\ntarfile.open('x.tar.xz', 'w:xz')", "w:xz"),
        ("import shutil\nshutil.make_archive('x', 'bztar')", "bztar"),
        ("import os\nos.symlink('a', 'b')", "os.symlink"),
        ("from pathlib import Path\nPath('b').symlink_to('a')", "symlink_to"),
        ("import os\nos.dup2(1, 2)", "os.dup2"),
        ("import hashlib\nhashlib.scrypt(b'p', salt=b's', n=2, r=1, p=1)", "hashlib.scrypt"),
    ] {
        let found = check(script, "");
        assert_eq!(found.verdict, "partly", "{script}");
        let message = found.limits[0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{script}: {message}");
    }
    for script in [
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nsignal.alarm(1)",
        "import multiprocessing\nmultiprocessing.Pool(2).map(abs, [1])",
        "import fcntl, mmap\nfcntl.flock(open('x'), fcntl.LOCK_EX)\nmmap.mmap(-1, 10)",
        "import tarfile\ntarfile.open('x.tar.gz', 'w:gz')\nprint('using fts is fun')",
    ] {
        let found = check(script, "");
        assert_eq!((found.verdict.as_str(), found.limits.len()), ("runs", 0), "{script}: {:?}", found.limits);
    }
}
