//! Which of what is kept goes, and its going.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use openskills_toolchain::cache;

use super::{Kept, Kind, State};

/// What the user wants to be gone, beside what is of no use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// What was not used for so long.
    pub(crate) unused_for: Option<Duration>,
    /// What was used longest ago, until the rest is no larger.
    pub(crate) down_to: Option<u64>,
    /// Only of these kinds; of all if there are none.
    pub(crate) kinds: Vec<Kind>,
}

/// What goes. Packages of skills and what this version does not know only go where their kind is named: the former
/// were chosen by the user, and runs do not fetch them again.
pub(crate) fn choose(kept: Vec<Kept>, wanted: &Wanted, now: SystemTime) -> Vec<Kept> {
    let is_meant = |kept: &Kept| match wanted.kinds.is_empty() {
        true => !matches!(kept.kind, Kind::Packages | Kind::Other),
        false => wanted.kinds.contains(&kept.kind),
    };
    let mut total: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let (mut gone, mut rest): (Vec<Kept>, Vec<Kept>) = kept.into_iter().filter(is_meant).partition(|kept| {
        let age = now.duration_since(kept.used).unwrap_or_default();
        kept.state != State::Kept || wanted.unused_for.is_some_and(|limit| age > limit)
    });
    total -= gone.iter().map(|kept| kept.bytes).sum::<u64>();
    if let Some(limit) = wanted.down_to {
        rest.sort_by_key(|kept| Reverse(kept.used));
        while total > limit
            && let Some(oldest) = rest.pop()
        {
            total -= oldest.bytes;
            gone.push(oldest);
        }
    }
    gone
}

/// Removes an entry. False if a program is making it at this moment, and it stays.
///
/// # Errors
/// If a file cannot be removed.
pub(crate) fn remove(kept: &Kept) -> io::Result<bool> {
    if kept.kind == Kind::Compiled {
        // The checksum first: who looks in between finds no entry. A mapped file lives on for who has mapped it.
        for path in kept.paths.iter().rev() {
            gone(fs::remove_file(path))?;
        }
        remove_if_empty(kept.paths.first().and_then(|path| path.parent()));
        return Ok(true);
    }
    for path in &kept.paths {
        if !cache::remove_kept(path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// What is left of a folder whose last entry went.
fn remove_if_empty(folder: Option<&Path>) {
    // It fails where something is left.
    let _ = folder.map(fs::remove_dir);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn kept(kind: Kind, name: &str, state: State, bytes: u64, days: u32, now: SystemTime) -> Kept {
        Kept { kind, name: name.into(), state, bytes, used: now - DAY * days, paths: Vec::new() }
    }

    fn chosen(wanted: &Wanted) -> Vec<String> {
        let now = SystemTime::now();
        let all = vec![
            kept(Kind::Compiled, "a", State::Kept, 10, 1, now),
            kept(Kind::Compiled, "b", State::Kept, 20, 40, now),
            kept(Kind::Compiled, "old", State::Old, 5, 0, now),
            kept(Kind::Tools, "zig", State::Kept, 300, 10, now),
            kept(Kind::Tools, ".zig.partial-1", State::Leftover, 1, 0, now),
            kept(Kind::Packages, "set", State::Kept, 7, 400, now),
            kept(Kind::Other, "unknown", State::Kept, 7, 400, now),
        ];
        let mut names: Vec<String> = choose(all, wanted, now).into_iter().map(|kept| kept.name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_of_no_use_goes_and_more_only_where_it_is_wanted() {
        let none = Wanted::default();
        assert_eq!(chosen(&none), [".zig.partial-1", "old"]);
        let month = Wanted { unused_for: Some(DAY * 30), ..none.clone() };
        assert_eq!(chosen(&month), [".zig.partial-1", "b", "old"]);
        let packages = Wanted { kinds: vec![Kind::Packages], ..month };
        assert_eq!(chosen(&packages), ["set"]);
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_no_more_than_must() {
        let to = |bytes| Wanted { down_to: Some(bytes), ..Wanted::default() };
        assert_eq!(chosen(&to(344)), [".zig.partial-1", "old"]);
        assert_eq!(chosen(&to(343)), [".zig.partial-1", "b", "old"]);
        assert_eq!(chosen(&to(0)), [".zig.partial-1", "a", "b", "old", "zig"]);
    }
}
