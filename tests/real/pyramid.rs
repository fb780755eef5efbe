//! Pyramid: routes, renderers, exceptions that are answers, sessions, uploads.

use crate::browser::Browser;
use crate::common::{Form, noise};
use crate::software::{is_content, site, start};

const CONF: &str = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower:create_app(True)\"\nworkers = 1\n\
    [[route]]\npath = \"/inner/{*rest}\"\nwsgi = \"tower:create_app(checked=False)\"\nworkers = 1\n";

#[test]
fn a_pyramid_app() {
    let site = site("pyramid", CONF);
    let server = start(&site);
    for mount in ["", "/inner"] {
        let mut browser = Browser::of(&server);
        let at = |path: &str| format!("{mount}{path}");
        assert_eq!(browser.get(&at("/")).is(200).text(), format!("Pyramid at {}", server.url(mount)));
        let told = browser.get(&at("/hello/Gr%C3%BCn?a=1&b=%26")).is(200).json();
        assert_eq!(told["hello"], "Grün");
        assert_eq!(told["url"], server.url(&at("/hello/you")));
        assert_eq!(told["query"], serde_json::json!({"a": "1", "b": "&"}));
        for count in 1..4 {
            assert_eq!(browser.get(&at("/count")).is(200).json()["count"], count);
        }
        let form = Form::new().field("note", "läuft").file("file", "x.bin", "a/b", &noise(1, 2_000_000));
        let told = browser.send_form(&at("/upload"), form).is(200).json();
        assert_eq!(told, serde_json::json!({"name": "x.bin", "size": 2_000_000, "note": "läuft"}));
        let away = browser.get(&at("/away")).is(302);
        assert_eq!(browser.follow(&away).is(200).text(), format!("Pyramid at {}", server.url(mount)));
        assert!(browser.get(&at("/none")).is(404).text().contains("no such stone"));
        browser.get(&at("/upload")).is(404);
        assert!(server.head(&at("/hello/x")).is(200).body.is_empty());
    }
    is_content(&server);
}
