//! The whole grammar of stan.conf in one text.

use std::fs;

use super::Site;
const WHOLE: &str = include_str!("grammar.toml");

/// A site with everything that the text names.
fn site() -> Site {
    let site = Site::new();
    for folder in ["static_file", "templates", "apps/blog", "wsgipython", "cgi-bin"] {
        fs::create_dir_all(site.root.path().join(folder)).unwrap();
    }
    fs::write(site.root.path().join("templates/hello.html"), "").unwrap();
    site
}

#[test]
fn nothing_is_wrong() {
    let layers = site().conf(WHOLE).load().unwrap_or_else(|error| panic!("{error}"));
    assert!(!layers.config().routes.is_empty() && layers.config().apps().count() == 1);
}

#[test]
fn a_text_cut_anywhere_is_survived() {
    let site = site();
    for (end, _) in WHOLE.char_indices().step_by(7) {
        site.save(&WHOLE[..end]);
        let _ = site.load().map_err(|error| error.to_string());
    }
}

#[test]
fn a_text_with_anything_in_it_is_survived() {
    let site = site();
    for (n, (at, _)) in WHOLE.char_indices().step_by(29).enumerate() {
        for odd in ["[", "\"", "=", "\u{feff}", "{", "'''", "\t写\u{301}", "-", "\r"] {
            // Every kind of place gets every odd thing, though not each place.
            if (n + odd.len()).is_multiple_of(3) {
                site.save(&format!("{}{odd}{}", &WHOLE[..at], &WHOLE[at..]));
                let _ = site.load().map_err(|error| error.to_string());
            }
        }
    }
}
