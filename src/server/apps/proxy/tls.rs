//! TLS to upstreams (RFC 8446): whom to believe, and which HTTP is spoken inside (ALPN, RFC 7301).

mod verifier;

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error};

use super::failure::{Failure, Insecure};
use crate::config;
use crate::text::duration;

/// What upstreams of one route are offered and believed.
pub(super) struct Tls {
    verify: bool,
    ca: Option<PathBuf>,
    /// Made with the first connection, for reading the system's authorities takes a while; and anew when `ca` is
    /// another file or has changed.
    made: Mutex<Option<(Option<Stamp>, Made)>>,
}

/// What tells a file from what it was: its inode, length, and last change in nanoseconds.
type Stamp = (u64, u64, (i64, i64));

/// It, for requests, and for those that want to change the protocol, which HTTP/2 does otherwise.
#[derive(Clone)]
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
        Arc::new(Self { verify: settings.verify, ca: settings.ca.clone(), made: Mutex::default() })
    }

    /// Secures a fresh connection to `host`.
    pub(super) async fn over(
        &self,
        stream: TcpStream,
        host: &str,
        offer: Offer,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let made = self.made().await.map_err(Failure::Insecure)?;
        let config = if offer == Offer::Http1 { made.http1 } else { made.any };
        let name = ServerName::try_from(host.to_owned());
        let name =
            name.map_err(|_| Failure::Insecure(Insecure::Handshake("no certificate can be for that name".into())))?;
        let secured = TlsConnector::from(config).connect(name, stream).await;
        secured.map_err(|error| Failure::Insecure(why(&error, self.ca.is_some())))
    }

    /// What is offered and believed just now.
    async fn made(&self) -> Result<Made, Insecure> {
        let mut last = self.made.lock().await;
        // Looked at before it is read: what comes meanwhile is another state.
        let stamp = match &self.ca {
            Some(file) => tokio::fs::metadata(file)
                .await
                .ok()
                .map(|file| (file.ino(), file.size(), (file.ctime(), file.ctime_nsec()))),
            None => None,
        };
        if let Some((_, made)) = last.as_ref().filter(|(of, _)| *of == stamp) {
            return Ok(made.clone());
        }
        let made = self.make().await?;
        *last = Some((stamp, made.clone()));
        Ok(made)
    }

    async fn make(&self) -> Result<Made, Insecure> {
        let (verify, ca) = (self.verify, self.ca.clone());
        let made = spawn_blocking(move || {
            let provider = Arc::new(ring::default_provider());
            let verifier: Arc<dyn ServerCertVerifier> = match ca {
                _ if !verify => verifier::anybody(&provider),
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

/// Why a handshake failed; `named` where a file says whom to trust.
fn why(error: &std::io::Error, named: bool) -> Insecure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(error)) => distrust(error, named),
        Some(Error::InvalidMessage(_)) => Insecure::Handshake("what it says is not TLS: perhaps it speaks http".into()),
        Some(error) => Insecure::Handshake(error.to_string()),
        None => Insecure::Handshake(error.to_string()),
    }
}

/// Why a certificate is not trusted.
fn distrust(error: &CertificateError, named: bool) -> Insecure {
    let between =
        |from: &UnixTime, to: &UnixTime| duration(Duration::from_secs(to.as_secs().saturating_sub(from.as_secs())));
    match error {
        // An authority that was made anew has its old name and another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Insecure::Issuer { named },
        // One that says of itself that it is an authority, as those do that a person made for a server, is taken only
        // where it is named itself.
        CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity" => Insecure::Issuer { named },
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Insecure::Name(error.to_string())
        }
        CertificateError::ExpiredContext { time, not_after } => {
            Insecure::Time(format!("it expired {} ago", between(not_after, time)))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            Insecure::Time(format!("it becomes valid in {}", between(time, not_before)))
        }
        CertificateError::Expired => Insecure::Time("it has expired".into()),
        CertificateError::NotValidYet => Insecure::Time("it is not valid yet".into()),
        other => Insecure::Flawed(other.to_string()),
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
    fn reasons_and_what_to_do() {
        let of = |error: Error, named| {
            let failure = Failure::Insecure(why(&io::Error::new(io::ErrorKind::InvalidData, error), named));
            format!("{failure}. {}", failure.detail())
        };
        let invalid = |error: CertificateError, named| of(Error::InvalidCertificate(error), named);
        let day = |day: u64| UnixTime::since_unix_epoch(Duration::from_secs(day * 86_400));
        let said = invalid(CertificateError::UnknownIssuer, false);
        assert!(said.contains("not trusted: nobody") && said.contains("Name a file"), "{said}");
        let said = invalid(CertificateError::UnknownIssuer, true);
        assert!(said.contains("into the file that ca names") && !said.contains("Name a file"), "{said}");
        let said = invalid(CertificateError::NotValidForName, true);
        assert!(said.contains("a name that its certificate has"), "{said}");
        let said = invalid(CertificateError::ExpiredContext { time: day(30), not_after: day(20) }, true);
        assert!(said.contains("it expired 10d ago. Renew it"), "{said}");
        let said = invalid(CertificateError::NotValidYetContext { time: day(1), not_before: day(6) }, false);
        assert!(said.contains("becomes valid in 5d") && !said.contains("ca ="), "{said}");
        assert!(invalid(CertificateError::Revoked, false).contains("Have it replaced"));
        assert!(of(Error::HandshakeNotComplete, false).contains("no secure connection"));
    }
}
