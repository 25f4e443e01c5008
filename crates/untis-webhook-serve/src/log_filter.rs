use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What is logged, from a level or levels by target as `RUST_LOG` has them; `None` if a word is none. `EnvFilter` would take
/// a word that is no level for a target, and log nothing else.
///
/// Strangers can make h2 warn as often as they like, so that it has to be named to be heard.
///
/// ```
/// use untis_webhook_serve::log_filter;
///
/// assert!(log_filter("info,untis_webhook_tower=debug").is_some());
/// assert!(log_filter("loud").is_none());
/// ```
pub fn log_filter(directives: &str) -> Option<EnvFilter> {
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let is_known = |word: &str| match word.rsplit_once('=') {
        Some((_, level)) => is_level(level),
        None => is_level(word) || word.contains('['),
    };
    let all_known = directives.split(',').all(|word| is_known(word.trim()));
    EnvFilter::builder().parse(format!("h2=error,{directives}")).ok().filter(|_| all_known)
}
