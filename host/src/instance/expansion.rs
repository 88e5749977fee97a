//! How much a component grows when it is put together. Components are instantiated within components, and those within
//! others: a file of a kilobyte can stand for more instances than a machine has room for, and the engine lays all of
//! them out before it counts them.

use std::collections::HashMap;

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Parser, Payload,
};

use super::artifact::NotAComponent;

/// The parts that a component may have when all that it instantiates is laid out. What compilers and compositions make
/// has a few thousand.
const MAX_PARTS: u64 = 300_000;

/// How deep components may lie within one another, and instantiate one another.
const MAX_DEPTH: usize = 100;

/// Refuses a component that grows beyond all bounds. What is not valid is left to whoever validates it.
pub(super) fn check(file: &[u8]) -> Result<(), NotAComponent> {
    let excess = match read(file) {
        Ok(Ok(bodies)) => {
            Layout { bodies: &bodies, scopes: Vec::new(), exports: Vec::new(), left: MAX_PARTS }
                .instantiate(0, None, &HashMap::new(), 0)
                .err()
        }
        Ok(Err(excess)) => Some(excess),
        Err(_) => None,
    };
    match excess {
        None => Ok(()),
        Some(Excess::Parts) => Err(NotAComponent(format!(
            "the components in it are instantiated so often that it has more than {MAX_PARTS} parts: compose it of fewer"
        ))),
        Some(Excess::Depth) => Err(NotAComponent(format!(
            "the components in it lie more than {MAX_DEPTH} deep within one another: compose it of fewer"
        ))),
    }
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excess {
    Parts,
    Depth,
}

/// What one component says, as far as it decides what is instantiated.
#[derive(Default)]
struct Body<'a> {
    items: Vec<Item<'a>>,
    /// All that it says, the rest included.
    parts: u64,
}

