use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use untis_webhook_tenants::Timestamp;

/// What the page is written in. Both texts stand where they are used, so that none is without the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    #[default]
    English,
    German,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::German];

    /// What the browser asks for (RFC 9110 section 12.5.4); of what it wants as much, what it names first.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let ranges = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let mut best = (0.0, Self::default());
        for range in ranges.flat_map(|value| value.split(',')).take(MOST_RANGES) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let (Some(language), Some(weight)) = (Self::of(primary), weight) else { continue };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The one of this code.
    pub(super) fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    pub(super) fn code(self) -> &'static str {
        self.say("en", "de")
    }

    /// What it calls itself.
    pub(super) fn name(self) -> &'static str {
        self.say("English", "Deutsch")
    }

    pub(super) fn say<T>(self, english: T, german: T) -> T {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// With a mark between thousands.
    pub(super) fn number(self, number: impl Into<u64>) -> String {
        let digits = number.into().to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(self.say(',', '.'));
            }
            text.push(digit);
        }
        text
    }

    /// How long ago, or in how long, in words.
    pub(super) fn distance(self, then: Timestamp, now: Timestamp) -> String {
        let (seconds, is_past) = match now.seconds_since(then) {
            0 => (then.seconds_since(now), false),
            seconds => (seconds, true),
        };
        let (number, unit) = match seconds {
            0..60 => return self.say("now", "jetzt").to_owned(),
            60..3600 => (seconds / 60, "min"),
            3600..86_400 => (seconds / 3600, self.say("h", "Std.")),
            86_400..172_800 => (1, self.say("day", "Tag")),
            _ => (seconds / 86_400, self.say("days", "Tagen")),
        };
        let number = self.number(number);
        match (self, is_past) {
            (Self::English, true) => format!("{number} {unit} ago"),
            (Self::English, false) => format!("in {number} {unit}"),
            (Self::German, true) => format!("vor {number} {unit}"),
            (Self::German, false) => format!("in {number} {unit}"),
        }
    }

    /// The day and the minute, in UTC: where the reader is, the daemon does not know. None of a time that is in no calendar.
    pub(super) fn moment(self, time: Timestamp) -> Option<String> {
        let time = jiff::Timestamp::from_second(time.as_seconds()).ok()?;
        Some(time.strftime(self.say("%-d %b %Y, %H:%M UTC", "%d.%m.%Y, %H:%M UTC")).to_string())
    }
}

/// Of a browser's there are a few.
const MOST_RANGES: usize = 20;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_browsers_language_is_taken_and_english_where_it_wants_neither() {
        for (accepted, expected) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("en-GB, de;q=0.9", Language::English),
            ("fr, de;q=0.3, en;q=0.2", Language::German),
            ("en;q=0.1, DE;q=0.5", Language::German),
            ("de;q=0, fr", Language::English),
            ("de;q=x", Language::English),
            ("*", Language::English),
            ("", Language::English),
            (",;;q=,de", Language::German),
        ] {
            let headers = [(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted))].into_iter().collect();
            assert_eq!(Language::accepted(&headers), expected, "{accepted}");
        }
        assert_eq!(Language::accepted(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn numbers_and_times_are_written_as_each_language_does() {
        let [english, german] = Language::ALL;
        for (number, expected) in [(0_u32, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(english.number(number), expected);
        }
        assert_eq!(german.number(100_000_u32), "100.000");
        let at = Timestamp::from_seconds;
        for (then, now, expected) in [
            (0, 59, "now|jetzt"),
            (0, 60, "1 min ago|vor 1 min"),
            (0, 7200, "2 h ago|vor 2 Std."),
            (0, 100_000, "1 day ago|vor 1 Tag"),
            (0, 864_000, "10 days ago|vor 10 Tagen"),
            (120, 0, "in 2 min|in 2 min"),
            (200_000, 0, "in 2 days|in 2 Tagen"),
        ] {
            let said = Language::ALL.map(|language| language.distance(at(then), at(now)));
            assert_eq!(said.join("|"), expected);
        }
        let time = at(1_795_664_869);
        let said = Language::ALL.map(|language| language.moment(time).unwrap());
        assert_eq!(said, ["26 Nov 2026, 03:47 UTC", "26.11.2026, 03:47 UTC"]);
        assert_eq!(english.moment(at(i64::MAX)), None);
    }
}
