//! The content codings that we speak.

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    /// All of them in our order of preference: what a page gains most by comes first.
    pub(crate) const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The coding that a client calls by this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("x-gzip") { "gzip" } else { name };
        Self::ALL.into_iter().find(|coding| coding.name().eq_ignore_ascii_case(name))
    }

    /// How the name of a file ends that lies compressed beside the file itself.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }

    /// The entity tag of a representation in this coding, where `etag` is that of the bytes
    /// themselves. A weak tag is shared by all codings.
    pub(crate) fn tag(self, etag: &str) -> String {
        match etag.strip_suffix('"') {
            Some(open) if etag.starts_with('"') => format!("{open}-{}\"", self.name()),
            _ => etag.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_old_ones() {
        for coding in Coding::ALL {
            assert_eq!(Coding::named(&coding.name().to_uppercase()), Some(coding));
        }
        assert_eq!(Coding::named("x-gzip"), Some(Coding::Gzip));
        assert_eq!(Coding::named("deflate"), None);
    }

    #[test]
    fn each_has_its_place_in_the_order() {
        assert!(Coding::ALL.into_iter().enumerate().all(|(place, coding)| coding as usize == place));
    }

    #[test]
    fn a_strong_tag_differs_by_coding_and_a_weak_one_does_not() {
        assert_eq!(Coding::Brotli.tag("\"a\""), "\"a-br\"");
        assert_eq!(Coding::Gzip.tag("\"\""), "\"-gzip\"");
        assert_eq!(Coding::Brotli.tag("W/\"a\""), "W/\"a\"");
        assert_eq!(Coding::Brotli.tag("broken"), "broken");
    }
}
