//! Everything that an embedder can set.
#![expect(clippy::disallowed_methods, reason = "finds the folders of the user")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open_skill_runtime::OpenSkillRuntime;
use crate::audit::AuditSink;
use crate::capability::{Approver, Limits, Policy};
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
    pub(super) approver: Option<Arc<dyn Approver>>,
    pub(super) sink: Option<Arc<dyn AuditSink>>,
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
            approver: None,
            sink: None,
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
    /// call.
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
    /// [`OpenSkillError::Io`] if the workspace or a mount is no folder, or a mount's name is taken or no single name.
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
