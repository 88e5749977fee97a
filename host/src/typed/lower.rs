//! JSON becomes values of WIT types.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::integer::{EXACT, Integer, WideIntegers};
use super::labels::Labels;
use super::misfit::{Misfit, shown};
use super::schema::MAX_F32;
use super::shape::{Cases, Field, Shape};

/// Base64 as it is usually written; `=` at the end may be left out.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many bytes the values of one call may still take in the host: fields that are left out are values, too, so
/// arguments can be much larger than their text.
pub(crate) struct Room {
    left: usize,
    integers: WideIntegers,
}

impl Room {
    pub(crate) fn new(bytes: usize, integers: WideIntegers) -> Self {
        Self { left: bytes, integers }
    }

    fn take(&mut self, values: usize, text: usize) -> Result<(), Misfit> {
        let bytes = values.saturating_mul(size_of::<Val>()).saturating_add(text);
        self.left = self.left.checked_sub(bytes).ok_or_else(Misfit::too_large)?;
        Ok(())
    }
}

/// The arguments of a function, by the names of its parameters.
pub(crate) fn arguments(
    parameters: &[(Arc<str>, Shape)],
    given: &Value,
    room: &mut Room,
) -> Result<Vec<Val>, Misfit> {
    let given = match given {
        Value::Object(given) => given,
        Value::Null if parameters.is_empty() => return Ok(Vec::new()),
        other => return Err(Misfit::expected(&format!("an object of {}", list(parameters)), other)),
    };
    no_others(given, &parameters.iter().map(|(name, _)| &**name), "parameter")?;
    parameters
        .iter()
        .map(|(name, shape)| member(given, name, shape, room).map_err(|misfit| misfit.in_field(name)))
        .collect()
}

fn list(parameters: &[(Arc<str>, Shape)]) -> String {
    match parameters {
        [] => "no parameters: `{}`".to_owned(),
        parameters => {
            let names: Vec<String> = parameters.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("the parameters {}", names.join(", "))
        }
    }
}

/// A value of a type.
pub(super) fn lower(shape: &Shape, value: &Value, room: &mut Room) -> Result<Val, Misfit> {
    room.take(1, 0)?;
    Ok(match (shape, value) {
        (Shape::Bool, Value::Bool(yes)) => Val::Bool(*yes),
        (Shape::Bool, other) => return Err(Misfit::expected("true or false", other)),
        (Shape::Integer(kind), value) => integer(*kind, value, room.integers)?,
        (Shape::F32, value) => {
            let float = float(value)?;
            if float.is_finite() && float.abs() > MAX_F32 {
                return Err(Misfit::expected(&format!("a number within ±{MAX_F32:e}"), value));
            }
            #[expect(clippy::cast_possible_truncation, reason = "what does not fit was refused")]
            let narrow = float as f32;
            Val::Float32(narrow)
        }
        (Shape::F64, value) => Val::Float64(float(value)?),
        (Shape::Char, Value::String(text)) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => Val::Char(only),
                _ => return Err(Misfit::expected("one character", value)),
            }
        }
        (Shape::Char, other) => return Err(Misfit::expected("one character as a string", other)),
        (Shape::String, Value::String(text)) => {
            room.take(0, text.len())?;
            Val::String(text.clone())
        }
        (Shape::String, other) => return Err(Misfit::expected("a string", other)),
        (Shape::Bytes, Value::String(text)) => bytes(text, room)?,
        (Shape::Bytes, other) => return Err(Misfit::expected("bytes as a string in base64", other)),
        (Shape::List(element), Value::Array(items)) => Val::List(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| lower(element, item, room).map_err(|misfit| misfit.at(index)))
                .collect::<Result<_, _>>()?,
        ),
        (Shape::List(_), other) => return Err(Misfit::expected("an array", other)),
        (Shape::Tuple(parts), Value::Array(items)) if parts.len() == items.len() => Val::Tuple(
            parts
                .iter()
                .zip(items)
                .enumerate()
                .map(|(index, (part, item))| lower(part, item, room).map_err(|misfit| misfit.at(index)))
                .collect::<Result<_, _>>()?,
        ),
        (Shape::Tuple(parts), other) => {
            let expected = match parts.len() {
                1 => "an array of 1 item".to_owned(),
                count => format!("an array of {count} items"),
            };
            return Err(Misfit::expected(&expected, other));
        }
        (Shape::Record(fields), Value::Object(given)) => record(fields, given, room)?,
        (Shape::Record(_), other) => return Err(Misfit::expected("an object", other)),
        (Shape::Variant(cases), value) => variant(cases, value, room)?,
        (Shape::Enum(names), value) => {
            let name = value.as_str().filter(|name| names.place(name).is_some());
            let name = name.ok_or_else(|| Misfit::expected(&one_of(names), value))?;
            room.take(0, name.len())?;
            Val::Enum(name.to_owned())
        }
        (Shape::Flags(names), Value::Array(items)) => flags(names, items, room)?,
        (Shape::Flags(names), other) => {
            return Err(Misfit::expected(&format!("an array of {}", one_of(names)), other));
        }
        (Shape::Option(_), Value::Null) => Val::Option(None),
        (Shape::Option(inner), Value::Object(given)) if inner.is_nullable() => match single(given) {
            Some(("some", value)) => {
                let value = lower(inner, value, room).map_err(|misfit| misfit.in_field("some"))?;
                Val::Option(Some(Box::new(value)))
            }
            _ => return Err(Misfit::expected("null or `{\"some\": …}`", value)),
        },
        (Shape::Option(inner), other) if inner.is_nullable() => {
            return Err(Misfit::expected("null or `{\"some\": …}`", other));
        }
        (Shape::Option(inner), value) => Val::Option(Some(Box::new(lower(inner, value, room)?))),
        (Shape::Result(ok, err), value) => {
            let side = value.as_object().and_then(single);
            let expected = || Misfit::expected("`{\"ok\": …}` or `{\"err\": …}`", value);
            let mut payload = |shape: &Option<Arc<Shape>>, value, name| {
                payload(shape.as_deref(), value, room).map_err(|misfit: Misfit| misfit.in_field(name))
            };
            Val::Result(match side.ok_or_else(expected)? {
                ("ok", value) => Ok(payload(ok, Some(value), "ok")?),
                ("err", value) => Err(payload(err, Some(value), "err")?),
                _ => return Err(expected()),
            })
        }
    })
}