/// In the order of the file, which is that of the indices.
enum Item<'a> {
    Define(usize),
    Import(&'a str, Kind),
    Instantiate(u32, Box<[(&'a str, Kind, u32)]>),
    Group(Box<[(&'a str, Kind, u32)]>),
    Take(u32, &'a str, Kind),
    Outer(u32, u32),
    Export(&'a str, Kind, u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Component,
    Instance,
}

impl Kind {
    fn of(kind: ComponentExternalKind) -> Option<Self> {
        match kind {
            ComponentExternalKind::Component => Some(Self::Component),
            ComponentExternalKind::Instance => Some(Self::Instance),
            _ => None,
        }
    }
}

/// The components of a file, the outermost first.
fn read(file: &[u8]) -> Result<Result<Vec<Body<'_>>, Excess>, BinaryReaderError> {
    let mut bodies = vec![Body::default()];
    let mut open = vec![0];
    // A core module within a component has an end of its own.
    let mut modules = 0_usize;
    let mut kept = 0_u64;
    for payload in Parser::new(0).parse_all(file) {
        let payload = payload?;
        let place = *open.last().unwrap_or(&0);
        let count = bodies.len();
        let Some(body) = bodies.get_mut(place) else { break };
        let before = body.items.len();
        match payload {
            Payload::ModuleSection { .. } => {
                modules += 1;
                body.parts += 1;
            }
            Payload::End(_) if modules > 0 => modules -= 1,
            Payload::End(_) => drop(open.pop()),
            Payload::ComponentSection { .. } => {
                if open.len() > MAX_DEPTH {
                    return Ok(Err(Excess::Depth));
                }
                body.items.push(Item::Define(count));
                body.parts += 1;
                open.push(count);
                bodies.push(Body::default());
                kept += 1;
                if kept > MAX_PARTS {
                    return Ok(Err(Excess::Parts));
                }
                continue;
            }
            Payload::ComponentImportSection(section) => {
                body.parts += u64::from(section.count());
                for import in section {
                    let import = import?;
                    let kind = match import.ty {
                        ComponentTypeRef::Component(_) => Kind::Component,
                        ComponentTypeRef::Instance(_) => Kind::Instance,
                        _ => continue,
                    };
                    body.items.push(Item::Import(import.name.name, kind));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                body.parts += u64::from(section.count());
                for instance in section {
                    let item = match instance? {
                        ComponentInstance::Instantiate { component_index, args } => {
                            body.parts += args.len() as u64;
                            let args = args
                                .iter()
                                .filter_map(|arg| Some((arg.name, Kind::of(arg.kind)?, arg.index)));
                            Item::Instantiate(component_index, args.collect())
                        }
                        ComponentInstance::FromExports(exports) => {
                            body.parts += exports.len() as u64;
                            let exports = exports
                                .iter()
                                .filter_map(|one| Some((one.name.name, Kind::of(one.kind)?, one.index)));
                            Item::Group(exports.collect())
                        }
                    };
                    body.items.push(item);
                }
            }
            Payload::ComponentAliasSection(section) => {
                body.parts += u64::from(section.count());
                for alias in section {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, instance_index, name } => {
                            body.items
                                .extend(Kind::of(kind).map(|kind| Item::Take(instance_index, name, kind)));
                        }
                        ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                            body.items.push(Item::Outer(count, index));
                        }
                        _ => {}
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                body.parts += u64::from(section.count());
                for export in section {
                    let export = export?;
                    let kind = Kind::of(export.kind);
                    body.items.extend(kind.map(|kind| Item::Export(export.name.name, kind, export.index)));
                }
            }
            Payload::ComponentTypeSection(section) => body.parts += u64::from(section.count()),
            Payload::ComponentCanonicalSection(section) => body.parts += u64::from(section.count()),
            Payload::InstanceSection(section) => body.parts += u64::from(section.count()),
            _ => {}
        }
        kept += body.items.len().saturating_sub(before) as u64;
        if kept > MAX_PARTS {
            return Ok(Err(Excess::Parts));
        }
    }
    Ok(Ok(bodies))
}

/// What an index stands for.
#[derive(Clone, Copy)]
enum Value {
    /// A component with the scope that it was defined in.
    Component { body: usize, scope: usize },
    /// What an instance exports.
    Instance(usize),
    /// Given by the host, or not there.
    Unknown,
}

/// The components that are known within an instance of a component, and the scope around it.
struct Scope {
    components: Vec<Value>,
    outer: Option<usize>,
}

/// All instances, as the engine will lay them out.
struct Layout<'a> {
    bodies: &'a [Body<'a>],
    scopes: Vec<Scope>,
    exports: Vec<HashMap<&'a str, Value>>,
    left: u64,
}

impl<'a> Layout<'a> {
    /// Lays out one instance, and gives the place of what it exports.
    fn instantiate(
        &mut self,
        body: usize,
        outer: Option<usize>,
        arguments: &HashMap<&'a str, Value>,
        depth: usize,
    ) -> Result<usize, Excess> {
        let bodies = self.bodies;
        let Some(body) = bodies.get(body) else { return Ok(self.keep(HashMap::new())) };
        if depth > MAX_DEPTH {
            return Err(Excess::Depth);
        }
        self.left = self.left.checked_sub(body.parts + 1).ok_or(Excess::Parts)?;
        let scope = self.scopes.len();
        self.scopes.push(Scope { components: Vec::new(), outer });
        let mut instances: Vec<Value> = Vec::new();
        let mut exports = HashMap::new();
        for item in &body.items {
            let (kind, value) = match item {
                Item::Define(body) => (Kind::Component, Value::Component { body: *body, scope }),
                Item::Import(name, kind) => (*kind, arguments.get(name).copied().unwrap_or(Value::Unknown)),
                Item::Instantiate(index, arguments) => {
                    let value = match self.value(scope, &instances, Kind::Component, *index) {
                        Value::Component { body, scope: outer } => {
                            let arguments = arguments
                                .iter()
                                .map(|(name, kind, index)| {
                                    (*name, self.value(scope, &instances, *kind, *index))
                                })
                                .collect();
                            Value::Instance(self.instantiate(body, Some(outer), &arguments, depth + 1)?)
                        }
                        _ => Value::Unknown,
                    };
                    (Kind::Instance, value)
                }
                Item::Group(members) => {
                    let members = members
                        .iter()
                        .map(|(name, kind, index)| (*name, self.value(scope, &instances, *kind, *index)))
                        .collect();
                    (Kind::Instance, Value::Instance(self.keep(members)))
                }
                Item::Take(instance, name, kind) => {
                    let value = match self.value(scope, &instances, Kind::Instance, *instance) {
                        Value::Instance(place) => {
                            self.exports.get(place).and_then(|exports| exports.get(name)).copied()
                        }
                        _ => None,
                    };
                    (*kind, value.unwrap_or(Value::Unknown))
                }
                Item::Outer(count, index) => (Kind::Component, self.outer(scope, *count, *index)),
                Item::Export(name, kind, index) => {
                    let value = self.value(scope, &instances, *kind, *index);
                    exports.insert(*name, value);
                    (*kind, value)
                }
            };
            match (kind, self.scopes.get_mut(scope)) {
                (Kind::Instance, _) => instances.push(value),
                (Kind::Component, Some(scope)) => scope.components.push(value),
                (Kind::Component, None) => {}
            }
        }
        Ok(self.keep(exports))
    }

    fn keep(&mut self, exports: HashMap<&'a str, Value>) -> usize {
        self.exports.push(exports);
        self.exports.len() - 1
    }

    fn value(&self, scope: usize, instances: &[Value], kind: Kind, index: u32) -> Value {
        match kind {
            Kind::Instance => instances.get(index as usize).copied().unwrap_or(Value::Unknown),
            Kind::Component => self.outer(scope, 0, index),
        }
    }

    /// A component so many scopes further out.
    fn outer(&self, scope: usize, count: u32, index: u32) -> Value {
        let mut scope = self.scopes.get(scope);
        // Deeper than they lie within one another there are none.
        for _ in 0..count.min(MAX_DEPTH as u32 + 1) {
            scope = scope.and_then(|scope| self.scopes.get(scope.outer?));
        }
        scope.and_then(|scope| scope.components.get(index as usize)).copied().unwrap_or(Value::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        check(&wat::parse_str(text).unwrap()).err().map(|fault| fault.0)
    }

    /// Each component instantiates the one before it twice.
    fn doubled(times: usize) -> String {
        let more: String = (1..=times)
            .map(|at| {
                let before = at - 1;
                format!(
                    "(component $c{at} (alias outer 1 $c{before} (component $p)) (instance (instantiate $p)) \
                     (instance (instantiate $p)))"
                )
            })
            .collect();
        format!("(component (component $c0 (core module)) {more} (instance (instantiate $c{times})))")
    }

    /// Each component is given one that it instantiates twice, and gives another on that does so twice.
    fn given(times: usize) -> String {
        let twice = r#"(component $twice
            (import "it" (component $it))
            (component $both
                (alias outer 1 $it (component $one))
                (instance (instantiate $one)) (instance (instantiate $one)))
            (export "both" (component $both)))"#;
        let more: String = (1..=times)
            .map(|at| {
                let before = at - 1;
                format!(
                    r#"(instance $i{at} (instantiate $twice (with "it" (component $c{before}))))
                    (alias export $i{at} "both" (component $c{at}))"#
                )
            })
            .collect();
        format!("(component (component $c0 (core module)) {twice} {more} (instance (instantiate $c{times})))")
    }

    #[test]
    fn what_grows_without_bounds_is_refused_before_it_is_laid_out() {
        for text in [doubled(10), given(10)] {
            assert_eq!(told(&text), None);
        }
        for text in [doubled(40), given(40)] {
            assert!(told(&text).unwrap().contains("more than 300000 parts"));
        }
    }

    #[test]
    fn components_within_components_have_a_depth() {
        let nested = |depth: usize| {
            let mut file = b"\0asm\x0d\0\x01\0".to_vec();
            for _ in 0..depth {
                let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
                let mut size = file.len();
                loop {
                    let more = size > 0x7f;
                    outer.push(u8::try_from(size & 0x7f).unwrap() | if more { 0x80 } else { 0 });
                    size >>= 7;
                    if !more {
                        break;
                    }
                }
                outer.extend(file);
                file = outer;
            }
            check(&file).err().map(|fault| fault.0)
        };
        assert_eq!(nested(100), None);
        assert!(nested(101).unwrap().contains("100 deep"));
        let chain = |length: usize| {
            let more: String = (1..=length)
                .map(|at| {
                    let before = at - 1;
                    format!(
                        "(component $c{at} (alias outer 1 $c{before} (component $p)) (instance (instantiate $p)))"
                    )
                })
                .collect();
            told(&format!("(component (component $c0) {more} (instance (instantiate $c{length})))"))
        };
        assert_eq!(chain(99), None);
        assert!(chain(100).unwrap().contains("100 deep"));
    }

    #[test]
    fn what_is_not_valid_is_left_to_others() {
        let file = wat::parse_str(given(2)).unwrap();
        for end in 0..file.len() {
            let _ = check(&file[..end]);
            let mut wrong = file.clone();
            wrong[end] ^= 0x15;
            let _ = check(&wrong);
        }
    }
}
