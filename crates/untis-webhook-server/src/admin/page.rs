//! The page for people: HTML that is made here, without a script. It reads, and changes nothing.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::Full;
use maud::{Markup, html};
use tokio::time::timeout;
use untis_webhook_serve::{Stranger, causes, shown};
use untis_webhook_tenants::{Registry, RegistryError, Store, Timestamp};

pub(crate) use self::access::Access;
use self::access::{NoAccess, Viewer};
use self::attention::{Attention, attention};
use self::frame::Frame;
use self::language::Language;
use self::list::Found;
use self::query::Query;
use self::refusals::refusals;
use self::school::School;
use super::{Admin, Watched, text};

mod access;
mod attention;
mod frame;
mod language;
mod list;
mod overview;
mod parts;
mod query;
mod reasons;
mod refusals;
mod school;

/// What there is to see.
pub(super) const PATHS: [&str; 4] = ["/", "/schools", "/school", "/icon.svg"];

/// A title and what stands under it.
type Content = (StatusCode, String, Markup);

pub(super) async fn answer<W: Watched>(
    admin: &Admin<W>,
    request: &http::request::Parts,
) -> Response<Full<Bytes>> {
    let viewer = match admin.access.viewer(&request.headers) {
        Ok(viewer) => viewer,
        // To whoever cannot see it, it is not there.
        Err(NoAccess::Nobody) => return super::elsewhere(),
        Err(NoAccess::CrossSite) => {
            return text(StatusCode::FORBIDDEN, "expected to be asked by no other page");
        }
        Err(NoAccess::NotShown) => {
            return challenge(text(
                StatusCode::UNAUTHORIZED,
                "expected the token of the API as the password",
            ));
        }
    };
    let path = PATHS.into_iter().find(|path| *path == request.uri.path()).unwrap_or("/");
    let mut response = match path {
        "/icon.svg" => frame::icon(),
        path => page(admin, request, viewer, path).await,
    };
    if viewer == Viewer::Anybody {
        // Nobody is asked who they are.
        response.extensions_mut().insert(Stranger);
    }
    response
}

async fn page<W: Watched>(
    admin: &Admin<W>,
    request: &http::request::Parts,
    viewer: Viewer,
    path: &'static str,
) -> Response<Full<Bytes>> {
    let parsed = Query::parse(request.uri.query().unwrap_or_default());
    let nothing = Query::default();
    let query = parsed.as_ref().unwrap_or(&nothing);
    let language = query.language.unwrap_or_else(|| Language::accepted(&request.headers));
    let registry = admin.watched.registry();
    let environment = registry.map(Registry::environment);
    let frame = Frame { language, query, path, environment };

    if parsed.is_none() {
        let content = notice(
            language.say("There is no such address", "Diese Adresse gibt es nicht"),
            language.say(
                "It asks for what no link and no form of this page does.",
                "Sie fragt nach etwas, nach dem kein Link und kein Formular dieser Seite fragt.",
            ),
        );
        return frame.respond(StatusCode::BAD_REQUEST, language.say("Not found", "Nicht gefunden"), &content);
    }
    // The overview names nobody.
    if query.personal && path != "/" {
        if let Err(no_access) = admin.access.operator(&request.headers) {
            return not_personal(&frame, no_access);
        }
        tracing::info!(
            tenant = (path == "/school").then(|| tracing::field::display(shown(&query.id))),
            token = match viewer {
                Viewer::Operator(number) => Some(number),
                Viewer::Anybody => None,
            },
            "names and contact data are shown"
        );
    }
    let content = match (path, registry) {
        ("/", _) => Ok(overview(admin, language, query).await),
        (path, Some(registry)) => {
            let content = async {
                match path {
                    "/schools" => schools(registry, language, query).await,
                    _ => school(registry, language, query).await,
                }
            };
            within(content).await
        }
        (_, None) => Ok(missing(language)),
    };
    let (status, title, content) = content.unwrap_or_else(|NotRead| {
        let title = language.say("Schools", "Schulen").to_owned();
        (
            StatusCode::SERVICE_UNAVAILABLE,
            title.clone(),
            html! { h1 { (title) } (overview::unreadable(language)) },
        )
    });
    frame.respond(status, &title, &content)
}

