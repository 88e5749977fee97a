//! What is going on between one event loop and the workers: calls that run, and questions that wait for an answer.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{Buffer, Either3, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};
use napi_derive::napi;
use openskills_runtime::{CancelToken, ToolReply};

use crate::failure::Failure;
use crate::tool::Reply;

/// What `lib/calls.js` is told: the number of a call or question, what became of it as JSON text, and what comes with
/// that: the text of a record, two streams, or a reply.
type Told = FnArgs<(u32, u32, String, Option<Either3<String, Vec<Buffer>, Reply>>)>;

/// Does not keep the process alive by itself.
type Deliver = ThreadsafeFunction<Event, (), Told, Status, false, true>;

/// Keeps the process alive while it is held, and does nothing else.
type Alive = ThreadsafeFunction<(), (), (), Status, false, true>;

/// What happened, with the numbers by which `lib/calls.js` knows it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A call ended well.
    Done = 0,
    /// A call failed.
    Failed = 1,
    /// An approver is asked.
    Question = 2,
    /// A record is to be kept.
    Record = 3,
    /// A component begins to be compiled.
    Compiling = 4,
    /// It is compiled.
    Compiled = 5,
}

pub(crate) struct Event {
    id: u32,
    kind: Kind,
    text: String,
    beside: Beside,
}

/// What comes with the JSON text of some ends.
#[derive(Default)]
pub(crate) enum Beside {
    #[default]
    Nothing,
    /// The record of a call as a JSON text of its own, which is read when somebody looks at it.
    Record(String),
    /// The two streams of a script, byte for byte.
    Streams(Vec<u8>, Vec<u8>),
    Reply(Box<ToolReply>),
}

/// The calls of one event loop.
#[napi]
pub struct Calls {
    pub(crate) shared: Arc<Shared>,
    alive: Alive,
}

/// What the workers know of it.
pub(crate) struct Shared {
    deliver: Deliver,
    tokens: Mutex<HashMap<u32, CancelToken>>,
    waiting: Mutex<HashMap<u32, SyncSender<String>>>,
    questions: AtomicU32,
}

#[napi]
impl Calls {
    /// `deliver` is told of everything, on the event loop.
    #[napi(constructor)]
    pub fn new(env: Env, deliver: Function<'_, Told, ()>) -> Result<Self> {
        let nothing = env.create_function_from_closure("alive", |_| Ok(()))?;
        let alive = nothing.build_threadsafe_function::<()>().weak::<true>().build()?;
        let deliver = deliver.build_threadsafe_function::<Event>().weak::<true>().build_callback(|told| {
            let Event { id, kind, text, beside } = told.value;
            let beside = match beside {
                Beside::Nothing => None,
                Beside::Record(record) => Some(Either3::A(record)),
                Beside::Streams(stdout, stderr) => Some(Either3::B(vec![stdout.into(), stderr.into()])),
                Beside::Reply(reply) => Some(Either3::C(Reply::new(*reply))),
            };
            Ok((id, kind as u32, text, beside).into())
        })?;
        let shared = Arc::new(Shared {
            deliver,
            tokens: Mutex::default(),
            waiting: Mutex::default(),
            questions: AtomicU32::new(0),
        });
        env.add_env_cleanup_hook(Arc::clone(&shared), |shared| shared.give_up())?;
        Ok(Self { shared, alive })
    }

    /// Keeps the process alive from now on, or no longer.
    #[napi]
    #[allow(deprecated, reason = "what is to be used instead keeps the process alive for ever")]
    pub fn hold(&mut self, env: Env, is_held: bool) -> Result<()> {
        if is_held { self.alive.refer(&env) } else { self.alive.unref(&env) }
    }

    /// Stops a call, if it still runs.
    #[napi]
    pub fn cancel(&self, id: u32) {
        if let Some(token) = locked(&self.shared.tokens).get(&id) {
            token.cancel();
        }
    }

    /// Answers a question.
    #[napi]
    pub fn answer(&self, question: u32, answer: String) {
        if let Some(waiting) = locked(&self.shared.waiting).remove(&question) {
            // Whoever asked may have stopped waiting.
            let _ = waiting.try_send(answer);
        }
    }
}

impl Shared {
    /// A call begins.
    pub(crate) fn begin(self: &Arc<Self>, id: u32) -> Promise {
        Promise { id, calls: Some(Arc::clone(self)) }
    }

    /// The token of a call that can be cancelled.
    pub(crate) fn token(&self, id: u32, is_cancelled: bool) -> CancelToken {
        let token = CancelToken::new();
        if is_cancelled {
            token.cancel();
        }
        locked(&self.tokens).insert(id, token.clone());
        token
    }

    /// Puts a question to the event loop. The answer comes by the receiver, whose other end is dropped if there will be
    /// none.
    pub(crate) fn ask(&self, kind: Kind, text: String) -> (u32, Receiver<String>) {
        let id = self.questions.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = sync_channel(1);
        locked(&self.waiting).insert(id, sender);
        if !self.tell(Event { id, kind, text, beside: Beside::Nothing }) {
            self.forget(id);
        }
        (id, receiver)
    }

    /// Tells the event loop something that has no answer.
    pub(crate) fn say(&self, kind: Kind, text: String) {
        self.tell(Event { id: 0, kind, text, beside: Beside::Nothing });
    }

    /// Nobody waits for this answer any more.
    pub(crate) fn forget(&self, question: u32) {
        locked(&self.waiting).remove(&question);
    }

    fn tell(&self, event: Event) -> bool {
        self.deliver.call(event, ThreadsafeFunctionCallMode::NonBlocking) == Status::Ok
    }

    /// The event loop ends: nobody waits for these calls, and nobody will answer.
    fn give_up(&self) {
        for token in locked(&self.tokens).values() {
            token.cancel();
        }
        locked(&self.waiting).clear();
    }
}

/// JSON text, and what comes with it.
pub(crate) type Outcome = std::result::Result<(String, Beside), Failure>;

/// What a call owes its caller: exactly one end.
pub(crate) struct Promise {
    id: u32,
    calls: Option<Arc<Shared>>,
}

impl Promise {
    pub(crate) fn settle(self, outcome: std::result::Result<String, Failure>) {
        self.settle_with(outcome.map(|text| (text, Beside::Nothing)));
    }

    /// With something beside the JSON text.
    pub(crate) fn settle_with(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(calls) = self.calls.take() else { return };
        locked(&calls.tokens).remove(&self.id);
        let (kind, text, beside) = match outcome {
            Ok((text, beside)) => (Kind::Done, text, beside),
            Err(failure) => (Kind::Failed, failure.text(), Beside::Nothing),
        };
        calls.tell(Event { id: self.id, kind, text, beside });
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.end(Err(Failure::internal("the call ended without an outcome: please report this")));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
