use maud::{Markup, html};
use untis_webhook_tenants::{Entry, Filter, Listed, Registry, RegistryError, Store, Timestamp};

use super::language::Language;
use super::parts::schools;
use super::query::Query;

/// Schools of one kind, as many as an overview has room for.
pub(super) struct Attention {
    filter: Filter,
    schools: Vec<(Entry, Option<String>)>,
}

impl Attention {
    /// About which there is something to do, the most urgent first.
    pub(super) async fn of<S: Store>(registry: &Registry<S>) -> Result<Vec<Self>, RegistryError> {
        let mut kinds = Vec::new();
        for filter in [Filter::Contested, Filter::GivenUp, Filter::Refused, Filter::Waiting] {
            let page = registry.find(Listed { filter: Some(filter), ..Listed::default() }, ROOM).await?;
            let schools: Vec<_> = page.entries.into_iter().map(|entry| (entry, None)).collect();
            if !schools.is_empty() {
                kinds.push(Self { filter, schools });
            }
        }
        Ok(kinds)
    }
}

pub(super) fn attention(language: Language, query: &Query, kinds: &[Attention], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="to-do" {
            h2 #to-do { (language.say("To do", "Zu tun")) }
            @if kinds.is_empty() {
                p.card.quiet { (language.say("Nothing waits for anybody.", "Es wartet nichts auf jemanden.")) }
            }
            @for Attention { filter, schools: found } in kinds {
                @let (title, explanation) = kind(language, *filter);
                div.card {
                    h3 { (title) }
                    p { (explanation) }
                    @if *filter == Filter::GivenUp { pre tabindex="0" { code { "untis-webhookd tenants redrive" } } }
                    (schools(language, query, title, found, now))
                    p.more {
                        a href=(Query { only: Some(*filter), ..query.kept() }.of("/schools")) {
                            (language.say("All of these", "Alle diese")) span.hidden { ": " (title) }
                        }
                    }
                }
            }
        }
    }
}

fn kind(language: Language, filter: Filter) -> (&'static str, &'static str) {
    match filter {
        Filter::Contested => language.say(
            (
                "Contested",
                "Somebody has to decide about credentials. The school's page says which, and by which command.",
            ),
            (
                "Strittig",
                "Jemand muss über Zugangsdaten entscheiden. Auf der Seite der Schule steht, über welche und mit welchem Befehl.",
            ),
        ),
        Filter::GivenUp => language.say(
            (
                "Given up",
                "The application refused the message, so it is told no more. The log says what it answered. Mend that, then:",
            ),
            (
                "Aufgegeben",
                "Die Anwendung hat die Nachricht abgelehnt und erfährt sie nicht mehr. Im Log steht ihre Antwort. Das beheben, dann:",
            ),
        ),
        Filter::Refused => language.say(
            (
                "Refused by the platform",
                "The platform takes none of the credentials that are stored. The school has to reset them, or to activate the \
                 application again.",
            ),
            (
                "Von der Plattform abgelehnt",
                "Die Plattform nimmt keine der gespeicherten Zugangsdaten. Die Schule muss sie zurücksetzen oder die Anwendung \
                 neu aktivieren.",
            ),
        ),
        Filter::Waiting | Filter::Status(_) => language.say(
            (
                "Waiting",
                "The application has not acknowledged the last change. It is told again by itself; the log says why it failed.",
            ),
            (
                "Wartend",
                "Die Anwendung hat die letzte Änderung nicht bestätigt. Sie wird von selbst wieder informiert; im Log steht, \
                 woran es lag.",
            ),
        ),
    }
}

/// Schools of each kind.
const ROOM: u32 = 5;
