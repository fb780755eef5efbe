use super::*;

/// What a body came to: name, file name and bytes of each part, and how it ended.
type Read = (Vec<(String, Option<String>, Vec<u8>)>, Result<(), Malformed>);

fn read(boundary: &str, pieces: impl IntoIterator<Item = Bytes>) -> Read {
    let mut parser = Parser::new(boundary);
    let mut parts = Vec::new();
    let mut open: Option<(String, Option<String>, Vec<u8>)> = None;
    for piece in pieces {
        parser.feed(piece);
        loop {
            match parser.next_event() {
                Ok(Some(Event::Begin(part))) => open = Some((part.name, part.filename, Vec::new())),
                Ok(Some(Event::Data(data))) => {
                    assert!(!data.is_empty());
                    open.as_mut().unwrap().2.extend_from_slice(&data);
                }
                Ok(Some(Event::End)) => parts.push(open.take().unwrap()),
                Ok(None) => break,
                Err(error) => return (parts, Err(error)),
            }
        }
    }
    (parts, parser.finish())
}

fn whole(body: &[u8]) -> Read {
    read("B", [Bytes::copy_from_slice(body)])
}

fn field(name: &str, value: &[u8]) -> (String, Option<String>, Vec<u8>) {
    (name.to_owned(), None, value.to_vec())
}

/// Bodies that are fine, odd and broken, all with the boundary `B`.
fn corpus() -> Vec<Vec<u8>> {
    let mut corpus: Vec<Vec<u8>> = [
        "--B--",
        "--B--\r\n",
        "",
        "\r\n",
        "--B",
        "--B\r\n",
        "--B-",
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n",
        "\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--",
        "This is a preamble.\r\n--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--\r\nepilogue\r\n--B\r\n",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--B--\r\n",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--\r\n",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B\r\nContent-Disposition: form-data; name=b\r\n\r\n2\r\n--B--",
        "--B \t \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--  \r\n",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--BB\r\n--B-x\r\n-\r\n--\r\n--\r\n--B x\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\r\r\n\r\n\r\n\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--Bx\r\n--B--",
        "--B\nContent-Disposition: form-data; name=a\n\n1\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\n--B\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\ncut",
        "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B\r\nContent-Disposition: form-",
        "--B\r\n\r\nno headers\r\n--B--",
        "--B\r\nbroken\r\n\r\n1\r\n--B--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--",
        "--B\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--B--",
    ]
    .iter()
    .map(|body| body.as_bytes().to_vec())
    .collect();
    let mut binary = b"--B\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n".to_vec();
    binary.extend((0..=255).chain((0..=255).rev()));
    binary.extend_from_slice(b"\r\n--B--");
    corpus.push(binary);
    corpus
}

#[test]
fn every_split_of_every_body_reads_as_the_whole() {
    for body in corpus() {
        let expected = whole(&body);
        for at in 0..=body.len() {
            let (one, two) = body.split_at(at);
            let pieces = [Bytes::copy_from_slice(one), Bytes::copy_from_slice(two)];
            assert_eq!(read("B", pieces), expected, "{} at {at}", String::from_utf8_lossy(&body));
        }
        let bytes = body.iter().map(|byte| Bytes::copy_from_slice(&[*byte]));
        assert_eq!(read("B", bytes), expected, "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn random_pieces_read_as_the_whole() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |most: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % most as u64) as usize
    };
    let alphabet = [&b"\r\n--B"[..], b"\r\n", b"-", b"B", b"\r", b"--B", b"x", b"\r\n--B-", b" "];
    for _ in 0..2000 {
        let mut body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n".to_vec();
        for _ in 0..next(30) {
            body.extend_from_slice(alphabet[next(alphabet.len())]);
        }
        body.extend_from_slice(b"\r\n--B--\r\n");
        let expected = whole(&body);
        let body = Bytes::from(body);
        let mut rest = body.clone();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let at = 1 + next(rest.len().min(9));
            pieces.push(rest.split_to(at));
        }
        assert_eq!(read("B", pieces), expected, "{body:?}");
    }
}

#[test]
fn fields_and_files_in_order() {
    let body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B\r\n\
        Content-Disposition: form-data; name=f; filename=x.txt\r\nContent-Type: text/plain\r\n\r\n\r\nline\r\n\r\n--B--\r\n";
    let file = ("f".to_owned(), Some("x.txt".to_owned()), b"\r\nline\r\n".to_vec());
    assert_eq!(whole(body), (vec![field("a", b"1"), file], Ok(())));
}

#[test]
fn what_only_looks_like_a_boundary_is_data() {
    let body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--BB\r\n--B-x\r\n--B x\r\n--B--";
    assert_eq!(whole(body), (vec![field("a", b"\r\n--BB\r\n--B-x\r\n--B x")], Ok(())));
}

#[test]
fn a_part_without_a_body_may_leave_the_line_break_out() {
    let body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--";
    assert_eq!(whole(body), (vec![field("a", b"")], Ok(())));
}

#[test]
fn a_body_that_ends_early_is_cut_and_keeps_what_was_whole() {
    let body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B\r\n\
        Content-Disposition: form-data; name=b\r\n\r\n2\r\n--B";
    assert_eq!(whole(body), (vec![field("a", b"1")], Err(Malformed::Cut)));
    assert_eq!(whole(b""), (vec![], Err(Malformed::Cut)));
    assert_eq!(whole(b"--B\nContent-Disposition: form-data; name=a\n\n1\n--B--").1, Err(Malformed::Cut));
}

#[test]
fn limits_hold() {
    let headers = format!("--B\r\nContent-Disposition: form-data; name={}\r\n\r\n", "a".repeat(9000));
    assert_eq!(whole(headers.as_bytes()).1, Err(Malformed::Headers { limit: HEADERS }));
    assert_eq!(whole(format!("--B\r\n{}", "a".repeat(9000)).as_bytes()).1, Err(Malformed::Headers { limit: HEADERS }));
    let part = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    assert_eq!(whole(format!("{}--B--", part.repeat(PARTS)).as_bytes()).0.len(), PARTS);
    assert_eq!(whole(part.repeat(PARTS + 1).as_bytes()).1, Err(Malformed::Parts { limit: PARTS }));
    assert_eq!(whole(&vec![b'x'; 70_000]).1, Err(Malformed::Preamble));
}

#[test]
fn boundaries_that_do_no_harm() {
    for good in ["B", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a'()+_,-./:=? b"] {
        assert!(is_boundary(good));
    }
    for bad in ["", "a ", "a\r\nb", "é", &"x".repeat(201)] {
        assert!(!is_boundary(bad));
    }
}

#[test]
fn large_data_is_handed_on_without_a_copy() {
    let mut parser = Parser::new("B");
    parser.feed(Bytes::from_static(b"--B\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"));
    assert!(matches!(parser.next_event(), Ok(Some(Event::Begin(_)))));
    assert_eq!(parser.next_event(), Ok(None));
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let at = piece.as_ptr();
    parser.feed(piece);
    let Ok(Some(Event::Data(data))) = parser.next_event() else { panic!("no data") };
    assert_eq!((data.as_ptr(), data.len()), (at, 1 << 20));
}
