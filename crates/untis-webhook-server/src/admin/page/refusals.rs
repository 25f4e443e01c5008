use maud::{Markup, html};
use untis_webhook_tenants::Timestamp;

use super::language::Language;
use super::parts::{table, time};
use crate::recent::{Count, Reason, Recent};

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
    let columns = language.say(
        ["Reason", "24 hours", "In all", "Last", "What to do"],
        ["Grund", "24 Stunden", "Insgesamt", "Zuletzt", "Was zu tun ist"],
    );
    let rows = refusals.iter().map(|(why, count)| {
        let hours = count.hours_until(now);
        let of_day = hours.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        [
            html! { code { (why.name()) } },
            html! { span.count { (language.number(of_day)) " " (bars(&hours)) } },
            html! { (language.number(count.total)) },
            time(language, Some(count.last), now),
            html! { (why.advice(language)) },
        ]
    });
    table("reasons", caption, columns, rows)
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
