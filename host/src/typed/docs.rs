//! What authors wrote about their functions and types, from a section that is built into the component.

use std::collections::HashMap;

use serde::Deserialize;

/// The custom sections that are read: ours, and the one of WIT packages, whose form both have (a version byte, then
/// JSON). Ours has a name of its own since tools that read components refuse the other's where its worlds are not
/// theirs.
const SECTIONS: [&[u8]; 2] = [b"openskills:docs", b"package-docs"];

/// Bytes of all sections that are read.
const MAX_BYTES: usize = 1 << 20;

/// Bytes of one text; what is longer is cut.
const MAX_TEXT: usize = 8 << 10;

/// The docs of the WIT packages that a component is made of, the author's first.
#[derive(Debug, Default)]
pub(crate) struct Docs(Vec<Package>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package {
    worlds: HashMap<String, World>,
    interfaces: HashMap<String, Interface>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct World {
    funcs: HashMap<String, Text>,
    func_exports: HashMap<String, Text>,
    types: HashMap<String, TypeDocs>,
    interfaces: HashMap<String, Interface>,
    interface_exports: HashMap<String, Interface>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    funcs: HashMap<String, Text>,
    types: HashMap<String, TypeDocs>,
}

/// A text; the form of 2024 has it by itself.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Alone(Option<String>),
    Kept {
        #[serde(default)]
        docs: Option<String>,
    },
}

/// What is said of a type and of its fields, cases or flags.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TypeDocs {
    docs: Option<String>,
    items: HashMap<String, String>,
}

impl TypeDocs {
    pub(super) fn text(&self) -> Option<String> {
        tidy(self.docs.as_deref()?)
    }

    pub(super) fn item(&self, name: &str) -> Option<String> {
        tidy(self.items.get(name)?)
    }
}

impl Docs {
    /// Those sections of a component file that have docs.
    pub(crate) fn sections(component: &[u8]) -> Vec<Box<[u8]>> {
        let mut found = Vec::new();
        let mut left = MAX_BYTES;
        let mut rest = component.get(8..).unwrap_or_default();
        while let Some((id, body, after)) = section(rest) {
            rest = after;
            let Some((name, content)) = (id == 0).then(|| sized(body)).flatten() else { continue };
            if SECTIONS.contains(&name)
                && let Some(room) = left.checked_sub(content.len())
            {
                left = room;
                found.push(content.into());
            }
        }
        found
    }

    /// Reads such sections. What cannot be read is left out: docs decide nothing.
    pub(crate) fn read(sections: &[Box<[u8]>]) -> Self {
        let package = |section: &[u8]| match section.split_first() {
            Some((0 | 1, json)) => serde_json::from_slice(json).ok(),
            _ => None,
        };
        Self(sections.iter().filter_map(|section| package(section)).collect())
    }

    /// What is said of a function.
    pub(super) fn function(&self, interface: Option<&str>, name: &str) -> Option<String> {
        let text = match interface {
            None => {
                self.worlds().find_map(|world| world.func_exports.get(name).or_else(|| world.funcs.get(name)))
            }
            Some(interface) => self.interface(interface).find_map(|interface| interface.funcs.get(name)),
        };
        match text? {
            Text::Alone(text) | Text::Kept { docs: text } => tidy(text.as_deref()?),
        }
    }

    /// What is said of a type: where it is named, or where it was taken from, if only one place has that name.
    pub(super) fn kind(&self, interface: Option<&str>, name: &str) -> Option<&TypeDocs> {
        let here = match interface {
            None => self.worlds().find_map(|world| world.types.get(name)),
            Some(interface) => self.interface(interface).find_map(|interface| interface.types.get(name)),
        };
        here.or_else(|| {
            let mut found = self.0.iter().flat_map(|package| {
                let inner = package.worlds.values().flat_map(|world| world.interfaces.values());
                package.interfaces.values().chain(inner).filter_map(|interface| interface.types.get(name))
            });
            let first = found.next()?;
            found.next().is_none().then_some(first)
        })
    }

    fn worlds(&self) -> impl Iterator<Item = &World> {
        self.0.iter().flat_map(|package| package.worlds.values())
    }

    /// The interfaces that an export's name may mean: `ns:package/name@version`, or a world's own.
    fn interface<'a>(&'a self, export: &str) -> impl Iterator<Item = &'a Interface> + use<'a> {
        let path = export.split_once('@').map_or(export, |(path, _)| path);
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let name = name.to_owned();
        self.0.iter().flat_map(move |package| {
            let mut found: Vec<&Interface> = package.interfaces.get(&name).into_iter().collect();
            for world in package.worlds.values() {
                found.extend(
                    world.interface_exports.get(&name).into_iter().chain(world.interfaces.get(&name)),
                );
            }
            found
        })
    }
}

/// Without the white space around it, and not too long.
fn tidy(text: &str) -> Option<String> {
    let text = text.trim();
    let cut = text.floor_char_boundary(MAX_TEXT);
    match text.get(..cut) {
        None | Some("") => None,
        Some(start) if start.len() < text.len() => Some(format!("{start}…")),
        Some(text) => Some(text.to_owned()),
    }
}

/// The first section of a binary: its id, what is in it, and what comes after.
fn section(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (id, rest) = bytes.split_first()?;
    let (body, after) = sized(rest)?;
    Some((*id, body, after))
}

/// So many bytes as a LEB128 number before them says, and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut size = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        size |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(size);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (name, content) in sections {
            let size = u8::try_from(1 + name.len() + content.len()).unwrap();
            bytes.push(0);
            // A number of two bytes, as tools write it too.
            bytes.extend([size & 0x7f | 0x80, size >> 7]);
            bytes.push(u8::try_from(name.len()).unwrap());
            bytes.extend(name.as_bytes());
            bytes.extend(*content);
        }
        bytes
    }

    #[test]
    fn both_sections_are_found_among_others_and_neither_has_to_be_sound() {
        let bytes =
            component(&[("producers", b"x"), ("openskills:docs", b"\x01{}"), ("package-docs", b"\x07{}")]);
        let sections = Docs::sections(&bytes);
        assert_eq!(sections.len(), 2);
        assert_eq!(Docs::read(&sections).0.len(), 1);
        for end in 0..bytes.len() {
            let _ = Docs::read(&Docs::sections(&bytes[..end]));
        }
        assert!(Docs::read(&[b"\x01[[[".as_slice().into(), b"".as_slice().into()]).0.is_empty());
    }

    #[test]
    fn too_much_is_not_read() {
        let mut bytes = component(&[]);
        bytes.push(0);
        let content = vec![b' '; MAX_BYTES + 1];
        let body = 1 + "package-docs".len() + content.len();
        bytes.extend([body as u8 & 0x7f | 0x80, (body >> 7) as u8 & 0x7f | 0x80, (body >> 14) as u8]);
        bytes.push(12);
        bytes.extend(b"package-docs");
        bytes.extend(content);
        assert!(Docs::sections(&bytes).is_empty());
        assert_eq!(tidy(&"ä".repeat(MAX_TEXT)).unwrap().len(), MAX_TEXT + "…".len());
    }
}
