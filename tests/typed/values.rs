//! JSON values of WIT types, as calls give them: made from the types' own source, by other code than the host's.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Number, Value, json};
use wit_parser::{Resolve, Type, TypeDefKind};

/// Values of a type in the one form that the host gives back.
pub(crate) fn values(resolve: &Resolve, kind: &Type) -> BoxedStrategy<Value> {
    match kind {
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::U8 => any::<u8>().prop_map(Value::from).boxed(),
        Type::S8 => any::<i8>().prop_map(Value::from).boxed(),
        Type::U16 => any::<u16>().prop_map(Value::from).boxed(),
        Type::S16 => any::<i16>().prop_map(Value::from).boxed(),
        Type::U32 => any::<u32>().prop_map(Value::from).boxed(),
        Type::S32 => any::<i32>().prop_map(Value::from).boxed(),
        Type::U64 => {
            prop_oneof![any::<u64>(), any::<u32>().prop_map(u64::from), Just(u64::MAX), Just(1 << 53)]
                .prop_map(|number| wide(number.into()))
                .boxed()
        }
        Type::S64 => {
            prop_oneof![any::<i64>(), any::<i32>().prop_map(i64::from), Just(i64::MIN), Just(-1 << 53)]
                .prop_map(|number| wide(number.into()))
                .boxed()
        }
        Type::F32 => any::<u32>().prop_map(|bits| float(&f32::from_bits(bits).to_string())).boxed(),
        Type::F64 => any::<u64>().prop_map(|bits| float(&f64::from_bits(bits).to_string())).boxed(),
        Type::Char => any::<char>().prop_map(|character| Value::from(character.to_string())).boxed(),
        Type::String => text().prop_map(Value::from).boxed(),
        Type::ErrorContext => panic!("not for calls"),
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(kind) => values(resolve, kind),
            TypeDefKind::List(Type::U8) => {
                vec(any::<u8>(), 0..20).prop_map(|bytes| BASE64_STANDARD.encode(bytes).into()).boxed()
            }
            TypeDefKind::List(kind) => vec(values(resolve, kind), 0..4).prop_map(Value::from).boxed(),
            TypeDefKind::Tuple(tuple) => {
                let parts: Vec<_> = tuple.types.iter().map(|kind| values(resolve, kind)).collect();
                parts.prop_map(Value::from).boxed()
            }
            TypeDefKind::Record(record) => {
                let names: Vec<String> = record.fields.iter().map(|field| field.name.clone()).collect();
                let parts: Vec<_> = record.fields.iter().map(|field| values(resolve, &field.ty)).collect();
                parts.prop_map(move |parts| names.iter().cloned().zip(parts).collect()).boxed()
            }
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> = variant
                    .cases
                    .iter()
                    .map(|case| {
                        let tag = case.name.clone();
                        match &case.ty {
                            None => Just(json!({ "tag": tag })).boxed(),
                            Some(kind) => values(resolve, kind)
                                .prop_map(move |value| json!({ "tag": tag, "value": value }))
                                .boxed(),
                        }
                    })
                    .collect();
                proptest::strategy::Union::new(cases).boxed()
            }
            TypeDefKind::Enum(cases) => {
                let names: Vec<String> = cases.cases.iter().map(|case| case.name.clone()).collect();
                select(names).prop_map(Value::from).boxed()
            }
            TypeDefKind::Flags(flags) => {
                let names: Vec<String> = flags.flags.iter().map(|flag| flag.name.clone()).collect();
                let count = names.len();
                subsequence(names, 0..=count).prop_map(Value::from).boxed()
            }
            TypeDefKind::Option(kind) => {
                let is_nested = is_option(resolve, kind);
                let some = values(resolve, kind)
                    .prop_map(move |value| if is_nested { json!({ "some": value }) } else { value });
                prop_oneof![1 => Just(Value::Null), 3 => some].boxed()
            }
            TypeDefKind::Result(result) => {
                let side = |kind: &Option<Type>, name: &'static str| {
                    let values =
                        kind.as_ref().map_or_else(|| Just(Value::Null).boxed(), |kind| values(resolve, kind));
                    values.prop_map(move |value| Value::Object(Map::from_iter([(name.to_owned(), value)])))
                };
                prop_oneof![side(&result.ok, "ok"), side(&result.err, "err")].boxed()
            }
            other => panic!("not for calls: {other:?}"),
        },
    }
}

