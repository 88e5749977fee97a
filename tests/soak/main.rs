//! Many calls of skills that behave and of skills that do not, from several threads, with a record file: what must be
//! flat stays flat, and every call has its record. `cargo xtask soak [CALLS]`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use openskills_runtime::{
    AuditFile, AuditLog, CancelToken, ExecutionResult, Limits, OpenSkillError, OpenSkillRuntime,
};
use openskills_tests::guest;
use serde_json::{Value, json};

const THREADS: u64 = 4;

/// Samples of what must stay flat.
const SAMPLES: u64 = 10;

/// What the process may grow by between the first sample and the last.
const MAX_GROWTH_KIB: u64 = 24 << 10;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A skill, what it asks for, how it is called, and how that ends.
struct Case {
    skill: &'static str,
    guest: &'static str,
    allowed_tools: &'static str,
    input: fn(u64) -> Value,
    way: Way,
    expected: &'static str,
}

#[derive(Clone, Copy)]
enum Way {
    Plain,
    Within(u64),
    Cancelled,
    Dropped,
}

fn cases() -> Vec<Case> {
    let case = |skill, guest, allowed_tools, input, way, expected| Case {
        skill,
        guest,
        allowed_tools,
        input,
        way,
        expected,
    };
    let spin: fn(u64) -> Value = |_| json!({ "op": "spin" });
    vec![
        case("good", "echo", "", |n| json!({ "n": n }), Way::Plain, "success"),
        case("reads", "files_std", "Read", |_| read("data.txt"), Way::Plain, "success"),
        case("prints", "abuse", "", |_| json!({ "op": "stdout", "number": 3_000 }), Way::Plain, "success"),
        case("fails", "abuse", "", |_| json!({ "op": "fail", "text": "no" }), Way::Plain, "failed"),
        case("traps", "abuse", "", |_| json!({ "op": "panic" }), Way::Plain, "failed"),
        case("invalid", "abuse", "", |_| json!({}), Way::Plain, "invalid-input"),
        case("refused-at-load", "files_sdk", "", |_| json!({ "ops": [] }), Way::Plain, "denied"),
        case("refused", "files_std", "Read(a)", |n| read(&format!("b{n}")), Way::Plain, "denied"),
        case("writes", "files_std", "Edit", |_| write("/tmp/x"), Way::Plain, "success"),
        case("output", "abuse", "", |_| json!({ "op": "output", "number": 5_000 }), Way::Plain, "limit"),
        case("memory", "abuse", "", |_| json!({ "op": "grab", "number": 1 << 30 }), Way::Plain, "limit"),
        case("late", "abuse", "", spin, Way::Within(2), "timeout"),
        case(
            "asleep",
            "abuse",
            "",
            |_| json!({ "op": "sleep", "number": 60_000 }),
            Way::Within(2),
            "timeout",
        ),
        case("cancelled", "abuse", "", spin, Way::Cancelled, "cancelled"),
        case("dropped", "abuse", "", spin, Way::Dropped, "cancelled"),
    ]
}

fn read(path: &str) -> Value {
    json!({ "ops": [{ "op": "read", "path": path, "strict": true }] })
}

fn write(path: &str) -> Value {
    json!({ "ops": [{ "op": "write", "path": path, "text": "x", "strict": true }] })
}

