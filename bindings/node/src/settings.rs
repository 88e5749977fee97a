//! The options of `new OpenSkillRuntime`, as `lib/options.js` hands them over.

use std::path::PathBuf;
use std::time::Duration;

use openskills_runtime::{AuditFile, Limits, MountPoint, OnAuditFailure, OpenSkillRuntime, RuntimeBuilder};
use serde::Deserialize;

use crate::audit_log::unwritable;
use crate::callback::Callback;
use crate::failure::Failure;
use crate::policy::Rules;

/// What can be set. A name that is not here is an error: a misspelt `policy` must not pass.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    skills_dirs: Vec<PathBuf>,
    workspace: Option<PathBuf>,
    mounts: Vec<Mount>,
    policy: Option<Rules>,
    user_policy: bool,
    project_policy: Option<PathBuf>,
    project_policy_files: Vec<PathBuf>,
    policy_files: Vec<PathBuf>,
    approver: bool,
    audit_sink: Option<Audit>,
    on_audit_failure: Option<AuditFailure>,
    limits: LimitValues,
    cache_dir: Option<Cache>,
    compile_watcher: bool,
    environment: Option<std::collections::BTreeMap<String, String>>,
    protect: Vec<PathBuf>,
    trust_certificates: Vec<String>,
    http_proxy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Mount {
    host: PathBuf,
    guest: String,
    #[serde(default)]
    writable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Audit {
    Callback,
    File {
        path: PathBuf,
        #[serde(default)]
        synced: bool,
        after: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AuditFailure {
    Fail,
    GoOn,
}

/// `false` for none, or a folder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Cache {
    None,
    Folder(PathBuf),
}

/// The fields of [`Limits`], each as it is there but for the two times, which are in milliseconds.
macro_rules! limits {
    ($($name:ident: $kind:ty),*) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        struct LimitValues {
            timeout_ms: Option<u64>,
            prompt_timeout_ms: Option<u64>,
            fuel: Option<u64>,
            $($name: Option<$kind>,)*
        }

        impl LimitValues {
            fn limits(&self) -> Limits {
                let default = Limits::default();
                Limits {
                    timeout: self.timeout_ms.map_or(default.timeout, Duration::from_millis),
                    prompt_timeout: self.prompt_timeout_ms.map_or(default.prompt_timeout, Duration::from_millis),
                    fuel: self.fuel,
                    $($name: self.$name.unwrap_or(default.$name),)*
                }
            }
        }
    };
}

limits! {
    memory: usize, output: usize, input: usize, stdio: usize, body: usize, requests: u64, transferred_bytes: u64,
    table_elements: usize, instances: usize, memories: usize, tables: usize, handles: usize, hostcall_bytes: usize,
    written_bytes: u64, created_files: u64, prompts: usize, component: u64, queue: usize
}

impl Settings {
    /// The runtime. `callback` is asked if an approver or a sink was given.
    pub(crate) fn runtime(self, callback: &Callback) -> Result<OpenSkillRuntime, Failure> {
        let mut builder = OpenSkillRuntime::builder().limits(self.limits.limits());
        if let Some(rules) = self.policy {
            builder = builder.policy(rules.policy()?);
        }
        if self.user_policy {
            builder = builder.user_policy()?;
        }
        if let Some(folder) = &self.project_policy {
            builder = builder.project_policy(folder)?;
        }
        for path in &self.project_policy_files {
            builder = builder.project_policy_file(path)?;
        }
        for path in &self.policy_files {
            builder = builder.policy_file(path)?;
        }
        builder = self.skills_dirs.iter().fold(builder, RuntimeBuilder::skills_dir);
        builder = self.protect.iter().fold(builder, RuntimeBuilder::protect);
        if let Some(workspace) = &self.workspace {
            builder = builder.workspace(workspace);
        }
        for Mount { host, guest, writable } in self.mounts {
            builder = builder.mount(MountPoint { host, guest, writable });
        }
        if self.approver {
            builder = builder.approver(callback.clone());
        }
        if self.compile_watcher {
            builder = builder.compile_watcher(callback.clone());
        }
        builder = match self.audit_sink {
            None => builder,
            Some(Audit::Callback) => builder.audit_sink(callback.clone()),
            Some(Audit::File { path, synced, after }) => {
                let opened = AuditFile::open(&path).map_err(|source| unwritable(&path, source))?;
                let file = opened.after(after.unwrap_or_default());
                builder.protect(&path).audit_sink(if synced { file.synced() } else { file })
            }
        };
        builder = match self.on_audit_failure {
            None | Some(AuditFailure::Fail) => builder,
            Some(AuditFailure::GoOn) => builder.on_audit_failure(OnAuditFailure::GoOn),
        };
        builder = match self.cache_dir {
            None => builder,
            Some(Cache::None) => builder.no_cache(),
            Some(Cache::Folder(folder)) => builder.cache_dir(folder),
        };
        if let Some(variables) = self.environment {
            builder = builder.environment(variables);
        }
        for pem in &self.trust_certificates {
            builder = builder.trust_certificates(pem.as_bytes())?;
        }
        if let Some(url) = &self.http_proxy {
            builder = builder.http_proxy(url)?;
        }
        Ok(builder.build()?)
    }
}
