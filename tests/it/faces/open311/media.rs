//! Pictures: taken in, checked, shown without what a camera wrote.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use tokio::time::timeout;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use super::{filed, post, told};
use crate::client::Answer;
use crate::world::{GIF, World};

const MULTIPART: &str = "multipart/form-data; boundary=bound";

fn segment(marker: u8, held: &[u8]) -> Vec<u8> {
    let length = u16::try_from(held.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], held].concat()
}

fn photo(exif: &[u8]) -> Vec<u8> {
    let exif = if exif.is_empty() { Vec::new() } else { segment(0xe1, exif) };
    [vec![0xff, 0xd8], exif, segment(0xdb, &[0; 65]), segment(0xda, &[1; 6]), vec![7, 0xff, 0xd9]]
        .concat()
}

fn body(files: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    let fields = [("service_code", "event.02"), ("lat", "36.585"), ("long", "109.484")];
    for (name, value) in fields {
        let part = format!(
            "--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.into_bytes());
    }
    for file in files {
        let head = "--bound\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n\
                    Content-Type: image/png\r\n\r\n";
        body.extend(head.as_bytes());
        body.extend(*file);
        body.extend(b"\r\n");
    }
    body.extend(b"--bound--\r\n");
    body
}

async fn send(world: &World, files: &[&[u8]]) -> Answer {
    world.client.post("/open311/v2/requests.json", MULTIPART, body(files)).await
}

/// The addresses of a request's pictures.
async fn shown(world: &World, answer: &Answer) -> Vec<String> {
    let id = answer.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let path = format!("/open311/v2/requests/{id}.json?extensions=true");
    let found = world.client.get(&path).await.json();
    let urls = found[0]["extended_attributes"]["media_urls"].as_array().unwrap().clone();
    assert_eq!(found[0]["media_url"], urls[0]);
    urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_public_sees_a_photo_without_its_place_and_staff_as_it_was_sent() {
    let world = World::new().await;
    let told = photo(b"Exif\0\0MM\0*GPS 36.585N");
    let answer = send(&world, &[&told, GIF.as_bytes()]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let urls = shown(&world, &answer).await;
    assert_eq!(urls.len(), 2);
    let public = world.client.get(&urls[0]).await;
    assert_eq!(public.header("content-type"), "image/jpeg");
    assert_eq!(public.header("x-content-type-options"), "nosniff");
    assert_eq!(public.bytes, photo(b""));
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    assert_eq!(world.client.get_as(&key, &urls[0]).await.bytes, told);
    assert_eq!(world.client.get(&urls[1]).await.header("content-type"), "image/gif");
    let nothing = world.client.get("/api/v1/pictures/00000000-0000-7000-8000-000000000000").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_picture_of_what_is_void_is_shown_to_staff_alone() {
    let world = World::new().await;
    let answer = send(&world, &[&photo(b"")]).await;
    let id = answer.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let url = shown(&world, &answer).await[0].clone();
    world.take_up().await;
    assert_eq!(world.client.get(&url).await.status, StatusCode::OK);
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/incidents/{id}");
    let case = world.client.get_as(&key, &path).await.json();
    // What a dispatcher has to look at is no case yet.
    let act = if case["stage"] == "collected" { "refuse" } else { "void" };
    let step = json!({ "act": act, "revision": case["revision"], "words": "abuse" }).to_string();
    let path = format!("{path}/steps");
    let done = world.client.post_as(&key, &path, "application/json", step).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(world.client.get(&url).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.client.get_as(&key, &url).await.bytes, photo(b""));
}

/// A body that begins so and then says nothing more, nor that it ends.
fn stalled(begins: Vec<u8>) -> Body {
    let begins = stream::iter([Ok::<Vec<u8>, std::io::Error>(begins)]);
    Body::from_stream(begins.chain(stream::pending()))
}

#[tokio::test]
async fn who_sends_nothing_or_too_slowly_keeps_nobody_s_picture_out() {
    let lag = Duration::from_millis(100);
    let world = World::with(Limits { uploads_max: 1, upload_lag: lag, ..Limits::default() }).await;
    let path = "/open311/v2/requests.json";
    let large = photo(&vec![b'x'; 40_000]);
    let whole = body(&[&large]);
    let mut silent = pin!(world.client.post(path, MULTIPART, stalled(whole[..1_000].to_vec())));
    assert!(timeout(lag, &mut silent).await.is_err(), "it waits for the rest");
    assert_eq!(send(&world, &[&large]).await.status, StatusCode::CREATED);
    // What has come so far takes the place, which it loses again.
    let slow = world.client.post(path, MULTIPART, stalled(whole[..20_000].to_vec())).await;
    assert_eq!(slow.status, StatusCode::BAD_REQUEST);
    assert!(told(&slow)[0].contains("too slowly"), "{}", slow.text());
    assert_eq!(send(&world, &[&large]).await.status, StatusCode::CREATED);
    let place = world.web.uploads.clone().try_acquire_owned().unwrap();
    assert_eq!(send(&world, &[&large]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    // A small one needs none.
    assert_eq!(send(&world, &[&photo(b"")]).await.status, StatusCode::CREATED);
    drop(place);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_whatever_its_name_says() {
    let world = World::new().await;
    let whole = photo(b"");
    let huge = [&whole[..whole.len() - 2], &vec![7; 9 * 1024 * 1024], &[0xff, 0xd9]].concat();
    let six = [&whole[..]; 6];
    for (files, words) in [
        (&[&b"<svg onload=alert(1)>"[..]][..], "none of image/jpeg"),
        (&[b"MZ\x90"], "none of image/jpeg"),
        (&[&whole[..whole.len() - 2]], "no whole image/jpeg"),
        (&[&huge], "at most 8388608"),
        (&six, "more than 5 files"),
        (&[&huge, &huge, &huge], "more than 20971520 bytes"),
    ] {
        let answer = send(&world, files).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{words}");
        let told = told(&answer);
        assert!(told.iter().any(|it| it.contains(words)), "{words}: {told:?}");
    }
}

/// A server on loopback that nobody may come to.
#[tokio::test]
async fn neither_filing_nor_asking_follows_a_link() {
    let world = World::new().await;
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = trap.local_addr().unwrap().port();
    let form = super::PARKING;
    let id = filed(&world, form).await;
    for host in ["127.0.0.1", "localhost", "localhost.localdomain", "2130706433", "[::1]"] {
        let link = format!("media_url=http://{host}:{port}/endless");
        let refused = post(&world, &format!("{form}&{link}")).await;
        assert!(told(&refused)[0].starts_with("media_url:"), "{host}: {}", refused.text());
        let update = format!("service_request_id={id}&description=x&{link}");
        let path = "/open311/v2/servicerequestupdates.json";
        let refused = world.client.post(path, super::FORM, update).await;
        assert!(told(&refused)[0].starts_with("media_url:"), "{host}: {}", refused.text());
    }
    // One that is kept is kept as a text: whatever is asked afterwards, the trap stays empty.
    let kept = format!("{form}&media_url=https://example.org:{port}/endless");
    let id = filed(&world, &kept).await;
    world.take_up().await;
    for path in [format!("requests/{id}.json?extensions=true"), "requests.csv".to_owned()] {
        let answer = world.client.get(&format!("/open311/v2/{path}")).await;
        assert!(answer.text().contains(&format!("https://example.org:{port}/endless")));
    }
    let came = tokio::time::timeout(std::time::Duration::from_millis(50), trap.accept()).await;
    assert!(came.is_err(), "somebody followed a link: {came:?}");
}

#[tokio::test]
async fn a_link_is_kept_and_shown_and_one_into_a_private_network_refused() {
    let world = World::new().await;
    let form = super::PARKING;
    let id =
        filed(&world, &format!("{form}&media_url=https%3A%2F%2Fexample.org%2Fa.jpg%3Fx%3D1")).await;
    let found = world.client.get(&format!("/open311/v2/requests/{id}.json")).await.json();
    assert_eq!(found[0]["media_url"], "https://example.org/a.jpg?x=1");
    for bad in [
        "http://localhost/a",
        "http://127.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/",
        "ftp://example.org/",
        "x",
    ] {
        let refused = post(&world, &format!("{form}&media_url={bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(told(&refused)[0].starts_with("media_url:"), "{bad}");
    }
}
