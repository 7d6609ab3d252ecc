//! Links to pictures: followed later, with servers on loopback.

mod server;
mod badly;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use zonewarden::app::links::Follower;
use zonewarden::app::outward::fetch::{Fetcher, Patience};
use zonewarden::app::outward::way::Way;
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use self::server::{Manner, Server, photo, told};
use super::open311::{PARKING, filed};
use crate::store::places::durable;
use crate::world::{World, demonstration};

const LINK: &str = "http://pictures.example.org/a.jpg";
const SECOND_US: i64 = 1_000_000;

/// A way on which the public name leads to an address of this machine, the only one that is gone to.
fn way_to(at: SocketAddr) -> Way {
    Way::new(false, Vec::new()).knowing("pictures.example.org", at).admitting(at)
}

fn follower(world: &World, at: SocketAddr) -> Follower {
    Follower::new(world.app.clone(), Fetcher::new(way_to(at), Patience::default()))
}

/// An address of this machine at which nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Of how many reports the links were followed.
async fn follow(world: &World, follower: &Follower) -> usize {
    let seat = world.app.seat(None).unwrap();
    follower.follow_due(&seat).await.unwrap()
}

/// Files a request with a link; its id.
async fn linked(world: &World) -> String {
    filed(world, &format!("{PARKING}&phone=13800000000&media_url={LINK}")).await
}

async fn key(world: &World, role: Role) -> String {
    world.key(role, &UnitId::new("x").unwrap()).await
}

/// What staff is told beyond what every report tells.
async fn further(world: &World, id: &str) -> Value {
    let key = key(world, Role::Dispatcher).await;
    world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json()["further"].clone()
}

/// The addresses of a request's pictures, as the public is told them.
async fn shown(world: &World, id: &str) -> Vec<String> {
    let path = format!("/open311/v2/requests/{id}.json?extensions=true");
    let found = world.client.get(&path).await.json();
    let urls = found[0]["extended_attributes"]["media_urls"].as_array().unwrap().clone();
    assert_eq!(found[0]["media_url"], urls[0]);
    urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect()
}

/// How many pictures were ever kept.
async fn kept(world: &World) -> usize {
    let journal = world.app.store().journal(&world.city, 0, 10_000).await.unwrap();
    journal.iter().filter(|entry| entry.kind == "picture_kept").count()
}

