//! Packages that are added for scripts: fetched when somebody says so, by digest, and never by a run.

use openskills_runtime::{ErrorKind, InstallWatcher, ScriptOptions, ScriptResult};
use openskills_tests::server::{Certificate, PAGE, Server};
use openskills_tests::{Scenario, Stage};

use crate::{run, run_with as run_with_arguments, skill, text};

struct Silent;

impl InstallWatcher for Silent {
    fn step(&self, _: &str) {}
}

/// Runs the script with packages, which the first run on a machine fetches from the package index.
fn run_with(stage: &Stage, packages: &[&str], arguments: &[&str]) -> ScriptResult {
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
    let packages = owned(packages);
    stage.has_interpreter();
    if !stage.runtime.has_packages("tried", &packages).unwrap() {
        stage.runtime.add_packages("tried", &packages, true, &Silent).unwrap();
    }
    let options = ScriptOptions { arguments: owned(arguments), packages, ..ScriptOptions::default() };
    let result = stage.script("scripts/tried.py", options);
    result.unwrap_or_else(|error| panic!("{error}: {:?}", error.stderr()))
}

const REQUESTS: &[&str] = &["requests==2.34.2"];

fn granted(script: &str, server: &Server) -> Scenario {
    let rule = format!("WebFetch(domain:localhost:{})", server.port());
    skill(script, &rule).allow(&rule).trust(server.authority_pem())
}

#[test]
fn requests_reaches_a_server_with_tls_as_granted() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let script = "import requests, sys\nurl = sys.argv[1]\n\
                  r = requests.get(url + '/ok', params={'a': 'ü b'}, headers={'X-One': '1'}, timeout=5)\n\
                  print(r.status_code, r.headers['content-type'], r.text, end='')\n\
                  s = requests.Session()\nr = s.post(url + '/echo', json={'a': [1]}).json()\nprint(r['method'], r['body'])\n\
                  r = s.put(url + '/echo', data={'k': 'v w'}).json()\nprint(r['method'], r['body'])\n\
                  r = s.post(url + '/echo', data=iter([b'one', b'two'])).json()\nprint(r['body'])\n\
                  r = s.post(url + '/echo', files={'f': ('n.txt', b'inside')}).json()\nprint('inside' in r['body'])\n\
                  try:\n    s.get(url + '/status/404').raise_for_status()\nexcept requests.HTTPError as e:\n    print('404' in str(e))\n\
                  print(s.get(url + '/redirect?to=' + url + '/ok').history[0].status_code)\n\
                  r = s.get(url + '/chunked?n=100000', stream=True)\nprint(sum(map(len, r.iter_content(4096))))";
    let stage = granted(script, &server).ready();
    let result = run_with(&stage, REQUESTS, &[&server.url("")]);
    assert_eq!(
        text(&result.stdout),
        format!(
            "200 text/html; charset=utf-8 {PAGE}POST {{\"a\": [1]}}\nPUT k=v+w\nonetwo\nTrue\nTrue\n302\n100000\n"
        ),
        "{}",
        text(&result.stderr)
    );
    let first = &server.requests()[0];
    assert_eq!((first.target.as_str(), first.header("x-one")), ("/ok?a=%C3%BC+b", Some("1")));
    assert!(first.header("user-agent").unwrap().starts_with("python-requests/"));
    // The record has what could be imported.
    let names: Vec<&str> = result.audit.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["certifi", "charset-normalizer", "idna", "requests", "urllib3"]);
    assert!(result.audit.packages.iter().all(|package| package.sha256.len() == 64));
}

#[test]
fn requests_tells_refusals_and_faults_in_its_own_exceptions() {
    let server = Server::start_tls(Certificate::Expired).unwrap();
    let script = "import requests, sys\nfor url in sys.argv[1:]:\n    try:\n        requests.get(url, timeout=0.5)\n    \
                  except requests.RequestException as e:\n        \
                  print(type(e).__name__, 'WebFetch(domain:example.com)' in str(e))";
    let stage = granted(script, &server).ready();
    let slow = format!("{}/slow-headers", server.url(""));
    let result = run_with(&stage, REQUESTS, &["https://example.com/x", &server.url("/ok"), &slow]);
    let printed = text(&result.stdout);
    assert!(
        printed.starts_with("ConnectionError True\nSSLError False\n"),
        "{printed}{}",
        text(&result.stderr)
    );
    assert!(server.requests().is_empty());
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let stage = granted(script, &server).ready();
    let slow = server.url("/slow-headers");
    let printed = text(&run_with(&stage, REQUESTS, &[&slow]).stdout);
    assert!(printed.contains("Timeout False"), "{printed}");
}

#[test]
fn urllib3_reaches_a_server_and_tells_refusals() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let script = "import sys, urllib3\nh = urllib3.PoolManager(retries=False)\n\
                  print(h.request('GET', sys.argv[1] + '/ok').status)\n\
                  print(h.request('POST', sys.argv[1] + '/echo', json={'a': 1}).json()['body'])\n\
                  try:\n    h.request('GET', 'https://example.com/')\nexcept urllib3.exceptions.HTTPError as e:\n    \
                  print('WebFetch(domain:example.com)' in str(e))";
    let result = run_with(&granted(script, &server).ready(), REQUESTS, &[&server.url("")]);
    assert_eq!(text(&result.stdout), "200\n{\"a\":1}\nTrue\n", "{}", text(&result.stderr));
}

