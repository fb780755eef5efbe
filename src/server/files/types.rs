//! Media types by a name's extension, and which of them are text.

/// Types that changed, or that matter to browsers, after the general table was made.
const OVERRIDES: [(&str, &str); 24] = [
    ("avif", "image/avif"),
    ("cjs", "text/javascript"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript"),
    ("json5", "application/json5"),
    ("jsonld", "application/ld+json"),
    ("jsx", "text/javascript"),
    ("jxl", "image/jxl"),
    ("log", "text/plain"),
    ("map", "application/json"),
    ("markdown", "text/markdown"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("mp4", "video/mp4"),
    ("toml", "application/toml"),
    ("vtt", "text/vtt"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("yaml", "application/yaml"),
];

/// The type of a name, without parameters; `None` when its extension tells nothing.
pub(crate) fn of(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let own = OVERRIDES.iter().find(|(own, _)| own.eq_ignore_ascii_case(extension));
    own.map(|(_, essence)| *essence).or_else(|| mime_guess::from_ext(extension).first_raw())
}

/// Whether a type is text, and so has a charset.
pub(crate) fn is_text(essence: &str) -> bool {
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence,
            "application/json"
                | "application/json5"
                | "application/javascript"
                | "application/xml"
                | "application/toml"
                | "application/yaml"
                | "application/sql"
                | "application/x-sh"
                | "application/x-httpd-php"
        )
}

/// The `Content-Type` of generated text by the extension of its name, in UTF-8.
pub(crate) fn of_generated(name: &str) -> String {
    match of(name) {
        Some(essence) if is_text(essence) => format!("{essence}; charset=utf-8"),
        Some(essence) => essence.to_owned(),
        None => "text/plain; charset=utf-8".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_in_any_case() {
        for (name, essence) in [
            ("a.html", "text/html"),
            ("A.HTML", "text/html"),
            ("a.css", "text/css"),
            ("a.js", "text/javascript"),
            ("a.mjs", "text/javascript"),
            ("a.js.map", "application/json"),
            ("a.json", "application/json"),
            ("a.svg", "image/svg+xml"),
            ("a.png", "image/png"),
            ("a.jpg", "image/jpeg"),
            ("a.HEIC", "image/heic"),
            ("a.webp", "image/webp"),
            ("a.avif", "image/avif"),
            ("a.wasm", "application/wasm"),
            ("a.woff2", "font/woff2"),
            ("a.md", "text/markdown"),
            ("a.txt", "text/plain"),
            ("a.xml", "text/xml"),
            ("a.pdf", "application/pdf"),
            ("a.mov", "video/quicktime"),
            ("a.m4a", "audio/m4a"),
        ] {
            assert_eq!(of(name), Some(essence), "{name}");
        }
        assert_eq!(of("LICENSE"), None);
        assert_eq!(of("a.unheardof"), None);
    }

    #[test]
    fn text_is_more_than_text() {
        for essence in
            ["text/html", "application/json", "image/svg+xml", "application/manifest+json", "text/javascript"]
        {
            assert!(is_text(essence), "{essence}");
        }
        for essence in ["image/png", "application/octet-stream", "application/wasm", "font/woff2"] {
            assert!(!is_text(essence), "{essence}");
        }
    }

    #[test]
    fn generated_text_names_its_charset() {
        assert_eq!(of_generated("a.html"), "text/html; charset=utf-8");
        assert_eq!(of_generated("feed.xml"), "text/xml; charset=utf-8");
        assert_eq!(of_generated("robots.txt"), "text/plain; charset=utf-8");
        assert_eq!(of_generated("_x"), "text/plain; charset=utf-8");
    }
}
