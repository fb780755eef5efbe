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

fn sent(credentials: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = format!("Basic {}", STANDARD.encode(credentials));
    headers.insert(AUTHORIZATION, value.parse().unwrap());
    headers
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
    let mut headers = HeaderMap::new();
    headers.insert("cookie", pair.parse().unwrap());
    assert!(auth.pass(&user, &headers, Some("localhost:8000"), "stan").is_none(), "it has it");
    assert_eq!(auth.sign_in(&headers, "stan", false).await.unwrap_err().status(), 401);
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    assert_eq!(auth.sign_in(&headers, "stan", false).await.ok(), Some(user));
    assert!(super::tests::auth().sign_in(&headers, "stan", false).await.is_err(), "each has a key of its own");
    headers.insert("cookie", pair.replace('=', "=0").parse().unwrap());
    assert!(auth.sign_in(&headers, "stan", false).await.is_err());
}

#[tokio::test]
async fn the_challenge() {
    let refused = auth().sign_in(&HeaderMap::new(), "stan /a\"\\ü\n{x}", true).await.unwrap_err();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()[WWW_AUTHENTICATE], "Basic realm=\"stan /a??{x}\", charset=\"UTF-8\"");
    let nobody = Auth::new(&[]);
    assert_eq!(nobody.sign_in(&sent("a:b"), "x", false).await.unwrap_err().status(), 401);
}

#[tokio::test]
async fn another_scheme_beside_it_does_not_hide_it() {
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer ABC"));
    headers.append(AUTHORIZATION, sent("bob:own:secret").remove(AUTHORIZATION).unwrap());
    assert!(auth().sign_in(&headers, "stan", false).await.is_ok());
}
