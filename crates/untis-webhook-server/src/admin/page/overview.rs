use std::time::SystemTime;

use maud::{Markup, html};
use untis_webhook_tenants::{
    Entry, Filter, Listed, Registry, RegistryError, Status, Store, Summary, Timestamp,
};

use super::language::Language;
use super::parts::{outside, schools, time};
use super::query::Query;
use super::reasons::not_ready;
use crate::recent::{Count, Reason, Recent};

/// What did not load, of what is in use in an earlier form.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) what: &'static str,
    pub(crate) error: String,
    pub(crate) since: SystemTime,
}

/// How the daemon is, in a line, and what of it is not as its files say.
pub(super) fn state(
    language: Language,
    ready: Result<(), &'static str>,
    failures: &[Failure],
    now: Timestamp,
) -> Markup {
    let class = match (ready, failures) {
        (Ok(()), []) => "state good",
        (Ok(()), _) => "state warn",
        (Err(_), _) => "state bad",
    };
    html! {
        section class=(class) aria-labelledby="state" {
            @match ready {
                Ok(()) => {
                    h1 #state { (language.say("Ready", "Bereit")) }
                    p { (language.say("Deliveries are taken.", "Zustellungen werden angenommen.")) }
                }
                Err(reason) => {
                    h1 #state { (language.say("Not ready", "Nicht bereit")) }
                    p {
                        (language.say("Deliveries are not taken: ", "Zustellungen werden nicht angenommen: "))
                        (not_ready(reason, language)) "."
                    }
                }
            }
            @if !failures.is_empty() {
                p {
                    (language.say(
                        "These did not load, and what was loaded before is in use:",
                        "Nicht geladen wurden, und in Gebrauch ist, was davor geladen war:",
                    ))
                }
                ul {
                    @for Failure { what, error, since } in failures {
                        li {
                            strong { (what) } ", " (time(language, Some(timestamp(*since)), now)) ": " (outside(error))
                        }
                    }
                }
            }
        }
    }
}

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

pub(super) fn numbers(
    language: Language,
    query: &Query,
    known: Option<(Summary, Timestamp)>,
    now: Timestamp,
) -> Markup {
    let labels = language.say(
        ["active", "deactivated", "deleted", "contested", "waiting", "given up", "refused"],
        ["aktiv", "deaktiviert", "gelöscht", "strittig", "wartend", "aufgegeben", "abgelehnt"],
    );
    let filters = [
        Filter::Status(Status::Active),
        Filter::Status(Status::Deactivated),
        Filter::Status(Status::Deleted),
        Filter::Contested,
        Filter::Waiting,
        Filter::GivenUp,
        Filter::Refused,
    ];
    let counts = known.map(|(summary, _)| {
        let Summary { active, deactivated, deleted, contested, refused, untold, given_up, .. } = summary;
        [active, deactivated, deleted, contested, untold.saturating_sub(given_up), given_up, refused]
    });
    html! {
        section aria-labelledby="schools" {
            h2 #schools { (language.say("Schools", "Schulen")) }
            ul.numbers {
                @for (place, (label, filter)) in labels.into_iter().zip(filters).enumerate() {
                    @let count = counts.and_then(|counts| counts.get(place).copied());
                    li {
                        a href=(Query { only: Some(filter), ..query.kept() }.of("/schools")) {
                            strong { @match count { Some(count) => (language.number(count)), None => "–" } }
                            " " (label)
                        }
                    }
                }
            }
            p.quiet {
                @match known {
                    Some((_, at)) if now.seconds_since(at) > LATE => {
                        (language.say("Counted ", "Gezählt ")) (time(language, Some(at), now))
                    }
                    Some(_) => {}
                    None => (language.say("They are being counted.", "Sie werden gerade gezählt.")),
                }
            }
            (super::list::search(language, &query.kept()))
        }
    }
}

pub(super) fn unreadable(language: Language) -> Markup {
    html! {
        p.card.bad role="status" {
            (language.say(
                "The schools cannot be read now; the log says why.",
                "Die Schulen können gerade nicht gelesen werden; im Log steht, warum.",
            ))
        }
    }
}

