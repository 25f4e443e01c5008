use form_urlencoded::Serializer;
use untis_webhook_tenants::{Filter, Status};

use super::language::Language;

/// What of the page is asked for. All of it is in its address, so that a reader can go back and keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// That of the browser, unless it is said.
    pub(super) language: Option<Language>,
    /// Whether names and contact data are asked for.
    pub(super) personal: bool,
    pub(super) only: Option<Filter>,
    /// The beginning of schools' ids, or the id of one.
    pub(super) id: String,
    /// A part of schools' names.
    pub(super) name: String,
    /// The id that the list goes on after.
    pub(super) after: String,
    /// The delivery that the records go on after.
    pub(super) from: u64,
}

impl Query {
    /// What is not known, said twice or too long is refused: none of it is what a link or a form of the page says.
    pub(super) fn parse(query: &str) -> Option<Self> {
        if query.len() > LONGEST_QUERY {
            return None;
        }
        let mut values = NAMES.map(|_| None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = NAMES.iter().zip(&mut values).find(|(known, _)| **known == name)?.1;
            // No id has a NUL, and not every database takes it.
            if value.len() > LONGEST_VALUE || value.contains('\0') || place.replace(value).is_some() {
                return None;
            }
        }
        let [lang, personal, only, id, name, after, from] = values.map(Option::unwrap_or_default);
        let parsed = Self {
            language: given(&lang, Language::of)?,
            personal: given(&personal, |personal| (personal == "1").then_some(true))?.unwrap_or_default(),
            only: given(&only, |only| FILTERS.into_iter().find(|(_, name)| *name == only))?
                .map(|(filter, _)| filter),
            id: id.into_owned(),
            name: name.trim().to_owned(),
            after: after.into_owned(),
            from: given(&from, |from| from.parse().ok().filter(|from| i64::try_from(*from).is_ok()))?
                .unwrap_or_default(),
        };
        // What a school is called is shown to those alone who have asked for it.
        (parsed.name.is_empty() || parsed.personal).then_some(parsed)
    }

    /// The address of this.
    pub(super) fn of(&self, path: &str) -> String {
        let from = if self.from == 0 { String::new() } else { self.from.to_string() };
        let values = [
            self.language.map(Language::code).unwrap_or_default(),
            if self.personal { "1" } else { "" },
            filter_name(self.only),
            &self.id,
            &self.name,
            &self.after,
            &from,
        ];
        let mut query = Serializer::new(String::new());
        query.extend_pairs(NAMES.iter().zip(values).filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// What goes along to another page.
    pub(super) fn kept(&self) -> Self {
        Self { language: self.language, personal: self.personal, ..Self::default() }
    }
}

/// None of an empty text, which is what a form sends of a field that nobody filled in.
fn given<'a, T>(value: &'a str, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<Option<T>> {
    match value {
        "" => Some(None),
        value => parse(value).map(Some),
    }
}

pub(super) fn filter_name(filter: Option<Filter>) -> &'static str {
    FILTERS.into_iter().find(|(known, _)| Some(*known) == filter).map_or("", |(_, name)| name)
}

const NAMES: [&str; 7] = ["lang", "personal", "only", "id", "name", "after", "from"];

const FILTERS: [(Filter, &str); 7] = [
    (Filter::Status(Status::Active), "active"),
    (Filter::Status(Status::Deactivated), "deactivated"),
    (Filter::Status(Status::Deleted), "deleted"),
    (Filter::Contested, "contested"),
    (Filter::Waiting, "waiting"),
    (Filter::GivenUp, "given-up"),
    (Filter::Refused, "refused"),
];

/// Octets; an id has 255 at most.
const LONGEST_VALUE: usize = 255;

/// Octets, of which each can be written with three.
const LONGEST_QUERY: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_asked_for() {
        let all = Query {
            language: Some(Language::German),
            personal: true,
            only: Some(Filter::Contested),
            id: "1&2 ü/..".to_owned(),
            name: "höhere".to_owned(),
            after: "<\">".to_owned(),
            from: 7,
        };
        let one_filter = |(only, _)| Query { only: Some(only), ..Query::default() };
        for query in FILTERS.map(one_filter).into_iter().chain([all, Query::default()]) {
            let address = query.of("/schools");
            let (path, said) = address.split_once('?').unwrap_or((&address, ""));
            assert_eq!((path, Query::parse(said)), ("/schools", Some(query)), "{address}");
        }
        assert_eq!(Query::default().of("/"), "/");
        assert_eq!(Query::parse("lang=&personal=&only=&id=&name=&after=&from="), Some(Query::default()));
    }

    #[test]
    fn a_query_that_no_link_and_no_form_of_the_page_makes_is_refused() {
        let long = format!("id={}", "x".repeat(256));
        let longer = "&".repeat(4097);
        for query in [
            "lang=fr",
            "lang=de&lang=en",
            "personal=yes",
            "only=all",
            "id=a%00",
            "after=%00",
            "from=-1",
            "from=9223372036854775808",
            "from=x",
            "name=school",
            "nothing=1",
            "x",
            &long,
            &longer,
        ] {
            assert_eq!(Query::parse(query), None, "{query}");
        }
    }
}
