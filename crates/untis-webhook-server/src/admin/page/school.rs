use maud::{Markup, html};
use untis_webhook_tenants::{
    Contest, Decision, Ended, Entry, Profile, Record, Registry, RegistryError, Set, SetState, Store,
    Timestamp,
};

use super::language::Language;
use super::parts::{command, outside, states, table, time, told};
use super::query::Query;

/// What there is to say of one school, without what is secret.
pub(super) struct School {
    entry: Entry,
    sets: Vec<Set>,
    contested: Vec<u64>,
    records: Vec<Record>,
    /// If it was asked for.
    profile: Option<Profile>,
}

impl School {
    pub(super) async fn of<S: Store>(
        registry: &Registry<S>,
        query: &Query,
    ) -> Result<Option<Self>, RegistryError> {
        let Some(entry) = registry.get(&query.id).await? else { return Ok(None) };
        let profile = match query.personal {
            true => Some(registry.profile(&query.id).await?.unwrap_or_default()),
            false => None,
        };
        Ok(Some(Self {
            sets: registry.sets(&query.id).await?,
            contested: registry.contested(&query.id).await?,
            records: registry.records(Some(&query.id), query.from, ROWS).await?,
            entry,
            profile,
        }))
    }

    pub(super) fn content(&self, language: Language, query: &Query, now: Timestamp) -> Markup {
        html! {
            h1 { (language.say("School ", "Schule ")) (outside(&self.entry.tenant_id)) }
            p.badges { (states(language, &self.entry)) }
            (self.to_decide(language))
            (self.facts(language, query, now))
            (self.sets(language, now))
            (self.records(language, query, now))
        }
    }

    fn to_decide(&self, language: Language) -> Markup {
        let id = &self.entry.tenant_id;
        html! {
            @if !self.contested.is_empty() {
                section.state.warn aria-labelledby="decide" {
                    h2 #decide { (language.say("To be decided", "Zu entscheiden")) }
                    p {
                        (language.say(
                            "Accept a set if it is this application's own: it is given out from then on. Reject it \
                             otherwise: it is destroyed.",
                            "Einen Satz annehmen, wenn er dieser Anwendung gehört: ab dann wird er herausgegeben. Sonst \
                             ablehnen: er wird vernichtet.",
                        ))
                    }
                    @for number in &self.contested {
                        h3 { (language.say("Set ", "Satz ")) (number) }
                        @for words in ["accept", "reject"] {
                            @match command(words, id, &number.to_string()) {
                                Some(command) => pre tabindex="0" { code { (command) } },
                                None => p {
                                    code { "tenants " (words) } " "
                                    (language.say(
                                        "with the id as it is: it has characters that cannot be typed.",
                                        "mit der ID, wie sie ist: sie hat Zeichen, die man nicht tippen kann.",
                                    ))
                                },
                            }
                        }
                    }
                }
            }
            @if self.entry.is_given_up && self.entry.version > self.entry.acknowledged {
                section.state.warn aria-labelledby="redrive" {
                    h2 #redrive { (language.say("Given up", "Aufgegeben")) }
                    p {
                        (language.say(
                            "The application refused the message. The log says what it answered; mend that, then:",
                            "Die Anwendung hat die Nachricht abgelehnt. Im Log steht ihre Antwort; das beheben, dann:",
                        ))
                    }
                    @if let Some(command) = command("redrive", id, "") { pre tabindex="0" { code { (command) } } }
                }
            }
        }
    }

    fn facts(&self, language: Language, query: &Query, now: Timestamp) -> Markup {
        let Self { entry, profile, .. } = self;
        let link = |personal| Query { personal, ..query.clone() }.of("/school");
        html! {
            section aria-labelledby="facts" {
                h2 #facts { (language.say("What is known", "Was bekannt ist")) }
                dl.card {
                    (fact(language.say("Last delivery", "Letzte Zustellung"), &time(language, entry.received_at, now)))
                    (fact(language.say("Last change", "Letzte Änderung"), &time(language, entry.changed_at, now)))
                    (fact(language.say("Version", "Version"), &html! { (language.number(entry.version)) }))
                    (fact(
                        language.say("Application", "Anwendung"),
                        &html! {
                            (told(language, entry, now)) " "
                            small {
                                (language.say("acknowledged version ", "bestätigt: Version "))
                                (language.number(entry.acknowledged))
                            }
                        },
                    ))
                    (fact(language.say("Client id", "Client-ID"), &text(entry.client_id.as_deref())))
                    (fact(language.say("Host", "Host"), &text(entry.host.as_deref())))
                    @if let Some(profile) = profile {
                        @for (name, value) in profile_of(language, profile) { (fact(name, &text(value))) }
                    }
                }
                p.more {
                    @match profile {
                        Some(_) => a href=(link(false)) {
                            (language.say("Without name and contact data", "Ohne Namen und Kontaktdaten"))
                        },
                        None => a href=(link(true)) {
                            (language.say("With name and contact data", "Mit Namen und Kontaktdaten"))
                        },
                    }
                }
            }
        }
    }

