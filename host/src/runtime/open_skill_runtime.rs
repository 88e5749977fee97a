//! The runtime that applications embed.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde_json::Value;
use tracing::field::Empty;

use super::builder::RuntimeBuilder;
use super::catalogue::{Catalogue, Entry};
use super::guest_root::GuestRoot;
use super::inspection::Inspection;
use super::offered::Descriptions;
use super::permissions::{AskedTarget, Permissions};
use super::skill_call::SkillCall;
use crate::call::{ExecutionOptions, ExecutionResult, block_on};
use crate::capability::{Policy, TargetExplanation};
use crate::error::OpenSkillError;
use crate::instance::{Artifact, ComponentStore, Engine, LoadFault, Metering, Readiness};
use crate::linker::{HttpClient, Identity, SessionAnswers};
use crate::skill::{
    MAX_FILLED_BYTES, Prompt, PromptOptions, Resource, SkillDescriptor, SkillDetail, SkillFault, Subject,
    Values, resource_list, resource_read,
};

/// Discovers skills, discloses them in three tiers, and runs their components.
///
/// Clones share everything. It can be used from several threads at once, from inside and outside of async runtimes;
/// each call gets an instance of its own.
#[derive(Clone)]
pub struct OpenSkillRuntime(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: RuntimeBuilder,
    pub(super) policy: Arc<Policy>,
    pub(super) http: Arc<HttpClient>,
    pub(super) session: Arc<SessionAnswers>,
    pub(super) catalogue: RwLock<Arc<Catalogue>>,
    pub(super) components: OnceLock<ComponentStore>,
    pub(super) root: OnceLock<GuestRoot>,
    pub(super) descriptions: Descriptions,
}

impl OpenSkillRuntime {
    /// A runtime for the skills of one folder, with the defaults of [`RuntimeBuilder`]. Nothing is read yet.
    pub fn new<P: AsRef<Path>>(skills_dir: P) -> Self {
        Self::from_builder(RuntimeBuilder::default().skills_dir(skills_dir))
    }

    /// Settings for a runtime.
    #[must_use]
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    pub(super) fn from_builder(mut settings: RuntimeBuilder) -> Self {
        let policy = Arc::new(std::mem::take(&mut settings.policy));
        let http = Arc::new(std::mem::replace(&mut settings.http, HttpClient::new()));
        Self(Arc::new(Inner {
            settings,
            policy,
            http,
            session: Arc::default(),
            catalogue: RwLock::default(),
            components: OnceLock::new(),
            root: OnceLock::new(),
            descriptions: Descriptions::default(),
        }))
    }

    /// Reads the names and descriptions of all skills: tier 1. Sorted by name.
    ///
    /// A skill that cannot be used does not hide the others: see [`OpenSkillRuntime::faults`]. Called again, it reads
    /// everything anew; calls that run meanwhile are not disturbed.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if a skills folder cannot be read.
    pub fn load_skills(&self) -> Result<Vec<SkillDescriptor>, OpenSkillError> {
        let inner = &self.0;
        let span =
            tracing::info_span!("discover", folders = inner.settings.skills_dirs.len(), skills = Empty);
        let _entered = span.enter();
        // Protected before it is there: a skill must not be the one who makes it.
        let mut protected = inner.settings.protected.clone();
        protected.extend(inner.settings.cache.clone());
        let catalogue = Catalogue::load(&inner.settings.skills_dirs, &protected, &inner.policy)?;
        let descriptors: Vec<_> = catalogue.entries.values().map(|entry| entry.skill.descriptor()).collect();
        span.record("skills", descriptors.len());
        *inner.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
        Ok(descriptors)
    }

