use super::*;

#[test]
fn the_main_input_takes_any_file_and_the_page_is_whole_without_its_script() {
    assert!(PAGE.contains("<input type=\"file\" id=\"files\" name=\"file\" multiple>"));
    assert!(!PAGE.contains("accept=") && !PAGE.contains("capture"));
    assert!(PAGE.contains("enctype=\"multipart/form-data\"") && PAGE.contains("method=\"post\""));
    assert!(!PAGE.contains("<style") && !PAGE.contains("onclick") && !PAGE.contains("style="));
    for name in ["upload.js", "upload.css"] {
        assert!(PAGE.contains(&format!("/__stan/{name}")) && asset(name).is_some());
    }
    assert!(asset("other").is_none());
}

#[test]
fn the_script_lives_in_an_insecure_context_and_writes_no_markup() {
    let secure = ["crypto.", "navigator.clipboard", "serviceWorker", "navigator.locks", "showOpenFilePicker"];
    for never in secure.into_iter().chain(["arrayBuffer(", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval("]) {
        assert!(!SCRIPT.contains(never), "{never}");
    }
}

#[test]
fn the_script_keeps_to_what_old_tablets_know() {
    // ES2018 and later: optional chaining, ?? and its kin, spread in objects, catch without a name,
    // finally of promises, for await, and methods that came with them.
    let newer = ["?.", "??", "{ ...", "{...", "catch {", ".finally(", "for await", "replaceAll", ".flat", ".at(", "#!"];
    for newer in newer {
        assert!(!SCRIPT.contains(newer), "{newer}");
    }
}

#[test]
fn every_word_is_there_in_both_languages() {
    let words = include_str!("words.js");
    for key in PAGE.split("data-say=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(words.contains(&format!("\n  {key}: ['")), "{key}");
    }
    let table = words.split("const WORDS = {").nth(1).unwrap().split("\n}").next().unwrap();
    let keys: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.trim().split_once(": ["))
        .map(|(key, _)| key)
        .collect();
    assert!(keys.len() > 50);
    for key in keys {
        let used = SCRIPT.contains(&format!("'{key}'")) || PAGE.contains(&format!("data-say=\"{key}\""));
        assert!(used, "{key} is said nowhere");
    }
}

/// The colours of the light dress, or of the dark one.
fn colours(dark: bool) -> Vec<(String, f64)> {
    let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dress = if dark { rest.split_once("\n}\n").unwrap().0 } else { light };
    let mut found = Vec::new();
    for part in dress.split("--").skip(1) {
        let (name, rest) = part.split_once(": #").unwrap();
        found.push((name.to_owned(), luminance(&rest[..6])));
    }
    found
}

/// Relative luminance (WCAG 2.2).
fn luminance(hex: &str) -> f64 {
    let channel = |n: usize| {
        let value = f64::from(u8::from_str_radix(&hex[n..n + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn every_text_can_be_read_in_the_sun_and_at_night() {
    for dark in [false, true] {
        let colours = colours(dark);
        let of = |name: &str| colours.iter().find(|(known, _)| known == name).unwrap().1;
        let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        for ink in ["ink", "soft", "accent", "good", "bad", "held"] {
            for ground in ["ground", "card"] {
                let contrast = contrast(of(ink), of(ground));
                assert!(contrast >= 7.0, "{ink} on {ground}, dark: {dark}: {contrast:.1}");
            }
        }
        assert!(contrast(of("on"), of("accent")) >= 7.0);
    }
}
