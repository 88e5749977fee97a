//! Limits as a policy file states them.

use std::time::Duration;

use super::limits::Limits;
use super::source::Source;

/// What a limit is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Time,
    Bytes,
    Count,
}

/// Every limit that a policy can state.
const LIMITS: [(&str, Unit); 14] = [
    ("timeout", Unit::Time),
    ("memory", Unit::Bytes),
    ("output", Unit::Bytes),
    ("input", Unit::Bytes),
    ("stdio", Unit::Bytes),
    ("body", Unit::Bytes),
    ("written-bytes", Unit::Bytes),
    ("created-files", Unit::Count),
    ("table-elements", Unit::Count),
    ("instances", Unit::Count),
    ("handles", Unit::Count),
    ("hostcall-bytes", Unit::Bytes),
    ("prompts", Unit::Count),
    ("prompt-timeout", Unit::Time),
];

/// The longest time that can be stated: a day.
const MAX_MILLISECONDS: f64 = 86_400_000.0;

/// The most bytes, or other things, that can be stated.
const MAX_COUNT: f64 = (1_u64 << 40) as f64;

/// Limits in the order in which they were read: what is set, and what caps it.
#[derive(Clone, Debug, Default)]
pub(super) struct PolicyLimits(Vec<PolicyLimit>);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct PolicyLimit {
    name: &'static str,
    /// Milliseconds, bytes, or a number.
    value: u64,
    /// It only lowers.
    cap: bool,
    source: Source,
}

impl PolicyLimit {
    /// Reads `timeout` and `10s`. The error is a message and what to write.
    pub(super) fn parse(name: &str, text: &str, cap: bool, source: Source) -> Result<Self, (String, String)> {
        let plain = name.replace('_', "-");
        let Some((name, unit)) = LIMITS.into_iter().find(|(known, _)| *known == plain) else {
            let names: Vec<&str> = LIMITS.iter().map(|(name, _)| *name).collect();
            let hint = match super::policy_file::nearest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the limits are {}", names.join(", ")),
            };
            return Err((format!("there is no limit `{name}`"), hint));
        };
        let (example, words) = match unit {
            Unit::Time => ("10s", "a time: a number and `ms`, `s`, `m` or `h`"),
            Unit::Bytes => ("128MiB", "a size: a number and `B`, `KiB`, `MiB` or `GiB`"),
            Unit::Count => ("100", "a whole number"),
        };
        match amount(text.trim(), unit) {
            Some(value) => Ok(Self { name, value, cap, source }),
            None => Err((format!("`{text}` is not {words}"), format!("write `{name}: {example}`"))),
        }
    }

    pub(super) fn capped(self) -> Self {
        Self { cap: true, ..self }
    }

    fn put(&self, limits: &mut Limits) {
        let bounded = |now: u64| if self.cap { now.min(self.value) } else { self.value };
        let size = |now: &mut usize| {
            *now = usize::try_from(bounded(*now as u64)).unwrap_or(usize::MAX);
        };
        let time = |now: &mut Duration| {
            *now = Duration::from_millis(bounded(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)));
        };
        match self.name {
            "timeout" => time(&mut limits.timeout),
            "memory" => size(&mut limits.memory),
            "output" => size(&mut limits.output),
            "input" => size(&mut limits.input),
            "stdio" => size(&mut limits.stdio),
            "body" => size(&mut limits.body),
            "written-bytes" => limits.written_bytes = bounded(limits.written_bytes),
            "created-files" => limits.created_files = bounded(limits.created_files),
            "table-elements" => size(&mut limits.table_elements),
            "instances" => size(&mut limits.instances),
            "handles" => size(&mut limits.handles),
            "hostcall-bytes" => size(&mut limits.hostcall_bytes),
            "prompts" => size(&mut limits.prompts),
            "prompt-timeout" => time(&mut limits.prompt_timeout),
            _ => {}
        }
    }
}

