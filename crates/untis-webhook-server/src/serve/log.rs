use std::io;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::LogFormat;

/// Logs to standard output from now on.
pub(super) fn init(filter: EnvFilter, format: LogFormat) {
    // Fails where somebody has done so before, who is then the one that is meant.
    let _ = tracing::subscriber::set_global_default(subscriber(filter, format, io::stdout));
}

/// A line for each event: text for people, or an object of JSON for machines.
fn subscriber<W>(filter: EnvFilter, format: LogFormat, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer);
    match format {
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true);
            Box::new(lines.with_current_span(false).with_span_list(false).finish())
        }
        LogFormat::Text => Box::new(lines.finish()),
    }
}

#[cfg(test)]
mod tests {
    use tracing::subscriber::with_default;
    use untis_webhook_tests::log::Log;

    use super::*;

    fn lines(format: LogFormat) -> String {
        let log = Log::default();
        with_default(subscriber(EnvFilter::new("info"), format, log.writer()), || {
            tracing::info!(tenant = "12345", version = 1, "delivery\nand more");
            tracing::debug!("not heard");
        });
        log.take()
    }

    #[test]
    fn a_line_is_text_for_people() {
        let lines = lines(LogFormat::Text);
        assert!(lines.contains(" INFO ") && lines.contains(r#"tenant="12345" version=1"#), "{lines}");
        assert!(!lines.contains("not heard") && !lines.contains('\u{1b}'), "{lines}");
    }

    #[test]
    fn a_line_is_an_object_of_json_for_machines() {
        let lines = lines(LogFormat::Json);
        assert_eq!(lines.lines().count(), 1, "{lines}");
        let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "delivery\nand more");
        assert_eq!((&line["tenant"], &line["version"]), (&"12345".into(), &1.into()));
        assert!(line["timestamp"].is_string() && line["target"].is_string());
    }
}
