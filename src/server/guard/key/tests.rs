use std::net::Ipv4Addr;

use http::HeaderMap;
use http::header::COOKIE;

use super::*;
use crate::event::{Reader, feed};

const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 40));

fn key(setting: &UploadKey) -> (Arc<Key>, Reader) {
    let (feed, reader) = feed();
    (Key::new(setting, feed).unwrap(), reader)
}

fn peer(ip: impl Into<IpAddr>) -> Peer {
    Peer::new((ip.into(), 4000).into(), None)
}

fn notes(reader: &mut Reader) -> Vec<String> {
    let events = reader.take().events.into_iter();
    events.filter_map(|event| if let Event::Note(note) = event { Some(note.text) } else { None }).collect()
}

#[test]
fn who_passes() {
    let (key, _reader) = key(&UploadKey::Auto);
    let token = key.secret().unwrap().token.clone();
    let other = "A".repeat(26);
    for (name, value, standing) in [
        ("authorization", format!("Bearer {token}"), Standing::Holder),
        ("authorization", format!("bearer  {token} "), Standing::Holder),
        ("authorization", token.clone(), Standing::Stranger),
        ("authorization", format!("Basic {token}"), Standing::Stranger),
        ("authorization", format!("Bearer {other}"), Standing::Stranger),
        ("authorization", format!("Bearer {token}A"), Standing::Stranger),
        ("authorization", "Bearer ".to_owned(), Standing::Stranger),
        ("cookie", format!("stan_key_8000={token}"), Standing::Holder),
        ("cookie", format!("stan_key_1={other}; stan_key_2={token}"), Standing::Holder),
        ("cookie", format!("stan_key={other}"), Standing::Stranger),
        ("cookie", format!("other={token}"), Standing::Stranger),
        ("x-key", token.clone(), Standing::Stranger),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(http::HeaderName::from_static(name), value.parse().unwrap());
        assert_eq!(key.standing(peer(FAR), &headers), standing, "{name}: {value}");
        assert_eq!(key.standing(peer(Ipv4Addr::LOCALHOST), &headers), Standing::Here, "{name}: {value}");
    }
    assert!(key.may_upload(Standing::Here) && key.may_upload(Standing::Holder));
    assert!(!key.may_upload(Standing::Stranger));
}

#[test]
fn two_fields_are_both_looked_at() {
    let (key, _reader) = key(&UploadKey::Auto);
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, "Basic YTpi".parse().unwrap());
    headers.append(COOKIE, "a=1".parse().unwrap());
    headers.append(COOKIE, key.cookie(None).unwrap());
    assert_eq!(key.standing(peer(FAR), &headers), Standing::Holder);
}

#[test]
fn off_needs_nothing_and_tells_no_details() {
    let (key, _reader) = key(&UploadKey::Off);
    assert_eq!((key.secret(), key.cookie(None)), (None, None));
    assert_eq!(key.standing(peer(FAR), &HeaderMap::new()), Standing::Stranger);
    assert!(key.may_upload(Standing::Stranger) && !key.opens("") && !key.opens("A"));
    assert_eq!(key.guess("", FAR, Instant::now()), Guess::Right);
}

#[test]
fn a_key_changes_with_its_setting_and_not_else() {
    let (key, _reader) = key(&UploadKey::Auto);
    let first = key.secret();
    assert!(!key.settle(&UploadKey::Auto).unwrap());
    assert_eq!(key.secret(), first);
    assert!(key.settle(&UploadKey::Pin("Summer24".into())).unwrap());
    let second = key.secret();
    assert_eq!(second.as_ref().unwrap().pin, "Summer24");
    assert!(key.settle(&UploadKey::Pin("Winter25".into())).unwrap());
    assert_ne!(key.secret().unwrap().token, second.unwrap().token);
    assert!(!key.opens(&first.unwrap().token));
}

#[test]
fn the_pin_may_be_typed_in_groups() {
    let (key, _reader) = key(&UploadKey::Pin("271828".into()));
    let now = Instant::now();
    for (pin, guess) in [("271828", Guess::Right), (" 271 828\n", Guess::Right), ("271829", Guess::Wrong)] {
        assert_eq!(key.guess(pin, FAR, now), guess, "{pin}");
    }
}

#[test]
fn a_thousand_guesses_from_five_hundred_addresses_are_five() {
    let (key, mut reader) = key(&UploadKey::Auto);
    let now = Instant::now();
    let pin = key.secret().unwrap().pin.clone();
    let guesses = (0..1000_u32).filter(|n| format!("{n:06}") != pin).map(|n| {
        let from = Ipv4Addr::from(0x0a00_0000 + n % 500).into();
        key.guess(&format!("{n:06}"), from, now)
    });
    assert_eq!(guesses.filter(|guess| *guess == Guess::Wrong).count(), 5);
    assert!(matches!(key.guess(&pin, FAR, now), Guess::NotNow(_)), "not even the right one is looked at");
    assert!(key.opens(&key.secret().unwrap().token), "the link works as before");
    let notes = notes(&mut reader);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("someone is guessing the PIN") && !notes[0].contains(&pin), "{notes:?}");
    let minute = now + Duration::from_secs(60);
    assert_eq!(key.guess(&pin, FAR, minute), Guess::Right);
}
