//! The time of day, as text.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in UTC: `2026-08-01T12:30:59Z`.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    of(since.as_secs())
}

/// Seconds since 1970 as a date of the Gregorian calendar, by the method of Howard Hinnant's `civil_from_days`.
fn of(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn dates() {
        assert_eq!(of(0), "1970-01-01T00:00:00Z");
        assert_eq!(of(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(of(1_785_542_400), "2026-08-01T00:00:00Z");
        assert_eq!(of(4_102_444_799), "2099-12-31T23:59:59Z");
    }
}
