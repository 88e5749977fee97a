//! Everything that an embedder can set.
#![expect(clippy::disallowed_methods, reason = "finds the folders of the user")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open_skill_runtime::OpenSkillRuntime;
use super::policy_files::{self, PolicyLoadError};
use crate::audit::{AuditSink, OnAuditFailure};
use crate::capability::{Approver, Authority, Limits, Policy, printable};
use crate::error::OpenSkillError;
use crate::instance::{CompileWatcher, default_cache};
use crate::linker::{HttpClient, MountPoint, Resolve};

/// Settings of an [`OpenSkillRuntime`]. The defaults are safe: the standard policy, no workspace, nobody to ask, the
/// limits of [`Limits::default`], records given back with each call and kept nowhere.
///
/// ```
/// use openskills_runtime::{MemorySink, OpenSkillRuntime, Policy};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join("openskills-doc");
/// # std::fs::create_dir_all(&folder)?;
/// let records = MemorySink::default();
/// let runtime = OpenSkillRuntime::builder()
///     .skills_dir("./skills")
///     .workspace(&folder)
///     .policy(Policy::default().deny("Read(.env)")?)
///     .audit_sink(records.clone())
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct RuntimeBuilder {
    pub(super) skills_dirs: Vec<PathBuf>,
    pub(super) workspace: Option<PathBuf>,
    pub(super) mounts: Vec<MountPoint>,
    pub(super) policy: Policy,
    pub(super) policy_files: Vec<PathBuf>,
    pub(super) approver: Option<Arc<dyn Approver>>,
    pub(super) sink: Option<Arc<dyn AuditSink>>,
    pub(super) on_audit_failure: OnAuditFailure,
    pub(super) limits: Limits,
    pub(super) cache: Option<PathBuf>,
    pub(super) environment: Option<Vec<(String, String)>>,
    pub(super) watcher: Option<Arc<dyn CompileWatcher>>,
    pub(super) protected: Vec<PathBuf>,
    pub(super) http: HttpClient,
}

impl Default for RuntimeBuilder {
    fn default() -> Self {
        Self {
            skills_dirs: Vec::new(),
            workspace: None,
            mounts: Vec::new(),
            policy: Policy::default(),
            policy_files: Vec::new(),
            approver: None,
            sink: None,
            on_audit_failure: OnAuditFailure::default(),
            limits: Limits::default(),
            cache: default_cache(),
            environment: None,
            watcher: None,
            protected: Vec::new(),
            http: HttpClient::new(),
        }
    }
}

