//! The table that attacks are shown in: the same columns for every family.

/// One attempt: what was tried and what became of it.
pub(crate) struct Row<'a> {
    pub(crate) attack: &'a str,
    pub(crate) door: &'a str,
    pub(crate) tried: &'a str,
    pub(crate) guest: &'a str,
    pub(crate) caller: &'a str,
    pub(crate) record: &'a str,
}

/// The attempts of one family.
#[derive(Default)]
pub(crate) struct Table {
    lines: Vec<String>,
}

impl Table {
    pub(crate) fn add(&mut self, row: &Row<'_>) {
        let Row { attack, door, tried, guest, caller, record } = row;
        self.lines.push(line([attack, door, tried, guest, caller, record]));
    }

    /// Shows it to who runs the tests with `--nocapture`.
    pub(crate) fn print(&self, family: &str, attacks: usize) {
        let head = line(["attack", "door", "tried", "the guest saw", "the caller got", "on record"]);
        println!(
            "\n{head}\n{}\n{attacks} attacks {family}, {} attempts",
            self.lines.join("\n"),
            self.lines.len()
        );
    }
}

fn line(columns: [&str; 6]) -> String {
    const WIDTHS: [usize; 6] = [48, 22, 56, 40, 18, 60];
    let columns = columns.iter().zip(WIDTHS).map(|(text, width)| {
        let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if flat.chars().count() <= width {
            format!("{flat:<width$}")
        } else {
            flat.chars().take(width - 1).chain(['…']).collect()
        }
    });
    columns.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
}