    fn sets(&self, language: Language, now: Timestamp) -> Markup {
        let columns = language.say(
            ["Set", "State", "Came by", "Client id and host", "Worked last"],
            ["Satz", "Stand", "Kam mit", "Client-ID und Host", "Zuletzt gültig"],
        );
        let caption = language.say("Sets without what is secret", "Sätze ohne Geheimes");
        let rows = self.sets.iter().map(|set| {
            [
                html! { (set.number) },
                self.set_states(language, set, now),
                html! {
                    @match set.came_by {
                        Some(event) => code { (event.as_str()) },
                        None => span.quiet { "–" },
                    }
                },
                html! { (outside(&set.client_id)) " " small { (outside(&set.host)) } },
                time(language, set.worked_at, now),
            ]
        });
        html! {
            section aria-labelledby="sets" {
                h2 #sets { (language.say("Sets of credentials", "Sätze von Zugangsdaten")) }
                div.card { (table("sets", caption, columns, rows)) }
            }
        }
    }

    fn set_states(&self, language: Language, set: &Set, now: Timestamp) -> Markup {
        html! {
            (set_state(language, set.state))
            @if self.contested.contains(&set.number) {
                " " span.badge.warn { (language.say("contested", "strittig")) }
            }
            @if let Some(refused) = set.refused {
                " " span.badge.bad { (language.say("refused", "abgelehnt")) } " "
                small { (language.distance(refused.since, now)) }
            }
            @if !set.is_stored { " " small { (language.say("destroyed", "vernichtet")) } }
        }
    }

    fn records(&self, language: Language, query: &Query, now: Timestamp) -> Markup {
        let columns = language.say(
            ["No.", "What was done", "Came", "First", "Last"],
            ["Nr.", "Was geschah", "Kam", "Zuerst", "Zuletzt"],
        );
        let caption = language.say("Each body that came", "Jeder Inhalt, der kam");
        let rows = self.records.iter().map(|record| {
            [
                html! { (record.first_sequence) },
                html! { (done(language, record.decision)) },
                html! { (language.number(record.count)) "×" },
                time(language, Some(record.first_at), now),
                time(language, Some(record.last_at), now),
            ]
        });
        let is_full = u32::try_from(self.records.len()) == Ok(ROWS);
        let next = self.records.last().filter(|_| is_full).map(|record| record.first_sequence);
        html! {
            section aria-labelledby="records" {
                h2 #records { (language.say("Deliveries", "Zustellungen")) }
                @match self.records.is_empty() {
                    true => p.card.quiet { (language.say("None.", "Keine.")) },
                    false => div.card { (table("records", caption, columns, rows)) },
                }
                nav.pages aria-label=(language.say("Pages of deliveries", "Seiten der Zustellungen")) {
                    @if query.from > 0 {
                        a href=(Query { from: 0, ..query.clone() }.of("/school")) {
                            (language.say("To the first", "Zu den ersten"))
                        }
                    }
                    @if let Some(from) = next {
                        a.next rel="next" href=(Query { from, ..query.clone() }.of("/school")) {
                            (language.say("Later ones", "Spätere"))
                        }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn text(text: Option<&str>) -> Markup {
    html! { @match text { Some(text) => (outside(text)), None => span.quiet { "–" } } }
}

fn profile_of(language: Language, profile: &Profile) -> [(&'static str, Option<&str>); 8] {
    [
        (language.say("School's name", "Name der Schule"), profile.school_name.as_deref()),
        (language.say("Country", "Land"), profile.country.as_deref()),
        (language.say("Region", "Region"), profile.region.as_deref()),
        (language.say("Language", "Sprache"), profile.language.as_deref()),
        (language.say("Activated by", "Aktiviert von"), profile.activator_username.as_deref()),
        (language.say("Their address", "Deren Adresse"), profile.activator_email.as_deref()),
        (language.say("School's address", "Adresse der Schule"), profile.school_email.as_deref()),
        (language.say("Telephone", "Telefon"), profile.school_phone_number.as_deref()),
    ]
}

fn set_state(language: Language, state: SetState) -> Markup {
    let (class, name) = match state {
        SetState::Candidate => ("badge", language.say("candidate", "Kandidat")),
        SetState::Current => ("badge good", language.say("current", "aktuell")),
        SetState::Dead => ("badge", language.say("dead", "tot")),
        SetState::Superseded => ("badge", language.say("superseded", "abgelöst")),
    };
    html! { span class=(class) { (name) } }
}

fn done(language: Language, decision: Decision) -> &'static str {
    match decision {
        Decision::Activate => language.say("activated", "aktiviert"),
        Decision::Candidate => language.say("kept as a candidate", "als Kandidat behalten"),
        Decision::Contest(Contest::ClientId) => {
            language.say("contested: another client id", "strittig: eine andere Client-ID")
        }
        Decision::Contest(Contest::Replay) => language.say(
            "contested: came before the deactivation as well",
            "strittig: kam auch vor der Deaktivierung",
        ),
        Decision::Deactivate => language.say("deactivated", "deaktiviert"),
        Decision::Delete => language.say("deleted", "gelöscht"),
        Decision::Nothing => language.say("nothing: it was known", "nichts: es war bekannt"),
        Decision::Record => {
            language.say("kept for a person: not understood", "für jemanden aufgehoben: nicht verstanden")
        }
        Decision::Remember(Ended::Deactivated) => language
            .say("remembered: deactivated before it was active", "gemerkt: deaktiviert, bevor sie aktiv war"),
        Decision::Remember(Ended::Deleted) => {
            language.say("remembered: deleted before it was active", "gemerkt: gelöscht, bevor sie aktiv war")
        }
        Decision::Replace => language.say("credentials replaced", "Zugangsdaten ersetzt"),
        Decision::Stale => language.say("nothing: late, or a replay", "nichts: verspätet oder wiederholt"),
        Decision::Update => language.say("contact data taken over", "Kontaktdaten übernommen"),
    }
}

/// Records on a page.
const ROWS: u32 = 50;
