//! The command line: what is common to all commands, and what to say to first wrong guesses.

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser};
use openskills_runtime::{MountPoint, Policy};

use crate::command::Command;
use crate::exit::Complaint;
use crate::printer::{Color, plain};

/// The engine, as far as it says its version at all.
pub(crate) const ENGINE: &str = "wasmtime 48";

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (wasmtime 48)");

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
SKILL is a name, looked up in the skills folders, or a path if it contains `/` or starts with `.`.

Examples:
  openskills list --skills skills
  openskills run skills/text-stats --input '{\"text\": \"Hello, world.\"}'
  openskills inspect skills/text-stats

Exit codes:
  0 success                        4 invalid manifest or component
  1 the skill failed or trapped    5 permission denied
  2 usage or invalid input         6 timeout or another limit
  3 skill not found                7 input or output failed
                                 130 cancelled by Ctrl-C";

/// Runs agent skills as sandboxed WebAssembly components.
///
/// A skill gets what the `allowed-tools` of its SKILL.md ask for, as far as your policy permits; what is not granted
/// is not there.
#[derive(Debug, Parser)]
#[command(
    name = "openskills", version = VERSION, styles = STYLES, after_help = AFTER_HELP,
    subcommand_required = true, arg_required_else_help = true, max_term_width = 100, disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// Look for skills in this folder; repeatable, in place of the standard ones
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) skills: Vec<PathBuf>,
    /// Print JSON on stdout, errors included
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing on stderr but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When to colour
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        global = true,
        help = "When to colour: auto, always or never"
    )]
    pub(crate) color: Color,
    /// Never ask: what would need an answer is refused
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
}

/// What skills may do.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Permissions")]
pub(crate) struct Permissions {
    /// Allow what matches, where the skill requests it: `Read(data/**)`, `WebFetch(domain:example.com)`, `Env(LANG)`
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) allow: Vec<String>,
    /// Ask before what matches
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) ask: Vec<String>,
    /// Deny what matches, whatever else allows it
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) deny: Vec<String>,
    /// Read rules from this YAML file too, beside your own policy.yaml and the project's
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Send http requests through this proxy, `http://HOST:PORT`; those of the environment are not used
    #[arg(long, value_name = "URL")]
    pub(crate) http_proxy: Option<String>,
}

fn rule(text: &str) -> Result<String, String> {
    Policy::default().deny(text).map(|_| text.to_owned()).map_err(|error| error.reason())
}

/// `HOST:GUEST`, `HOST:GUEST:rw` or `HOST:GUEST:ro`.
pub(crate) fn mount(text: &str) -> Result<MountPoint, String> {
    let (rest, writable) = match text.strip_suffix(":rw") {
        Some(rest) => (rest, true),
        None => (text.strip_suffix(":ro").unwrap_or(text), false),
    };
    let (host, guest) =
        rest.rsplit_once(':').ok_or("expected HOST:GUEST or HOST:GUEST:rw, such as `../data:/data`")?;
    let guest = guest.strip_prefix('/').unwrap_or(guest).trim_end_matches('/');
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST:GUEST or HOST:GUEST:rw, such as `../data:/data`".to_owned());
    }
    if guest.contains('/') || matches!(guest, "workspace" | "skill" | "tmp" | "." | "..") {
        return Err(format!(
            "`/{guest}` cannot be the place of a mount: give it one name of its own, such as `/data`"
        ));
    }
    Ok(MountPoint { host: host.into(), guest: guest.to_owned(), writable })
}

/// Whether a name may be a command misspelt. The name of a skill may begin like one, as `text-stats` does like `test`.
fn is_near(name: &str, known: &str) -> bool {
    strsim::normalized_damerau_levenshtein(name, known) >= 0.5
}

/// A better answer than clap's to a mistake that newcomers make.
pub(crate) fn explain(error: &clap::Error) -> Option<Complaint> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = plain(text(ContextKind::InvalidSubcommand)?);
            let complaint = Complaint::usage(format!("there is no command `{name}`"));
            let near: Vec<&str> = match error.get(ContextKind::SuggestedSubcommand) {
                Some(ContextValue::Strings(names)) => {
                    names.iter().map(String::as_str).filter(|known| is_near(&name, known)).collect()
                }
                _ => Vec::new(),
            };
            Some(match near.as_slice() {
                [] => complaint.hint(format!(
                    "to run a skill: `openskills run {name}`; all commands: `openskills --help`"
                )),
                near => {
                    complaint.hint(format!("did you mean `openskills {}`?", near.join("` or `openskills ")))
                }
            })
        }
        ErrorKind::UnknownArgument => {
            let argument = plain(text(ContextKind::InvalidArg)?);
            let usage = error.get(ContextKind::Usage)?.to_string();
            let command = usage.split_whitespace().nth(2)?;
            match command {
                _ if argument.starts_with('-') => None,
                "run" if argument.starts_with(['{', '[', '"']) => Some(
                    Complaint::usage("the input is given with `--input`, not by itself")
                        .hint(format!("add `--input` before it: `--input '{argument}'`")),
                ),
                "run" => Some(
                    Complaint::usage(format!("`run` takes one skill, and `{argument}` comes after it")).hint(
                        "a skill's input is JSON: `--input '{\"path\": …}'`; what a script gets follows `--`",
                    ),
                ),
                "list" | "tools" => Some(
                    Complaint::usage(format!("`{command}` takes no `{argument}` by itself")).hint(format!(
                        "to look for skills in that folder: `openskills {command} --skills {argument}`"
                    )),
                ),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_engine_is_the_one_that_is_built_with() {
        let workspace = include_str!("../../../../Cargo.toml");
        let version = ENGINE.strip_prefix("wasmtime ").unwrap();
        assert!(workspace.contains(&format!("wasmtime = {{ version = \"{version}\"")));
        assert!(VERSION.contains(ENGINE));
    }

    #[test]
    fn mounts_are_read_from_the_right() {
        let read =
            |text| mount(text).map(|mount| (mount.host.display().to_string(), mount.guest, mount.writable));
        assert_eq!(read("a:/data"), Ok(("a".to_owned(), "data".to_owned(), false)));
        assert_eq!(read("a:b:data:rw"), Ok(("a:b".to_owned(), "data".to_owned(), true)));
        for wrong in ["a", "a:", ":data", "a:/", "a:x/y", "a:skill", "a:.."] {
            assert!(mount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn first_wrong_guesses_lead_somewhere() {
        let hint = |arguments: &[&str]| {
            let error = Cli::try_parse_from(["openskills"].iter().chain(arguments)).unwrap_err();
            explain(&error).and_then(|complaint| complaint.hint).unwrap_or_default()
        };
        assert!(hint(&["text-stats"]).contains("`openskills run text-stats`"));
        assert!(hint(&["lsit"]).contains("`openskills list`"));
        assert!(hint(&["run", "a", r#"{"text": "x"}"#]).contains(r#"--input '{"text": "x"}'"#));
        assert!(hint(&["run", "a", "data.csv"]).contains("--input"));
        assert_eq!(hint(&["run", "a", "--inputs"]), "", "the parser's own words know better");
        for command in ["list", "tools"] {
            assert!(hint(&[command, "skills"]).contains(&format!("`openskills {command} --skills skills`")));
        }
    }
}
