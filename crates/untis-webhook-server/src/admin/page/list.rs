use std::time::{Duration, Instant};

use maud::{Markup, html};
use untis_webhook_tenants::{Entry, Filter, Listed, Registry, RegistryError, Status, Store, Timestamp};

use super::language::Language;
use super::parts;
use super::query::{Query, filter_name};

/// A part of the schools.
pub(super) struct Found {
    schools: Vec<(Entry, Option<String>)>,
    next: Option<String>,
    /// That a search has not come to the end, and found so far what is here.
    is_partial: bool,
}

impl Found {
    pub(super) async fn of<S: Store>(registry: &Registry<S>, query: &Query) -> Result<Self, RegistryError> {
        if !query.name.is_empty() {
            return Self::named(registry, query).await;
        }
        let listed = Listed { filter: query.only, prefix: &query.id, after: &query.after };
        let page = registry.find(listed, ROWS).await?;
        let mut schools = Vec::with_capacity(page.entries.len());
        for entry in page.entries {
            let name = match query.personal {
                true => registry.profile(&entry.tenant_id).await?.and_then(|profile| profile.school_name),
                false => None,
            };
            schools.push((entry, name));
        }
        Ok(Self { schools, next: page.next, is_partial: false })
    }

    /// Names are encrypted, so that all are read to find one: for a moment, and then on from there if the reader asks.
    async fn named<S: Store>(registry: &Registry<S>, query: &Query) -> Result<Self, RegistryError> {
        let (wanted, began) = (query.name.to_lowercase(), Instant::now());
        let (mut schools, mut after) = (Vec::new(), query.after.clone());
        loop {
            let profiles = registry.profiles(Some(&after), 1000).await?;
            let is_last = profiles.len() < 1000;
            for (tenant_id, profile) in profiles {
                let name = profile.school_name.filter(|name| name.to_lowercase().contains(&wanted));
                if let (Some(name), Some(entry)) = (name, registry.get(&tenant_id).await?) {
                    if schools.len() == ROWS_OF_NAMES {
                        return Ok(Self { schools, next: Some(after), is_partial: false });
                    }
                    schools.push((entry, Some(name)));
                }
                after = tenant_id;
            }
            if is_last {
                return Ok(Self { schools, next: None, is_partial: false });
            }
            if began.elapsed() > LONGEST_SEARCH {
                return Ok(Self { schools, next: Some(after), is_partial: true });
            }
        }
    }

    pub(super) fn content(&self, language: Language, query: &Query, now: Timestamp) -> Markup {
        let Self { schools, next, is_partial } = self;
        let title = language.say("Schools", "Schulen");
        html! {
            h1 { (title) }
            (search(language, query))
            @if schools.is_empty() {
                p.card.quiet role="status" {
                    (language.say("There is no such school", "Es gibt keine solche Schule"))
                    @if *is_partial { (language.say(" so far", " bis hierher")) }
                    "."
                }
            } @else {
                div.card { (parts::schools(language, query, title, schools, now)) }
            }
            nav.pages aria-label=(language.say("Pages of the list", "Seiten der Liste")) {
                @if !query.after.is_empty() {
                    a href=(Query { after: String::new(), ..query.clone() }.of("/schools")) {
                        (language.say("To the beginning", "Zum Anfang"))
                    }
                }
                @if let Some(next) = next {
                    a.next rel="next" href=(Query { after: next.clone(), ..query.clone() }.of("/schools")) {
                        @match is_partial {
                            true => (language.say("Search on", "Weiter suchen")),
                            false => (language.say("Next page", "Nächste Seite")),
                        }
                    }
                }
            }
        }
    }
}

/// The form that looks for schools. It works without a script: what is filled in stands in the address.
pub(super) fn search(language: Language, query: &Query) -> Markup {
    let filters = language.say(
        [
            "all",
            "active",
            "deactivated",
            "deleted",
            "contested",
            "waiting",
            "given up",
            "refused by the platform",
        ],
        [
            "alle",
            "aktiv",
            "deaktiviert",
            "gelöscht",
            "strittig",
            "wartend",
            "aufgegeben",
            "von der Plattform abgelehnt",
        ],
    );
    let filters = [
        None,
        Some(Filter::Status(Status::Active)),
        Some(Filter::Status(Status::Deactivated)),
        Some(Filter::Status(Status::Deleted)),
        Some(Filter::Contested),
        Some(Filter::Waiting),
        Some(Filter::GivenUp),
        Some(Filter::Refused),
    ]
    .into_iter()
    .zip(filters);
    html! {
        form.search action="/schools" method="get" role="search" {
            @if let Some(language) = query.language { input type="hidden" name="lang" value=(language.code()); }
            @if query.personal { input type="hidden" name="personal" value="1"; }
            div {
                label for="id" { (language.say("School's id begins with", "Schul-ID beginnt mit")) }
                input #id name="id" type="search" maxlength="255" autocomplete="off" spellcheck="false" value=(query.id);
            }
            div {
                label for="only" { (language.say("Which", "Welche")) }
                select #only name="only" {
                    @for (filter, name) in filters {
                        option value=(filter_name(filter)) selected[filter == query.only] { (name) }
                    }
                }
            }
            button type="submit" { (language.say("Search", "Suchen")) }
        }
        @if query.personal {
            form.search action="/schools" method="get" role="search" {
                @if let Some(language) = query.language { input type="hidden" name="lang" value=(language.code()); }
                input type="hidden" name="personal" value="1";
                div {
                    label for="name" { (language.say("School's name contains", "Name der Schule enthält")) }
                    input #name name="name" type="search" maxlength="100" autocomplete="off" value=(query.name);
                }
                button type="submit" { (language.say("Search names", "Namen suchen")) }
            }
        }
        p.more {
            @match query.personal {
                true => a href=(Query { personal: false, name: String::new(), ..query.clone() }.of("/schools")) {
                    (language.say("Without names", "Ohne Namen"))
                },
                false => a href=(Query { personal: true, ..query.clone() }.of("/schools")) {
                    (language.say("With names", "Mit Namen"))
                },
            }
        }
    }
}

const ROWS: u32 = 50;

const ROWS_OF_NAMES: usize = 50;

/// A hundred thousand take about a second.
const LONGEST_SEARCH: Duration = Duration::from_secs(2);
