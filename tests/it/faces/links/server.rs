//! A server of pictures on loopback, well or badly behaved.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How a server behaves.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// Answers with these bytes, head and all.
    Answer(Vec<u8>),
    /// The same, once somebody has opened the gate.
    Gate(Arc<Semaphore>, Vec<u8>),
    /// The same, and then a byte now and then without end.
    Drip(Vec<u8>),
    /// Reads and never answers.
    Hang,
    /// Closes without an answer.
    Close,
}

#[derive(Clone)]
pub(super) struct Server {
    pub(super) at: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            at: listener.local_addr().unwrap(),
            manner: Arc::new(Mutex::new(manner)),
            asked: Arc::default(),
        };
        let serving = this.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        this
    }

    pub(super) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The heads of the requests that came.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until somebody asks.
    pub(super) async fn is_asked(&self) {
        while self.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn answer(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_buf(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        self.asked.lock().unwrap().push(String::from_utf8(head).unwrap());
        let manner = self.manner.lock().unwrap().clone();
        let (bytes, drips) = match manner {
            Manner::Answer(bytes) => (bytes, false),
            Manner::Gate(gate, bytes) => {
                gate.acquire().await.unwrap().forget();
                (bytes, false)
            }
            Manner::Drip(bytes) => (bytes, true),
            Manner::Hang => return std::future::pending().await,
            Manner::Close => return,
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        while drips && stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = stream.shutdown().await;
    }
}

/// An answer with a body whose length it tells.
pub(super) fn told(media: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer with a body that ends with the connection.
pub(super) fn untold(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n";
    [head.as_bytes(), body].concat()
}

/// An answer without a body.
pub(super) fn bare(status: &str, further: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{further}content-length: 0\r\n\r\n").into_bytes()
}

/// A redirect.
pub(super) fn elsewhere(to: &str) -> Vec<u8> {
    bare("302 Found", &format!("location: {to}\r\n"))
}

fn segment(marker: u8, held: &[u8]) -> Vec<u8> {
    let length = u16::try_from(held.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], held].concat()
}

/// A photo, with what the camera told of the place or without.
pub(super) fn photo(with_place: bool) -> Vec<u8> {
    let place = if with_place { segment(0xe1, b"Exif\0\0MM\0*GPS 36.585N") } else { Vec::new() };
    [vec![0xff, 0xd8], place, segment(0xdb, &[0; 65]), segment(0xda, &[1; 6]), vec![7, 0xff, 0xd9]]
        .concat()
}
