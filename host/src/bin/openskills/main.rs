//! `openskills`: runs and examines agent skills from the command line.
#![expect(
    clippy::disallowed_methods,
    reason = "arguments, environment and files of the user are what a command is about"
)]

mod args;
mod author;
mod command;
mod context;
mod exit;
mod interrupt;
mod kept;
mod left_out;
mod printer;
mod progress;
mod prompt;
mod render;
mod wit_folder;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use context::Context;
use exit::Exit;
use printer::Printer;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error).into(),
    };
    let printer = Printer::new(cli.common.color, cli.common.quiet);
    let json = cli.common.json;
    let done = Context::new(cli.common, printer).and_then(|context| command::run(cli.command, &context));
    let exit = match done {
        Ok(exit) => exit,
        Err(error) => render::report(printer, json, &error),
    };
    exit.into()
}

/// Help and version are no mistakes; of real ones, some lead somewhere.
fn refuse(error: &clap::Error) -> Exit {
    match args::explain(error) {
        Some(complaint) => {
            render::complaint(Printer::new(printer::Color::Auto, false), &complaint);
            Exit::Usage
        }
        None => {
            Printer::clap(error);
            if error.use_stderr() { Exit::Usage } else { Exit::Success }
        }
    }
}