    /// Loads the skill in one folder, beside those loaded already; it takes the place of one with its name.
    ///
    /// # Errors
    /// [`OpenSkillError::InvalidManifest`], [`OpenSkillError::Io`].
    pub fn load_skill(&self, folder: impl AsRef<Path>) -> Result<SkillDescriptor, OpenSkillError> {
        let inner = &self.0;
        let mut catalogue = inner.catalogue.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Catalogue {
            entries: catalogue.entries.clone(),
            faults: catalogue.faults.clone(),
            protected: catalogue.protected.clone(),
            searched: catalogue.searched.clone(),
        };
        for path in inner.settings.protected.iter().chain(&inner.settings.cache) {
            next.protect(path);
        }
        let entry = next.open(folder.as_ref(), &inner.policy)?;
        *catalogue = Arc::new(next);
        Ok(entry.skill.descriptor())
    }

    /// The `SKILL.md` files that were left out or are odd, with reasons, in the order in which they were found.
    #[must_use]
    pub fn faults(&self) -> Vec<SkillFault> {
        self.0.catalogue().faults.clone()
    }

    /// The catalogue of the loaded skills as a text for a model, sorted by name: tier 1. See [`Prompt`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let skill = folder.path().join("greet");
    /// # std::fs::create_dir(&skill)?;
    /// # std::fs::write(skill.join("SKILL.md"), "---\nname: greet\ndescription: Greets.\n---\n")?;
    /// use openskills_runtime::{OpenSkillRuntime, PromptFormat, PromptOptions};
    ///
    /// let runtime = OpenSkillRuntime::new(folder.path());
    /// runtime.load_skills()?;
    /// let options = PromptOptions { format: PromptFormat::Xml, budget_tokens: Some(2_000), ..Default::default() };
    /// let prompt = runtime.prompt(&options);
    /// assert!(prompt.text.starts_with("<available_skills>\n<skill>\n<name>\ngreet\n</name>\n"));
    /// assert!(prompt.tokens <= 2_000 && prompt.left_out.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn prompt(&self, options: &PromptOptions) -> Prompt {
        Prompt::of(self.0.catalogue().entries.values().map(|entry| Subject::from(&entry.skill)), options)
    }

    /// All that a skill says of itself in its front matter.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`].
    pub fn skill(&self, skill_id: &str) -> Result<SkillDetail, OpenSkillError> {
        Ok(self.0.find(skill_id)?.skill.detail())
    }

    /// The instructions of a skill with the values of its placeholders: tier 2, when the skill is used. `arguments` is
    /// what was typed after its name, or empty.
    ///
    /// `$ARGUMENTS` is that text; `$0`, `$1`… and `$ARGUMENTS[0]`… are its words, split as a shell does it; the names
    /// in the field `arguments` are the same words by name; `${SKILL_DIR}` and `${CLAUDE_SKILL_DIR}` are the skill's
    /// folder. A placeholder without a value and any other `$` stay as they are, so does one after a backslash, which
    /// goes. Arguments that nothing asks for are appended as `ARGUMENTS: …`. Values are never expanded again.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let skill = folder.path().join("greet");
    /// # std::fs::create_dir(&skill)?;
    /// # let text = "---\nname: greet\ndescription: Greets.\narguments: who\n---\nSay hello to $who.\n";
    /// # std::fs::write(skill.join("SKILL.md"), text)?;
    /// # let runtime = openskills_runtime::OpenSkillRuntime::new(folder.path());
    /// # runtime.load_skills()?;
    /// // With `arguments: who` and the body `Say hello to $who.`:
    /// assert_eq!(runtime.activate("greet", "'Ada Lovelace'")?, "Say hello to Ada Lovelace.\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`]; [`OpenSkillError::Io`] if the file
    /// cannot be read, or if the result would have more than 16 MiB.
    pub fn activate(&self, skill_id: &str, arguments: &str) -> Result<String, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let folder = entry.skill.folder.to_string_lossy();
        let values = Values::new(arguments, &entry.skill.manifest.arguments, &folder);
        values.fill(&entry.skill.instructions()?).ok_or_else(|| OpenSkillError::Io {
            context: format!("the arguments cannot be put into the instructions of `{skill_id}`"),
            source: std::io::Error::other(format!("they would have more than {MAX_FILLED_BYTES} bytes")),
            trace: None,
        })
    }

    /// The instructions of a skill, the Markdown of its `SKILL.md`, as written: tier 2, to look at.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`], [`OpenSkillError::Io`].
    pub fn instructions(&self, skill_id: &str) -> Result<String, OpenSkillError> {
        self.0.find(skill_id)?.skill.instructions()
    }

    /// The other files that come with a skill: tier 3.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`].
    pub fn resources(&self, skill_id: &str) -> Result<Vec<Resource>, OpenSkillError> {
        Ok(resource_list(&self.0.find(skill_id)?.skill.folder))
    }

    /// One of these files. Nothing outside the skill's folder can be read, by whatever path or link; at most 16 MiB.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`], [`OpenSkillError::Io`].
    pub fn resource(&self, skill_id: &str, path: &str) -> Result<Vec<u8>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        resource_read(&entry.skill.folder, path).map_err(|source| OpenSkillError::Io {
            context: format!("the resource `{path}` of `{skill_id}` cannot be read"),
            source,
            trace: None,
        })
    }

    /// Runs a skill once with a JSON input.
    ///
    /// Blocks the calling thread, whatever it is: a plain one, or one of an async runtime. Every call that finds its
    /// skill yields exactly one [`AuditRecord`](crate::AuditRecord), in the result or in the error.
    ///
    /// # Errors
    /// Each of [`OpenSkillError`]'s.
    #[expect(clippy::needless_pass_by_value, reason = "the signature of the developer guide")]
    pub fn execute_skill(
        &self,
        skill_id: &str,
        input: Value,
        options: ExecutionOptions,
    ) -> Result<ExecutionResult, OpenSkillError> {
        self.0.call(skill_id, &input, &options.into())
    }

    /// As [`OpenSkillRuntime::execute_skill`], without blocking: the future can be polled by any executor. Dropping it
    /// stops the guest.
    pub fn execute_skill_async(
        &self,
        skill_id: &str,
        input: Value,
        options: ExecutionOptions,
    ) -> impl Future<Output = Result<ExecutionResult, OpenSkillError>> + Send + use<> {
        self.call(skill_id).input(input).options(options).run_async()
    }

    /// A call with more to say than [`OpenSkillRuntime::execute_skill`] has room for: a token that cancels it, say.
    pub fn call(&self, skill_id: &str) -> SkillCall {
        SkillCall::new(Arc::clone(&self.0), skill_id)
    }

    /// Makes a skill ready for its first call: compiles its component, or finds it compiled.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`], [`OpenSkillError::InvalidArtifact`].
    pub fn compile_skill(&self, skill_id: &str) -> Result<Readiness, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let artifact = entry
            .skill
            .read_artifact(self.0.settings.limits.component)
            .map_err(|message| invalid(&entry.skill.artifact(), message))?;
        let engine = self.0.engine()?;
        let components = self.0.components(engine);
        let loading = components.load(engine, artifact, self.0.settings.watcher.clone());
        match block_on(engine.handle(), loading) {
            Ok((_, readiness)) => Ok(readiness),
            Err(LoadFault::Invalid(message)) => Err(invalid(&entry.skill.artifact(), message)),
            Err(LoadFault::Busy) => Err(io(busy())),
        }
    }

    /// What a skill's component imports and exports, what its grant permits of that, and the schema of its input and
    /// output, if it describes them.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`], [`OpenSkillError::InvalidArtifact`].
    pub fn inspect_skill(&self, skill_id: &str) -> Result<Inspection, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let artifact = entry
            .skill
            .read_artifact(self.0.settings.limits.component)
            .map_err(|message| invalid(&entry.skill.artifact(), message))?;
        self.inspect(&entry.skill.artifact(), artifact, Some(&entry))
    }

    /// The same for a component file that belongs to no skill: nothing is granted to it.
    ///
    /// # Errors
    /// [`OpenSkillError::InvalidArtifact`].
    pub fn inspect_file(&self, path: impl AsRef<Path>) -> Result<Inspection, OpenSkillError> {
        let path = path.as_ref();
        let artifact =
            crate::skill::read_artifact(path, self.0.settings.limits.component).map_err(|message| {
                invalid(path, message.unwrap_or_else(|| "there is no such file".to_owned()))
            })?;
        self.inspect(path, artifact, None)
    }

    /// What the policy makes of each rule that a skill requests, and why: decided by the code that decides in a call,
    /// on targets that stand for others. Nothing is run.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`].
    pub fn permissions(&self, skill_id: &str) -> Result<Permissions, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        Ok(Permissions::new(&entry, &self.0.settings))
    }

    /// What a call would be answered about concrete targets, such as `Read(data/x.csv)`.
    ///
    /// # Errors
    /// As [`OpenSkillRuntime::permissions`].
    pub fn explain_target(
        &self,
        skill_id: &str,
        target: &AskedTarget,
    ) -> Result<Vec<TargetExplanation>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        Ok(target.explain(&entry, &self.0.settings))
    }

    /// The policy that holds for all skills, without the sections of single ones.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub(super) fn surroundings(&self) -> Result<(&'static Engine, Result<PathBuf, String>), OpenSkillError> {
        let engine = self.0.engine()?;
        Ok((engine, self.0.components(engine).cache()))
    }

    pub(super) fn inspect(
        &self,
        path: &Path,
        artifact: Artifact,
        entry: Option<&Entry>,
    ) -> Result<Inspection, OpenSkillError> {
        let engine = self.0.engine()?;
        let size = artifact.size();
        let inner = &self.0;
        block_on(engine.handle(), async {
            let loaded =
                inner.components(engine).load(engine, artifact, inner.settings.watcher.clone()).await;
            let (component, _) = loaded.map_err(|fault| match fault {
                LoadFault::Invalid(message) => invalid(path, message),
                LoadFault::Busy => io(busy()),
            })?;
            let root = inner.root().map_err(io)?;
            Inspection::new(engine, path, size, component, entry, root, &inner.http).await
        })
    }
}

