//! What a client takes a body in.

use std::io::Write;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this, a packet takes the body as it is.
const SMALL: usize = 1400;

/// Says whether the client takes gzip at least as gladly as the plain body.
///
/// What it cannot read it leaves out; a client that takes neither gets the plain body, which is better than
/// none.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let items = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    for item in items {
        let mut parts = item.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let Some(quality) = quality(parts) else {
            continue;
        };
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(quality),
            "identity" => identity = Some(quality),
            "*" => any = Some(quality),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// Reads `q=0.5` in thousandths; 1 where there is none, nothing where it is not a number from 0 to 1.
fn quality<'p>(parts: impl Iterator<Item = &'p str>) -> Option<u16> {
    let mut quality = 1000;
    for part in parts {
        let (name, value) = part.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            let value = value.trim();
            let plain = value.bytes().all(|it| it.is_ascii_digit() || it == b'.');
            let number: f64 = value.parse().ok().filter(|_| plain && value.len() <= 5)?;
            if number > 1.0 {
                return None;
            }
            quality = (number * 1000.0) as u16;
        }
    }
    Some(quality)
}

/// Compresses a body, unless it is small; returns it and whether it did.
pub(super) fn packed(body: Vec<u8>, gzip: bool) -> (Vec<u8>, bool) {
    if !gzip || body.len() < SMALL {
        return (body, false);
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // A vector takes all that is written; if that ever failed, the plain body is right as well.
    match encoder.write_all(&body).and_then(|()| encoder.finish()) {
        Ok(packed) => (packed, true),
        Err(_) => (body, false),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::HeaderValue;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn takes(lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, line.parse().unwrap());
        }
        takes_gzip(&headers)
    }

    #[test]
    fn gzip_is_for_who_takes_it_at_least_as_gladly_as_the_plain_body() {
        for (lines, expected) in [
            (&["gzip"][..], true),
            (&["GZip"], true),
            (&["x-gzip"], true),
            (&["deflate, gzip;q=1.0, *;q=0.5"], true),
            (&["gzip;q=0.001"], true),
            (&["*"], true),
            (&["br", "gzip"], true),
            (&["gzip;q=0.5, identity;q=0.5"], true),
            (&[], false),
            (&[""], false),
            (&["identity"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.000, *"], false),
            (&["*;q=0"], false),
            (&["identity;q=0, *;q=0"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["br, deflate"], false),
            // Nonsense is left out.
            (&["gzip;q=2"], false),
            (&["gzip;q=-1"], false),
            (&["gzip;q=nan"], false),
            (&["gzip;q=1e0"], false),
            (&["gzip;q"], false),
            (&["gzip;q=0.00001"], false),
            (&[";;;,,,=,gzip ; q = 1"], true),
            (&["gzipgzip, gz ip"], false),
        ] {
            assert_eq!(takes(lines), expected, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics_and_a_packed_body_is_read_back(
            bytes in prop::collection::vec(32_u8..=255, 0..60),
            body in prop::collection::vec(any::<u8>(), 0..5000),
        ) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert(ACCEPT_ENCODING, value);
            }
            takes_gzip(&headers);
            let (sent, is_packed) = packed(body.clone(), true);
            prop_assert_eq!(is_packed, body.len() >= SMALL);
            let mut read = Vec::new();
            match is_packed {
                true => drop(GzDecoder::new(&*sent).read_to_end(&mut read).unwrap()),
                false => read = sent,
            }
            prop_assert_eq!(read, body);
        }
    }
}
