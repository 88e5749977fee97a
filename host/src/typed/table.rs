//! The functions that a component exports, made once for it.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex};

use super::shape::{Budget, Shape, Shapeless};

/// The functions of one component that are seen.
const MAX_FUNCTIONS: usize = 1_000;

/// Exports that are entry points of their own, and no functions for others.
const ENTRY_POINTS: [&str; 1] = ["wasi:cli/run"];

/// The typed functions of a component.
pub(crate) struct Functions {
    list: Vec<Export>,
    /// By each name that one may be called by; none where it is not clear which is meant.
    places: HashMap<String, Option<usize>>,
}

/// One exported function.
pub(crate) struct Export {
    /// The name to call it by.
    pub(crate) name: String,
    /// The interface it is of, as the component exports it.
    pub(super) interface: Option<String>,
    /// Its name there.
    pub(super) function: String,
    pub(crate) index: ComponentExportIndex,
    /// What a call needs, or why there can be none.
    pub(crate) callable: Result<Callable, String>,
}

/// The types of a function.
pub(crate) struct Callable {
    pub(crate) parameters: Vec<(Arc<str>, Shape)>,
    pub(crate) result: Option<Shape>,
    /// Whether its result can have bytes, which the engine hands over as values.
    pub(crate) returns_bytes: bool,
}

/// What there is under a name.
pub(crate) enum Found<'a> {
    One(&'a Export),
    /// Several: their full names.
    Unclear(Vec<&'a str>),
    None {
        /// The names most like it, best first; at most three.
        nearest: Vec<String>,
    },
}

impl Functions {
    /// The functions that a component exports, in its order: its own, and those of its interfaces.
    pub(crate) fn of(engine: &wasmtime::Engine, component: &Component) -> Self {
        let mut list = Vec::new();
        let mut budget = Budget::new();
        let kind = component.component_type();
        let is_skill = is_skill(engine, component);
        for (name, item) in kind.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(function) => {
                    let is_entry = is_of_its_making(None, name, &function)
                        || is_skill && (name == "execute" || name == "describe" && is_describe(&function));
                    if let (false, Some(index)) = (is_entry, component.get_export_index(None, name)) {
                        list.push(Export::new(None, name, index, &function, &mut budget));
                    }
                }
                ComponentItem::ComponentInstance(instance) => {
                    let path = name.split_once('@').map_or(name, |(path, _)| path);
                    let Some(outer) = component.get_export_index(None, name) else { continue };
                    if ENTRY_POINTS.contains(&path) {
                        continue;
                    }
                    for (part, item) in instance.exports(engine).take(MAX_FUNCTIONS) {
                        if let ComponentItem::ComponentFunc(function) = item.ty
                            && !is_of_its_making(Some(name), part, &function)
                            && let Some(index) = component.get_export_index(Some(&outer), part)
                        {
                            list.push(Export::new(Some(name), part, index, &function, &mut budget));
                        }
                    }
                }
                _ => {}
            }
            if list.len() >= MAX_FUNCTIONS {
                list.truncate(MAX_FUNCTIONS);
                break;
            }
        }
        Self::named(list)
    }

    /// Gives each function its name, and all names their functions.
    fn named(mut list: Vec<Export>) -> Self {
        let mut interfaces: HashMap<String, Vec<String>> = HashMap::new();
        for interface in list.iter().filter_map(|export| export.interface.as_ref()) {
            let path = interface.split_once('@').map_or(interface.as_str(), |(path, _)| path);
            let versions = interfaces.entry(path.to_owned()).or_default();
            if !versions.contains(interface) {
                versions.push(interface.clone());
            }
        }
        let mut places: HashMap<String, Option<usize>> = HashMap::new();
        let mut certain = HashMap::new();
        for (place, export) in list.iter_mut().enumerate() {
            let Some(interface) = &export.interface else {
                certain.insert(export.name.clone(), Some(place));
                continue;
            };
            let path = interface.split_once('@').map_or(interface.as_str(), |(path, _)| path);
            let is_alone = interfaces.get(path).is_none_or(|versions| versions.len() < 2);
            let short = path.rsplit_once('/').map_or(path, |(_, name)| name);
            export.name = format!("{}#{}", if is_alone { path } else { interface }, export.function);
            certain.insert(export.name.clone(), Some(place));
            for name in [
                format!("{interface}#{}", export.function),
                format!("{path}#{}", export.function),
                format!("{short}#{}", export.function),
                export.function.clone(),
            ] {
                places
                    .entry(name)
                    .and_modify(|known| {
                        if *known != Some(place) {
                            *known = None;
                        }
                    })
                    .or_insert(Some(place));
            }
        }
        // A full name means what it says, whatever it could be short for.
        places.extend(certain);
        Self { list, places }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Export> + Clone {
        self.list.iter()
    }

    /// The function of that name.
    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        match self.places.get(name) {
            Some(Some(place)) => match self.list.get(*place) {
                Some(export) => Found::One(export),
                None => Found::None { nearest: Vec::new() },
            },
            Some(None) => {
                let end = format!("#{name}");
                let means = |export: &&Export| {
                    export.function == name
                        || export.name.ends_with(&end)
                        || export.name.rsplit_once('/').is_some_and(|(_, short)| short == name)
                };
                Found::Unclear(self.list.iter().filter(means).map(|export| export.name.as_str()).collect())
            }
            None => Found::None { nearest: self.nearest(name) },
        }
    }

    /// Full names that are much like a wrong one.
    fn nearest(&self, name: &str) -> Vec<String> {
        // Nobody mistypes more than that, and comparing takes time with the square of it.
        if name.len() > 200 {
            return Vec::new();
        }
        let lower = name.to_lowercase();
        let distance = |export: &Export| {
            let short = export.name.rsplit_once('/').map_or(export.name.as_str(), |(_, short)| short);
            [export.name.as_str(), short, &export.function]
                .map(|name| strsim::damerau_levenshtein(&lower, &name.to_lowercase()))
                .into_iter()
                .min()
                .unwrap_or(usize::MAX)
        };
        let near = |export: &&Export| export.name.len() <= 200;
        let mut found: Vec<(usize, &str)> =
            self.list.iter().filter(near).map(|export| (distance(export), export.name.as_str())).collect();
        found.retain(|(distance, _)| *distance <= 2.max(name.len() / 3));
        found.sort();
        found.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
    }
}

