use super::*;

fn says<T: std::fmt::Debug>(result: Result<T, Mistake>) -> String {
    result.unwrap_err().message
}

#[test]
fn numbers_of_any_spelling() {
    for (text, number) in [("0", 0), ("8_000", 8000), ("0x1F90", 8080), ("+5", 5), ("65535", 65535)] {
        assert_eq!(port(&of(text)).unwrap(), number, "{text}");
    }
}

#[test]
fn numbers_that_cannot_be() {
    for text in ["65536", "-1", "1.5", "\"80\"", "true", "99999999999999999999999"] {
        assert_eq!(says(port(&of(text))), "expected a number from 0 to 65535", "{text}");
    }
}

#[test]
fn sizes() {
    assert_eq!(size(&of("0")).unwrap(), 0);
    assert_eq!(size(&of("1024")).unwrap(), 1024);
    assert_eq!(size(&of("\"20 GiB\"")).unwrap(), 20 << 30);
    for text in ["-1", "1.5", "\"many\"", "[]", "\"5 Mib/s\""] {
        assert!(says(size(&of(text))).starts_with("expected a size"), "{text}");
    }
}

#[test]
fn durations() {
    assert_eq!(duration(&of("\"0ms\"")).unwrap(), Duration::ZERO);
    assert_eq!(timeout(&of("\"1.5m\"")).unwrap(), Duration::from_secs(90));
    assert!(says(timeout(&of("\"0s\""))).contains("above zero"));
    for text in ["10", "\"10\"", "\"ten seconds\"", "\"-1s\""] {
        assert!(says(duration(&of(text))).starts_with("expected a duration"), "{text}");
    }
}

#[test]
fn flags_are_not_words() {
    assert!(flag(&of("true")).unwrap());
    assert_eq!(says(flag(&of("\"true\""))), "expected true or false");
    assert_eq!(says(flag(&of("1"))), "expected true or false");
}

#[test]
fn words_in_any_case_with_the_nearest() {
    let words = [("auto", 1), ("native", 2), ("poll", 3)];
    assert_eq!(word(&of("\"Poll\""), &words).unwrap(), 3);
    let mistake = word(&of("\"pol\""), &words).unwrap_err();
    assert_eq!(mistake.message, "expected \"auto\", \"native\" or \"poll\"");
    assert_eq!(mistake.nearest.as_deref(), Some("poll"));
    assert!(word(&of("3"), &words).unwrap_err().wrong_type);
}

#[test]
fn a_list_points_at_the_element() {
    let value = of("[1, 2, \"x\"]");
    let mistake = list(&value, "a list of ports", port).unwrap_err();
    assert_eq!(mistake.at, 7..10);
    assert_eq!(says(list(&of("5"), "a list of ports", port)), "expected a list of ports");
}

#[test]
fn enumerations() {
    assert_eq!(any_of(["a"]), "a");
    assert_eq!(any_of(["a", "b", "c"]), "a, b or c");
    assert_eq!(any_of([""; 0]), "");
}
