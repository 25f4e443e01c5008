use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use untis_webhook_tenants::{Failed, Retry};

/// What the application's answer means.
///
/// | answer | the message |
/// |---|---|
/// | 2xx | is acknowledged |
/// | 429 or 503 with `Retry-After` | comes again after that, a day at most |
/// | 408, 409, 425, 429 | comes again |
/// | any other 4xx, as 410 | does not come again by itself: it is kept and shown |
/// | anything else | comes again |
pub(super) fn judge<B>(answer: &Response<B>, now: SystemTime) -> Result<(), Failed> {
    let status = answer.status();
    let retry = match status {
        _ if status.is_success() => return Ok(()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            retry_after(answer.headers(), now).map_or(Retry::Later, Retry::After)
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_EARLY => Retry::Later,
        _ if status.is_client_error() => Retry::Never,
        _ => Retry::Later,
    };
    Err(Failed::new(format!("the application answered {}", status.as_u16()), retry))
}

/// RFC 9110 section 10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match value.bytes().all(|octet| octet.is_ascii_digit()) && !value.is_empty() {
        // More than a u64 has is more than the longest as well.
        true => value.parse().map_or(LONGEST, Duration::from_secs),
        false => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(pause.min(LONGEST))
}

/// A mistake of the application's must not be the end of it.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn retry(status: u16, retry_after: Option<&str>) -> Option<Retry> {
        let mut answer = Response::builder().status(status);
        if let Some(retry_after) = retry_after {
            answer = answer.header(RETRY_AFTER, retry_after);
        }
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        judge(&answer.body(()).unwrap(), now).err().map(|failed| failed.retry())
    }

    #[test]
    fn success_acknowledges_and_nothing_else_does() {
        for status in 200..300 {
            assert_eq!(retry(status, None), None, "{status}");
        }
        for status in (100..200).chain(300..600) {
            assert!(retry(status, None).is_some(), "{status}");
        }
    }

    #[test]
    fn a_permanent_4xx_is_not_tried_again_and_everything_else_is() {
        for status in (100..200).chain(300..600) {
            let expected = match status {
                408 | 409 | 425 | 429 => Retry::Later,
                400..500 => Retry::Never,
                _ => Retry::Later,
            };
            assert_eq!(retry(status, None), Some(expected), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        for (value, expected) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("99999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Sat, 06 Nov 2094 08:50:37 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let expected = expected.map_or(Retry::Later, |pause| Retry::After(Duration::from_secs(pause)));
            assert_eq!(retry(429, Some(value)), Some(expected), "{value:?}");
            assert_eq!(retry(503, Some(value)), Some(expected), "{value:?}");
        }
        // It means something with these two alone.
        assert_eq!(retry(500, Some("7")), Some(Retry::Later));
        assert_eq!(retry(410, Some("7")), Some(Retry::Never));
    }
}
