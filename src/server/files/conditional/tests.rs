use super::*;

const TAG: &str = "\"abc\"";
const THEN: u64 = 1_700_000_000; // Tue, 14 Nov 2023 22:13:20 GMT
const SAME: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const BEFORE: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
const AFTER: &str = "Tue, 14 Nov 2023 22:13:21 GMT";

fn validators() -> Validators {
    Validators { etag: TAG.into(), modified: Some(THEN) }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn conditions_by_the_table() {
    use Verdict::{Failed, NotModified, Proceed};
    type Case = (&'static [(&'static str, &'static str)], Verdict);
    let cases: &[Case] = &[
        (&[], Proceed),
        (&[("if-none-match", "\"abc\"")], NotModified),
        (&[("if-none-match", "W/\"abc\"")], NotModified),
        (&[("if-none-match", "*")], NotModified),
        (&[("if-none-match", "\"x\"")], Proceed),
        (&[("if-none-match", "\"x\", \"abc\"")], NotModified),
        (&[("if-none-match", "\"x\",W/\"abc\" ")], NotModified),
        (&[("if-none-match", "\"a,\\\"abc")], Proceed),
        (&[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")], NotModified),
        (&[("if-none-match", "abc")], Proceed),
        (&[("if-match", "\"abc\"")], Proceed),
        (&[("if-match", "*")], Proceed),
        (&[("if-match", "W/\"abc\"")], Failed),
        (&[("if-match", "\"x\"")], Failed),
        (&[("if-match", "\"x\", \"abc\"")], Proceed),
        (&[("if-modified-since", SAME)], NotModified),
        (&[("if-modified-since", AFTER)], NotModified),
        (&[("if-modified-since", BEFORE)], Proceed),
        (&[("if-modified-since", "yesterday")], Proceed),
        (&[("if-modified-since", SAME), ("if-modified-since", SAME)], Proceed),
        (&[("if-modified-since", "Tuesday, 14-Nov-23 22:13:20 GMT")], NotModified),
        (&[("if-modified-since", "Tue Nov 14 22:13:20 2023")], NotModified),
        (&[("if-unmodified-since", SAME)], Proceed),
        (&[("if-unmodified-since", AFTER)], Proceed),
        (&[("if-unmodified-since", BEFORE)], Failed),
        (&[("if-unmodified-since", "never")], Proceed),
        // Precedence: a tag silences its date, and what fails goes before what is fresh.
        (&[("if-none-match", "\"x\""), ("if-modified-since", AFTER)], Proceed),
        (&[("if-match", "\"abc\""), ("if-unmodified-since", BEFORE)], Proceed),
        (&[("if-match", "\"x\""), ("if-none-match", "\"abc\"")], Failed),
        (&[("if-match", "\"abc\""), ("if-none-match", "\"abc\"")], NotModified),
        (&[("if-unmodified-since", BEFORE), ("if-none-match", "\"abc\"")], Failed),
    ];
    for (sent, verdict) in cases {
        assert_eq!(validators().evaluate(&headers(sent)), *verdict, "{sent:?}");
    }
}

#[test]
fn if_range_takes_strong_validators_only() {
    let now = date(THEN + 100);
    for (value, permitted) in [
        (TAG, true),
        ("\"x\"", false),
        ("W/\"abc\"", false),
        (SAME, true),
        (AFTER, false),
        (BEFORE, false),
        ("nonsense", false),
    ] {
        assert_eq!(validators().permit_range(&headers(&[("if-range", value)]), now), permitted, "{value}");
    }
    assert!(validators().permit_range(&HeaderMap::new(), now));
    assert!(!validators().permit_range(&headers(&[("if-range", SAME)]), date(THEN)), "the same second proves nothing");
}

#[test]
fn two_if_ranges_do_not_say_which_bytes_the_client_has() {
    for second in ["\"x\"", TAG] {
        let headers = headers(&[("if-range", TAG), ("if-range", second)]);
        assert!(!validators().permit_range(&headers, date(THEN + 100)), "{second}");
    }
}

#[test]
fn content_without_a_date_ignores_dates() {
    let validators = Validators::of_bytes(b"x");
    assert_eq!(validators.evaluate(&headers(&[("if-modified-since", AFTER)])), Verdict::Proceed);
    assert_eq!(validators.evaluate(&headers(&[("if-unmodified-since", BEFORE)])), Verdict::Proceed);
    assert_ne!(validators, Validators::of_bytes(b"y"));
}

#[test]
fn a_file_from_before_1970_or_after_9999_has_a_tag_and_no_date() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for time in [UNIX_EPOCH - Duration::from_secs(86_400), UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 1)] {
        if file.as_file().set_modified(time).is_err() {
            continue;
        }
        let validators = Validators::of_file(&file.as_file().metadata().unwrap());
        let mut headers = HeaderMap::new();
        validators.write(&mut headers, SystemTime::now());
        assert!(headers.contains_key(ETAG));
    }
    file.as_file().set_modified(UNIX_EPOCH - Duration::from_secs(86_400)).unwrap();
    assert_eq!(Validators::of_file(&file.as_file().metadata().unwrap()).modified, None);
}

#[test]
fn a_date_ahead_of_the_clock_is_sent_as_now() {
    let mut headers = HeaderMap::new();
    validators().write(&mut headers, date(THEN - 60));
    assert_eq!(headers[LAST_MODIFIED], "Tue, 14 Nov 2023 22:12:20 GMT");
    validators().write(&mut headers, date(THEN + 60));
    assert_eq!(headers[LAST_MODIFIED], SAME);
}
