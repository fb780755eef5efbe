//! Scripts that read their forms by `cgi.FieldStorage`.

use crate::browser::{Browser, digest};
use crate::common::{Form, noise};
use crate::software::{site, start};

#[test]
fn field_storage_reads_queries_forms_and_files() {
    let site = site("cgi", "");
    std::fs::create_dir(site.path("cgi-bin")).unwrap();
    std::fs::rename(site.path("form.py"), site.path("cgi-bin/form.py")).unwrap();
    site.write("stan.conf", "[[route]]\npath = \"/cgi-bin/{*rest}\"\ncgi = \"cgi-bin\"\n");
    let server = start(&site);
    let mut browser = Browser::of(&server);
    let told = browser.get("/cgi-bin/form.py?name=Ada+L%C3%BC&word=a&word=b").is(200).json();
    assert_eq!(told, serde_json::json!({"method": "GET", "name": "Ada Lü", "all": ["a", "b"]}));
    let told = browser.send("/cgi-bin/form.py?word=q", &[("name", "Grün & co"), ("word", "w")]).is(200).json();
    assert_eq!(told, serde_json::json!({"method": "POST", "name": "Grün & co", "all": ["w", "q"]}));
    for size in [0, 3_000_000] {
        let content = noise(1, size);
        let form = Form::new().field("name", "Ada").file("file", "sée.bin", "a/b", &content).field("word", "last");
        let told = browser.send_form("/cgi-bin/form.py", form).is(200).json();
        assert_eq!((&told["filename"], &told["digest"]), (&"sée.bin".into(), &digest(&content).into()));
        assert_eq!((&told["name"], &told["all"]), (&"Ada".into(), &serde_json::json!(["last"])));
    }
}
