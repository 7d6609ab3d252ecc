//! A connection that is kept, with one request under way.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Longest line that tells the size of a piece.
const SIZE_LINE_MAX: usize = 18;

/// The bytes of a request with these headers beside those it needs.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    (text + "\r\n" + body).into_bytes()
}

/// The connection, and the answer that came last.
pub(crate) struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
    /// Where the body stands in the bytes.
    pieces: Vec<Range<usize>>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::with_capacity(64 * 1024), pieces: Vec::new() })
    }

    /// One request and its whole answer, which must be 200 or 201: the bytes of its body, and when the first of them
    /// came.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<(usize, Instant), Fault> {
        self.stream.write_all(request).await?;
        self.bytes.clear();
        self.pieces.clear();
        let mut head = None;
        let mut first = None;
        loop {
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return Err("the server closed".into());
            }
            if head.is_none() {
                head = self.head()?;
            }
            let Some((begins, length)) = head else { continue };
            if self.bytes.len() > begins {
                first.get_or_insert_with(Instant::now);
            }
            let ended = match length {
                Some(length) => {
                    self.pieces.clear();
                    self.pieces.push(begins..begins + length);
                    self.bytes.len() >= begins + length
                }
                None => self.took_pieces(begins)?,
            };
            if ended {
                let bytes = self.pieces.iter().map(Range::len).sum();
                return Ok((bytes, first.unwrap_or_else(Instant::now)));
            }
        }
    }

    /// The body of the last answer, put together.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| &self.bytes[piece.clone()]).copied().collect()
    }

    /// Where the body begins, and how long it is where the head says so; `None` while the head is not whole.
    fn head(&self) -> Result<Option<(usize, Option<usize>)>, Fault> {
        let Some(end) = position(&self.bytes, b"\r\n\r\n") else { return Ok(None) };
        let head = String::from_utf8_lossy(&self.bytes[..end]).to_ascii_lowercase();
        if !["http/1.1 200", "http/1.1 201"].iter().any(|fine| head.starts_with(fine)) {
            return Err(String::from_utf8_lossy(&self.bytes).into_owned().into());
        }
        let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        if let Some(length) = value("content-length:") {
            return Ok(Some((end + 4, Some(length.trim().parse()?))));
        }
        value("transfer-encoding:").ok_or("an answer without a length or pieces")?;
        Ok(Some((end + 4, None)))
    }

    /// Takes the pieces that are whole; whether the last one is.
    fn took_pieces(&mut self, begins: usize) -> Result<bool, Fault> {
        loop {
            let at = self.pieces.last().map_or(begins, |piece| piece.end + 2);
            let Some(rest) = self.bytes.get(at..) else { return Ok(false) };
            let Some(line) = position(&rest[..rest.len().min(SIZE_LINE_MAX)], b"\r\n") else {
                return Ok(false);
            };
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line])?, 16)?;
            if size == 0 {
                return Ok(rest.len() >= line + 4);
            }
            let from = at + line + 2;
            if self.bytes.len() < from + size + 2 {
                return Ok(false);
            }
            self.pieces.push(from..from + size);
        }
    }
}

fn position(bytes: &[u8], of: &[u8]) -> Option<usize> {
    bytes.windows(of.len()).position(|window| window == of)
}
