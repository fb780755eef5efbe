//! Who checks certificates: against the system's authorities, against those of a file, or not at all.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::super::failure::Insecure;

/// Trusts whom the system trusts. Reads many files.
pub(super) fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Insecure> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Some of a system's hundreds are always odd.
    let (good, _) = roots.add_parsable_certificates(found.certs);
    if good == 0 {
        let why = found.errors.first().map_or_else(|| "it has no list of them".to_owned(), ToString::to_string);
        return Err(Insecure::Authorities(format!("those that this machine trusts cannot be read: {why}")));
    }
    Ok(by(roots, provider)?)
}

/// Trusts these: authorities, or servers themselves.
pub(super) fn named(
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Insecure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    if roots.is_empty() {
        return Err(Insecure::Authorities("none of the certificates of ca can be read".into()));
    }
    let trust = Trust::Named { roots: by(roots, provider)?, certificates: certificates.to_vec() };
    Ok(Arc::new(Lenient { trust, provider: provider.clone() }))
}

/// Trusts anybody.
pub(super) fn anybody(provider: &Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Lenient { trust: Trust::Anybody, provider: provider.clone() })
}

fn by(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Insecure> {
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    builder.build().map_err(|error| Insecure::Authorities(error.to_string()))
}

/// Looks less closely than for the web: only that the server has the certificate's key is always proven.
#[derive(Debug)]
struct Lenient {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Trust {
    /// What certificates of a file have signed, and the very certificates: one that a person made for a
    /// server often says of itself that it is an authority, and is refused as a server's.
    Named { roots: Arc<WebPkiServerVerifier>, certificates: Vec<CertificateDer<'static>> },
    /// Any certificate.
    Anybody,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust::Named { roots, certificates } = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        if certificates.iter().any(|certificate| certificate == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