fn main() -> Outcome<()> {
    let calls = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 2_000_u64,
    };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("audit.jsonl");
    let (runtime, cases) = set_up(folder.path(), &path)?;
    for case in &cases {
        runtime.compile_skill(case.skill)?;
    }
    let mut out = std::io::stdout();
    let (done, wrong) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    let mut samples = Vec::new();
    writeln!(out, "{:>9} {:>8} {:>10} {:>6} {:>8}", "calls", "seconds", "RSS KiB", "files", "threads")?;
    thread::scope(|scope| -> Outcome<()> {
        for thread in 0..THREADS {
            let (runtime, cases, done, wrong) = (&runtime, &cases, &done, &wrong);
            scope.spawn(move || {
                for number in (thread..calls).step_by(usize::try_from(THREADS).unwrap_or(1)) {
                    let case = &cases[usize::try_from(number).unwrap_or_default() % cases.len()];
                    let ended = ended(&call(runtime, case, number));
                    if ended.is_some_and(|ended| ended != case.expected) {
                        wrong.fetch_add(1, Ordering::Relaxed);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for sample in 1..=SAMPLES {
            while done.load(Ordering::Relaxed) < calls * sample / SAMPLES {
                thread::sleep(Duration::from_millis(2));
            }
            let now = Sample::take()?;
            let count = done.load(Ordering::Relaxed);
            let seconds = started.elapsed().as_secs_f64();
            writeln!(
                out,
                "{count:>9} {seconds:>8.1} {:>10} {:>6} {:>8}",
                now.resident, now.files, now.threads
            )?;
            samples.push(now);
        }
        Ok(())
    })?;
    let taken = started.elapsed();
    drop(runtime);
    let faults = check(&path, calls, &cases, &samples, wrong.into_inner())?;
    let size = fs::metadata(&path)?.len() >> 20;
    writeln!(out, "{calls} calls in {:.1} s, records of {size} MiB", taken.as_secs_f64())?;
    match faults.as_slice() {
        [] => Ok(writeln!(
            out,
            "every record is there, the chain is whole, memory, files and threads are flat"
        )?),
        faults => Err(faults.join("; ").into()),
    }
}

fn set_up(folder: &Path, log: &Path) -> Outcome<(OpenSkillRuntime, Vec<Case>)> {
    let cases = cases();
    let (skills, workspace) = (folder.join("skills"), folder.join("workspace"));
    fs::create_dir_all(&workspace)?;
    fs::write(workspace.join("data.txt"), "data")?;
    for case in &cases {
        let place = skills.join(case.skill);
        fs::create_dir_all(place.join("wasm"))?;
        let tools = if case.allowed_tools.is_empty() {
            String::new()
        } else {
            format!("allowed-tools: {}\n", case.allowed_tools)
        };
        let manifest = format!("---\nname: {}\ndescription: Soaked.\n{tools}---\nDo it.\n", case.skill);
        fs::write(place.join("SKILL.md"), manifest)?;
        fs::write(place.join("wasm/skill.wasm"), guest(case.guest))?;
    }
    let limits = Limits { output: 4_000, memory: 64 << 20, ..Limits::default() };
    let runtime = OpenSkillRuntime::builder()
        .skills_dir(skills)
        .workspace(&workspace)
        .cache_dir(openskills_tests::cache())
        .limits(limits)
        .audit_sink(AuditFile::open(log)?)
        .build()?;
    runtime.load_skills()?;
    Ok((runtime, cases))
}

/// Calls once; none if the call was given up.
fn call(
    runtime: &OpenSkillRuntime,
    case: &Case,
    number: u64,
) -> Option<Result<ExecutionResult, OpenSkillError>> {
    let token = CancelToken::new();
    let call = runtime.call(case.skill).input((case.input)(number)).cancel_token(&token);
    match case.way {
        Way::Plain => Some(call.run()),
        Way::Within(milliseconds) => Some(call.timeout(Duration::from_millis(milliseconds)).run()),
        Way::Cancelled | Way::Dropped => {
            let mut call: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(call.run_async());
            let mut poll = || match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(ended) => Some(ended),
                Poll::Pending => None,
            };
            if let Some(ended) = poll() {
                return Some(ended);
            }
            if let Way::Dropped = case.way {
                return None;
            }
            token.cancel();
            poll()
        }
    }
}

fn ended(call: &Option<Result<ExecutionResult, OpenSkillError>>) -> Option<&'static str> {
    Some(match call.as_ref()? {
        Ok(result) => result.audit.outcome.name(),
        Err(error) => error.audit().map_or("no record", |audit| audit.outcome.name()),
    })
}

/// What does not hold.
fn check(path: &Path, calls: u64, cases: &[Case], samples: &[Sample], wrong: u64) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    if wrong > 0 {
        faults.push(format!("{wrong} calls ended in another way than expected"));
    }
    let log = AuditLog::open(path)?;
    let report = log.verify(None, None)?;
    if report.broken.is_some() || report.records != calls || report.torn > 0 {
        faults.push(format!("the record file is not whole: {report:?}"));
    }
    let mut found: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for line in log.lines()? {
        let record = line?.record.ok_or("a line is no record")?;
        *found.entry((record.skill.clone(), record.outcome.name())).or_default() += 1;
    }
    let mut expected = BTreeMap::new();
    for number in 0..calls {
        let case = &cases[usize::try_from(number)? % cases.len()];
        *expected.entry((case.skill.to_owned(), case.expected)).or_default() += 1;
    }
    if found != expected {
        faults.push(format!("the records are others than expected: {found:?}"));
    }
    if let [first, .., last] = samples {
        if last.resident > first.resident + MAX_GROWTH_KIB {
            faults.push(format!("memory grew from {} to {} KiB", first.resident, last.resident));
        }
        // Threads that wait for work come and go; a leak of one a call would show.
        if last.files > first.files + 8 || last.threads > first.threads + 8 {
            faults.push("open files or threads grew".to_owned());
        }
    }
    Ok(faults)
}

/// The process as it is now.
struct Sample {
    resident: u64,
    files: usize,
    threads: usize,
}

impl Sample {
    fn take() -> Outcome<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let resident = line.trim().trim_end_matches(" kB").parse()?;
        let count = |folder| fs::read_dir(folder).map(Iterator::count);
        Ok(Self { resident, files: count("/proc/self/fd")?, threads: count("/proc/self/task")? })
    }
}
