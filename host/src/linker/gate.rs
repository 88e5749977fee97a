//! `ask`: the one way from a guest's request to a decision, and the record of both.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::deadline::Deadline;
use super::http_client::Traffic;
use crate::audit::{Action, Ledger, Permission, Refusal};
use crate::capability::{
    Answer, Approver, Capabilities, Decision, Denial, Limits, Question, Reason, Remedy, printable,
};

/// Who asks: the identity of a skill as it stands on disk now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) skill: String,
    pub(crate) folder: PathBuf,
    pub(crate) manifest_digest: String,
    pub(crate) component_digest: String,
}

/// What an answer for the session holds for: a skill, its rule, and the reason for asking.
type SessionKey = (Identity, String, String);

/// Answers that hold for as long as the runtime lives, by skill and rule.
#[derive(Debug, Default)]
pub(crate) struct SessionAnswers {
    yes: Mutex<HashSet<SessionKey>>,
    /// Calls that would ask the same at once take turns: the answer to the first may settle it for all.
    turns: Mutex<HashMap<SessionKey, Arc<tokio::sync::Mutex<()>>>>,
}

impl SessionAnswers {
    fn holds(&self, key: &SessionKey) -> bool {
        self.yes.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    fn turn(&self, key: &SessionKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody waits for is dropped: a runtime may live for years, and each version of a skill has its own.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(key.clone()).or_default())
    }
}

/// The gate of one call: everything that a guest may or may not do passes through [`Gate::ask`].
pub(crate) struct Gate {
    /// The call: what questions and the record know it by.
    pub(crate) id: Uuid,
    pub(crate) capabilities: Arc<Capabilities>,
    pub(crate) deadline: Deadline,
    pub(crate) limits: AskLimits,
    pub(crate) traffic: Arc<Traffic>,
    identity: Arc<Identity>,
    approver: Option<Arc<dyn Approver>>,
    session: Arc<SessionAnswers>,
    ledger: Mutex<Ledger>,
    answers: Mutex<Answers>,
    /// One question at a time: a guest can have many requests under way at once.
    asking: tokio::sync::Mutex<()>,
}

/// The limits that apply while a guest runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskLimits {
    prompts: usize,
    prompt_timeout: Duration,
    pub(crate) body: usize,
}

/// What was answered in this call.
#[derive(Debug, Default)]
struct Answers {
    prompts: usize,
    yes: HashSet<(String, String)>,
    no: HashMap<String, Reason>,
}

/// What the guest wants, in words for the question and the record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) action: Action,
    pub(crate) target: &'a str,
}

impl Gate {
    pub(crate) fn new(
        id: Uuid,
        capabilities: Arc<Capabilities>,
        identity: Arc<Identity>,
        limits: &Limits,
        deadline: Deadline,
        approver: Option<Arc<dyn Approver>>,
        session: Arc<SessionAnswers>,
    ) -> Self {
        let (ledger, answers, asking) = (Mutex::default(), Mutex::default(), Default::default());
        let traffic = Arc::new(Traffic::new(limits.requests, limits.transferred_bytes));
        let limits =
            AskLimits { prompts: limits.prompts, prompt_timeout: limits.prompt_timeout, body: limits.body };
        Self {
            id,
            capabilities,
            deadline,
            limits,
            traffic,
            identity,
            approver,
            session,
            ledger,
            answers,
            asking,
        }
    }

    /// Turns a decision of the rules into an answer, asks the approver where the rules leave it open, and records
    /// what was answered.
    pub(crate) async fn ask(&self, request: Request<'_>, decision: Decision) -> Result<(), Refusal> {
        match self.settle(request, decision).await {
            Ok(permission) => {
                self.allowed(request, permission);
                Ok(())
            }
            Err(denial) => Err(self.refuse(request, &denial)),
        }
    }

    /// The same for several targets of one decision: one question, and each of them on record by its own name.
    pub(crate) async fn ask_for_each(
        &self,
        action: Action,
        targets: &[&str],
        decision: Decision,
    ) -> Result<(), Vec<Refusal>> {
        let all = targets.join(", ");
        let requests = targets.iter().map(|target| Request { action, target });
        match self.settle(Request { action, target: &all }, decision).await {
            Ok(permission) => {
                requests.for_each(|request| self.allowed(request, permission));
                Ok(())
            }
            Err(denial) => Err(requests.map(|request| self.refuse(request, &denial)).collect()),
        }
    }

