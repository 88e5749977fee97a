//! The library's values as JSON with the names that JavaScript is used to: `durationMs` for `duration_ms`.
//!
//! Names of fields are changed, keys of maps are not: they belong to whoever wrote the map.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};

/// Bytes that the text of a record has room for from the beginning.
const USUAL: usize = 1024;

/// Bytes of a name that is changed without an allocation.
const LONGEST: usize = 48;

/// A value as JSON text.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut text, &Camel(value))?;
    String::from_utf8(text).map_err(serde::de::Error::custom)
}

/// A value as JSON, to be put together with others.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Value> {
    serde_json::to_value(Camel(value))
}

/// A struct that serde makes a map of, because another one is flattened into it: its own names are changed, and
/// nothing within.
pub(crate) fn flattened<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    Ok(match serde_json::to_value(value)? {
        Value::Object(fields) => {
            let named = fields.into_iter().map(|(name, value)| (name_of(&name).into_owned(), value));
            Value::Object(named.collect::<Map<_, _>>())
        }
        other => other,
    })
}

/// Gives the name of a field as JavaScript has it to `use_it`. A record has thirty of them, and each call a record.
fn with_name<R>(name: &str, use_it: impl FnOnce(&str) -> R) -> R {
    let mut camel = [0; LONGEST];
    let mut length = 0;
    let mut is_start = false;
    for byte in name.bytes() {
        match camel.get_mut(length) {
            _ if byte == b'_' => is_start = true,
            Some(place) if byte.is_ascii() => {
                *place = if is_start { byte.to_ascii_uppercase() } else { byte };
                length += 1;
                is_start = false;
            }
            _ => return use_it(&name_of(name)),
        }
    }
    match camel.get(..length).and_then(|name| str::from_utf8(name).ok()) {
        Some(name) => use_it(name),
        None => use_it(&name_of(name)),
    }
}

/// `duration_ms` as `durationMs`.
fn name_of(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut camel = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        match c {
            '_' => is_start = true,
            c if is_start => {
                camel.extend(c.to_uppercase());
                is_start = false;
            }
            c => camel.push(c),
        }
    }
    Cow::Owned(camel)
}

/// A value, or a serializer, of which the names are changed.
struct Camel<T>(T);

impl<T: Serialize + ?Sized> Serialize for Camel<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Camel(serializer))
    }
}

/// The methods for what has no names in it.
macro_rules! plain {
    ($($method:ident($kind:ty);)*) => {
        $(fn $method(self, value: $kind) -> Result<S::Ok, S::Error> {
            self.0.$method(value)
        })*
    };
}

impl<S: Serializer> Serializer for Camel<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Camel<S::SerializeSeq>;
    type SerializeTuple = Camel<S::SerializeTuple>;
    type SerializeTupleStruct = Camel<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Camel<S::SerializeTupleVariant>;
    type SerializeMap = Camel<S::SerializeMap>;
    type SerializeStruct = Camel<S::SerializeMap>;
    type SerializeStructVariant = Camel<S::SerializeStructVariant>;

    plain! {
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_i128(i128); serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
        serialize_u128(u128); serialize_f32(f32); serialize_f64(f64); serialize_char(char); serialize_str(&str);
        serialize_bytes(&[u8]); serialize_unit_struct(&'static str);
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Camel(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        at: u32,
        of: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, at, of)
    }

    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error>
    where
        T: Serialize + ?Sized,
    {
        self.0.serialize_newtype_struct(name, &Camel(value))
    }

    fn serialize_newtype_variant<T>(
        self,
        name: &'static str,
        at: u32,
        of: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error>
    where
        T: Serialize + ?Sized,
    {
        self.0.serialize_newtype_variant(name, at, of, &Camel(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(length).map(Camel)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length).map(Camel)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length).map(Camel)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        at: u32,
        of: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple_variant(name, at, of, length).map(Camel)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(length).map(Camel)
    }

    /// As a map: its keys need not be known beforehand.
    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_map(Some(length)).map(Camel)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        at: u32,
        of: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct_variant(name, at, of, length).map(Camel)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// The traits for what holds values one after another.
macro_rules! holds {
    ($($kind:ident $method:ident),*) => {
        $(impl<S: $kind> $kind for Camel<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.0.$method(&Camel(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

holds! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

impl<S: SerializeMap> SerializeMap for Camel<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Camel(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: SerializeMap> SerializeStruct for Camel<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T>(&mut self, name: &'static str, value: &T) -> Result<(), S::Error>
    where
        T: Serialize + ?Sized,
    {
        with_name(name, |name| self.0.serialize_entry(name, &Camel(value)))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: SerializeStructVariant> SerializeStructVariant for Camel<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    /// No type of the library has such a variant with a name of two words.
    fn serialize_field<T>(&mut self, name: &'static str, value: &T) -> Result<(), S::Error>
    where
        T: Serialize + ?Sized,
    {
        self.0.serialize_field(name, &Camel(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::{LONGEST, flattened, name_of, value, with_name};

    #[derive(Serialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Outcome {
        TimedOut { limit_ms: u64 },
        Well,
    }

    #[derive(Serialize)]
    struct Outer {
        two_words: Vec<Inner>,
        as_written: Value,
        outcome: Outcome,
        none_here: Option<u8>,
        some_here: Option<Inner>,
    }

    #[derive(Serialize)]
    struct Inner {
        at_once: u8,
    }

    #[test]
    fn fields_are_renamed_and_keys_are_not() {
        let outer = Outer {
            two_words: vec![Inner { at_once: 1 }],
            as_written: json!({ "left_alone": [{ "this_too": null }] }),
            outcome: Outcome::TimedOut { limit_ms: 5 },
            none_here: None,
            some_here: Some(Inner { at_once: 2 }),
        };
        let expected = json!({
            "twoWords": [{ "atOnce": 1 }],
            "asWritten": { "left_alone": [{ "this_too": null }] },
            "outcome": { "kind": "timed-out", "limitMs": 5 },
            "noneHere": null,
            "someHere": { "atOnce": 2 },
        });
        assert_eq!(value(&outer).unwrap(), expected);
        assert_eq!(value(&Outcome::Well).unwrap(), json!({ "kind": "well" }));
    }

    #[test]
    fn a_short_name_and_a_long_one_are_changed_alike() {
        let longest = format!("{}_ab", "a".repeat(LONGEST - 2));
        let longer = format!("a{longest}");
        for name in ["", "_", "a", "a_", "_a", "a__b", "duration_ms", "größe_in_m", &longest, &longer] {
            assert_eq!(with_name(name, str::to_owned), name_of(name), "{name}");
        }
        assert_eq!(with_name("duration_ms", str::to_owned), "durationMs");
    }

    #[test]
    fn what_is_flattened_is_renamed_at_its_own_level_alone() {
        #[derive(Serialize)]
        struct Detail {
            #[serde(flatten)]
            inner: Inner,
            meta_data: Value,
        }
        let detail = Detail { inner: Inner { at_once: 1 }, meta_data: json!({ "a_b": 1 }) };
        assert_eq!(flattened(&detail).unwrap(), json!({ "atOnce": 1, "metaData": { "a_b": 1 } }));
    }
}
