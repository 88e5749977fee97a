//! The names of cases and flags, found without going through all of them.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Names in their order. A guest may answer with a million cases of a type that has ten thousand.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    list: Box<[Arc<str>]>,
    places: HashMap<Arc<str>, usize>,
}

impl<'a> FromIterator<&'a str> for Labels {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let list: Box<[Arc<str>]> = names.into_iter().map(Arc::from).collect();
        let places = list.iter().enumerate().map(|(place, name)| (Arc::clone(name), place)).collect();
        Self { list, places }
    }
}

impl Labels {
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.list.iter().map(|name| &**name)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The place of a name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.list.hash(state);
    }
}
