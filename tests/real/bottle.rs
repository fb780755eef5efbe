//! bottle: one file of routes, templates, cookies, uploads, files and streams.

use crate::browser::Browser;
use crate::common::{Form, noise};
use crate::software::{is_content, site, start};

const CONF: &str = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower:checked\"\nworkers = 1\n\
    [[route]]\npath = \"/inner/{*rest}\"\nwsgi = \"tower:app\"\nworkers = 1\n";

#[test]
fn a_bottle_app() {
    let content = noise(3, 1_500_000);
    let site = site("bottle", CONF).file("big.bin", &content);
    let mut server = start(&site);
    for mount in ["", "/inner"] {
        let mut browser = Browser::of(&server);
        let at = |path: &str| format!("{mount}{path}");
        let root = if mount.is_empty() { "/".to_owned() } else { format!("{mount}/") };
        let page = browser.get(&at("/hello/Gr%C3%BCn%20%3Cb%3E")).is(200).text();
        assert_eq!(page, format!("<p>Hello Grün &lt;b&gt; from {root}</p>"));
        for visits in 1..4 {
            assert_eq!(browser.get(&at("/visit")).is(200).json()["visits"], visits);
        }
        assert_eq!(browser.cookie("other"), Some("one"), "both cookies of one answer are kept");
        let form = Form::new().field("note", "läuft").file("file", "x y.bin", "a/b", &content);
        let told = browser.send_form(&at("/upload"), form).is(200).json();
        assert_eq!(told, serde_json::json!({"name": "x y.bin", "size": 1_500_000, "note": "läuft"}));
        let json = [("Content-Type", "application/json")];
        let told = browser.ask("POST", &at("/json"), &json, "{\"a\": [1, \"ü\"]}".as_bytes()).is(200).json();
        assert_eq!(told["got"], serde_json::json!({"a": [1, "ü"]}));
        let file = browser.get(&at("/file/big.bin")).is(200);
        assert!(file.body == content && file.value("content-disposition").contains("my big.bin"));
        let some = server.ask("GET", &at("/file/big.bin"), &[("Range", "bytes=-1000")], b"").is(206);
        assert!(some.body == content[content.len() - 1000..]);
        assert_eq!(server.get(&at("/stream")).is(200).text(), "one,zwei: grün,three");
        browser.get(&at("/refused")).is(418);
        browser.get(&at("/json")).is(405);
        browser.get(&at("/file/..%2ftower.py")).is(404);
    }
    is_content(&server);
    server.get("/wrong").is(500);
    server.line("with bottle's own traceback", |line| line.contains("KeyError: 'where is it'"));
}
