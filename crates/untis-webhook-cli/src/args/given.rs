use std::ffi::OsStr;

use clap::builder::{StringValueParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, Command, Error};

/// A text, and where it was given: an error names the one place in which to mend it.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// An option or a variable.
    pub(crate) place: &'static str,
    pub(crate) text: String,
}

impl Given {
    /// Reads an argument that is given by this option or, without it, by this variable.
    pub(super) fn parser(option: &'static str, variable: &'static str) -> GivenParser {
        GivenParser { option, variable }
    }

    /// Where it is given, which is this option if it is not, and what.
    pub(crate) fn place_and_text<'a>(
        given: Option<&'a Self>,
        option: &'static str,
    ) -> (&'static str, Option<&'a str>) {
        given.map_or((option, None), |given| (given.place, Some(&given.text)))
    }
}

#[derive(Clone)]
pub(super) struct GivenParser {
    option: &'static str,
    variable: &'static str,
}

impl TypedValueParser for GivenParser {
    type Value = Given;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Given, Error> {
        self.parse_ref_(command, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Given, Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        let place = if source == ValueSource::EnvVariable { self.variable } else { self.option };
        Ok(Given { place, text })
    }
}
