//! Whom to trust, and the handshake.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::HttpError;
use crate::capability::Host;

/// A certificate given by the embedder cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate of an authority: give X.509 certificates in PEM or DER")]
pub(crate) struct InvalidRoot;

/// The roots of trust: those of the platform (Mozilla's, where it has none) and those of the embedder. Reading the
/// platform's takes some milliseconds, so it is done at the first use, once.
#[derive(Default)]
pub(super) struct Tls {
    extra: Vec<CertificateDer<'static>>,
    config: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Tls {
    /// Adds all certificates of a PEM file.
    pub(super) fn trust_pem(&mut self, pem: &[u8]) -> Result<(), InvalidRoot> {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| InvalidRoot)?;
        if certificates.is_empty() {
            return Err(InvalidRoot);
        }
        certificates.into_iter().try_for_each(|certificate| self.trust(certificate))
    }

    /// Adds one certificate.
    pub(super) fn trust(&mut self, certificate: CertificateDer<'static>) -> Result<(), InvalidRoot> {
        RootCertStore::empty().add(certificate.clone()).map_err(|_| InvalidRoot)?;
        self.extra.push(certificate);
        self.config = OnceLock::new();
        Ok(())
    }

    /// Shakes hands with `host` over a connection to one of its addresses.
    pub(super) async fn handshake<S>(&self, host: &Host, stream: S) -> Result<TlsStream<S>, HttpError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| HttpError::Tls("no certificate can be issued for such a name"))?,
            Host::V4(address) => ServerName::IpAddress((*address).into()),
            Host::V6(address) => ServerName::IpAddress((*address).into()),
        };
        let config = self.config.get_or_init(|| self.configure());
        let config = config.as_ref().ok_or(HttpError::Tls("TLS is not available"))?;
        TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await
            .map_err(|error| HttpError::of_handshake(&error))
    }

    fn configure(&self) -> Option<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .ok()?
                .with_root_certificates(roots)
                .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Some(Arc::new(config))
    }
}
