//! One run of a program: a component that exports `wasi:cli/run`, with JSON on stdin and an answer on stdout.

use bytes::Bytes;
use serde_json::Value;
use wasmtime::component::ComponentExportIndex;
use wasmtime_wasi::I32Exit;

use super::failure::Failure;
use super::plan::{Plan, Remains, enter};
use crate::capability::LimitKind;

/// Runs it once. What it prints is its output: the JSON value if it is one, otherwise the text, without the line ending
/// at its end. So stdout has what an output may have, and is empty when the program has answered.
pub(super) async fn run_program(plan: Plan<'_>, run: ComponentExportIndex, input: &str) -> Remains {
    let limit = plan.limits.output;
    let name = plan.gate.identity().skill.clone();
    let mut remains = enter(plan, async |store, instance| {
        let state = store.data_mut();
        state.stdin.set(Bytes::copy_from_slice(input.as_bytes()));
        state.stdout.keep(limit);
        state.arguments = vec![name];
        let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run).map_err(|error| {
            Failure::Artifact(format!("its `run` is not that of `wasi:cli/run`: {}", error.root_cause()))
        })?;
        let status = match run.call_async(&mut *store, ()).await {
            Ok((Ok(()),)) => 0,
            Ok((Err(()),)) => 1,
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => exit.0,
                None => return Err(Failure::of_trap(&error, &store.data().memory)),
            },
        };
        match status {
            0 => Ok(String::new()),
            status => Err(Failure::Failed(format!("it exited with status {status}"))),
        }
    })
    .await;
    if remains.outcome.is_ok() {
        let (text, written) = std::mem::take(&mut remains.stdout);
        remains.stdout.1 = written;
        remains.outcome = match written > limit as u64 {
            true => Err(Failure::Limit(LimitKind::Output)),
            false => Ok(answer(text)),
        };
    }
    remains
}

/// JSON as it stands; any other text as JSON.
fn answer(mut text: String) -> String {
    if serde_json::from_str::<Value>(&text).is_ok() {
        return text;
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Value::String(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn json_stays_and_text_is_wrapped_without_its_last_line_ending() {
        for (printed, output) in [
            ("{\"a\": 1}\n", "{\"a\": 1}\n"),
            (" 12 ", " 12 "),
            ("null", "null"),
            ("", "\"\""),
            ("hello", "\"hello\""),
            ("hello\n", "\"hello\""),
            ("hello\r\n", "\"hello\""),
            ("hello\n\n", "\"hello\\n\""),
            ("{\"a\":1}\n{\"a\":2}\n", "\"{\\\"a\\\":1}\\n{\\\"a\\\":2}\""),
            ("NaN\n", "\"NaN\""),
        ] {
            assert_eq!(answer(printed.to_owned()), output, "{printed:?}");
        }
    }
}
