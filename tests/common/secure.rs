//! A server that speaks https, with a certificate of its own making. It says which HTTP it was asked in, for what,
//! and as whom; it repeats what it is sent, and what it hears after an upgrade.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

pub(crate) struct Secure {
    pub(crate) port: u16,
    /// Its certificate as text.
    pub(crate) pem: String,
    connections: Arc<AtomicUsize>,
}

impl Secure {
    /// For `name`, with these protocols; its certificate may say of itself that it is an authority.
    pub(crate) fn new(name: &str, protocols: &[&str], authority: bool) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let certificate = params.self_signed(&key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = config.with_single_cert(vec![certificate.der().clone()], der).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        std::thread::spawn(move || serve(listener, config, &count));
        Self { port, pem: certificate.pem(), connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// How many connections were secured.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

fn serve(listener: std::net::TcpListener, config: ServerConfig, count: &AtomicUsize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            count.fetch_add(1, Relaxed);
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let (io, service) = (TokioIo::new(stream), service_fn(answer));
            tokio::spawn(async move {
                // Whoever left is seen by the test.
                if http2 {
                    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(io, service)
                        .await;
                } else {
                    let serving = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
                    let _ = serving.with_upgrades().await;
                }
            });
        }
    });
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.headers().contains_key("upgrade") {
        tokio::spawn(async move {
            let mut socket = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
            let (mut read, mut write) = tokio::io::split(&mut socket);
            let _ = tokio::io::copy(&mut read, &mut write).await;
        });
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        answer.headers_mut().insert("upgrade", "echo".parse().unwrap());
        answer.headers_mut().insert("connection", "upgrade".parse().unwrap());
        return Ok(answer);
    }
    let version = if request.version() == Version::HTTP_2 { "2" } else { "1" };
    let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
    let host = host.or_else(|| request.uri().authority().map(ToString::to_string)).unwrap_or_default();
    let told = format!("HTTP/{version} {} at {host}", request.uri().path());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut answer = Response::new(Full::new(body));
    answer.headers_mut().insert("x-told", told.parse().unwrap());
    answer.headers_mut().insert("location", format!("https://{host}/elsewhere").parse().unwrap());
    Ok(answer)
}
