//! What is said of a reason, and what to do about it. The English of a rejection is the library's own, but where that speaks to who
//! writes a program.

use untis_webhook::Rejection;
use untis_webhook_proxy::NotAnswered;

use super::language::Language;
use crate::metrics::Outcome;
use crate::recent::Reason;

impl Reason {
    /// What it is called, here and in the metrics.
    pub(super) fn name(self) -> String {
        match self {
            Self::NotTaken(Outcome::NotAnswered(why)) => format!("NotAnswered{why:?}"),
            Self::NotTaken(outcome) => format!("{outcome:?}"),
            Self::Refused(rejection) => format!("{rejection:?}"),
        }
    }

    /// What somebody should do about it.
    pub(super) fn advice(self, language: Language) -> &'static str {
        match self {
            Self::NotTaken(outcome) => not_taken(outcome, language),
            Self::Refused(rejection) => match language {
                Language::English => english(rejection).unwrap_or_else(|| rejection.advice()),
                Language::German => german(rejection).unwrap_or_else(|| rejection.advice()),
            },
        }
    }
}

fn not_taken(outcome: Outcome, language: Language) -> &'static str {
    match outcome {
        Outcome::Accepted => "",
        Outcome::NotAnswered(NotAnswered::Late) => {
            language.say("find out why the application is slow", "herausfinden, warum die Anwendung langsam ist")
        }
        Outcome::NotAnswered(NotAnswered::Unreachable) => language.say(
            "see that the application runs, and that it listens where the upstream says",
            "nachsehen, ob die Anwendung läuft und dort lauscht, wo upstream es sagt",
        ),
        Outcome::NotAnswered(_) => language.say(
            "look into the application's log: what it answered is no HTTP, or has no end",
            "ins Log der Anwendung schauen: ihre Antwort ist kein HTTP oder hat kein Ende",
        ),
        Outcome::NotForThisRegistry => language.say(
            "look into the log: it is of another environment, or for another client id; if it is yours, name its key in \
             environment_keys, or the id in client_ids",
            "ins Log schauen: es gehört zu einer anderen Umgebung oder Client-ID; ist es die eigene, den Schlüssel in \
             environment_keys nennen oder die ID in client_ids",
        ),
        Outcome::NotStored => language.say(
            "look at the database; the platform sends it again",
            "nach der Datenbank sehen; die Plattform sendet es noch einmal",
        ),
        Outcome::NotTaken => {
            language.say("look into the application's log: it refused it", "ins Log der Anwendung schauen: sie hat es abgelehnt")
        }
        Outcome::OtherMethod => language.say(
            "register the address that answers, and not one that redirects: that makes a GET of a POST",
            "die Adresse eintragen, die antwortet, und keine, die weiterleitet: das macht aus POST ein GET",
        ),
        Outcome::OtherPath => language.say(
            "register the address with the path that is configured, without a slash more or less",
            "die Adresse mit dem eingestellten Pfad eintragen, ohne einen Schrägstrich mehr oder weniger",
        ),
    }
}

/// None of a rejection that is newer than this.
/// The limits of a body are not configured here, and the headers are by keys of the file.
fn english(rejection: Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::BodyTimeout => Some("look at what slows the body down on its way"),
        Rejection::BodyTooLarge => Some("look at what was sent: a real payload is less than 1 KiB"),
        Rejection::MissingHeader => Some(
            "have the front end pass both headers on, or copy them to others and name those: signature_header, algorithm_header",
        ),
        _ => None,
    }
}

fn german(rejection: Rejection) -> Option<&'static str> {
    Some(match rejection {
        Rejection::BodyIncomplete => {
            "nachsehen, was vor dem Empfänger steht: etwas schließt die Verbindung, bevor der Body durch ist"
        }
        Rejection::BodyTimeout => "nachsehen, was den Body unterwegs bremst",
        Rejection::BodyTooLarge => {
            "nachsehen, was gesendet wurde, denn ein echter Inhalt hat weniger als 1 KiB"
        }
        Rejection::DigestMismatch => {
            "dem Empfänger die Bytes geben, wie sie gesendet wurden: prüfen, bevor etwas den Body parst, entpackt oder neu \
             kodiert"
        }
        Rejection::MalformedSignature => {
            "nachsehen, was den Header der Signatur unterwegs ändert: die Plattform sendet Base64 und nichts darum herum"
        }
        Rejection::MissingHeader => {
            "das Frontend beide Header weiterreichen lassen, oder sie in andere kopieren und diese nennen: signature_header, \
             algorithm_header"
        }
        Rejection::RepeatedHeader => {
            "herausfinden, was unterwegs einen zweiten Header hinzufügt, und es den Header stattdessen setzen lassen"
        }
        Rejection::UnsupportedAlgorithm => {
            "prüfen, ob es die Plattform ist, die sendet: sie verwendet SHA256withRSA, und nichts Schwächeres wird genommen"
        }
        Rejection::UntrustedSignature => {
            "prüfen, ob der Schlüssel der veröffentlichte jener Umgebung ist, die sendet; nach einem Wechsel eine Weile dem \
             alten und dem neuen vertrauen"
        }
        _ => return None,
    })
}

/// Why it is not ready. What is not known here is said as it is.
pub(super) fn not_ready(reason: &'static str, language: Language) -> &'static str {
    let german = match reason {
        "stopping" => "der Dienst wird beendet",
        "the application does not answer" => "die Anwendung antwortet nicht",
        "the database does not answer" => "die Datenbank antwortet nicht",
        "the store keys are not those of the database" => "die Store-Schlüssel sind nicht die der Datenbank",
        "the tables are those of a later version" => "die Tabellen sind die einer späteren Version",
        other => other,
    };
    language.say(reason, german)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_has_advice_in_both_languages() {
        let all = [
            Rejection::BodyIncomplete,
            Rejection::BodyTimeout,
            Rejection::BodyTooLarge,
            Rejection::DigestMismatch,
            Rejection::MalformedSignature,
            Rejection::MissingHeader,
            Rejection::RepeatedHeader,
            Rejection::UnsupportedAlgorithm,
            Rejection::UntrustedSignature,
        ];
        for rejection in all {
            let [english, german] = Language::ALL.map(|language| Reason::Refused(rejection).advice(language));
            assert!(german != english, "{rejection:?}");
            // Names of a program's, which no operator finds in the file.
            for name in ["HeaderNames", "body_limit", "body_deadline"] {
                assert!(!english.contains(name) && !german.contains(name), "{rejection:?}");
            }
        }
    }
}
