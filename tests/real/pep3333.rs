//! The examples that stand in PEP 3333.

use crate::common::{Server, Site};
use crate::software::{is_content, site, start};

fn mounted(names: &[&str]) -> (Site, Server) {
    let route = |name| format!("[[route]]\npath = \"/{name}\"\nwsgi = \"pep:{name}\"\nworkers = 1\n");
    let conf: Vec<String> = names.iter().map(route).collect();
    let site = site("pep3333", &conf.concat());
    let server = start(&site);
    (site, server)
}

#[test]
fn functions_classes_and_middleware() {
    let names = ["simple_app", "AppClass", "latin", "checked_simple", "checked_class", "checked_latin"];
    let (_site, server) = mounted(&names);
    for name in names {
        let text = if name.contains("latin") { "elloHay orld!\nway" } else { "Hello world!\n" };
        let answer = server.get(&format!("/{name}")).is(200);
        assert_eq!(answer.text(), text, "{name}");
        assert!(answer.value("content-type").starts_with("text/plain"));
        assert!(server.head(&format!("/{name}")).is(200).body.is_empty());
    }
    is_content(&server);
}
