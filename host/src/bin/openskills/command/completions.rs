//! `openskills completions`: what shells complete of this command.

use anyhow::Result;
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::args::Cli;
use crate::context::Context;
use crate::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  openskills completions bash > ~/.local/share/bash-completion/completions/openskills
  openskills completions zsh > \"${fpath[1]}/_openskills\"
  openskills completions fish > ~/.config/fish/completions/openskills.fish";

/// Print what a shell needs to complete this command.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "openskills", &mut script);
    match context.common.json {
        true => {
            let shell = options.shell.to_possible_value().map(|value| value.get_name().to_owned());
            let script = String::from_utf8_lossy(&script);
            context.printer.json(&serde_json::json!({ "shell": shell, "script": script }))?;
        }
        false => context.printer.raw(&script)?,
    }
    Ok(Exit::Success)
}
