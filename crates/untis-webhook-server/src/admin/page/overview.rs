use std::time::SystemTime;

use maud::{Markup, html};
use untis_webhook_tenants::{Filter, Status, Summary, Timestamp};

use super::language::Language;
use super::parts::{outside, table, time};
use super::query::Query;
use super::reasons::not_ready;
use crate::recent::Recent;
use crate::reload::Failure;

/// How the daemon is, in a line, and whether it is not as its files say.
pub(super) fn state(
    language: Language,
    ready: Result<(), &'static str>,
    failure: Option<&Failure>,
    now: Timestamp,
) -> Markup {
    let class = match (ready, failure) {
        (Ok(()), None) => "state good",
        (Ok(()), Some(_)) => "state warn",
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
            @if let Some(Failure { error, since }) = failure {
                p {
                    (language.say(
                        "What is configured cannot be used, and what was read before is in use: ",
                        "Die Konfiguration lässt sich nicht verwenden; in Gebrauch ist, was davor gelesen wurde: ",
                    ))
                    (outside(error)) ", " (time(language, Some(timestamp(*since)), now)) "."
                }
            }
        }
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
    let columns = language.say(["Key", "Signed last"], ["Schlüssel", "Zuletzt signiert"]);
    let caption = language.say("When each key signed last", "Wann jeder Schlüssel zuletzt signiert hat");
    let rows = recent.keys().into_iter().map(|(name, last)| {
        let signed = match last {
            Some(_) => time(language, last, now),
            None => html! { span.quiet { (language.say("not since the start", "nicht seit dem Start")) } },
        };
        [outside(&name), signed]
    });
    html! {
        section aria-labelledby="keys" {
            h2 #keys { (language.say("Trusted keys", "Vertraute Schlüssel")) }
            div.card { (table("keys", caption, columns, rows)) }
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Seconds after which numbers are not those of now.
const LATE: u64 = 30;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_did_not_load_is_said_with_why_and_since_when() {
        let failure = Failure {
            error: "expected <a key>".to_owned(),
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(60),
        };
        let said = |ready, failure| {
            let now = Timestamp::from_seconds(180);
            Language::ALL.map(|language| state(language, ready, failure, now).into_string())
        };
        for html in said(Ok(()), Some(&failure)) {
            assert!(html.contains("state warn"), "{html}");
            for text in ["2 min", "expected &lt;a key&gt;"] {
                assert!(html.contains(text), "{text}: {html}");
            }
        }
        let [english, german] = said(Err("stopping"), None);
        assert!(english.contains("state bad") && english.contains("not taken: stopping."), "{english}");
        assert!(german.contains("Nicht bereit") && german.contains("der Dienst wird beendet."), "{german}");
        assert!(said(Ok(()), None)[0].contains("state good"));
    }
}
