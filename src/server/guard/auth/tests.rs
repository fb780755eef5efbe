use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A cheap hash of `password`, for tests of what is done with it.
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

fn auth() -> Auth {
    let hash = Password::Hash(Hash::parse(HASH).unwrap());
    let plain = Password::Plain("own:secret".into());
    Auth::new(&[Account { name: "ada".into(), password: hash }, Account { name: "bob".into(), password: plain }])
}

fn head(fields: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().header("host", "localhost:8000");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

fn sent(credentials: &str) -> Parts {
    head(&[("authorization", &basic(credentials))])
}

async fn name(auth: &Auth, credentials: &str) -> Option<String> {
    auth.sign_in(&sent(credentials), "stan", false).await.ok().map(|user| user.0.to_string())
}

#[tokio::test]
async fn who_passes() {
    let auth = auth();
    for (credentials, passes) in [
        ("ada:password", Some("ada")),
        ("ada:password", Some("ada")),
        ("bob:own:secret", Some("bob")),
        ("ada:Password", None),
        ("ada:Password", None),
        ("ada:", None),
        ("ada:own:secret", None),
        ("bob:password", None),
        ("bob:own", None),
        ("eve:password", None),
        (":password", None),
        (":", None),
        ("ada", None),
        ("Ada:password", None),
    ] {
        assert_eq!(name(&auth, credentials).await.as_deref(), passes, "{credentials}");
    }
}

#[tokio::test]
async fn a_hash_is_asked_once() {
    let auth = auth();
    let (right, wrong) = (auth.digests.of(b"ada:password"), auth.digests.of(b"ada:wrong"));
    assert_eq!((auth.known(&right), auth.known(&wrong)), (None, None));
    name(&auth, "ada:password").await;
    name(&auth, "ada:wrong").await;
    assert_eq!(auth.known(&right), Some(Ok("ada".into())));
    assert_eq!(auth.known(&wrong), Some(Err(Refusal::Wrong)));
}

#[tokio::test]
async fn a_pass_opens_websockets_and_nothing_else() {
    let auth = auth();
    let user = User("ada".into());
    let cookie = auth.pass(&user, &HeaderMap::new(), Some("localhost:8000"), "stan").unwrap();
    let pair = cookie.to_str().unwrap().split(';').next().unwrap();
    let with = head(&[("cookie", pair)]);
    assert!(auth.pass(&user, &with.headers, Some("localhost:8000"), "stan").is_none(), "it has it");
    let opening = [
        ("cookie", pair),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", "http://localhost:8000"),
    ];
    let signed_in = async |fields: &[_]| auth.sign_in(&head(fields), "stan", false).await.ok();
    assert_eq!(signed_in(&opening).await, Some(user));
    assert_eq!(signed_in(&opening[..2]).await, None, "a word is no handshake");
    for left_out in 0..opening.len() - 1 {
        let rest: Vec<_> =
            opening.iter().enumerate().filter(|(n, _)| *n != left_out).map(|(_, field)| *field).collect();
        assert_eq!(signed_in(&rest).await, None, "{}", opening[left_out].0);
    }
    let changed = |at: usize, value| opening.map(|field| if field == opening[at] { (field.0, value) } else { field });
    for origin in ["http://localhost:8001", "http://evil.example:8000", "null"] {
        assert_eq!(signed_in(&changed(5, origin)).await, None, "{origin}");
    }
    assert_eq!(signed_in(&changed(0, &pair.replace('=', "=0"))).await, None);
    assert!(super::tests::auth().sign_in(&head(&opening), "stan", false).await.is_err(), "each has a key of its own");
    let mut posted = head(&opening);
    posted.method = http::Method::POST;
    assert!(auth.sign_in(&posted, "stan", false).await.is_err());
}

#[tokio::test]
async fn the_challenge() {
    let refused = auth().sign_in(&head(&[]), "stan /a\"\\ü\n{x}", true).await.unwrap_err();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()[WWW_AUTHENTICATE], "Basic realm=\"stan /a??{x}\", charset=\"UTF-8\"");
    let nobody = Auth::new(&[]);
    assert_eq!(nobody.sign_in(&sent("a:b"), "x", false).await.unwrap_err().status(), 401);
}

#[tokio::test]
async fn another_scheme_beside_it_does_not_hide_it() {
    let two = head(&[("authorization", "Bearer ABC"), ("authorization", &basic("bob:own:secret"))]);
    assert!(auth().sign_in(&two, "stan", false).await.is_ok());
}

#[tokio::test]
async fn the_page_says_whether_something_was_sent() {
    let text = async |head: &Parts| {
        let refused = auth().sign_in(head, "stan", false).await.unwrap_err();
        let bytes = http_body_util::BodyExt::collect(refused.into_body()).await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert!(text(&head(&[])).await.contains("asks for a name and a password"));
    assert!(text(&sent("ada:wrong")).await.contains("does not know"));
}
