use std::collections::BTreeMap;
use std::path::Path;

use strsim::jaro_winkler;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use untis_webhook_config::{may_be_key, read_file, shown};

use super::keys::{KEYS, Key, RELOADED};
use super::{ConfigError, NOT_UNICODE};

/// What was said, and where.
pub(super) struct Given {
    text: String,
    place: String,
}

impl Given {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn error(&self, expected: &str) -> ConfigError {
        self.says(&format!("expected {expected}, found something else"))
    }

    pub(super) fn says(&self, error: &str) -> ConfigError {
        ConfigError(format!("{}: {error}", self.place))
    }
}

/// All that was said, by the names of [`KEYS`].
pub(super) struct Values {
    given: BTreeMap<&'static str, Given>,
    file: Option<String>,
    /// Those of the file, whatever is in them.
    tables: Vec<String>,
}

impl Values {
    pub(super) fn read(
        file: Option<&Path>,
        var: impl Fn(&str) -> Result<Option<String>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let mut values = Self { given: BTreeMap::new(), file: file.map(shown), tables: Vec::new() };
        if let Some(file) = file {
            let name = shown(file);
            let octets = read_file(file).map_err(|error| ConfigError(format!("{name}: {error}")))?;
            let text =
                String::from_utf8(octets).map_err(|_| ConfigError(format!("{name}: {NOT_UNICODE}")))?;
            let table = DeTable::parse(&text).map_err(|error| {
                let line =
                    error.span().map_or(String::new(), |span| format!(", line {}", line(&text, span.start)));
                ConfigError(format!("{name}{line}: {}", error.message()))
            })?;
            values.take(&text, "", table.get_ref())?;
        }
        let set = |variable| Ok(var(variable)?.filter(|text| !text.trim().is_empty()));
        for Key { name, var: variable } in KEYS {
            if let Some(text) = set(variable)? {
                values.given.insert(name, Given { text: text.trim().to_owned(), place: variable.to_owned() });
            }
        }
        Ok(values)
    }

    /// Where something of this table is said, if it is.
    pub(super) fn within(&self, table: &str) -> Option<&str> {
        self.given.iter().find(|(name, _)| name.starts_with(table)).map(|(_, given)| &*given.place)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.given.get(name)
    }

    /// Whether the file has this table.
    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table == name)
    }

    /// By the name of the variable that says the same.
    pub(super) fn of_var(&self, variable: &str) -> Option<&Given> {
        KEYS.iter().find(|key| key.var == variable).and_then(|key| self.given.get(key.name))
    }

    /// An error that begins with a variable, with the place instead where that is said.
    pub(super) fn where_it_is_said(&self, error: &str) -> ConfigError {
        let said = KEYS.iter().find_map(|key| {
            Some((self.given.get(key.name)?, error.strip_prefix(key.var)?.strip_prefix(": ")?))
        });
        said.map_or_else(|| ConfigError(error.to_owned()), |(given, error)| given.says(error))
    }

    /// That something was not said, and how it can be.
    pub(super) fn missing(&self, name: &'static str, expected: &str) -> ConfigError {
        let variable = KEYS.iter().find(|key| key.name == name).map_or("", |key| key.var);
        let file = self.file.as_ref().map(|file| format!(", or {name} in {file}")).unwrap_or_default();
        ConfigError(format!("{variable}{file} is not set: expected {expected}"))
    }

    /// What takes a restart to change, and with it whether TLS is spoken and the API asks for a token.
    pub(super) fn fixed(self) -> BTreeMap<&'static str, String> {
        let is_on = |key, name| self.given.contains_key(key).then(|| (name, "on".to_owned()));
        let on = [is_on("tls.certificate_file", "tls"), is_on(TOKEN_FILE, TOKEN_FILE)];
        let fixed = self.given.into_iter().filter(|(name, _)| !RELOADED.contains(name));
        fixed.map(|(name, given)| (name, given.text)).chain(on.into_iter().flatten()).collect()
    }

    fn take(&mut self, text: &str, within: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name = format!("{within}{}", key.get_ref());
            let place = self.place(text, key.span().start);
            if KEYS.iter().any(|known| known.name.starts_with(&format!("{name}."))) {
                let DeValue::Table(table) = value.get_ref() else {
                    return Err(ConfigError(format!(
                        "{place}, {name}: expected a table, found something else"
                    )));
                };
                self.take(text, &format!("{name}."), table)?;
                self.tables.push(name);
                continue;
            }
            let Some(known) = KEYS.iter().find(|known| known.name == name) else {
                return Err(ConfigError(format!("{place}: {}", unknown(&name))));
            };
            let place = format!("{place}, {name}");
            let text = said(value).ok_or_else(|| {
                ConfigError(format!("{place}: expected a text, a number, true or false, or a list of texts"))
            })?;
            if !text.is_empty() {
                self.given.insert(known.name, Given { text, place });
            }
        }
        Ok(())
    }

    fn place(&self, text: &str, at: usize) -> String {
        format!("{}, line {}", self.file.as_deref().unwrap_or_default(), line(text, at))
    }
}

/// A value as the variable would say it.
fn said(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::Array(values) => {
            let texts = values.iter().map(|value| match value.get_ref() {
                DeValue::String(text) if !text.contains(',') => Some(text.trim().to_owned()),
                _ => None,
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        DeValue::Boolean(is) => Some(is.to_string()),
        // Which may be hexadecimal, octal or binary.
        DeValue::Integer(number) => {
            Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string())
        }
        DeValue::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// What is wrong with the names of these variables, which nobody reads: a misspelt one is as though it were not set.
pub(crate) fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_known = |name: &str| name == CONFIG || KEYS.iter().any(|key| key.var == name);
    let ours = names.into_iter().filter(|name| name.starts_with("UNTIS_WEBHOOK_") && !is_known(name));
    ours.map(|name| {
        let nearest = KEYS.iter().map(|key| (jaro_winkler(&name, key.var), key.var));
        nearest.max_by(|a, b| a.0.total_cmp(&b.0)).map_or_else(
            || format!("{name} is not known"),
            |(_, nearest)| format!("{name} is not known: is it {nearest}?"),
        )
    })
    .collect()
}

/// A key that nobody knows, which is not repeated if it may be one of another kind.
fn unknown(name: &str) -> String {
    let nearest =
        KEYS.iter().map(|key| (jaro_winkler(name, key.name), key.name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = nearest.filter(|(likeness, _)| *likeness > 0.8).map(|(_, name)| format!(": is it {name}?"));
    let name = if may_be_key(name) { "a key that is not repeated" } else { name };
    format!("{} is not known{}", name.escape_default(), hint.unwrap_or_default())
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
}

const CONFIG: &str = "UNTIS_WEBHOOK_CONFIG";
const TOKEN_FILE: &str = "tenants.api.token_file";
