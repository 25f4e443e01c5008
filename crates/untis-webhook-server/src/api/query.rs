use untis_webhook_tenants::Status;

/// What of the tenants is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) status: Option<Status>,
    pub(super) limit: u32,
    pub(super) after: Option<String>,
}

impl Query {
    /// An empty value is one that is not set. What is not known is refused: a misspelt filter would give all tenants.
    pub(super) fn parse(query: &str) -> Result<Self, &'static str> {
        let (mut status, mut limit, mut after) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "status" => &mut status,
                "limit" => &mut limit,
                "after" => &mut after,
                _ => return Err("expected status, limit and after alone"),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err("expected each of status, limit and after once");
            }
        }
        let set = |value: Option<String>| value.filter(|value| !value.is_empty());
        let status = match set(status) {
            Some(name) => {
                Some(Status::from_name(&name).ok_or("expected active, deactivated or deleted for status")?)
            }
            None => None,
        };
        let limit = match set(limit) {
            Some(limit) => limit.parse().ok().filter(|limit| (1..=LARGEST).contains(limit)),
            None => Some(USUAL),
        };
        let limit = limit.ok_or("expected 1 to 1000 for limit")?;
        let after = set(after);
        // No id has one, and not every database takes it.
        if after.as_ref().is_some_and(|after| after.contains('\0')) {
            return Err("expected what an answer said is next for after");
        }
        Ok(Self { status, limit, after })
    }
}

const LARGEST: u32 = 1000;

const USUAL: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_is_meant_or_refused() {
        let all = || Query { status: None, limit: 100, after: None };
        for (query, expected) in [
            ("", all()),
            ("status=&limit=&after=", all()),
            ("status=deleted", Query { status: Some(Status::Deleted), ..all() }),
            ("limit=1000&after=a%2Fb+c", Query { limit: 1000, after: Some("a/b c".to_owned()), ..all() }),
        ] {
            assert_eq!(Query::parse(query), Ok(expected), "{query}");
        }
        for query in [
            "status=Active",
            "status=all",
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=ten",
            "limit=1&limit=2",
            "after=a%00",
            "state=active",
            "active",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }
}
