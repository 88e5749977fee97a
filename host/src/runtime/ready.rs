//! What is made once for a skill, at its first call, and shared by all its calls.

use std::path::Path;
use std::sync::Arc;

use super::builder::RuntimeBuilder;
use super::catalogue::Entry;
use super::guest_root::GuestRoot;
use crate::audit::Action;
use crate::call::Failure;
use crate::capability::{Denial, Kind, Reason, Remedy};
use crate::instance::{Engine, LoadedComponent};
use crate::linker::{Gate, Identity, ImportClass, Links, Mount, Mounts, Protected, Request};

/// A skill whose component is loaded, checked against its grant, and linked.
pub(super) struct Ready {
    pub(super) component: Arc<LoadedComponent>,
    pub(super) identity: Arc<Identity>,
    pub(super) mounts: Arc<Mounts>,
    pub(super) links: Links,
    /// Imports that the grant does not permit, all of them. Not empty: the skill does not run.
    pub(super) refused: Vec<(String, Denial)>,
}

impl Ready {
    pub(super) fn new(
        entry: &Entry,
        component: Arc<LoadedComponent>,
        settings: &RuntimeBuilder,
        root: &GuestRoot,
        protected: Protected,
    ) -> std::io::Result<Self> {
        let writable = |path: &Path, writable| Mount::open(path, writable);
        let mounts = Mounts {
            root: writable(root.path(), false)?.dir,
            workspace: settings.workspace.as_deref().map(|path| writable(path, true)).transpose()?,
            skill: writable(&entry.skill.folder, false)?,
            packages: None,
            further: settings
                .mounts
                .iter()
                .map(|mount| Ok((mount.guest.clone(), writable(&mount.host, mount.writable)?)))
                .collect::<std::io::Result<_>>()?,
            protected,
        };
        let identity = entry.identity(component.digest.clone());
        let links = Links {
            fs: entry.rights().capabilities.links(Kind::Files),
            http: entry.rights().capabilities.links(Kind::Http),
            env: entry.rights().capabilities.links(Kind::Env),
        };
        let refused = refused(entry, &component);
        Ok(Self { component, identity: Arc::new(identity), mounts: Arc::new(mounts), links, refused })
    }

    /// Refuses the skill if it imports what it was not granted; otherwise gives its linked component.
    pub(super) fn linked(
        &self,
        engine: &Engine,
        gate: &Gate,
    ) -> Result<&wasmtime::component::InstancePre<crate::linker::HostState>, Failure> {
        for (import, denial) in &self.refused {
            gate.refuse(Request { action: Action::Import, target: import }, denial);
        }
        if !self.refused.is_empty() {
            return Err(Failure::Refused);
        }
        self.component.link(engine, self.links).map_err(|error| {
            Failure::Artifact(format!("its imports are not those of this host: {}", error.root_cause()))
        })
    }
}

/// The imports of a component that a skill's grant does not permit.
pub(super) fn refused(entry: &Entry, component: &LoadedComponent) -> Vec<(String, Denial)> {
    let capabilities = &entry.rights().capabilities;
    component
        .imports
        .iter()
        .filter_map(|import| {
            let denial = match import.class() {
                ImportClass::Always => return None,
                ImportClass::ByGrant(kind) if !capabilities.links(kind) => capabilities.refusal(kind),
                ImportClass::ByGrant(_) => return None,
                ImportClass::Unknown => {
                    let (reason, advice) = import.absence();
                    Denial { reason: Reason::Never(reason), remedy: Remedy::Advice(advice.to_owned()) }
                }
            };
            Some((import.name.clone(), denial))
        })
        .collect()
}