impl RuntimeBuilder {
    /// Adds a folder that is searched for skills. Of two skills with the same name the one found first is used.
    #[must_use]
    pub fn skills_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.skills_dirs.push(folder.as_ref().to_owned());
        self
    }

    /// The folder whose files skills may use, as far as their rules and the policy say. None by default: then every
    /// use of a file outside the skill's own folder is refused.
    #[must_use]
    pub fn workspace(mut self, folder: impl AsRef<Path>) -> Self {
        self.workspace = Some(folder.as_ref().to_owned());
        self
    }

    /// Adds a further root beside the workspace.
    #[must_use]
    pub fn mount(mut self, mount: MountPoint) -> Self {
        self.mounts.push(mount);
        self
    }

    /// What skills may do of what they request. [`Policy::default`] by default.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds the user's own policy file, `$XDG_CONFIG_HOME/openskills/policy.yaml` or
    /// `~/.config/openskills/policy.yaml`, if it exists. No skill may write it, whether it exists or not.
    ///
    /// Files are added to the policy that is set so far, so [`RuntimeBuilder::policy`] comes before them. The library
    /// reads no policy file by itself.
    ///
    /// # Errors
    /// If it cannot be read or is not valid.
    pub fn user_policy(mut self) -> Result<Self, PolicyLoadError> {
        let Some(path) = policy_files::user_policy_path() else { return Ok(self) };
        self.protected.push(path.clone());
        match path.symlink_metadata() {
            Ok(_) => self.add_policy(Authority::User, &path),
            Err(_) => Ok(self),
        }
    }

    /// Adds the policy files of the project that `folder` lies in: `.openskills/policy.yaml` there and above, up to the
    /// root of the repository. They only narrow; what else they hold is among [`Policy::notes`].
    ///
    /// # Errors
    /// As [`RuntimeBuilder::user_policy`].
    pub fn project_policy(self, folder: impl AsRef<Path>) -> Result<Self, PolicyLoadError> {
        policy_files::project_policy_paths(folder.as_ref())
            .into_iter()
            .try_fold(self, |builder, path| builder.add_policy(Authority::Project, &path))
    }

    /// Adds a policy file by its name. No skill may write it.
    ///
    /// # Errors
    /// As [`RuntimeBuilder::user_policy`], and if it would widen a policy that has a lock.
    pub fn policy_file(self, path: impl AsRef<Path>) -> Result<Self, PolicyLoadError> {
        self.add_policy(Authority::Named, path.as_ref())
    }

    /// Adds one file as a project's, wherever it lies: it only narrows.
    ///
    /// # Errors
    /// As [`RuntimeBuilder::user_policy`].
    pub fn project_policy_file(self, path: impl AsRef<Path>) -> Result<Self, PolicyLoadError> {
        self.add_policy(Authority::Project, path.as_ref())
    }

    /// The policy as it is so far.
    #[must_use]
    pub fn current_policy(&self) -> &Policy {
        &self.policy
    }

    fn add_policy(mut self, authority: Authority, path: &Path) -> Result<Self, PolicyLoadError> {
        if !self.policy_files.iter().any(|read| read == path) {
            self.policy = policy_files::add(std::mem::take(&mut self.policy), authority, path)?;
            self.policy_files.push(path.to_owned());
            self.protected.push(path.to_owned());
        }
        Ok(self)
    }

    /// Changes the policy as it is so far, files included: rules of flags, for instance.
    ///
    /// # Errors
    /// What `change` fails with.
    pub fn change_policy<E>(mut self, change: impl FnOnce(Policy) -> Result<Policy, E>) -> Result<Self, E> {
        self.policy = change(std::mem::take(&mut self.policy))?;
        Ok(self)
    }

    /// Who is asked where the policy leaves it open. Nobody by default, which is a no.
    #[must_use]
    pub fn approver(mut self, approver: impl Approver + 'static) -> Self {
        self.approver = Some(Arc::new(approver));
        self
    }

    /// Where the record of every call goes, before the call returns. It is given back with each call in any case.
    #[must_use]
    pub fn audit_sink(mut self, sink: impl AuditSink + 'static) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// What becomes of a call whose record the sink could not keep: it fails, by default.
    #[must_use]
    pub fn on_audit_failure(mut self, choice: OnAuditFailure) -> Self {
        self.on_audit_failure = choice;
        self
    }

    /// What one call may use up.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where compiled components are kept: by default `$XDG_CACHE_HOME/openskills`, or `~/.cache/openskills`.
    #[must_use]
    pub fn cache_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.cache = Some(folder.as_ref().to_owned());
        self
    }

    /// Keeps no compiled components on disk.
    #[must_use]
    pub fn no_cache(mut self) -> Self {
        self.cache = None;
        self
    }

    /// The environment variables that grants are taken from: by default those of this process, as they are at each
    /// call. Of two with one name the last counts. A name that is empty or has a `=`, and a name or value with a NUL
    /// character, which no process can have, are errors of [`RuntimeBuilder::build`].
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Who is told when a component has to be compiled.
    #[must_use]
    pub fn compile_watcher(mut self, watcher: impl CompileWatcher + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }

    /// Adds a file or folder that no skill may write, whatever it requests: a policy, an audit log.
    #[must_use]
    pub fn protect(mut self, path: impl AsRef<Path>) -> Self {
        self.protected.push(path.as_ref().to_owned());
        self
    }

    /// Trusts the certificate authorities of a PEM text for https too, beside the platform's.
    ///
    /// # Errors
    /// If the text holds no certificate, or one that is damaged.
    pub fn trust_certificates(mut self, pem: &[u8]) -> Result<Self, OpenSkillError> {
        let http = std::mem::replace(&mut self.http, HttpClient::new());
        self.http = http.with_roots_pem(pem).map_err(|error| setting(&error.to_string()))?;
        Ok(self)
    }

    /// Sends all http requests of skills through a proxy, `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`. None
    /// by default: proxies of the environment are not used.
    ///
    /// The proxy is asked (`CONNECT`) for a tunnel to an address that has been looked up and checked here, for `http`
    /// too. It never learns a name from this, and no skill is asked about the proxy's own address.
    ///
    /// # Errors
    /// If the text is no such URL.
    pub fn http_proxy(mut self, url: &str) -> Result<Self, OpenSkillError> {
        let http = std::mem::replace(&mut self.http, HttpClient::new());
        self.http = http.with_proxy(url).map_err(|error| setting(&error.to_string()))?;
        Ok(self)
    }

    /// Looks up names of web servers elsewhere than the operating system does.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        let http = std::mem::replace(&mut self.http, HttpClient::new());
        self.http = http.with_resolver(Arc::new(resolver));
        self
    }

    /// Makes the runtime. No skill is read yet.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if the workspace or a mount is no folder, a mount's name is taken or no single name, or
    /// [`RuntimeBuilder::environment`] has what cannot be a variable.
    pub fn build(self) -> Result<OpenSkillRuntime, OpenSkillError> {
        for folder in self.workspace.iter().chain(self.mounts.iter().map(|mount| &mount.host)) {
            let metadata = std::fs::metadata(folder);
            let fault = match metadata {
                Ok(metadata) if metadata.is_dir() => continue,
                Ok(_) => io::Error::from(io::ErrorKind::NotADirectory),
                Err(error) => error,
            };
            return Err(OpenSkillError::Io {
                context: format!("the folder `{}` cannot be given to skills", folder.display()),
                source: fault,
                trace: None,
            });
        }
        for (name, value) in self.environment.iter().flatten() {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(setting(&format!(
                    "`{}` cannot be an environment variable: names are not empty and have no `=`, and neither they nor \
                     values have a NUL character",
                    printable(name)
                )));
            }
        }
        for (position, mount) in self.mounts.iter().enumerate() {
            let name = mount.guest.as_str();
            let taken = matches!(name, "workspace" | "skill" | "tmp" | "" | "." | "..")
                || self.mounts.iter().take(position).any(|other| other.guest == name);
            if taken || name.contains(['/', '\0']) {
                return Err(setting(&format!(
                    "`{name}` cannot be the name of a mount: give it one name of its own"
                )));
            }
        }
        Ok(OpenSkillRuntime::from_builder(self))
    }
}

fn setting(message: &str) -> OpenSkillError {
    OpenSkillError::Io {
        context: "a setting of the runtime cannot be used".to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, message.to_owned()),
        trace: None,
    }
}
