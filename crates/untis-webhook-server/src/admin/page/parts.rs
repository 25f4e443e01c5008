//! What stands on more than one page.

use maud::{Markup, html};
use untis_webhook_tenants::{Entry, Status, Timestamp};

use super::language::Language;
use super::query::Query;
use crate::output::escaped;
use crate::time::rfc_3339;

/// A text from outside, in which nothing changes the order of what is read, or is not seen. In a page it is escaped besides.
pub(super) fn outside(text: &str) -> Markup {
    html! { bdi { (escaped(text)) } }
}

/// How long ago, and when.
pub(super) fn time(language: Language, time: Option<Timestamp>, now: Timestamp) -> Markup {
    let Some(time) = time else { return html! { span.quiet { "–" } } };
    html! {
        time datetime=[rfc_3339(time)] {
            (language.distance(time, now))
            @if let Some(moment) = language.moment(time) { " " small { (moment) } }
        }
    }
}

pub(super) fn status(language: Language, status: Status) -> Markup {
    let (class, name) = match status {
        Status::Active => ("badge good", language.say("active", "aktiv")),
        Status::Deactivated => ("badge", language.say("deactivated", "deaktiviert")),
        Status::Deleted => ("badge", language.say("deleted", "gelöscht")),
    };
    html! { span class=(class) { (name) } }
}

/// The state of a school, and what is wrong with it.
pub(super) fn states(language: Language, entry: &Entry) -> Markup {
    html! {
        (status(language, entry.status))
        @if entry.is_contested { " " span.badge.warn { (language.say("contested", "strittig")) } }
        @if entry.is_refused {
            " " span.badge.bad { (language.say("refused by the platform", "von der Plattform abgelehnt")) }
        }
    }
}

/// What the application knows of the last change.
pub(super) fn told(language: Language, entry: &Entry, now: Timestamp) -> Markup {
    if entry.acknowledged >= entry.version {
        return html! { (language.say("told", "informiert")) };
    }
    let attempts = language.number(entry.attempts);
    html! {
        @if entry.is_given_up {
            span.badge.bad { (language.say("given up", "aufgegeben")) }
        } @else {
            span.badge.warn { (language.say("waits", "wartet")) }
        }
        @if entry.attempts > 0 {
            " " small {
                (attempts) " "
                (language.say(
                    if entry.attempts == 1 { "attempt" } else { "attempts" },
                    if entry.attempts == 1 { "Versuch" } else { "Versuche" },
                ))
                @if let (Some(next), false) = (entry.next_attempt, entry.is_given_up) {
                    ", " (language.say("again ", "wieder ")) (language.distance(next, now))
                }
            }
        }
    }
}

/// A table whose first column names the row. On a telephone, where a row is a block, each cell says which column it is of; the
/// roles are said because a table that is not laid out as one is none to a browser.
pub(super) fn table<const N: usize>(
    class: &str,
    caption: &str,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [Markup; N]>,
) -> Markup {
    html! {
        table class=(class) role="table" {
            caption.hidden { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for name in columns { th scope="col" role="columnheader" { (name) } } }
            }
            tbody role="rowgroup" {
                @for cells in rows {
                    tr role="row" {
                        @for (place, (name, cell)) in columns.into_iter().zip(cells).enumerate() {
                            @match place {
                                0 => th scope="row" role="rowheader" { (cell) },
                                _ => td role="cell" data-label=(name) { (cell) },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Schools, one a row; with the name of each, if it is asked for.
pub(super) fn schools(
    language: Language,
    query: &Query,
    caption: &str,
    schools: &[(Entry, Option<String>)],
    now: Timestamp,
) -> Markup {
    let columns = language.say(
        ["School", "State", "Last delivery", "Application"],
        ["Schule", "Stand", "Letzte Zustellung", "Anwendung"],
    );
    let rows = schools.iter().map(|(entry, name)| {
        let link = Query { id: entry.tenant_id.clone(), ..query.kept() }.of("/school");
        let school = html! {
            a href=(link) { (outside(&entry.tenant_id)) }
            @if let Some(name) = name { " " span.name { (outside(name)) } }
        };
        [school, states(language, entry), time(language, entry.received_at, now), told(language, entry, now)]
    });
    table("schools", caption, columns, rows)
}

/// A command of this program about a school, to be copied into a shell: none if its id cannot be typed.
pub(super) fn command(words: &str, tenant_id: &str, rest: &str) -> Option<String> {
    if escaped(tenant_id) != tenant_id {
        return None;
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@:+-".contains(c);
    let quoted = match tenant_id.chars().all(is_plain) {
        true => tenant_id.to_owned(),
        false => format!("'{}'", tenant_id.replace('\'', r"'\''")),
    };
    // What begins with a hyphen is taken for an option.
    let dashes = if tenant_id.starts_with('-') { "-- " } else { "" };
    Some(format!("untis-webhookd tenants {words} {dashes}{quoted} {rest}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_same_in_a_shell_whatever_the_id_is() {
        let command = |id| command("accept", id, "3");
        for (id, expected) in [
            ("12345", "untis-webhookd tenants accept 12345 3"),
            ("a b", "untis-webhookd tenants accept 'a b' 3"),
            ("$(reboot)", "untis-webhookd tenants accept '$(reboot)' 3"),
            ("'; reboot '", r"untis-webhookd tenants accept ''\''; reboot '\''' 3"),
            ("--all", "untis-webhookd tenants accept -- --all 3"),
            ("~root", "untis-webhookd tenants accept '~root' 3"),
        ] {
            assert_eq!(command(id).as_deref(), Some(expected));
        }
        for id in ["a\nreboot", "\u{202e}", "\u{200b}", "\u{1b}[2J"] {
            assert_eq!(command(id), None, "{id:?}");
        }
    }
}