#[test]
fn httpx_reaches_a_server_and_tells_refusals() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let script = "import httpx, sys\nwith httpx.Client() as c:\n    print(c.get(sys.argv[1] + '/ok').status_code)\n    \
                  print(c.post(sys.argv[1] + '/echo', json={'a': 1}).json()['body'])\n    \
                  try:\n        c.get('https://example.com/')\n    except httpx.HTTPError as e:\n        \
                  print('WebFetch(domain:example.com)' in str(e))";
    let result = run_with(&granted(script, &server).ready(), &["httpx==0.28.1"], &[&server.url("")]);
    assert_eq!(text(&result.stdout), "200\n{\"a\":1}\nTrue\n", "{}", text(&result.stderr));
}

#[test]
fn packages_with_native_code_that_they_do_without_are_used_without_it() {
    let script = "import jinja2, yaml\nprint(yaml.safe_load('a: [1, x]'), yaml.__with_libyaml__)\n\
                  print(jinja2.Template('{{ x }}<').render(x='&'), jinja2.__file__.startswith('/packages/'))";
    let result = run_with(&skill(script, "").ready(), &["PyYAML==6.0.3", "Jinja2==3.1.6"], &[]);
    assert_eq!(text(&result.stdout), "{'a': [1, 'x']} False\n&< True\n", "{}", text(&result.stderr));
}

#[test]
fn packages_that_are_native_are_refused_by_name() {
    let stage = skill("", "").ready();
    for (asked, named) in
        [("numpy", "`numpy`"), ("pandas>=2", "`pandas`"), ("no-such-package-of-ours", "no such package")]
    {
        let error = stage.runtime.add_packages("tried", &[asked.to_owned()], false, &Silent).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(named) && said.contains("outside"), "{said}");
        assert_eq!(error.kind(), ErrorKind::Io);
    }
    assert_eq!(stage.runtime.packages("tried").unwrap(), None);
}

#[test]
fn packages_of_a_skill_are_locked_shown_and_removed() {
    let stage = skill("import idna\nprint(idna.__name__)", "").ready();
    let add = |name: &str| stage.runtime.add_packages("tried", &[name.to_owned()], false, &Silent).unwrap();
    let lock = add("idna==3.20");
    assert_eq!((lock.requirements.as_slice(), lock.packages.len()), (&["idna==3.20".to_owned()][..], 1));
    assert_eq!(stage.runtime.packages("tried").unwrap(), Some(lock.clone()));
    assert_eq!(text(&run(&stage).unwrap().stdout), "idna\n");
    assert_eq!(stage.last().packages, lock.packages);
    let checks = stage.runtime.check_skill("tried").unwrap();
    assert_eq!(checks[0].verdict, "runs");
    let left = stage.runtime.remove_packages("tried", &["IDNA".to_owned()], &Silent).unwrap();
    assert_eq!(left, None);
    assert_eq!(stage.runtime.check_skill("tried").unwrap()[0].verdict, "needs packages");
    let result = run(&stage).unwrap();
    assert!(text(&result.stderr).contains("openskills packages add SKILL idna"), "{}", text(&result.stderr));
    assert!(result.audit.packages.is_empty());
}

#[test]
fn what_a_header_declares_and_nobody_added_is_named_where_the_script_fails() {
    let header =
        "# /// script\n# dependencies = [\"requests>=2\", \"tomli; python_version < '3.11'\"]\n# ///\n";
    let script = &format!("{header}import sys; print('ran'); sys.exit(len(sys.argv) - 1)");
    let stage = skill(script, "").ready();
    let result = run_with_arguments(&stage, &["1"], "").unwrap();
    let said = text(&result.stderr);
    assert_eq!((result.exit_code, text(&result.stdout).as_str()), (1, "ran\n"));
    assert!(said.contains("`requests>=2`") && !said.contains("tomli"), "{said}");
    assert!(said.contains("`openskills packages add tried 'requests>=2'`"), "{said}");
    // One that can do without is not stopped, as `python3` does not stop it.
    let result = run(&stage).unwrap();
    assert_eq!((result.exit_code, text(&result.stderr).as_str()), (0, ""));
    // What the skill carries itself, or was added, is not missing.
    let carried = skill(script, "").skill_file("scripts/requests/__init__.py", "").ready();
    assert_eq!(text(&run_with_arguments(&carried, &["1"], "").unwrap().stderr), "");
    assert_eq!(text(&run_with(&stage, REQUESTS, &["1"]).stderr), "");
    assert_eq!(stage.runtime.declared_packages("tried").unwrap()[0], "requests>=2");
    let named = ScriptOptions { packages: vec!["never-added".to_owned()], ..ScriptOptions::default() };
    let error = stage.script("scripts/tried.py", named).unwrap_err();
    assert!(error.to_string().contains("never-added"), "{error}");
}

#[test]
fn packages_are_read_only_and_come_after_the_standard_library() {
    let script = "import idna, json, os\nfor path in (idna.__file__, '/packages/new.py'):\n    \
                  try:\n        open(path, 'w')\n    except PermissionError as e:\n        print(e.strerror)\n\
                  print(json.__file__ if hasattr(json, '__file__') else 'built in', sorted(os.listdir('/')))\n\
                  import importlib.metadata as m\nprint(m.version('idna'))\n\
                  import subprocess\nprint(subprocess.run(['python3', '-c', 'import idna; print(idna.__file__)'], stdout=-1, text=True).stdout)";
    let result = run_with(&skill(script, "Read, Write").ready(), &["idna==3.20"], &[]);
    let expected = "Permission denied\nPermission denied\nbuilt in ['skill', 'tmp', 'workspace']\n3.20\n/packages/idna/__init__.py\n\n";
    assert_eq!(text(&result.stdout), expected, "{}", text(&result.stderr));
}