async fn waits(world: &World) -> bool {
    let late = zonewarden::domain::time::Instant(world.app.now().0 + 86_400 * SECOND_US);
    !world.app.store().links_due(&world.city, late, 9).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_link_becomes_a_picture_without_its_place_for_the_public_and_as_it_lay_there_for_staff() {
    let world = World::new().await;
    let server = Server::open(Manner::Answer(told("text/plain", &photo(true)))).await;
    let id = linked(&world).await;
    assert_eq!(shown(&world, &id).await, [LINK], "until it is followed");
    let follower = follower(&world, server.at);
    assert_eq!(follow(&world, &follower).await, 1);
    let asked = server.asked();
    assert!(asked[0].starts_with("GET /a.jpg HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].contains("host: pictures.example.org\r\n"), "{asked:?}");
    let told = further(&world, &id).await;
    let picture = told["pictures"][0].as_str().unwrap();
    let expected = json!({ "links": [LINK], "followed": { LINK: { "picture": picture } }, "pictures": [picture] });
    assert_eq!(told, expected);
    let urls = shown(&world, &id).await;
    assert_eq!(urls.len(), 1, "{urls:?}");
    assert!(urls[0].contains(&format!("/api/v1/pictures/{picture}")), "{urls:?}");
    let public = world.client.get(&urls[0]).await;
    assert_eq!((public.header("content-type"), public.bytes.clone()), ("image/jpeg", photo(false)));
    let staff = key(&world, Role::Dispatcher).await;
    assert_eq!(world.client.get_as(&staff, &urls[0]).await.bytes, photo(true));
    assert_eq!(follow(&world, &follower).await, 0);
    assert_eq!((server.asked().len(), kept(&world).await, waits(&world).await), (1, 1, false));
}

#[tokio::test]
async fn of_several_links_each_becomes_what_it_is_and_one_given_twice_is_fetched_once() {
    let world = World::new().await;
    let server = Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await;
    let other = "http://nobody.example.org/b.jpg";
    let form = format!("{PARKING}&media_url={LINK}&media_url={other}&media_url={LINK}");
    let id = filed(&world, &form).await;
    let nobody = nobody().await;
    let way = way_to(server.at).knowing("nobody.example.org", nobody).admitting(nobody);
    let follower = Follower::new(world.app.clone(), Fetcher::new(way, Patience::default()));
    follow(&world, &follower).await;
    // Of the second one nothing came yet: it is tried again, and shown until then.
    let urls = shown(&world, &id).await;
    assert_eq!((urls.len(), urls[1].as_str()), (2, other), "{urls:?}");
    assert_eq!(further(&world, &id).await["followed"][other], Value::Null);
    assert!(waits(&world).await);
    world.pass_us(70 * SECOND_US);
    assert_eq!(follow(&world, &follower).await, 1);
    assert_eq!((kept(&world).await, shown(&world, &id).await.len()), (1, 2));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_at_its_time() {
    let world = World::new().await;
    let id = linked(&world).await;
    let in_vain = follower(&world, nobody().await);
    assert_eq!(follow(&world, &in_vain).await, 1);
    assert_eq!(shown(&world, &id).await, [LINK]);
    assert_eq!(further(&world, &id).await["followed"], Value::Null);
    let server = Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await;
    let follower = follower(&world, server.at);
    world.pass_us(50 * SECOND_US);
    assert_eq!(follow(&world, &follower).await, 0, "not before its time");
    world.pass_us(20 * SECOND_US);
    assert_eq!(follow(&world, &follower).await, 1);
    assert!(shown(&world, &id).await[0].contains("/api/v1/pictures/"));
}

#[tokio::test]
async fn after_six_attempts_a_link_is_given_up_and_staff_is_told_why() {
    let world = World::new().await;
    let server = Server::open(Manner::Answer(server::bare("503 Busy", ""))).await;
    let id = linked(&world).await;
    let follower = follower(&world, server.at);
    for pause_s in [60, 600, 3_600, 21_600, 86_400] {
        assert_eq!(follow(&world, &follower).await, 1, "before {pause_s} s");
        assert_eq!(further(&world, &id).await["followed"], Value::Null);
        world.pass_us(pause_s * SECOND_US * 11 / 10 + SECOND_US);
    }
    assert_eq!(follow(&world, &follower).await, 1);
    let why = further(&world, &id).await["followed"][LINK]["given_up"].clone();
    assert!(why.as_str().unwrap().starts_with("the answer was 503"), "{why}");
    assert_eq!((server.asked().len(), kept(&world).await, waits(&world).await), (6, 0, false));
    assert_eq!(shown(&world, &id).await, [LINK], "as before");
    world.pass_us(7 * 86_400 * SECOND_US);
    assert_eq!(follow(&world, &follower).await, 0);
}

#[tokio::test]
async fn a_process_that_ends_before_or_while_it_follows_is_followed_by_the_next() {
    for place in durable().await {
        let (gate, name) = (Arc::new(Semaphore::new(0)), place.name());
        let server = Server::open(Manner::Gate(gate, Vec::new())).await;
        let world = World::over(place.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let id = linked(&world).await;
        drop(world);
        let world = World::over(place.open().await, Limits::default());
        world.app.refresh().await.unwrap();
        let ends = follower(&world, server.at);
        let seat = world.app.seat(None).unwrap();
        let task = tokio::spawn(async move { ends.follow_due(&seat).await });
        server.is_asked().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled(), "{name}");
        drop(world);
        let world = World::over(place.open().await, Limits::default());
        world.app.refresh().await.unwrap();
        server.behave(Manner::Answer(told("image/jpeg", &photo(false))));
        let next = follower(&world, server.at);
        assert_eq!(follow(&world, &next).await, 0, "{name}: the attempt is the other's");
        world.pass_us(121 * SECOND_US);
        assert_eq!(follow(&world, &next).await, 1, "{name}");
        assert!(shown(&world, &id).await[0].contains("/api/v1/pictures/"), "{name}");
        assert_eq!((kept(&world).await, waits(&world).await), (1, false), "{name}");
    }
}

#[tokio::test]
async fn two_processes_share_the_work_and_each_link_is_followed_by_one() {
    for place in durable().await {
        let server = Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await;
        let one = World::over(place.open().await, Limits::default());
        seed::found(&one.app, demonstration()).await.unwrap();
        let two = World::over(place.open().await, Limits::default());
        two.app.refresh().await.unwrap();
        for _ in 0..6 {
            linked(&one).await;
        }
        let (a, b) = (follower(&one, server.at), follower(&two, server.at));
        let (of_a, of_b) = tokio::join!(follow(&one, &a), follow(&two, &b));
        let name = place.name();
        assert_eq!((of_a + of_b, server.asked().len(), kept(&one).await), (6, 6, 6), "{name}");
        assert!(!waits(&one).await, "{name}");
    }
}

#[tokio::test]
async fn what_comes_of_an_attempt_that_took_too_long_is_not_kept_beside_that_of_the_next() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let answer = told("image/jpeg", &photo(false));
    let slow = Server::open(Manner::Gate(gate.clone(), answer.clone())).await;
    let quick = Server::open(Manner::Answer(answer)).await;
    let id = linked(&world).await;
    let (late, seat) = (follower(&world, slow.at), world.app.seat(None).unwrap());
    let task = tokio::spawn(async move { late.follow_due(&seat).await });
    slow.is_asked().await;
    world.pass_us(121 * SECOND_US);
    assert_eq!(follow(&world, &follower(&world, quick.at)).await, 1);
    gate.add_permits(1);
    assert_eq!(task.await.unwrap(), Ok(1));
    assert_eq!((kept(&world).await, shown(&world, &id).await.len()), (1, 1));
}

#[tokio::test]
async fn no_picture_is_kept_of_a_report_that_was_erased_meanwhile() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let answer = told("image/jpeg", &photo(true));
    let server = Server::open(Manner::Gate(gate.clone(), answer)).await;
    let admin = key(&world, Role::Admin).await;
    // With somebody behind it, and with nobody.
    let ids = [linked(&world).await, filed(&world, &format!("{PARKING}&media_url={LINK}")).await];
    let (follower, seat) = (follower(&world, server.at), world.app.seat(None).unwrap());
    let task = tokio::spawn(async move { follower.follow_due(&seat).await });
    server.is_asked().await;
    for id in &ids {
        let asked = json!({ "report": id, "words": true }).to_string();
        let erased =
            world.client.post_as(&admin, "/api/v1/people/erase", "application/json", asked).await;
        assert_eq!(erased.json()["reports"], json!([id]), "{}", erased.text());
    }
    gate.add_permits(9);
    task.await.unwrap().unwrap();
    assert_eq!((kept(&world).await, waits(&world).await), (0, false));
    for id in &ids {
        assert_eq!(further(&world, id).await, json!({ "links": [LINK] }));
    }
}

#[tokio::test]
async fn links_are_followed_in_the_background_and_a_server_that_hangs_holds_up_no_other() {
    let world = World::new().await;
    let (hangs, quick) = (
        Server::open(Manner::Hang).await,
        Server::open(Manner::Answer(told("image/jpeg", &photo(false)))).await,
    );
    let way = way_to(quick.at).knowing("hangs.example.org", hangs.at).admitting(hangs.at);
    let slow = format!("{PARKING}&media_url=http://hangs.example.org/a.jpg");
    for _ in 0..3 {
        filed(&world, &slow).await;
    }
    let id = linked(&world).await;
    let follower = Follower::new(world.app.clone(), Fetcher::new(way, Patience::default()));
    let running = tokio::spawn(async move { follower.keep_following().await });
    let came = tokio::time::timeout(Duration::from_secs(12), async {
        while !shown(&world, &id).await[0].contains("/api/v1/pictures/") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(came.await.is_ok(), "it waited for one that hangs");
    assert!(!hangs.asked().is_empty(), "the one that hangs was tried");
    running.abort();
}
