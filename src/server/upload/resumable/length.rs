//! How long an upload is, and whether all that is said of it fits (section "Length").

/// What is known when a request comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    /// Bytes that are there.
    pub(super) offset: u64,
    /// The length of the whole that earlier requests have said.
    pub(super) recorded: Option<u64>,
    /// The length of the content, where that is said.
    pub(super) content: Option<u64>,
    /// The content is the last.
    pub(super) complete: bool,
    /// The length of the whole that this request says.
    pub(super) said: Option<u64>,
}

/// What cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The lengths contradict each other.
    Inconsistent(String),
    /// More comes than the whole has.
    Excess(String),
}

impl Lengths {
    /// The length of the whole, where it is known now.
    pub(super) fn settle(self) -> Result<Option<u64>, Wrong> {
        let Self { offset, recorded, content, complete, said } = self;
        let end = content.map(|content| offset.saturating_add(content));
        if let (Some(length), Some(end)) = (recorded, end)
            && end > length
        {
            return Err(Wrong::Excess(excess(length)));
        }
        // The two indicators of one request, and those of earlier ones.
        let ends = end.filter(|_| complete);
        let length = recorded.or(said).or(ends);
        for other in [said, ends].into_iter().flatten() {
            if let Some(length) = length.filter(|length| *length != other) {
                return Err(Wrong::Inconsistent(format!(
                    "The upload cannot be {length} and {other} bytes long. Check Upload-Length and Content-Length."
                )));
            }
        }
        match length {
            Some(length) if length < offset => Err(Wrong::Inconsistent(format!(
                "The upload cannot be {length} bytes long: {offset} bytes have arrived already."
            ))),
            Some(length) if end.is_some_and(|end| end > length) => {
                Err(Wrong::Inconsistent(format!("The content is longer than the whole upload of {length} bytes.")))
            }
            length => Ok(length),
        }
    }
}

/// More came than was declared.
pub(super) fn excess(length: u64) -> String {
    format!("More bytes came than the {length} of the upload, which is void now. Begin a new one.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(offset: u64, recorded: Option<u64>, content: Option<u64>, complete: bool, said: Option<u64>) -> String {
        match (Lengths { offset, recorded, content, complete, said }).settle() {
            Ok(Some(length)) => length.to_string(),
            Ok(None) => "unknown".to_owned(),
            Err(Wrong::Inconsistent(_)) => "inconsistent".to_owned(),
            Err(Wrong::Excess(_)) => "excess".to_owned(),
        }
    }

    #[test]
    fn what_creates() {
        for (content, complete, said, length) in [
            (Some(10), true, None, "10"),
            (Some(10), true, Some(10), "10"),
            (Some(0), true, None, "0"),
            (Some(4), false, Some(10), "10"),
            (Some(4), false, None, "unknown"),
            (None, true, None, "unknown"),
            (None, true, Some(10), "10"),
            (Some(10), true, Some(11), "inconsistent"),
            (Some(10), true, Some(9), "inconsistent"),
            (Some(10), false, Some(9), "inconsistent"),
        ] {
            assert_eq!(settle(0, None, content, complete, said), length, "{content:?} {complete} {said:?}");
        }
    }

    #[test]
    fn what_appends() {
        for (recorded, content, complete, said, length) in [
            (Some(10), Some(5), true, None, "10"),
            (Some(10), Some(5), false, Some(10), "10"),
            (Some(10), None, true, None, "10"),
            (None, Some(5), true, None, "10"),
            (None, Some(5), false, None, "unknown"),
            (None, Some(1), false, Some(7), "7"),
            (Some(10), Some(5), false, Some(11), "inconsistent"),
            (Some(10), Some(4), true, None, "inconsistent"),
            (None, Some(0), false, Some(4), "inconsistent"),
            (Some(10), Some(6), true, None, "excess"),
            (Some(10), Some(6), false, None, "excess"),
            (Some(10), Some(u64::MAX), false, None, "excess"),
        ] {
            assert_eq!(settle(5, recorded, content, complete, said), length, "{recorded:?} {content:?} {said:?}");
        }
    }
}
