use anyhow::Result;
use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::output::{self, Verdict};

pub(crate) fn run(args: &Completions) -> Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "untis-webhook", &mut script);
    output::bytes(&script)?;
    Ok(Verdict::Done)
}
