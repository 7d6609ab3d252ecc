//! The server on a real socket: slow heads, title-case headers, and the end.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zonewarden::http::limits::Limits;
use zonewarden::http::{router, server};

use crate::world::World;

struct Served {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn serve(limits: Limits) -> Served {
    let world = World::with(limits).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let routes = router::router(&world.web);
    let task = tokio::spawn(server::serve(listener, routes, world.web.clone(), async move {
        let _ = ended.await;
    }));
    Served { address, end, task }
}

/// Everything until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let served = serve(limits).await;
    let mut slow = TcpStream::connect(served.address).await.unwrap();
    slow.write_all(b"GET /health HTTP/1.1\r\nHost:").await.unwrap();
    // Ends only because the server closes: nothing here ends the request.
    let said = rest(&mut slow).await;
    assert!(!said.contains("200 OK"), "{said}");
}

#[tokio::test]
async fn a_body_that_stalls_is_cut_off() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Limits::default() };
    let served = serve(limits).await;
    let mut slow = TcpStream::connect(served.address).await.unwrap();
    let head = "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{\"lon\":";
    slow.write_all(head.as_bytes()).await.unwrap();
    let said = rest(&mut slow).await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
}

#[tokio::test]
async fn headers_are_written_in_title_case_for_clients_that_look_for_it() {
    let served = serve(Limits::default()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let asked = "GET /api/v1/plan HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(asked.as_bytes()).await.unwrap();
    let said = rest(&mut stream).await;
    assert!(said.contains("\r\nContent-Type: application/json\r\n"), "{said}");
    assert!(said.contains("\r\nX-Request-Id: "), "{said}");
}

#[tokio::test]
async fn at_the_end_requests_under_way_finish_and_new_ones_are_not_taken() {
    let served = serve(Limits::default()).await;
    let body = r#"{"lon":109.484,"lat":36.585}"#;
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body: the request is under way.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
    served.end.send(()).unwrap();
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let said = rest(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 201"), "{said}");
    served.task.await.unwrap();
}