impl Inner {
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn find(&self, id: &str) -> Result<Arc<Entry>, OpenSkillError> {
        let catalogue = self.catalogue.read().unwrap_or_else(PoisonError::into_inner);
        catalogue.find(id)
    }

    pub(super) fn components(&self, engine: &Engine) -> &ComponentStore {
        self.components.get_or_init(|| ComponentStore::new(engine, self.settings.cache.as_deref()))
    }

    pub(super) fn root(&self) -> std::io::Result<&GuestRoot> {
        if let Some(root) = self.root.get() {
            return Ok(root);
        }
        let root = GuestRoot::new(self.settings.cache.as_deref())?;
        Ok(self.root.get_or_init(|| root))
    }

    /// The engine of this runtime: the one that counts instructions only for those who limit them.
    pub(super) fn engine(&self) -> Result<&'static Engine, OpenSkillError> {
        let metering = if self.settings.limits.fuel.is_some() { Metering::Fuel } else { Metering::Off };
        Engine::get(metering).map_err(|fault| io(std::io::Error::other(fault.0)))
    }
}

impl Entry {
    pub(super) fn identity(&self, component_digest: String) -> Identity {
        Identity {
            skill: self.skill.manifest.name.clone(),
            folder: self.skill.folder.clone(),
            manifest_digest: self.skill.manifest_digest.clone(),
            component_digest,
        }
    }
}

pub(super) fn busy() -> std::io::Error {
    std::io::Error::other("too many components wait for the compiler: try again when they are done")
}

pub(super) fn io(source: std::io::Error) -> OpenSkillError {
    OpenSkillError::Io { context: "the runtime cannot start".to_owned(), source, trace: None }
}

pub(super) fn invalid(path: &Path, message: String) -> OpenSkillError {
    OpenSkillError::InvalidArtifact { path: PathBuf::from(path), message, trace: None }
}