    /// A yes or a no, the approver's where the rules leave it open. Nothing is recorded.
    async fn settle(&self, request: Request<'_>, decision: Decision) -> Result<Permission, Denial> {
        match decision {
            Decision::Allow => Ok(Permission::Allowed),
            Decision::Deny(denial) => Err(denial),
            Decision::Ask { rule, reason, remedy } => match self.consult(request, &rule, &reason).await {
                Ok(()) => Ok(Permission::Approved),
                Err(reason) => Err(Denial { reason, remedy }),
            },
        }
    }

    /// Records a refusal and gives it back for the guest's own error.
    pub(crate) fn refuse(&self, request: Request<'_>, denial: &Denial) -> Refusal {
        let refusal = Refusal::new(request.action, printable(request.target), denial);
        self.ledger().refused(refusal.clone());
        refusal
    }

    /// Records that something was tried which no grant opens.
    pub(crate) fn refuse_always(&self, request: Request<'_>, why: &'static str) -> Refusal {
        self.refuse(request, &Denial { reason: Reason::Never(why), remedy: Remedy::None })
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn component_digest(&self) -> &str {
        &self.identity.component_digest
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    pub(crate) fn prompts(&self) -> u64 {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).prompts as u64
    }

    fn allowed(&self, request: Request<'_>, permission: Permission) {
        let mut ledger = self.ledger();
        match request.action {
            Action::Look => ledger.looked(),
            action => ledger.used(action, request.target, permission),
        }
    }

    async fn consult(&self, request: Request<'_>, rule: &str, reason: &str) -> Result<(), Reason> {
        let Some(approver) = self.approver.clone() else { return Err(Reason::NoApprover) };
        let _turn = self.asking.lock().await;
        // The reason is part of it: a yes to a public host is none to a name that resolves to a private address.
        let session_key = ((*self.identity).clone(), rule.to_owned(), reason.to_owned());
        if self.session.holds(&session_key) {
            return Ok(());
        }
        let _paused = self.deadline.pause();
        let turn = self.session.turn(&session_key);
        let _turn = turn.lock().await;
        if self.session.holds(&session_key) {
            return Ok(());
        }
        let call_key = (rule.to_owned(), request.target.to_owned());
        {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.yes.contains(&call_key) {
                return Ok(());
            }
            if let Some(reason) = answers.no.get(rule) {
                return Err(reason.clone());
            }
            if answers.prompts >= self.limits.prompts {
                return Err(Reason::TooManyPrompts);
            }
            answers.prompts += 1;
        }
        let question = self.question(request, rule, reason);
        let span = tracing::info_span!("ask", skill = self.identity.skill, rule);
        let asked = tokio::task::spawn_blocking(move || span.in_scope(|| approver.approve(&question)));
        let answer = tokio::time::timeout(self.limits.prompt_timeout, asked).await;
        match answer {
            Ok(Ok(Answer::Once)) => {
                self.answers.lock().unwrap_or_else(PoisonError::into_inner).yes.insert(call_key);
                Ok(())
            }
            Ok(Ok(Answer::Session)) => {
                self.session.yes.lock().unwrap_or_else(PoisonError::into_inner).insert(session_key);
                Ok(())
            }
            // An approver that panicked or took too long has not said yes.
            Ok(Ok(Answer::No) | Err(_)) | Err(_) => {
                let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                answers.no.insert(rule.to_owned(), Reason::Declined);
                Err(Reason::Declined)
            }
        }
    }

    fn question(&self, request: Request<'_>, rule: &str, reason: &str) -> Question {
        let action = match request.action {
            Action::Look => "look at",
            Action::Read => "read",
            Action::List => "list",
            Action::Write => "write",
            Action::Fetch => "send a request to",
            Action::Env => "read the environment variables",
            Action::Connect => "connect to",
            Action::Import => "import",
            Action::Run => "run",
        };
        Question {
            call: self.id.to_string(),
            skill: printable(&self.identity.skill),
            folder: self.identity.folder.clone(),
            manifest_digest: self.identity.manifest_digest.clone(),
            component_digest: self.identity.component_digest.clone(),
            action: action.to_owned(),
            target: printable(request.target),
            rule: printable(rule),
            reason: printable(reason),
            timeout: self.limits.prompt_timeout,
        }
    }
}