/// What belongs to a case: nothing may be left out or null.
fn payload(
    shape: Option<&Shape>,
    value: Option<&Value>,
    room: &mut Room,
) -> Result<Option<Box<Val>>, Misfit> {
    match (shape, value) {
        (None, None | Some(Value::Null)) => Ok(None),
        (None, Some(other)) => Err(Misfit::expected("nothing, or null", other)),
        (Some(Shape::Option(_)), None) => {
            room.take(1, 0)?;
            Ok(Some(Box::new(Val::Option(None))))
        }
        (Some(_), None) => Err(Misfit::new("it is missing")),
        (Some(shape), Some(value)) => Ok(Some(Box::new(lower(shape, value, room)?))),
    }
}

/// A field or parameter, which may be left out if it is an option.
fn member(given: &Map<String, Value>, name: &str, shape: &Shape, room: &mut Room) -> Result<Val, Misfit> {
    match (given.get(name), shape) {
        (Some(value), shape) => lower(shape, value, room),
        (None, Shape::Option(_)) => {
            room.take(1, 0)?;
            Ok(Val::Option(None))
        }
        (None, _) => Err(Misfit::new("it is missing")),
    }
}

fn no_others<'a>(
    given: &Map<String, Value>,
    names: &(impl Iterator<Item = &'a str> + Clone),
    what: &str,
) -> Result<(), Misfit> {
    // Every name that there is was given, and no other is there.
    let known = names.clone().filter(|name| given.contains_key(*name)).count();
    if known == given.len() {
        return Ok(());
    }
    let is_known = |given: &str| names.clone().any(|name| name == given);
    let Some(other) = given.keys().find(|name| !is_known(name)) else { return Ok(()) };
    let message = match names.clone().next() {
        None => format!("there is no such {what}: it has none"),
        Some(_) => format!("there is no such {what}; there are {}", some(names.clone())),
    };
    let mut short: String = other.chars().take(100).collect();
    if short.len() < other.len() {
        short.push('…');
    }
    Err(Misfit::new(message).in_field(&short))
}

fn record(fields: &[Field], given: &Map<String, Value>, room: &mut Room) -> Result<Val, Misfit> {
    no_others(given, &fields.iter().map(|field| &*field.name), "field")?;
    let mut values = Vec::with_capacity(fields.len());
    for Field { name, shape } in fields {
        room.take(1, name.len())?;
        let value = member(given, name, shape, room).map_err(|misfit| misfit.in_field(name))?;
        values.push((name.to_string(), value));
    }
    Ok(Val::Record(values))
}

