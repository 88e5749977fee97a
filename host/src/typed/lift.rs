//! Values of WIT types become JSON.

use base64::Engine as _;
use serde_json::{Map, Number, Value};
use wasmtime::component::Val;

use super::integer::{EXACT, WideIntegers};
use super::lower::BASE64;
use super::shape::Shape;

/// Why a value has no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlifted {
    /// Its text would have more bytes than it may.
    TooLarge,
    /// It is not of the type that it should have: the engine was not asked for what was meant.
    NotOfItsType,
}

/// What a function answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lifted {
    /// Its result, or that of a `result` that is `ok`.
    Ok(Value),
    /// That of a `result` that is `err`; none if the type has nothing to say.
    Err(Option<Value>),
}

/// The answer of a function as JSON with at most about `limit` bytes of text.
pub(crate) fn lift(
    shape: Option<&Shape>,
    value: Option<Val>,
    limit: usize,
    integers: WideIntegers,
) -> Result<Lifted, Unlifted> {
    let mut room = Room { left: limit, integers };
    match (shape, value) {
        (None, None) => Ok(Lifted::Ok(Value::Null)),
        (Some(Shape::Result(ok, err)), Some(Val::Result(answer))) => match answer {
            Ok(value) => Ok(Lifted::Ok(side(ok.as_deref(), value, &mut room)?)),
            Err(None) if err.is_none() => Ok(Lifted::Err(None)),
            Err(value) => Ok(Lifted::Err(Some(side(err.as_deref(), value, &mut room)?))),
        },
        (Some(shape), Some(value)) => Ok(Lifted::Ok(room.lift(shape, value)?)),
        _ => Err(Unlifted::NotOfItsType),
    }
}

fn side(shape: Option<&Shape>, value: Option<Box<Val>>, room: &mut Room) -> Result<Value, Unlifted> {
    match (shape, value) {
        (None, None) => Ok(Value::Null),
        (Some(shape), Some(value)) => room.lift(shape, *value),
        _ => Err(Unlifted::NotOfItsType),
    }
}

/// Bytes of text that are left, and how integers become text.
struct Room {
    left: usize,
    integers: WideIntegers,
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Unlifted> {
        self.left = self.left.checked_sub(bytes).ok_or(Unlifted::TooLarge)?;
        Ok(())
    }

    fn text(&mut self, text: String) -> Result<Value, Unlifted> {
        self.take(text.len() + 2)?;
        Ok(Value::String(text))
    }

    fn lift(&mut self, shape: &Shape, value: Val) -> Result<Value, Unlifted> {
        // The value itself, or a comma.
        self.take(1)?;
        Ok(match (shape, value) {
            (Shape::Bool, Val::Bool(yes)) => Value::Bool(yes),
            (Shape::Integer(_), value) => integer(&value, self.integers).ok_or(Unlifted::NotOfItsType)?,
            (Shape::F32, Val::Float32(float)) => narrow(float),
            (Shape::F64, Val::Float64(float)) => wide(float),
            (Shape::Char, Val::Char(character)) => self.text(character.to_string())?,
            (Shape::String, Val::String(text)) => self.text(text)?,
            (Shape::Bytes, Val::List(items)) => {
                // Before the text is there, which then takes its room.
                if self.left < items.len() / 3 * 4 {
                    return Err(Unlifted::TooLarge);
                }
                let bytes = items.into_iter().map(|item| match item {
                    Val::U8(byte) => Ok(byte),
                    _ => Err(Unlifted::NotOfItsType),
                });
                self.text(BASE64.encode(bytes.collect::<Result<Vec<u8>, _>>()?))?
            }
            (Shape::List(element), Val::List(items)) => {
                self.take(2)?;
                Value::Array(
                    items.into_iter().map(|item| self.lift(element, item)).collect::<Result<_, _>>()?,
                )
            }
            (Shape::Tuple(parts), Val::Tuple(items)) if parts.len() == items.len() => {
                self.take(2)?;
                let items = parts.iter().zip(items).map(|(part, item)| self.lift(part, item));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            (Shape::Record(fields), Val::Record(values)) if fields.len() == values.len() => {
                self.take(2)?;
                let mut object = Map::with_capacity(fields.len());
                for (field, (name, value)) in fields.iter().zip(values) {
                    self.take(name.len() + 3)?;
                    object.insert(name, self.lift(&field.shape, value)?);
                }
                Value::Object(object)
            }
            (Shape::Variant(cases), Val::Variant(tag, payload)) => {
                let shape = cases.payload(&tag).ok_or(Unlifted::NotOfItsType)?;
                self.take(tag.len() + 10)?;
                let mut object = Map::new();
                object.insert("tag".to_owned(), Value::String(tag));
                match (shape, payload) {
                    (None, None) => {}
                    (Some(shape), Some(value)) => {
                        self.take(9)?;
                        object.insert("value".to_owned(), self.lift(shape, *value)?);
                    }
                    _ => return Err(Unlifted::NotOfItsType),
                }
                Value::Object(object)
            }
            (Shape::Enum(_), Val::Enum(name)) => self.text(name)?,
            (Shape::Flags(_), Val::Flags(names)) => {
                self.take(2)?;
                Value::Array(names.into_iter().map(|name| self.text(name)).collect::<Result<_, _>>()?)
            }
            (Shape::Option(_), Val::Option(None)) => {
                self.take(3)?;
                Value::Null
            }
            (Shape::Option(inner), Val::Option(Some(value))) if inner.is_nullable() => {
                self.take(9)?;
                one("some", self.lift(inner, *value)?)
            }
            (Shape::Option(inner), Val::Option(Some(value))) => self.lift(inner, *value)?,
            (Shape::Result(ok, err), Val::Result(answer)) => {
                self.take(7)?;
                match answer {
                    Ok(value) => one("ok", side(ok.as_deref(), value, self)?),
                    Err(value) => one("err", side(err.as_deref(), value, self)?),
                }
            }
            _ => return Err(Unlifted::NotOfItsType),
        })
    }
}

fn one(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn integer(value: &Val, integers: WideIntegers) -> Option<Value> {
    let exact = |number: i128, text: String| match number.abs() <= EXACT {
        true => i64::try_from(number).map_or(Value::String(text), Value::from),
        false => Value::String(text),
    };
    Some(match value {
        Val::S8(number) => Value::from(*number),
        Val::U8(number) => Value::from(*number),
        Val::S16(number) => Value::from(*number),
        Val::U16(number) => Value::from(*number),
        Val::S32(number) => Value::from(*number),
        Val::U32(number) => Value::from(*number),
        Val::S64(number) if integers == WideIntegers::Numbers => Value::from(*number),
        Val::U64(number) if integers == WideIntegers::Numbers => Value::from(*number),
        Val::S64(number) => exact((*number).into(), number.to_string()),
        Val::U64(number) => exact((*number).into(), number.to_string()),
        _ => return None,
    })
}

fn wide(float: f64) -> Value {
    match Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float.is_nan() => Value::from("NaN"),
        None if float > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

/// As few digits as tell it from its neighbours: 0.1, not 0.10000000149011612.
fn narrow(float: f32) -> Value {
    let short: Option<f64> = float.is_finite().then(|| float.to_string().parse().ok()).flatten();
    #[expect(clippy::cast_possible_truncation, reason = "what the reader will do")]
    let is_same = |short: &f64| (*short as f32).to_bits() == float.to_bits();
    wide(short.filter(is_same).unwrap_or_else(|| float.into()))
}
