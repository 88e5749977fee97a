//! Components of types that a test made up: each function gives back what it gets.
//!
//! No compiler is needed for that. A function with more parts than there are registers for gets its arguments in memory,
//! and one with more than one part gives its result there: the same bytes. So the module gives back the address it got.

use proptest::collection::vec;
use proptest::prelude::*;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

const PRIMITIVES: [&str; 13] =
    ["bool", "u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "char", "string"];

/// Functions of each component.
const FUNCTIONS: usize = 4;

pub(crate) struct MadeUp {
    pub(crate) wit: String,
    pub(crate) component: Vec<u8>,
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
}

impl std::fmt::Debug for MadeUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.wit)
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Primitive(&'static str),
    Bytes,
    List(Box<Kind>),
    Option(Box<Kind>),
    Tuple(Vec<Kind>),
    Result(Option<Box<Kind>>, Option<Box<Kind>>),
    Record(Vec<Kind>),
    Variant(Vec<Option<Kind>>),
    Enum(usize),
    Flags(usize),
}

/// Components with functions of such types.
pub(crate) fn made_up() -> impl Strategy<Value = MadeUp> {
    vec(kinds(), FUNCTIONS).prop_map(|kinds| {
        let mut types = Types::default();
        let functions: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(index, kind)| {
                let kind = types.written(kind);
                // With these there are more than sixteen parts, whatever the first is made of.
                let padded = format!("tuple<{kind}{}>", ", u8".repeat(16));
                format!("    f{index}: func(v: {padded}) -> {padded};\n")
            })
            .collect();
        let wit = format!(
            "package made:up@0.1.0;\n\ninterface kinds {{\n{}{}}}\n\nworld made-up {{ export kinds; }}\n",
            types.text,
            functions.concat()
        );
        let mut resolve = Resolve::default();
        let package = resolve.push_str("made-up.wit", &wit).unwrap_or_else(|error| panic!("{error}\n{wit}"));
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = wat::parse_str(module()).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        let component = ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
        MadeUp { wit, component, resolve, world }
    })
}

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        5 => proptest::sample::select(&PRIMITIVES[..]).prop_map(Kind::Primitive),
        1 => Just(Kind::Bytes),
        1 => (1..6_usize).prop_map(Kind::Enum),
        1 => (1..=32_usize).prop_map(Kind::Flags),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            1 => boxed().prop_map(Kind::List),
            2 => boxed().prop_map(Kind::Option),
            1 => vec(inner.clone(), 1..4).prop_map(Kind::Tuple),
            1 => (proptest::option::of(boxed()), proptest::option::of(boxed()))
                .prop_map(|(ok, err)| Kind::Result(ok, err)),
            2 => vec(inner.clone(), 1..5).prop_map(Kind::Record),
            2 => vec(proptest::option::of(inner.clone()), 1..5).prop_map(Kind::Variant),
        ]
    })
}

#[derive(Default)]
struct Types {
    count: usize,
    text: String,
}

impl Types {
    fn named(&mut self, what: &str, members: &[String]) -> String {
        let name = format!("t{}", self.count);
        self.count += 1;
        self.text.push_str(&format!("    {what} {name} {{ {} }}\n", members.join(", ")));
        name
    }

    /// The type as WIT writes it; those that need a name get one.
    fn written(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::Primitive(name) => (*name).to_owned(),
            Kind::Bytes => "list<u8>".to_owned(),
            Kind::List(inner) => format!("list<{}>", self.written(inner)),
            Kind::Option(inner) => format!("option<{}>", self.written(inner)),
            Kind::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.written(part)).collect();
                format!("tuple<{}>", parts.join(", "))
            }
            Kind::Result(ok, err) => {
                let mut side = |kind: &Option<Box<Kind>>| kind.as_ref().map(|kind| self.written(kind));
                match (side(ok), side(err)) {
                    (None, None) => "result".to_owned(),
                    (ok, None) => format!("result<{}>", ok.unwrap_or_else(|| "_".to_owned())),
                    (ok, Some(err)) => format!("result<{}, {err}>", ok.unwrap_or_else(|| "_".to_owned())),
                }
            }
            Kind::Record(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .enumerate()
                    .map(|(at, kind)| format!("m{at}: {}", self.written(kind)))
                    .collect();
                self.named("record", &fields)
            }
            Kind::Variant(cases) => {
                let case = |(at, kind): (usize, &Option<Kind>)| match kind {
                    None => format!("c{at}"),
                    Some(kind) => format!("c{at}({})", self.written(kind)),
                };
                let cases: Vec<String> = cases.iter().enumerate().map(case).collect();
                self.named("variant", &cases)
            }
            Kind::Enum(count) => {
                let cases: Vec<String> = (0..*count).map(|at| format!("e{at}")).collect();
                self.named("enum", &cases)
            }
            Kind::Flags(count) => {
                let flags: Vec<String> = (0..*count).map(|at| format!("b{at}")).collect();
                self.named("flags", &flags)
            }
        }
    }
}

fn module() -> String {
    let functions: String = (0..FUNCTIONS)
        .map(|index| {
            format!(r#"(func (export "made:up/kinds@0.1.0#f{index}") (param i32) (result i32) local.get 0)"#)
        })
        .collect();
    format!(
        r#"(module
            (memory (export "memory") 4)
            (global $next (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
                (local $start i32)
                (local.set $start (i32.and
                    (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
                    (i32.sub (i32.const 0) (local.get $align))))
                (global.set $next (i32.add (local.get $start) (local.get $size)))
                local.get $start)
            {functions})"#
    )
}
