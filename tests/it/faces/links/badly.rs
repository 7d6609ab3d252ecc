//! Servers that lie, never end or lead into the house.

use std::net::SocketAddr;
use std::time::Duration;

use zonewarden::app::outward::fetch::{Fetcher, Patience, Unfetched};
use zonewarden::app::outward::way::Way;

use super::server::{Manner, Server, bare, elsewhere, photo, told, untold};
use super::{LINK, follow, further, kept, linked, shown, waits, way_to};
use crate::world::World;

const MOST: usize = 100_000;
const LITTLE: Patience = Patience {
    whole: Duration::from_millis(700),
    pause: Duration::from_millis(300),
    bytes_max: MOST,
};

async fn fetched(way: Way, link: &str) -> Result<Vec<u8>, Unfetched> {
    Fetcher::new(way, LITTLE).fetch(link).await
}

/// What came of an answer: why there is no picture, and whether that lasts.
async fn refused(server: &Server, manner: &Manner) -> (String, bool) {
    server.behave(manner.clone());
    match fetched(way_to(server.at), LINK).await {
        Ok(bytes) => panic!("{manner:?} gave {} bytes", bytes.len()),
        Err(Unfetched { words, lasting }) => (words, lasting),
    }
}

/// A photo that is not over after so many bytes.
fn long(bytes: usize) -> Vec<u8> {
    let mut long = photo(false);
    long.truncate(long.len() - 2);
    long.resize(bytes, 7);
    long
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_not_taken_whatever_is_said_of_it() {
    let server = Server::open(Manner::Close).await;
    let html = b"<html><script>alert(1)</script></html>";
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", MOST + 1);
    for (answer, words) in [
        (told("image/jpeg", html), "is none of image/jpeg"),
        (untold(html), "is none of image/jpeg"),
        // It need not be told how long it is, nor be sent, to be too long.
        (head.into_bytes(), "has more than 100000 bytes"),
        (told("image/jpeg", &long(MOST + 1)), "has more than 100000 bytes"),
        (untold(&long(MOST * 3)), "has more than 100000 bytes"),
        (bare("403 Forbidden", ""), "the answer was 403"),
        (bare("304 Not Modified", ""), "the answer was 304"),
        (bare("302 Found", ""), "a redirect that leads nowhere"),
    ] {
        let (said, lasting) = refused(&server, &Manner::Answer(answer)).await;
        assert!(said.starts_with(words) && lasting, "{words}: {said}");
    }
    server.behave(Manner::Answer(told("image/jpeg", &long(MOST))));
    assert_eq!(fetched(way_to(server.at), LINK).await.map(|it| it.len()), Ok(MOST));
}

#[tokio::test]
async fn one_that_never_ends_is_left_and_may_be_tried_again() {
    let server = Server::open(Manner::Close).await;
    let endless = untold(&long(200));
    for (manner, words) in [
        (Manner::Drip(endless), "did not end within"),
        (Manner::Drip(b"HTTP/1.1 200 OK\r\nx-filler: ".to_vec()), "nothing came for"),
        (Manner::Hang, "nothing came for"),
        (Manner::Close, "the exchange broke off"),
        (Manner::Answer(told("image/jpeg", &long(200))[..150].to_vec()), "the exchange broke off"),
        (Manner::Answer(bare("404 Not Found", "")), "the answer was 404"),
        (Manner::Answer(bare("500 X", "")), "the answer was 500"),
    ] {
        let (said, lasting) = refused(&server, &manner).await;
        assert!(said.starts_with(words) && !lasting, "{manner:?}: {said}");
    }
    // One that drips what is no picture is not waited for.
    let (said, lasting) = refused(&server, &Manner::Drip(untold(b"<html>without end"))).await;
    assert!(said.starts_with("is none of") && lasting, "{said}");
}

#[tokio::test]
async fn a_redirect_is_judged_as_the_first_address_was() {
    let server = Server::open(Manner::Close).await;
    let trap = Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await;
    let port = trap.at.port();
    for (to, words) in [
        (format!("http://127.0.0.1:{port}/"), "the host is not public"),
        (format!("http://localhost:{port}/"), "the host is not public"),
        (format!("//[::1]:{port}/"), "the host is not public"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "the host is not public"),
        (format!("http://[::ffff:7f00:1]:{port}/"), "the host is not public"),
        (format!("http://2130706433:{port}/"), "the host is not public"),
        ("http://169.254.169.254/latest/meta-data".to_owned(), "the host is not public"),
        ("http://inner.example.org/".to_owned(), "the host leads to no public address"),
        ("file:///etc/passwd".to_owned(), "a redirect leads to where nobody may go"),
        ("http://a:b@pictures.example.org/".to_owned(), "a redirect leads to where nobody may go"),
        ("/again".to_owned(), "more than 3 redirects"),
    ] {
        server.behave(Manner::Answer(elsewhere(&to)));
        let way = way_to(server.at).knowing("inner.example.org", trap.at);
        let refused = fetched(way, LINK).await.unwrap_err();
        assert!(refused.words.starts_with(words) && refused.lasting, "{to}: {refused:?}");
    }
    assert_eq!(trap.asked(), [] as [String; 0]);
    // One that may be gone to is followed.
    server.behave(Manner::Answer(elsewhere("http://other.example.org/b.jpg?c=1")));
    let way = way_to(server.at).knowing("other.example.org", trap.at).admitting(trap.at);
    assert_eq!(fetched(way, LINK).await, Ok(photo(false)));
    assert!(trap.asked()[0].starts_with("GET /b.jpg?c=1 HTTP/1.1"), "{:?}", trap.asked());
}

#[tokio::test]
async fn nobody_in_the_house_is_reached_by_number_or_by_a_public_name() {
    let trap = Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await;
    let port = trap.at.port();
    for host in
        ["127.0.0.1", "localhost", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    {
        for scheme in ["http", "https"] {
            let link = format!("{scheme}://{host}:{port}/a.jpg");
            let refused = fetched(Way::new(false, Vec::new()), &link).await.unwrap_err();
            assert!(refused.lasting, "{link}: {refused:?}");
        }
    }
    let inner: [SocketAddr; 4] = [
        trap.at,
        format!("[::1]:{port}").parse().unwrap(),
        format!("[::ffff:127.0.0.1]:{port}").parse().unwrap(),
        "10.0.0.1:80".parse().unwrap(),
    ];
    for at in inner {
        let way = Way::new(false, Vec::new()).knowing("pictures.example.org", at);
        let refused = fetched(way, LINK).await.unwrap_err();
        let words = "the host leads to no public address".to_owned();
        assert_eq!(refused, Unfetched { words, lasting: true }, "{at}");
    }
    assert_eq!(trap.asked(), [] as [String; 0]);
}

#[tokio::test]
async fn what_lasts_is_given_up_at_once_and_the_report_says_why() {
    let world = World::new().await;
    let server = Server::open(Manner::Close).await;
    let follower = super::follower(&world, server.at);
    let half = photo(false)[..40].to_vec();
    for (answer, words) in [
        (told("image/jpeg", b"<svg onload=alert(1)>"), "is none of image/jpeg"),
        (told("image/jpeg", b"\xff\xd8"), "is none of image/jpeg"),
        (told("image/jpeg", &half), "is no whole image/jpeg"),
        (elsewhere("http://127.0.0.1/"), "the host is not public"),
    ] {
        server.behave(Manner::Answer(answer));
        let id = linked(&world).await;
        assert_eq!(follow(&world, &follower).await, 1);
        let why = further(&world, &id).await["followed"][LINK]["given_up"].clone();
        assert!(why.as_str().unwrap().starts_with(words), "{why}");
        assert_eq!(shown(&world, &id).await, [LINK]);
        assert_eq!((kept(&world).await, waits(&world).await), (0, false));
    }
}
