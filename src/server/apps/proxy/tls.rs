//! TLS to upstreams (RFC 8446): whom to believe, and which HTTP is spoken inside (ALPN, RFC 7301).

mod verifier;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error};

use super::failure::{Failure, Insecure};
use crate::config;

/// What upstreams of one route are offered and believed.
pub(super) struct Tls {
    verify: bool,
    ca: Option<PathBuf>,
    /// Made with the first connection: reading the system's authorities takes a while.
    made: OnceCell<Made>,
}

/// It, for requests, and for those that want to change the protocol, which HTTP/2 does otherwise.
struct Made {
    any: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
}

/// Which HTTP may be agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Any,
    Http1,
}

impl Tls {
    pub(super) fn new(settings: &config::Proxy) -> Arc<Self> {
        Arc::new(Self { verify: settings.verify, ca: settings.ca.clone(), made: OnceCell::new() })
    }

    /// Secures a fresh connection to `host`.
    pub(super) async fn over(
        &self,
        stream: TcpStream,
        host: &str,
        offer: Offer,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let made = self.made.get_or_try_init(|| self.make()).await.map_err(Failure::Insecure)?;
        let config = if offer == Offer::Http1 { &made.http1 } else { &made.any };
        let name = ServerName::try_from(host.to_owned());
        let name =
            name.map_err(|_| Failure::Insecure(Insecure::Handshake("no certificate can be for that name".into())))?;
        let secured = TlsConnector::from(config.clone()).connect(name, stream).await;
        secured.map_err(|error| Failure::Insecure(why(&error)))
    }

    async fn make(&self) -> Result<Made, Insecure> {
        let (verify, ca) = (self.verify, self.ca.clone());
        let made = spawn_blocking(move || {
            let provider = Arc::new(ring::default_provider());
            let verifier: Arc<dyn ServerCertVerifier> = match ca {
                _ if !verify => verifier::Unchecked::new(&provider),
                Some(file) => verifier::named(&certificates(&file)?, &provider)?,
                None => verifier::system(&provider)?,
            };
            let config = |protocols: &[&[u8]]| {
                let builder =
                    ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
                let builder = builder.map_err(|error| Insecure::Handshake(error.to_string()))?;
                let builder = builder.dangerous().with_custom_certificate_verifier(verifier.clone());
                let mut config = builder.with_no_client_auth();
                config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
                Ok(Arc::new(config))
            };
            Ok(Made { any: config(&[b"h2", b"http/1.1"])?, http1: config(&[b"http/1.1"])? })
        });
        made.await.unwrap_or_else(|error| Err(Insecure::Authorities(error.to_string())))
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Insecure> {
    let wrong = |why: &dyn std::fmt::Display| Insecure::Authorities(format!("ca = {}: {why}", file.display()));
    let read = std::fs::read(file).map_err(|error| wrong(&error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read).collect();
    let certificates = certificates.map_err(|error| wrong(&error))?;
    if certificates.is_empty() { Err(wrong(&"there is no certificate in it")) } else { Ok(certificates) }
}

/// Why a handshake failed.
fn why(error: &std::io::Error) -> Insecure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            Insecure::Untrusted("nobody whom stan is to trust has signed it".into())
        }
        Some(Error::InvalidCertificate(error)) => Insecure::Untrusted(error.to_string()),
        Some(Error::InvalidMessage(_)) => Insecure::Handshake("what it says is not TLS: perhaps it speaks http".into()),
        Some(error) => Insecure::Handshake(error.to_string()),
        None => Insecure::Handshake(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        let said = || certificates(&file).unwrap_err().to_string();
        assert!(said().contains("ca.pem"));
        std::fs::write(&file, "nothing").unwrap();
        assert!(said().contains("there is no certificate in it"), "{}", said());
        std::fs::write(&file, "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n").unwrap();
        assert!(said().contains("ca.pem"));
    }

    #[test]
    fn reasons() {
        let of = |error: Error| why(&io::Error::new(io::ErrorKind::InvalidData, error)).to_string();
        assert!(of(Error::InvalidCertificate(CertificateError::UnknownIssuer)).contains("not trusted: nobody"));
        assert!(of(Error::InvalidCertificate(CertificateError::Expired)).contains("not trusted"));
        assert!(of(Error::HandshakeNotComplete).contains("no secure connection"));
    }
}
