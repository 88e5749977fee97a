//! A WIT type as calls need it: read from the engine once, bounded, and without a tie to it.

use std::sync::Arc;

use wasmtime::component::types::Type;

use super::integer::Integer;
use super::labels::Labels;

/// The parts that the types of one function may have, each use of a type counted.
const MAX_PARTS: usize = 10_000;

/// The parts that the types of all functions of one component may have.
const MAX_ALL_PARTS: usize = 500_000;

/// How deep types may nest. The engine's own limit is of this order.
const MAX_DEPTH: usize = 100;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Bool,
    Integer(Integer),
    F32,
    F64,
    Char,
    String,
    /// `list<u8>`
    Bytes,
    List(Arc<Shape>),
    Tuple(Arc<[Shape]>),
    Record(Arc<[Field]>),
    Variant(Arc<Cases>),
    Enum(Arc<Labels>),
    Flags(Arc<Labels>),
    Option(Arc<Shape>),
    Result(Option<Arc<Shape>>, Option<Arc<Shape>>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) shape: Shape,
}

/// The cases of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cases {
    pub(super) tags: Labels,
    payloads: Box<[Option<Shape>]>,
}

impl Cases {
    pub(super) fn new<'a>(tags: impl Iterator<Item = &'a str>, payloads: Box<[Option<Shape>]>) -> Self {
        Self { tags: tags.collect(), payloads }
    }

    /// What belongs to the case with that tag, if there is such a case.
    pub(super) fn payload(&self, tag: &str) -> Option<Option<&Shape>> {
        self.payloads.get(self.tags.place(tag)?).map(Option::as_ref)
    }

    /// Tags with what belongs to them.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<&Shape>)> {
        self.tags.iter().zip(self.payloads.iter().map(Option::as_ref))
    }
}

/// Why a type has no form in JSON that a call could use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shapeless {
    /// It is, or holds, one of these.
    Is(&'static str),
    /// There is too much of it.
    TooMuch(String),
}

/// What is left to read of types.
pub(super) struct Budget {
    all: usize,
    one: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { all: MAX_ALL_PARTS, one: MAX_PARTS }
    }

    /// A further function, or a further named type, begins.
    pub(super) fn next(&mut self) {
        self.one = MAX_PARTS;
    }

    /// A further part of a type begins, so deep within others.
    pub(super) fn enter(&mut self, depth: usize) -> Result<(), Shapeless> {
        if depth > MAX_DEPTH {
            return Err(Shapeless::TooMuch(format!("its types nest deeper than {MAX_DEPTH}")));
        }
        self.take(1)
    }

    pub(super) fn take(&mut self, parts: usize) -> Result<(), Shapeless> {
        let (Some(one), Some(all)) = (self.one.checked_sub(parts), self.all.checked_sub(parts)) else {
            return Err(Shapeless::TooMuch(match self.all < parts {
                true => format!("the component's types have more than {MAX_ALL_PARTS} parts"),
                false => format!("its types have more than {MAX_PARTS} parts"),
            }));
        };
        (self.one, self.all) = (one, all);
        Ok(())
    }
}

impl Shape {
    /// Reads a type.
    pub(super) fn of(kind: &Type, budget: &mut Budget) -> Result<Self, Shapeless> {
        Self::at(kind, budget, 0)
    }

    fn at(kind: &Type, budget: &mut Budget, depth: usize) -> Result<Self, Shapeless> {
        budget.enter(depth)?;
        let mut part = |kind: &Type| Self::at(kind, budget, depth + 1);
        Ok(match kind {
            Type::Bool => Self::Bool,
            Type::S8 => Self::Integer(Integer::S8),
            Type::U8 => Self::Integer(Integer::U8),
            Type::S16 => Self::Integer(Integer::S16),
            Type::U16 => Self::Integer(Integer::U16),
            Type::S32 => Self::Integer(Integer::S32),
            Type::U32 => Self::Integer(Integer::U32),
            Type::S64 => Self::Integer(Integer::S64),
            Type::U64 => Self::Integer(Integer::U64),
            Type::Float32 => Self::F32,
            Type::Float64 => Self::F64,
            Type::Char => Self::Char,
            Type::String => Self::String,
            Type::List(list) => match list.ty() {
                Type::U8 => Self::Bytes,
                element => Self::List(Arc::new(part(&element)?)),
            },
            Type::Tuple(tuple) => {
                Self::Tuple(tuple.types().map(|kind| part(&kind)).collect::<Result<_, _>>()?)
            }
            Type::Record(record) => Self::Record(
                record
                    .fields()
                    .map(|field| Ok(Field { name: field.name.into(), shape: part(&field.ty)? }))
                    .collect::<Result<_, _>>()?,
            ),
            Type::Variant(variant) => {
                let payloads = variant
                    .cases()
                    .map(|case| case.ty.as_ref().map(&mut part).transpose())
                    .collect::<Result<_, _>>()?;
                budget.take(variant.cases().len())?;
                Self::Variant(Arc::new(Cases::new(variant.cases().map(|case| case.name), payloads)))
            }
            Type::Enum(cases) => {
                budget.take(cases.names().len())?;
                Self::Enum(Arc::new(cases.names().collect()))
            }
            Type::Flags(flags) => {
                budget.take(flags.names().len())?;
                Self::Flags(Arc::new(flags.names().collect()))
            }
            Type::Option(option) => Self::Option(Arc::new(part(&option.ty())?)),
            Type::Result(result) => {
                let mut side = |kind: Option<Type>| kind.map(|kind| part(&kind).map(Arc::new)).transpose();
                Self::Result(side(result.ok())?, side(result.err())?)
            }
            Type::Own(_) | Type::Borrow(_) => return Err(Shapeless::Is("a resource")),
            Type::Future(_) => return Err(Shapeless::Is("a future")),
            Type::Stream(_) => return Err(Shapeless::Is("a stream")),
            Type::ErrorContext => return Err(Shapeless::Is("an error context")),
            Type::Map(_) => return Err(Shapeless::Is("a map")),
            Type::FixedLengthList(_) => return Err(Shapeless::Is("a list of a fixed length")),
        })
    }

    /// Whether its JSON can be `null`, so that an option around it needs another form.
    pub(super) fn is_nullable(&self) -> bool {
        matches!(self, Self::Option(_))
    }

    /// Whether a value of it can hold bytes, of which the engine makes a value each.
    pub(super) fn has_bytes(&self) -> bool {
        match self {
            Self::Bytes => true,
            Self::List(element) | Self::Option(element) => element.has_bytes(),
            Self::Tuple(parts) => parts.iter().any(Self::has_bytes),
            Self::Record(fields) => fields.iter().any(|field| field.shape.has_bytes()),
            Self::Variant(cases) => cases.iter().filter_map(|(_, payload)| payload).any(Self::has_bytes),
            Self::Result(ok, err) => [ok, err].into_iter().flatten().any(|side| side.has_bytes()),
            _ => false,
        }
    }
}