fn variant(cases: &Cases, value: &Value, room: &mut Room) -> Result<Val, Misfit> {
    let Value::Object(given) = value else {
        return Err(Misfit::expected("an object `{\"tag\": …, \"value\": …}`", value));
    };
    let tag = given.get("tag").ok_or_else(|| Misfit::new("it is missing").in_field("tag"))?;
    let case = tag.as_str().and_then(|name| Some((name, cases.payload(name)?)));
    let (name, shape) = case.ok_or_else(|| Misfit::expected(&one_of(&cases.tags), tag).in_field("tag"))?;
    let fields: &[&str] = if shape.is_some() { &["tag", "value"] } else { &["tag"] };
    no_others(given, &fields.iter().copied(), "field")?;
    room.take(0, name.len())?;
    let payload = payload(shape, given.get("value"), room);
    Ok(Val::Variant(name.to_owned(), payload.map_err(|misfit| misfit.in_field("value"))?))
}

fn flags(names: &Labels, items: &[Value], room: &mut Room) -> Result<Val, Misfit> {
    let mut given = vec![false; names.len()];
    for (index, item) in items.iter().enumerate() {
        let place = item.as_str().and_then(|name| given.get_mut(names.place(name)?));
        match place {
            None => return Err(Misfit::expected(&one_of(names), item).at(index)),
            Some(true) => return Err(Misfit::new(format!("{} is there already", shown(item))).at(index)),
            Some(place) => *place = true,
        }
    }
    let mut set = Vec::new();
    for (name, _) in names.iter().zip(given).filter(|(_, given)| *given) {
        room.take(1, name.len())?;
        set.push(name.to_owned());
    }
    Ok(Val::Flags(set))
}

fn bytes(text: &str, room: &mut Room) -> Result<Val, Misfit> {
    // Before they are there: a byte takes as much as any value.
    room.take(text.len() / 4 * 3, 0)?;
    let bytes = BASE64.decode(text).map_err(|_| {
        Misfit::expected("bytes as a string in base64 (the alphabet with `+` and `/`)", &Value::from(text))
    })?;
    Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
}

fn integer(kind: Integer, value: &Value, integers: WideIntegers) -> Result<Val, Misfit> {
    let (least, greatest) = kind.range();
    let expected = |found: &Value| {
        let text = if kind.is_wide() { ", or that as a decimal string" } else { "" };
        Misfit::expected(&format!("an integer from {least} to {greatest}{text}"), found)
    };
    let number = match value {
        Value::Number(number) => {
            // Of a float nobody knows which digits were lost before.
            let is_exact = integers == WideIntegers::Numbers && !number.is_f64();
            let number = whole(number).ok_or_else(|| expected(value))?;
            if kind.is_wide() && !is_exact && number.abs() > EXACT && (least..=greatest).contains(&number) {
                return Err(Misfit::new(format!(
                    "{number} is beyond ±(2^53−1), where not every program reads a JSON number as it is: write \
                     \"{number}\", in quotes"
                )));
            }
            number
        }
        Value::String(text) if kind.is_wide() && is_decimal(text) => {
            text.parse().map_err(|_| expected(value))?
        }
        _ => return Err(expected(value)),
    };
    let fits = match kind {
        Integer::S8 => i8::try_from(number).map(Val::S8),
        Integer::U8 => u8::try_from(number).map(Val::U8),
        Integer::S16 => i16::try_from(number).map(Val::S16),
        Integer::U16 => u16::try_from(number).map(Val::U16),
        Integer::S32 => i32::try_from(number).map(Val::S32),
        Integer::U32 => u32::try_from(number).map(Val::U32),
        Integer::S64 => i64::try_from(number).map(Val::S64),
        Integer::U64 => u64::try_from(number).map(Val::U64),
    };
    fits.map_err(|_| expected(value))
}

/// `0`, `-12`: as the schema's pattern has it.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.len() == 1 || !digits.starts_with('0');
    !digits.is_empty()
        && digits.len() <= 20
        && is_plain
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text != "-0"
}

/// A number without a fraction; JSON Schema takes `1.0` for an integer.
fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e20)?;
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is in range")]
    Some(float as i128)
}

fn float(value: &Value) -> Result<f64, Misfit> {
    let expected = || Misfit::expected("a number, \"NaN\", \"Infinity\" or \"-Infinity\"", value);
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(expected),
        Value::String(text) => match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(expected()),
        },
        _ => Err(expected()),
    }
}

/// The only member of an object.
fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, value) = object.iter().next().filter(|_| object.len() == 1)?;
    Some((name, value))
}

fn one_of(names: &Labels) -> String {
    match names.len() {
        1 => some(names.iter()),
        _ => format!("one of {}", some(names.iter())),
    }
}

/// The first names, as far as a message has room for them.
fn some<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    const ROOM: usize = 12;
    let shown: Vec<String> = names.clone().take(ROOM).map(|name| format!("`{name}`")).collect();
    match names.count().saturating_sub(ROOM) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
