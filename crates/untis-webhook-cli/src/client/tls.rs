use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};
use untis_webhook_config::shown;
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use crate::input::read;

/// TLS with the certificates that were named; without any, it leaves the connection to the next connector.
pub(super) struct NamedTls(Option<Arc<ClientConfig>>);

impl NamedTls {
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Trusts the certificates in this file.
    pub(super) fn from_file(file: &Path) -> Result<Self> {
        let (pem, file) = (read(file)?, shown(file));
        let expected = || format!("{file}: expected certificates in PEM");
        let named: Vec<_> =
            CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().with_context(expected)?;
        ensure!(
            !named.is_empty(),
            "{}, which begin with -----BEGIN CERTIFICATE-----, found none",
            expected()
        );
        let mut roots = RootCertStore::empty();
        for certificate in &named {
            roots.add(certificate.clone()).with_context(expected)?;
        }
        let provider = Arc::new(ring::default_provider());
        let issued = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build()?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Named { named, issued }))
            .with_no_client_auth();
        Ok(Self(Some(config.into())))
    }
}

/// Trusts what the named certificates have signed, and these themselves.
///
/// The second is for a certificate that `openssl req -x509` made: it says of itself that it is an issuer's, and no issuer may
/// be a server.
#[derive(Debug)]
struct Named {
    named: Vec<CertificateDer<'static>>,
    issued: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.named.contains(certificate) {
            return self.issued.verify_server_cert(certificate, intermediates, name, ocsp, now);
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.issued.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.issued.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.issued.supported_verify_schemes()
    }
}

impl<In: Transport> Connector<In> for NamedTls {
    type Out = Either<In, Tls<In>>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let (config, inner) = match (&self.0, chained) {
            (Some(config), Some(inner)) if details.needs_tls() && !inner.is_tls() => (config, inner),
            (_, chained) => return Ok(chained.map(Either::A)),
        };
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::BadUri(host.to_owned()))?;
        let mut connection = ClientConnection::new(Arc::clone(config), name)?;
        let mut inner = TransportAdapter::new(inner, details.current_time.clone());
        inner.set_timeout(details.timeout);
        connection.complete_io(&mut inner)?;
        let sizes = (details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned::new(connection, inner);
        Ok(Some(Either::B(Tls { stream, buffers: LazyBuffers::new(sizes.0, sizes.1) })))
    }
}

impl fmt::Debug for NamedTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedTls").finish_non_exhaustive()
    }
}

pub(super) struct Tls<T: Transport> {
    stream: StreamOwned<ClientConnection, TransportAdapter<T>>,
    buffers: LazyBuffers,
}

impl<T: Transport> Transport for Tls<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(std::io::Write::write_all(&mut self.stream, output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let read = std::io::Read::read(&mut self.stream, self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl<T: Transport> fmt::Debug for Tls<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
