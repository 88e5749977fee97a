//! Python's objects as JSON values, and back.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::Serialize;
use serde_json::{Map, Number, Value};

/// How deep values may be nested: as deep as JSON text may be for the host that reads a skill's answer.
const MAX_DEPTH: usize = 127;

/// Where a value stands in the one that is converted, for messages.
enum Place<'a> {
    Root,
    Item(&'a Within<'a>, usize),
    Member(&'a Within<'a>, &'a str),
}

/// A list or dictionary that is being converted, and what it stands in.
struct Within<'a> {
    object: &'a Bound<'a, PyAny>,
    place: &'a Place<'a>,
    depth: usize,
}

/// A Python object as JSON: `None`, booleans, numbers, texts, lists, tuples and dictionaries.
///
/// # Errors
/// `TypeError` for any other object or a key that is no text; `ValueError` for a number that JSON cannot hold, a text
/// with half of a surrogate pair, and what contains itself or is nested too deep. All of them say where.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    value(object, &Place::Root)
}

fn value(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(string(text, place)?));
    }
    // Before integers: a boolean is one, for Python.
    if let Ok(boolean) = object.cast::<PyBool>() {
        return Ok(Value::Bool(boolean.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        return integer(object, place);
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        return number.map(Value::Number).ok_or_else(|| {
            PyValueError::new_err(format!("{place} is {}, which JSON does not have", float.value()))
        });
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let within = enter(object, place)?;
        let mut map = Map::with_capacity(dict.len());
        for (key, item) in members(dict) {
            let Ok(key) = key.cast::<PyString>() else {
                let kind = type_name(&key);
                return Err(PyTypeError::new_err(format!(
                    "a key of {place} is of type {kind}: only texts can be keys"
                )));
            };
            let key = string(key, place)?;
            let item = value(&item, &Place::Member(&within, &key))?;
            map.insert(key, item);
        }
        return Ok(Value::Object(map));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return items(object, list.iter(), place);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return items(object, tuple.iter(), place);
    }
    other(object, place)
}

/// All pairs of a dictionary, taken out before any of them is looked at: looking may run Python code, which may change
/// it.
fn members<'py>(dict: &Bound<'py, PyDict>) -> Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    dict.iter().collect()
}

fn items<'py>(
    object: &Bound<'py, PyAny>,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    place: &Place<'_>,
) -> PyResult<Value> {
    let within = enter(object, place)?;
    let values = items.enumerate().map(|(index, item)| value(&item, &Place::Item(&within, index)));
    values.collect::<PyResult<Vec<_>>>().map(Value::Array)
}

/// A whole number of any class. Those of other libraries say that they are one by `__index__`.
fn integer(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
    if let Ok(number) = object.extract::<i64>() {
        return Ok(number.into());
    }
    if let Ok(number) = object.extract::<u64>() {
        return Ok(number.into());
    }
    Err(PyValueError::new_err(format!("{place} does not fit into 64 bits: pass it as a text")))
}

fn other(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
    if object.hasattr("__index__")? {
        return integer(object, place);
    }
    let kind = type_name(object);
    let advice = if object.is_instance_of::<PyBytes>() || kind == "bytearray" {
        ": pass them as a text, base64 for instance"
    } else {
        ", which has no form in JSON"
    };
    Err(PyTypeError::new_err(format!("{place} is of type {kind}{advice}")))
}

fn string(text: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<String> {
    let text = text.to_cow();
    let text = text.map_err(|_| {
        PyValueError::new_err(format!(
            "a text at {place} has half of a surrogate pair, which no JSON can hold"
        ))
    })?;
    Ok(text.into_owned())
}

fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "an unknown class".to_owned(), |name| name.to_string())
}

/// Goes into a list or dictionary.
fn enter<'a>(object: &'a Bound<'_, PyAny>, place: &'a Place<'a>) -> PyResult<Within<'a>> {
    let depth = place.depth() + 1;
    if depth <= MAX_DEPTH {
        return Ok(Within { object, place, depth });
    }
    let (mut outer, mut same) = (place, None);
    while let Place::Item(within, _) | Place::Member(within, _) = outer {
        outer = within.place;
        same = if within.object.is(object) { Some(outer) } else { same };
    }
    if let Some(place) = same {
        return Err(PyValueError::new_err(format!("{place} contains itself")));
    }
    Err(PyValueError::new_err(format!("the value is nested more than {MAX_DEPTH} deep")))
}

impl Place<'_> {
    fn depth(&self) -> usize {
        match self {
            Self::Root => 0,
            Self::Item(within, _) | Self::Member(within, _) => within.depth,
        }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => f.write_str("the value"),
            Self::Item(within, index) => write!(f, "{}[{index}]", within.place),
            Self::Member(within, key) => write!(f, "{}[{key:?}]", within.place),
        }
    }
}

/// A JSON value as Python's objects. Its depth is bounded by whoever parsed it.
pub(crate) fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    match value {
        Value::Null => Ok(py.None()),
        Value::Bool(boolean) => boolean.into_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_py_any(py),
            (None, Some(number)) => number.into_py_any(py),
            (None, None) => number.as_f64().into_py_any(py),
        },
        Value::String(text) => text.into_py_any(py),
        Value::Array(items) => {
            let items = items.iter().map(|item| to_python(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_py_any(py)
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (key, member) in members {
                dict.set_item(key, to_python(py, member)?)?;
            }
            dict.into_py_any(py)
        }
    }
}

/// Something of the host's in its JSON form, as Python's objects.
pub(crate) fn serialized(py: Python<'_>, thing: &impl Serialize) -> PyResult<Py<PyAny>> {
    let value = serde_json::to_value(thing).map_err(|error| PyValueError::new_err(error.to_string()))?;
    to_python(py, &value)
}
