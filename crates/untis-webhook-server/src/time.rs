use untis_webhook_tenants::Timestamp;

/// A time as RFC 3339 has it; none of one that is in no calendar.
pub(crate) fn rfc_3339(time: Timestamp) -> Option<String> {
    jiff::Timestamp::from_second(time.as_seconds()).ok().map(|time| time.to_string())
}