async fn overview<W: Watched>(admin: &Admin<W>, language: Language, query: &Query) -> Content {
    let now = Timestamp::now();
    let recent = admin.metrics.recent();
    let ready = admin.is_ready().await;
    let content = html! {
        (overview::state(language, ready, admin.reloads.failure().as_ref(), now))
        @if let Some(registry) = admin.watched.registry() {
            @match within(Attention::of(registry)).await {
                Ok(kinds) => {
                    (attention(language, query, &kinds, now))
                    (overview::numbers(language, query, admin.watched.numbers(&admin.metrics).await, now))
                }
                Err(NotRead) => (overview::unreadable(language)),
            }
        }
        (overview::keys(language, recent, now))
        (refusals(language, recent, now))
    };
    (StatusCode::OK, language.say("Overview", "Übersicht").to_owned(), content)
}

async fn schools<S: Store>(
    registry: &Registry<S>,
    language: Language,
    query: &Query,
) -> Result<Content, RegistryError> {
    let found = Found::of(registry, query).await?;
    let content = found.content(language, query, Timestamp::now());
    Ok((StatusCode::OK, language.say("Schools", "Schulen").to_owned(), content))
}

async fn school<S: Store>(
    registry: &Registry<S>,
    language: Language,
    query: &Query,
) -> Result<Content, RegistryError> {
    let Some(school) = School::of(registry, query).await? else { return Ok(missing(language)) };
    let title = format!("{} {}", language.say("School", "Schule"), query.id);
    Ok((StatusCode::OK, title, school.content(language, query, Timestamp::now())))
}

fn missing(language: Language) -> Content {
    let title = language.say("Not found", "Nicht gefunden");
    let said = language.say("There is no such school here.", "Eine solche Schule gibt es hier nicht.");
    (StatusCode::NOT_FOUND, title.to_owned(), notice(title, said))
}

fn not_personal(frame: &Frame<'_>, no_access: NoAccess) -> Response<Full<Bytes>> {
    let language = frame.language;
    let title = language.say("Names and contact data", "Namen und Kontaktdaten");
    let said = match no_access {
        NoAccess::Nobody => language.say(
            "They are shown to whoever has the API's token, and none is configured: tenants.api.token_file.",
            "Sie sieht, wer das Token der API hat, und keines ist eingestellt: tenants.api.token_file.",
        ),
        NoAccess::NotShown | NoAccess::CrossSite => language.say(
            "They are shown to whoever has the API's token: it is the password, and the name does not matter.",
            "Sie sieht, wer das Token der API hat: es ist das Passwort, und der Name ist gleich.",
        ),
    };
    let content = notice(title, said);
    match no_access {
        NoAccess::NotShown => challenge(frame.respond(StatusCode::UNAUTHORIZED, title, &content)),
        NoAccess::CrossSite | NoAccess::Nobody => frame.respond(StatusCode::FORBIDDEN, title, &content),
    }
}

fn notice(title: &str, said: &str) -> Markup {
    html! { h1 { (title) } p.card { (said) } }
}

/// Has a browser ask for a name and a password (RFC 7617 section 2).
fn challenge(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let challenge = HeaderValue::from_static(r#"Basic realm="untis-webhookd", charset="UTF-8""#);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// The schools could not be read.
struct NotRead;

/// Who reads waits no longer than this. Why, says the log.
async fn within<T>(read: impl Future<Output = Result<T, RegistryError>>) -> Result<T, NotRead> {
    match timeout(DEADLINE, read).await {
        Ok(Ok(read)) => return Ok(read),
        Ok(Err(error)) => tracing::error!(error = causes(&error), "the page cannot show the schools"),
        Err(_) => tracing::error!("the page cannot show the schools within {DEADLINE:?}"),
    }
    Err(NotRead)
}

const DEADLINE: Duration = Duration::from_secs(5);