fn is_option(resolve: &Resolve, kind: &Type) -> bool {
    match kind {
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(kind) => is_option(resolve, kind),
            kind => matches!(kind, TypeDefKind::Option(_)),
        },
        _ => false,
    }
}

fn text() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![any::<char>(), select(vec!['a', '"', '\\', '\0', '\n', '\u{10ffff}', '\u{feff}'])];
    vec(character, 0..8).prop_map(|characters| characters.into_iter().collect())
}

/// A number if JavaScript reads it as it is.
fn wide(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(small) if small.unsigned_abs() < 1 << 53 => small.into(),
        _ => number.to_string().into(),
    }
}

/// From Rust's shortest text of it.
fn float(text: &str) -> Value {
    match text {
        "NaN" => "NaN".into(),
        "inf" => "Infinity".into(),
        "-inf" => "-Infinity".into(),
        text => Value::Number(Number::from_f64(text.parse().unwrap()).unwrap()),
    }
}

/// One change to a value somewhere in it: what becomes of it may be of its type or not.
pub(crate) fn changes() -> impl Strategy<Value = (usize, Change)> {
    (any::<usize>(), any::<usize>(), select(wrong()), 0..5_u8).prop_map(|(place, part, new, what)| {
        let change = match what {
            0 => Change::Without(part),
            1 => Change::Twice(part),
            2 => Change::With(new),
            _ => Change::Into(new),
        };
        (place, change)
    })
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Something else altogether.
    Into(Value),
    /// A member or item more.
    With(Value),
    /// One less.
    Without(usize),
    /// An item twice.
    Twice(usize),
}

fn wrong() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(256),
        json!(-32_769),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_992_u64),
        json!(-9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(1e19),
        json!(3.402_823_55e38),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("ab"),
        json!("a\u{301}"),
        json!("12"),
        json!("-12"),
        json!("012"),
        json!("-0"),
        json!("1e3"),
        json!("NaN"),
        json!("nan"),
        json!("Infinity"),
        json!("QQ=="),
        json!("QQ="),
        json!("QQ"),
        json!("QR=="),
        json!("QUI="),
        json!("QUJ="),
        json!("QU I="),
        json!("-_=="),
        json!("===="),
        json!("read"),
        json!("low"),
        json!([]),
        json!([0]),
        json!([null]),
        json!(["read"]),
        json!({}),
        json!({ "some": null }),
        json!({ "some": 1 }),
        json!({ "ok": null }),
        json!({ "ok": 1 }),
        json!({ "err": null }),
        json!({ "ok": null, "err": null }),
        json!({ "tag": "empty" }),
        json!({ "tag": "empty", "value": null }),
        json!({ "tag": "hint" }),
        json!({ "tag": "none" }),
        json!({ "tag": 1 }),
        json!({ "tag": "c0" }),
        json!({ "tag": "c1", "value": null }),
    ]
}

/// Makes the change at that place, counted through all that the value is made of.
pub(crate) fn changed(value: &Value, (place, change): &(usize, Change)) -> Value {
    let mut value = value.clone();
    let mut left = place % count(&value);
    change_at(&mut value, &mut left, change);
    value
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn change_at(value: &mut Value, left: &mut usize, change: &Change) -> bool {
    if *left == 0 {
        change.make(value);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change_at(item, left, change)),
        Value::Object(members) => members.values_mut().any(|member| change_at(member, left, change)),
        _ => false,
    }
}

impl Change {
    fn make(&self, value: &mut Value) {
        match (self, value) {
            (Self::With(new), Value::Array(items)) => items.push(new.clone()),
            (Self::With(new), Value::Object(members)) => {
                members.insert("another".to_owned(), new.clone());
            }
            (Self::Without(part), Value::Array(items)) if !items.is_empty() => {
                items.remove(part % items.len());
            }
            (Self::Without(part), Value::Object(members)) if !members.is_empty() => {
                let name = members.keys().nth(part % members.len()).cloned().unwrap();
                members.remove(&name);
            }
            (Self::Twice(part), Value::Array(items)) if !items.is_empty() => {
                let item = items[part % items.len()].clone();
                items.push(item);
            }
            (Self::With(new) | Self::Into(new), value) => *value = new.clone(),
            (Self::Without(_) | Self::Twice(_), value) => *value = Value::Null,
        }
    }
}
