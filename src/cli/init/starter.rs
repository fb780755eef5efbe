//! The files of the starting site: those of the site in stan's own repository.

/// Names relative to the site's folder, and contents.
pub(super) static STARTER: [(&str, &[u8]); 11] = [
    ("stan.conf", include_bytes!("../../../stan.conf")),
    ("templates/_layout.html", include_bytes!("../../../templates/_layout.html")),
    ("templates/index.html", include_bytes!("../../../templates/index.html")),
    ("templates/hello.html", include_bytes!("../../../templates/hello.html")),
    ("templates/form.html", include_bytes!("../../../templates/form.html")),
    ("static_file/page.html", include_bytes!("../../../static_file/page.html")),
    ("static_file/page.js", include_bytes!("../../../static_file/page.js")),
    ("static_file/site.css", include_bytes!("../../../static_file/site.css")),
    ("static_file/icon.svg", include_bytes!("../../../static_file/icon.svg")),
    ("static_file/evening.jpg", include_bytes!("../../../static_file/evening.jpg")),
    ("static_file/wrong.html", include_bytes!("../../../static_file/wrong.html")),
];

#[cfg(test)]
mod tests {
    use super::STARTER;

    fn text(name: &str) -> &'static str {
        let (_, content) = STARTER.iter().find(|(n, _)| *n == name).unwrap();
        std::str::from_utf8(content).unwrap()
    }

    #[test]
    fn the_configuration_is_toml_and_names_what_is_there() {
        let conf: toml::Table = text("stan.conf").parse().unwrap();
        let has = |name: String| STARTER.iter().any(|(n, _)| *n == name);
        assert!(has(format!("static_file/{}", conf["error_page"].as_str().unwrap())));
        for route in conf["route"].as_array().unwrap() {
            if let Some(template) = route.get("template") {
                assert!(has(format!("templates/{}", template.as_str().unwrap())));
            }
        }
    }

    #[test]
    fn the_defaults_that_it_shows_are_toml_too() {
        let open: String = text("stan.conf")
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if rest.starts_with('[') || rest.contains(" = ") && !rest.starts_with(char::is_uppercase) =>
                {
                    format!("{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let conf: toml::Table = open.parse().unwrap_or_else(|error| panic!("{error}\n{open}"));
        assert_eq!(conf["port"].as_integer(), Some(8000));
        assert_eq!(conf["upload"]["exists"].as_str(), Some("rename"));
        assert_eq!(conf["reload"]["browser"].as_bool(), Some(true));
    }

    #[test]
    fn pages_use_nothing_from_elsewhere() {
        for (name, content) in STARTER {
            // The picture is the one file that is no text.
            let text = std::str::from_utf8(content).unwrap_or_default().replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://"), "{name}");
        }
    }

    #[test]
    fn it_is_small() {
        assert!(STARTER.iter().map(|(_, content)| content.len()).sum::<usize>() < 40_000);
    }
}
