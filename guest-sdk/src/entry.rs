//! What `#[skill]` calls: JSON text to the author's function and back.

use std::error::Error as StdError;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::openskills::skill::types::{InputFault, SkillError};
use crate::{Error, input};

/// What a skill may take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of a skill",
    label = "it cannot be read from JSON, or has no JSON Schema",
    note = "derive both: `#[derive(Deserialize, JsonSchema)]`"
)]
pub trait Input: DeserializeOwned + JsonSchema {}

impl<T: DeserializeOwned + JsonSchema> Input for T {}

/// What a skill may return. `Kind` keeps the implementations apart and is found by inference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a skill",
    label = "neither an output nor a `Result` of an output and an error",
    note = "an output has `#[derive(Serialize, JsonSchema)]`",
    note = "an error is `openskills_sdk::Error`, any `std::error::Error`, or text"
)]
pub trait Outcome<Kind> {
    /// What becomes JSON.
    type Output: Serialize + JsonSchema;

    /// The output, or why there is none.
    fn into_result(self) -> Result<Self::Output, Error>;
}

/// The function returns its output.
#[derive(Debug)]
pub struct Plain;

/// The function returns a `Result`.
#[derive(Debug)]
pub struct Fallible<E>(PhantomData<E>);

/// The error is `Error` or becomes one by `Into`.
#[derive(Debug)]
pub struct Ours;

impl<T: Serialize + JsonSchema> Outcome<Plain> for T {
    type Output = T;

    fn into_result(self) -> Result<T, Error> {
        Ok(self)
    }
}

impl<T: Serialize + JsonSchema, E: Into<Error>> Outcome<Fallible<Ours>> for Result<T, E> {
    type Output = T;

    fn into_result(self) -> Result<T, Error> {
        self.map_err(Into::into)
    }
}

macro_rules! other_errors {
    ($($error:ty => $convert:expr;)+) => {$(
        impl<T: Serialize + JsonSchema> Outcome<Fallible<$error>> for Result<T, $error> {
            type Output = T;

            fn into_result(self) -> Result<T, Error> {
                self.map_err($convert)
            }
        }
    )+};
}

other_errors! {
    String => Error::Failed;
    &'static str => Error::failed;
    Box<dyn StdError> => |error| Error::of(&*error);
    Box<dyn StdError + Send + Sync> => |error| Error::of(&*error);
}

/// `execute` of the world.
pub fn execute<I: Input, R: Outcome<K>, K>(skill: fn(I) -> R, input: &str) -> Result<String, SkillError> {
    answer(skill, input).map_err(|error| match error {
        Error::InvalidInput { field, message } => SkillError::InvalidInput(InputFault { field, message }),
        Error::Denied(message) => SkillError::Denied(message),
        Error::Failed(message) => SkillError::Failed(message),
    })
}

fn answer<I: Input, R: Outcome<K>, K>(skill: fn(I) -> R, input: &str) -> Result<String, Error> {
    let output = skill(input::parse(input)?).into_result()?;
    serde_json::to_string(&output)
        .map_err(|error| Error::failed(format_args!("the output has no JSON form: {error}")))
}

/// `describe` of the world.
pub fn describe<I: Input, R: Outcome<K>, K>(_: fn(I) -> R) -> String {
    #[derive(Serialize)]
    struct Description {
        input: Schema,
        output: Schema,
    }

    let settings = SchemaSettings::draft2020_12();
    let description = Description {
        input: settings.clone().for_deserialize().into_generator().into_root_schema_for::<I>(),
        output: settings.for_serialize().into_generator().into_root_schema_for::<R::Output>(),
    };
    serde_json::to_string(&description).unwrap_or_default()
}