impl Export {
    fn new(
        interface: Option<&str>,
        function: &str,
        index: ComponentExportIndex,
        kind: &ComponentFunc,
        budget: &mut Budget,
    ) -> Self {
        budget.next();
        Self {
            name: function.to_owned(),
            interface: interface.map(str::to_owned),
            function: function.to_owned(),
            index,
            callable: Callable::of(kind, budget),
        }
    }
}

impl Callable {
    fn of(kind: &ComponentFunc, budget: &mut Budget) -> Result<Self, String> {
        if kind.async_() {
            return Err("it is an `async` function, which this engine does not run".to_owned());
        }
        let parameter = |name: &str, kind: &Type, budget: &mut Budget| {
            Shape::of(kind, budget).map_err(|reason| match reason {
                Shapeless::Is(what) => {
                    format!("its parameter `{name}` is or holds {what}, which JSON cannot give")
                }
                Shapeless::TooMuch(reason) => reason,
            })
        };
        let parameters = kind
            .params()
            .map(|(name, kind)| Ok((Arc::from(name), parameter(name, &kind, budget)?)))
            .collect::<Result<_, String>>()?;
        let mut results = kind.results();
        let result = results.next().map(|kind| {
            Shape::of(&kind, budget).map_err(|reason| match reason {
                Shapeless::Is(what) => format!("it returns {what}, which ends with the call"),
                Shapeless::TooMuch(reason) => reason,
            })
        });
        let result = result.transpose()?;
        if results.next().is_some() {
            return Err("it returns more than one value".to_owned());
        }
        let returns_bytes = result.as_ref().is_some_and(Shape::has_bytes);
        Ok(Self { parameters, result, returns_bytes })
    }
}

/// Whether the component's `execute` is the entry point of skills.
fn is_skill(engine: &wasmtime::Engine, component: &Component) -> bool {
    let kind = component.component_type();
    let Some(ComponentItem::ComponentFunc(function)) =
        kind.get_export(engine, "execute").map(|export| export.ty)
    else {
        return false;
    };
    let takes_text = function.params().len() == 1 && function.params().all(|(_, kind)| kind == Type::String);
    let mut results = function.results();
    let (Some(Type::Result(result)), None) = (results.next(), results.next()) else { return false };
    let Some(Type::Variant(error)) = result.err() else { return false };
    let cases = error.cases().map(|case| case.name);
    takes_text && result.ok() == Some(Type::String) && cases.eq(["invalid-input", "denied", "failed"])
}

/// Whether it is what componentize-py or componentize-qjs called to make the component, which is left in it and is for
/// nobody else.
fn is_of_its_making(interface: Option<&str>, name: &str, function: &ComponentFunc) -> bool {
    let mut parameters = function.params().map(|(name, _)| name);
    match (interface, name) {
        (Some("exports"), "init") => parameters.eq(["app-name", "symbols", "stub-wasi"]),
        (None, "init") => parameters.by_ref().take(3).eq(["shim", "script", "entry-path"]),
        _ => false,
    }
}

fn is_describe(function: &ComponentFunc) -> bool {
    function.params().len() == 0 && function.results().eq([Type::String])
}