pub(super) fn keys(language: Language, recent: &Recent, now: Timestamp) -> Markup {
    let [key, signed] = language.say(["Key", "Signed last"], ["Schlüssel", "Zuletzt signiert"]);
    html! {
        section aria-labelledby="keys" {
            h2 #keys { (language.say("Trusted keys", "Vertraute Schlüssel")) }
            div.card {
                table role="table" {
                    caption.hidden { (language.say("When each key signed last", "Wann jeder Schlüssel zuletzt signiert hat")) }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for name in [key, signed] { th scope="col" role="columnheader" { (name) } }
                        }
                    }
                    tbody role="rowgroup" {
                        @for (name, last) in recent.keys() {
                            tr role="row" {
                                th scope="row" role="rowheader" { (outside(&name)) }
                                td role="cell" data-label=(signed) {
                                    @match last {
                                        Some(_) => (time(language, last, now)),
                                        None => span.quiet { (language.say("not since the start", "nicht seit dem Start")) },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn refusals(language: Language, recent: &Recent, now: Timestamp) -> Markup {
    let refusals = recent.refusals();
    let (genuine, refused): (Vec<_>, Vec<_>) =
        refusals.into_iter().partition(|(reason, _)| matches!(reason, Reason::NotTaken(_)));
    let [taken_not, refusals] = language.say(
        ["Signed by the platform, and not taken", "Refused: not known to be the platform's"],
        ["Von der Plattform signiert und nicht angenommen", "Abgelehnt: nicht erwiesen von der Plattform"],
    );
    html! {
        section aria-labelledby="refusals" {
            h2 #refusals { (language.say("Refusals", "Ablehnungen")) }
            @if genuine.is_empty() && refused.is_empty() {
                p.card.quiet { (language.say("None since the start.", "Keine seit dem Start.")) }
            }
            @for (title, refusals) in [(taken_not, genuine), (refusals, refused)] {
                @if !refusals.is_empty() {
                    div.card {
                        h3 { (title) }
                        (reasons(language, title, &refusals, now))
                    }
                }
            }
            p.quiet {
                (language.say("Counted since the start, ", "Gezählt seit dem Start, "))
                (time(language, Some(recent.since()), now)) "."
            }
        }
    }
}

fn reasons(language: Language, caption: &str, refusals: &[(Reason, Count)], now: Timestamp) -> Markup {
    let [reason, day, total, last, next] = language.say(
        ["Reason", "24 hours", "In all", "Last", "What to do"],
        ["Grund", "24 Stunden", "Insgesamt", "Zuletzt", "Was zu tun ist"],
    );
    html! {
        table.reasons role="table" {
            caption.hidden { (caption) }
            thead role="rowgroup" {
                tr role="row" {
                    @for name in [reason, day, total, last, next] { th scope="col" role="columnheader" { (name) } }
                }
            }
            tbody role="rowgroup" {
                @for (why, count) in refusals {
                    @let hours = count.hours_until(now);
                    @let of_day = hours.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
                    tr role="row" {
                        th scope="row" role="rowheader" { code { (why.name()) } }
                        td role="cell" data-label=(day) {
                            span.count { (language.number(of_day)) " " (bars(&hours)) }
                        }
                        td role="cell" data-label=(total) { (language.number(count.total)) }
                        td role="cell" data-label=(last) { (time(language, Some(count.last), now)) }
                        td.advice role="cell" data-label=(next) { (why.advice(language)) }
                    }
                }
            }
        }
    }
}

/// A bar for each hour, the last one on the right. Those who do not see it have the number.
fn bars(hours: &[u64]) -> Markup {
    let most = hours.iter().copied().max().unwrap_or(0).max(1);
    html! {
        svg.bars viewBox="0 0 72 16" width="72" height="16" aria-hidden="true" {
            @for (place, count) in hours.iter().rev().enumerate() {
                @let height = match count { 0 => 1, count => (count.saturating_mul(15) / most).clamp(2, 15) };
                rect .none[*count == 0] x=(place * 3) y=(16 - height) width="2" height=(height) {}
            }
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Schools of each kind.
const ROOM: u32 = 5;

/// Seconds after which numbers are not those of now.
const LATE: u64 = 30;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_did_not_load_is_said_with_why_and_since_when() {
        let failures = [Failure {
            what: "trusted keys",
            error: "expected <a key>".to_owned(),
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(60),
        }];
        let said = |ready, failures| {
            let now = Timestamp::from_seconds(180);
            Language::ALL.map(|language| state(language, ready, failures, now).into_string())
        };
        for html in said(Ok(()), &failures) {
            assert!(html.contains("state warn"), "{html}");
            for text in ["trusted keys", "2 min", "expected &lt;a key&gt;"] {
                assert!(html.contains(text), "{text}: {html}");
            }
        }
        let [english, german] = said(Err("stopping"), &[]);
        assert!(english.contains("state bad") && english.contains("not taken: stopping."), "{english}");
        assert!(german.contains("Nicht bereit") && german.contains("der Dienst wird beendet."), "{german}");
        assert!(said(Ok(()), &[])[0].contains("state good"));
    }
}
