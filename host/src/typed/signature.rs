//! Functions as WIT writes them.

use std::fmt::{self, Display, Write as _};

use super::names::Names;
use super::shape::Shape;
use super::table::Callable;

/// `add: func(a: u32, b: u32) -> u32`, with the names that the interface has for its types.
pub(super) fn signature(
    function: &str,
    callable: &Callable,
    interface: Option<&str>,
    names: &Names,
) -> String {
    let written = |shape| Written { shape, interface, names };
    let parameters: Vec<String> =
        callable.parameters.iter().map(|(name, shape)| format!("{name}: {}", written(shape))).collect();
    let mut text = format!("{function}: func({})", parameters.join(", "));
    if let Some(shape) = &callable.result {
        // Writing to a text cannot fail.
        let _ = write!(text, " -> {}", written(shape));
    }
    text
}

struct Written<'a> {
    shape: &'a Shape,
    interface: Option<&'a str>,
    names: &'a Names,
}

impl Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.names.find(self.interface, self.shape) {
            return f.write_str(&name.name);
        }
        let of = |shape| Written { shape, ..*self };
        match self.shape {
            Shape::Bool => f.write_str("bool"),
            Shape::Integer(kind) => f.write_str(kind.name()),
            Shape::F32 => f.write_str("f32"),
            Shape::F64 => f.write_str("f64"),
            Shape::Char => f.write_str("char"),
            Shape::String => f.write_str("string"),
            Shape::Bytes => f.write_str("list<u8>"),
            Shape::List(element) => write!(f, "list<{}>", of(element)),
            Shape::Option(inner) => write!(f, "option<{}>", of(inner)),
            Shape::Tuple(parts) => {
                f.write_str("tuple<")?;
                each(f, parts.iter(), |f, part| write!(f, "{}", of(part)))?;
                f.write_char('>')
            }
            Shape::Result(None, None) => f.write_str("result"),
            Shape::Result(Some(ok), None) => write!(f, "result<{}>", of(ok)),
            Shape::Result(None, Some(err)) => write!(f, "result<_, {}>", of(err)),
            Shape::Result(Some(ok), Some(err)) => write!(f, "result<{}, {}>", of(ok), of(err)),
            Shape::Record(fields) => {
                f.write_str("record { ")?;
                each(f, fields.iter(), |f, field| write!(f, "{}: {}", field.name, of(&field.shape)))?;
                f.write_str(" }")
            }
            Shape::Variant(cases) => {
                f.write_str("variant { ")?;
                each(f, cases.iter(), |f, (tag, payload)| match payload {
                    Some(shape) => write!(f, "{tag}({})", of(shape)),
                    None => f.write_str(tag),
                })?;
                f.write_str(" }")
            }
            Shape::Enum(labels) | Shape::Flags(labels) => {
                f.write_str(if matches!(self.shape, Shape::Enum(_)) { "enum { " } else { "flags { " })?;
                each(f, labels.iter(), |f, label| write!(f, "{label}"))?;
                f.write_str(" }")
            }
        }
    }
}

fn each<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}
