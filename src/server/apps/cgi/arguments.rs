//! The arguments of a script: the words of an indexed query (RFC 3875, section 4.4).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use http::Method;
use percent_encoding::percent_decode_str;

/// The words of a GET's or HEAD's query without `=`; all of them or none.
///
/// A word that begins with `-` would be an option of whatever interprets the script, which is for
/// nobody on the network to choose: then there are none.
pub(super) fn of(method: &Method, query: Option<&str>) -> Vec<OsString> {
    let Some(query) = query.filter(|query| !query.is_empty() && !query.contains('=')) else { return Vec::new() };
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Vec::new();
    }
    let words: Vec<Vec<u8>> = query.split('+').map(|word| percent_decode_str(word).collect()).collect();
    let good = |word: &Vec<u8>| !word.starts_with(b"-") && !word.contains(&0);
    if words.iter().all(good) { words.into_iter().map(OsString::from_vec).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_indexed_query() {
        let of = |query| of(&Method::GET, query);
        assert_eq!(of(Some("one+two%20words+%2B")), ["one", "two words", "+"]);
        assert_eq!(of(Some("%3D")), ["="]);
        for none in [None, Some(""), Some("a=b"), Some("a+b=c"), Some("a+-s"), Some("%2Ds"), Some("a%00")] {
            assert!(of(none).is_empty(), "{none:?}");
        }
        assert!(super::of(&Method::POST, Some("a")).is_empty());
    }
}