impl PolicyLimits {
    pub(super) fn push(&mut self, limit: PolicyLimit) {
        self.0.push(limit);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// From now on nothing raises what is set.
    pub(super) fn lock(&mut self) {
        let caps: Vec<PolicyLimit> = self.0.iter().cloned().map(PolicyLimit::capped).collect();
        self.0.extend(caps);
    }

    /// What is set, in the order read, and then what caps it.
    pub(super) fn apply(&self, base: &Limits) -> Limits {
        let mut limits = base.clone();
        for cap in [false, true] {
            self.0.iter().filter(|limit| limit.cap == cap).for_each(|limit| limit.put(&mut limits));
        }
        limits
    }

    pub(super) fn timeout_cap(&self) -> Option<(Duration, &Source)> {
        let caps = self.0.iter().filter(|limit| limit.cap && limit.name == "timeout");
        caps.min_by_key(|limit| limit.value).map(|limit| (Duration::from_millis(limit.value), &limit.source))
    }
}

/// The milliseconds, bytes or number that a text states; none that is zero or beyond all reason.
fn amount(text: &str, unit: Unit) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '_')).unwrap_or(text.len());
    let (number, word) = text.split_at_checked(end)?;
    let factor = match (unit, word.trim_start()) {
        (Unit::Time, "ms") => 1.0,
        (Unit::Time, "s") => 1_000.0,
        (Unit::Time, "m" | "min") => 60_000.0,
        (Unit::Time, "h") => 3_600_000.0,
        (Unit::Bytes, "B") | (Unit::Count, "") => 1.0,
        (Unit::Bytes, "KiB" | "K") => 1_024.0,
        (Unit::Bytes, "MiB" | "M") => 1_048_576.0,
        (Unit::Bytes, "GiB" | "G") => 1_073_741_824.0,
        (Unit::Bytes, "kB" | "KB") => 1e3,
        (Unit::Bytes, "MB") => 1e6,
        (Unit::Bytes, "GB") => 1e9,
        _ => return None,
    };
    let number = number.replace('_', "");
    if !number.starts_with(|c: char| c.is_ascii_digit()) || (unit == Unit::Count && number.contains('.')) {
        return None;
    }
    let amount = (number.parse::<f64>().ok()? * factor).round();
    let most = if unit == Unit::Time { MAX_MILLISECONDS } else { MAX_COUNT };
    // No prompts at all is a limit that somebody may want; every other zero would stop everything.
    let least = if unit == Unit::Count { 0.0 } else { 1.0 };
    (least..=most).contains(&amount).then_some(amount as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, unit, expected) in [
            ("10s", Unit::Time, Some(10_000)),
            ("1.5 s", Unit::Time, Some(1_500)),
            ("250ms", Unit::Time, Some(250)),
            ("2m", Unit::Time, Some(120_000)),
            ("128MiB", Unit::Bytes, Some(128 << 20)),
            ("64 MB", Unit::Bytes, Some(64_000_000)),
            ("1GiB", Unit::Bytes, Some(1 << 30)),
            ("10_000", Unit::Count, Some(10_000)),
            ("0", Unit::Count, Some(0)),
            ("10", Unit::Time, None),
            ("128", Unit::Bytes, None),
            ("128mib", Unit::Bytes, None),
            ("0s", Unit::Time, None),
            ("-1s", Unit::Time, None),
            ("1e9s", Unit::Time, None),
            ("99999999h", Unit::Time, None),
            ("1.5", Unit::Count, None),
            ("", Unit::Count, None),
            ("..s", Unit::Time, None),
            ("ä", Unit::Bytes, None),
        ] {
            assert_eq!(amount(text, unit), expected, "{text:?}");
        }
    }

    #[test]
    fn every_name_is_one_of_a_limit() {
        for (name, unit) in LIMITS {
            let text = match unit {
                Unit::Time => "1ms",
                Unit::Bytes => "1B",
                Unit::Count => "1",
            };
            let limit = PolicyLimit::parse(name, text, true, Source::Code).unwrap();
            let mut limits = PolicyLimits::default();
            limits.push(limit);
            assert_ne!(limits.apply(&Limits::default()), Limits::default(), "{name}");
        }
    }

    #[test]
    fn a_cap_lowers_and_never_raises() {
        let of = |text: &str, cap| PolicyLimit::parse("timeout", text, cap, Source::Code).unwrap();
        let mut limits = PolicyLimits::default();
        limits.push(of("60s", true));
        assert_eq!(limits.apply(&Limits::default()).timeout, Duration::from_secs(30));
        limits.push(of("90s", false));
        assert_eq!(limits.apply(&Limits::default()).timeout, Duration::from_secs(60));
        limits.push(of("5s", true));
        assert_eq!(limits.apply(&Limits::default()).timeout, Duration::from_secs(5));
        assert_eq!(limits.timeout_cap().map(|(cap, _)| cap), Some(Duration::from_secs(5)));
    }
}
