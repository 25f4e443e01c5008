//! What stands around the content of every page, and the headers that it is answered with.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::language::Language;
use super::query::Query;
use crate::output::escaped;

/// What stands around the content.
pub(super) struct Frame<'a> {
    pub(super) language: Language,
    pub(super) query: &'a Query,
    /// This page's.
    pub(super) path: &'static str,
    /// None where no schools are kept.
    pub(super) environment: Option<&'a str>,
}

impl Frame<'_> {
    pub(super) fn respond(&self, status: StatusCode, title: &str, content: &Markup) -> Response<Full<Bytes>> {
        let html = self.around(title, content).into_string();
        let mut response = Response::new(Full::new(Bytes::from(html)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.code()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language, authorization"));
        guard(headers);
        response
    }

    fn around(&self, title: &str, content: &Markup) -> Markup {
        let Self { language, query, path, environment } = *self;
        let kept = query.kept();
        let links = [
            ("/", language.say("Overview", "Übersicht"), true),
            ("/schools", language.say("Schools", "Schulen"), environment.is_some()),
        ];
        html! {
            (DOCTYPE)
            html lang=(language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (escaped(title)) " – untis-webhookd" }
                    link rel="icon" type="image/svg+xml" href="/icon.svg";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#content" { (language.say("Skip to the content", "Zum Inhalt springen")) }
                    header {
                        div.wide {
                            p.brand {
                                "untis-webhookd"
                                @if let Some(environment) = environment { " " span.badge { (escaped(environment)) } }
                            }
                            nav aria-label=(language.say("Pages", "Seiten")) {
                                @for (to, name, _) in links.iter().filter(|(.., is_there)| *is_there) {
                                    a href=(kept.of(to)) aria-current=[(*to == path).then_some("page")] { (name) }
                                }
                            }
                            nav.languages aria-label=(language.say("Language", "Sprache")) {
                                @for other in Language::ALL {
                                    a href=(Query { language: Some(other), ..query.clone() }.of(path))
                                        lang=(other.code()) hreflang=(other.code())
                                        aria-current=[(other == language).then_some("true")] { (other.name()) }
                                }
                            }
                        }
                    }
                    main #content.wide tabindex="-1" { (content) }
                    footer {
                        p.wide {
                            (language.say(
                                "Nothing can be changed here. Times are UTC.",
                                "Hier kann nichts geändert werden. Zeiten sind UTC.",
                            ))
                        }
                    }
                }
            }
        }
    }
}

/// The icon in a browser's tab.
pub(super) fn icon() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(ICON.as_bytes())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    guard(response.headers_mut());
    response
}

/// What a browser may do with it: show it, with this style and no other, and send the form back here. Nobody else may
/// show it within a page, read it, or learn where its reader came from; and it is kept nowhere.
fn guard(headers: &mut http::HeaderMap) {
    let guards: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
}

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    // It has nothing but what may be in a header; without it nothing at all is shown.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

const STYLE: &str = include_str!("style.css");

const ICON: &str = include_str!("icon.svg");
