//! Any instructions with any arguments. Lines: the names of the arguments, the arguments, then the instructions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openskills_fuzz::fill;

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\n');
    let names: Vec<String> = parts.next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let arguments = parts.next().unwrap_or_default();
    let body = parts.next().unwrap_or_default();
    let Some(filled) = fill(body, arguments, &names, "/skills/a") else { return };
    if !body.contains('$') && arguments.trim().is_empty() {
        assert_eq!(filled, body);
    }
    // What a value says is never a placeholder: with another character for its dollar signs the same comes out.
    let other = '\u{E000}';
    if !body.contains(other) && !arguments.contains([other, '\\']) {
        let dollar = other.to_string();
        let again = fill(body, &arguments.replace('$', &dollar), &names, "/skills/a");
        assert_eq!(again.map(|text| text.replace(other, "$")), Some(filled), "a value was filled again");
    }
});
