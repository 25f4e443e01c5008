use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::HeaderValue;
use http_body_util::BodyExt;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use self::api_url::ApiUrl;
use self::connection::{connect, exchange};
pub use self::error::{Inconclusive, TokenProbeError};
use self::proxy::Proxy;
use self::token_request::{authorizations, token_request};
use super::{CredentialSet, Probe};
use crate::Answer;
use crate::error::with_causes;

mod api_url;
mod connection;
mod error;
mod proof;
mod proxy;
mod token_request;

/// Asks the platform for a token: credentials prove themselves, whatever order their deliveries came in.
///
/// | the platform answers | |
/// |---|---|
/// | 200 with a token | [`Answer::Works`] |
/// | 400 or 401 with `invalid_client`, `invalid_grant` or `unauthorized_client` ([RFC 6749 section 5.2]), to each spelling | [`Answer::Refused`] |
/// | anything else, or not at all | [`Answer::Unknown`] |
///
/// One probe is for one environment. It needs a runtime of tokio with its clock and its sockets.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use untis_webhook::{Event, KeySet, Verifier};
/// use untis_webhook_tenants::{Answer, CredentialSet, Probe, TokenProbe};
/// use untis_webhook_testkit::{School, SigningKey, TokenEndpoint};
///
/// // In production it is `TokenProbe::new("https://…")`, with the environment's API_URL.
/// let endpoint = TokenEndpoint::start();
/// let probe = TokenProbe::new(&endpoint.url())?;
///
/// let mut school = School::new(SigningKey::shared(), "12345").at(&endpoint);
/// let delivery = school.activate();
/// # let verifier = Verifier::new(KeySet::new([("test", SigningKey::shared().verifying_key())])?);
/// # let presented = untis_webhook::PresentedSignature::from_headers(&delivery.headers(), &Default::default())?;
/// # let verified = verifier.verify(&presented, delivery.body().clone())?;
/// let Event::Credentials(credentials) = verified.event()?.into_inner() else { panic!() };
/// let set = CredentialSet::from(&credentials);
/// assert_eq!(probe.probe("12345", set).await, Answer::Works);
/// school.reset();
/// assert_eq!(probe.probe("12345", set).await, Answer::Refused);
/// drop(endpoint);
/// assert_eq!(probe.probe("12345", set).await, Answer::Unknown);
/// # Ok(())
/// # }
/// ```
///
/// # What goes out
///
/// The client id and the password, to nobody but the API, and not to the set's host: over TLS, with Mozilla's root
/// certificates and those that it is [told to trust](Self::trust); in the clear to loopback and private addresses
/// alone. Redirects are not followed, whatever the environment says of proxies is not looked at, and a connection
/// serves one request.
///
/// Which spelling of the credentials the platform reads is not documented: as they are in UTF-8 or Latin-1
/// ([RFC 7617]), or encoded before ([RFC 6749 section 2.3.1]). Where these differ there is a request for each until one
/// is not refused, so up to three.
///
/// The token is not copied out of the answer, and the answer is wiped. What TLS and HTTP had in their own buffers is
/// freed with the connection, and not wiped.
///
/// [RFC 6749 section 2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617#section-2
/// [RFC 6749 section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#[derive(Clone)]
pub struct TokenProbe {
    api: ApiUrl,
    proxy: Option<Proxy>,
    roots: RootCertStore,
    tls: Arc<ClientConfig>,
    deadline: Duration,
}

impl TokenProbe {
    /// A probe of the API at this address: `API_URL`, such as `https://api.example`. `http` is for loopback and private
    /// addresses; a name is looked up each time, and connected to if it stands for one of them.
    ///
    /// # Errors
    ///
    /// [`TokenProbeError::Url`] if it is no such address, and [`TokenProbeError::NotPrivate`] if credentials would go
    /// there in the clear.
    pub fn new(api_url: &str) -> Result<Self, TokenProbeError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let (api, tls) = (ApiUrl::parse(api_url)?, tls(&roots));
        Ok(Self { api, proxy: None, roots, tls, deadline: DEADLINE })
    }

    /// Trusts these certificates as well, in PEM: those of an authority of one's own.
    ///
    /// # Errors
    ///
    /// [`TokenProbeError::Certificate`] if there is none, or one that cannot be read.
    pub fn trust(mut self, pem: &[u8]) -> Result<Self, TokenProbeError> {
        let before = self.roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| TokenProbeError::Certificate)?;
            self.roots.add(certificate).map_err(|_| TokenProbeError::Certificate)?;
        }
        if self.roots.len() == before {
            return Err(TokenProbeError::Certificate);
        }
        self.tls = tls(&self.roots);
        Ok(self)
    }

    /// Connects by this proxy: `http://[user:password@]host:port`. It sees where the connection goes, and not what goes
    /// through it.
    ///
    /// # Errors
    ///
    /// [`TokenProbeError::Proxy`] if it is no such address, or the API's is not https.
    pub fn proxy(mut self, url: &str) -> Result<Self, TokenProbeError> {
        let proxy = Proxy::parse(url)?;
        self.api.server_name.as_ref().ok_or(TokenProbeError::Proxy)?;
        self.proxy = Some(proxy);
        Ok(self)
    }

    /// Waits this long for all that is asked and answered, from looking up the name on; 10 s unless set.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Asks about this set of this tenant, and says why if nothing is proved.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use untis_webhook_tenants::{CredentialSet, Inconclusive, TokenProbe};
    ///
    /// # async fn example(set: CredentialSet<'_>) -> Result<(), Box<dyn std::error::Error>> {
    /// let probe = TokenProbe::new("https://api.example")?
    ///     .trust(&std::fs::read("authority.pem")?)?
    ///     .proxy("http://proxy.example:3128")?
    ///     .deadline(Duration::from_secs(5));
    /// match probe.ask("12345", set).await {
    ///     Ok(answer) => println!("{answer:?}"),
    ///     Err(why @ Inconclusive::TenantId) => println!("never: {why}"),
    ///     Err(why) => println!("nothing is proved: {why}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Inconclusive`] where [`probe`](Probe::probe) gives [`Answer::Unknown`].
    pub async fn ask(&self, tenant_id: &str, set: CredentialSet<'_>) -> Result<Answer, Inconclusive> {
        let path = self.api.token_path(tenant_id).ok_or(Inconclusive::TenantId)?;
        let asked = async {
            let mut answer = Answer::Unknown;
            for authorization in authorizations(set) {
                answer = self.ask_as(&path, authorization).await?;
                if answer != Answer::Refused {
                    break;
                }
            }
            Ok(answer)
        };
        timeout(self.deadline, asked).await.map_err(|_| Inconclusive::Deadline(self.deadline))?
    }

    async fn ask_as(&self, path: &str, authorization: HeaderValue) -> Result<Answer, Inconclusive> {
        let request = token_request(&self.api, path, authorization);
        let request = request.map_err(|error| Inconclusive::Http(io::Error::other(error)))?;
        let stream = connect(&self.api, self.proxy.as_ref(), &self.tls).await?;
        exchange(stream, request, async |response| {
            let (head, mut frames) = response.into_parts();
            // All at once, so that nothing of it is left behind where it was before it grew.
            let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
            while let Some(frame) = frames.frame().await {
                let frame = frame.map_err(|error| Inconclusive::Http(io::Error::other(error)))?;
                let Ok(data) = frame.into_data() else { continue };
                if data.remaining() > MAX_BODY.saturating_sub(body.len()) {
                    return Err(Inconclusive::TooLong(MAX_BODY));
                }
                body.extend_from_slice(&data);
            }
            proof::of(head.status, &body).ok_or(Inconclusive::Answer(head.status.as_u16()))
        })
        .await
    }
}

impl Probe for TokenProbe {
    async fn probe(&self, tenant_id: &str, set: CredentialSet<'_>) -> Answer {
        match self.ask(tenant_id, set).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = with_causes(&error);
                tracing::warn!(tenant = tenant_id, error, "a token request that proves nothing");
                Answer::Unknown
            }
        }
    }
}

/// Neither the proxy's user nor what is trusted.
impl fmt::Debug for TokenProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenProbe")
            .field("api", &self.api.authority)
            .field("proxy", &self.proxy.as_ref().map(|proxy| (&proxy.host, proxy.port)))
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

#[allow(clippy::expect_used, reason = "ring has what both versions of TLS need")]
fn tls(roots: &RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.expect("a provider of TLS 1.2 and 1.3");
    let mut tls = tls.with_root_certificates(roots.clone()).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls)
}

/// A platform that takes longer has an outage.
const DEADLINE: Duration = Duration::from_secs(10);

/// Octets; a token has some hundred, or with many claims some thousand.
const MAX_BODY: usize = 64 * 1024;
