//! The page in a real browser: one journey from the first sight of the map to the reason why a
//! unit answers, in both languages, and to the documentation, with the machine's doors shut.

mod driver;
mod tiles;

use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use zonewarden::http::router::DOCS;

use driver::{Browser, get};

/// The real server over a fresh demonstration city; it ends with the test.
struct Server {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
            .arg("serve")
            .current_dir(folder.path())
            .env("ZONEWARDEN_DATABASE", folder.path().join("city.gpkg"))
            .env("ZONEWARDEN_LISTEN", format!("127.0.0.1:{port}"))
            .env("ZONEWARDEN_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, url: format!("http://127.0.0.1:{port}"), _folder: folder };
        for _ in 0..1_200 {
            if get(&format!("{}/api/v1/plan", server.url)).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer at {}", server.url);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Does something in a browser, at a server of its own; says so loudly when there is no browser, and fails where
/// there must be one. What was shown when it failed is kept as a picture beside the build.
async fn in_browser(journey: impl AsyncFnOnce(&Browser, &str)) {
    let browser = match Browser::start().await {
        Ok(browser) => browser,
        Err(lacking) => {
            assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "no browser: {lacking}");
            eprintln!("SKIPPED the browser's journey: {lacking} (tests/run installs it)");
            return;
        }
    };
    let server = Server::start().await;
    let outcome = AssertUnwindSafe(journey(&browser, server.url.as_str())).catch_unwind().await;
    if outcome.is_err() {
        let picture = concat!(env!("CARGO_TARGET_TMPDIR"), "/browser.png");
        std::fs::write(picture, browser.picture().await).unwrap();
        eprintln!("what was shown: {picture}");
    }
    browser.quit().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// What was asked for elsewhere. What the browser shows before the first page is its own, and within it.
fn away<'a>(asked: &'a [String], url: &str) -> Vec<&'a String> {
    let near = [url, "data:", "blob:", "about:", "chrome:", "chrome-untrusted:"];
    asked.iter().filter(|to| !near.iter().any(|ours| to.starts_with(ours))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_on_the_map_says_who_answers_and_why_in_both_languages() {
    in_browser(journey).await;
}

async fn journey(browser: &Browser, url: &str) {
    browser.open(&format!("{url}/?lang=zh-CN")).await;
    browser.until("return document.body.dataset.map === 'idle'").await;
    assert_eq!(browser.text("#answer h2").await, "谁负责这里？");
    zones_are_drawn(browser, url).await;
    kinds_are_switched(browser).await;

    // By keyboard to a zone: the page asks about a place inside it and marks it.
    let zone = zone_of_plain_answer(url).await;
    let number = zone["properties"]["number"].to_string();
    browser.run("document.querySelector('#query').focus()").await;
    browser.keys(&format!("{number}\u{e007}")).await; // Enter
    browser.until("return document.querySelector('#unit') !== null").await;
    browser.until("return document.querySelector('.pin') !== null").await;
    let pin = browser
        .still(
            "const r = document.querySelector('.pin').getBoundingClientRect();
        return [Math.round(r.left + r.width / 2), Math.round(r.bottom)]",
        )
        .await;

    // By pointer: the answer is closed, and the click asks again.
    browser.run("document.querySelector('#answer .close').click()").await;
    browser.until("return document.querySelector('#unit') === null").await;
    browser.click(&pin).await;
    browser.until("return document.querySelector('#unit') !== null").await;

    let answer = the_same_by_api(browser, url).await;
    assert_eq!(answer["zone"]["id"], zone["id"], "the click was inside the zone");
    let lead = &answer["unit"]["names"];
    assert_eq!(browser.text("#unit").await, lead["zh"].as_str().unwrap());
    let id = zone["id"].as_str().unwrap();
    browser.until(&format!("{DRAWN} return {}", written(id, &number, lead, "zh"))).await;
    let why = browser.text("#why").await;
    assert!(why.starts_with("该点位于") && why.contains(&number), "{why}");
    assert!(why.ends_with("由该责任区的牵头单位负责。"), "{why}");

    browser.run("document.querySelector('#language').click()").await;
    assert_eq!(browser.run("return document.documentElement.lang").await, json!("en"));
    assert_eq!(browser.text("#unit").await, lead["en"].as_str().unwrap());
    browser.until(&format!("{DRAWN} return {}", written(id, &number, lead, "en"))).await;
    let why = browser.text("#why").await;
    assert!(why.starts_with("The place lies in") && why.contains(&number), "{why}");

    the_map_is_dark_for_who_likes_it(browser, url, id).await;
    a_facility_is_asked_about_where_it_stands(browser).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    the_documentation_is_shown(browser, url).await;
    let asked = browser.requests().await;
    for address in [
        "/api/v1/locate",
        "/tiles/city.json",
        "/styles/light.json?lang=zh",
        "/styles/dark.json?lang=en",
    ] {
        assert!(asked.iter().any(|to| to.contains(address)), "{address}: {asked:?}");
    }
    // What is drawn comes from tiles alone.
    assert!(
        !asked.iter().any(|to| to.contains("/api/v1/facilities?kind=school&bbox")),
        "{asked:?}"
    );
    assert_eq!(away(&asked, url), Vec::<&String>::new(), "requests left the machine");
}

/// What is drawn in layers of the map, as far as it is in sight; `text` are the words that it bears.
const DRAWN: &str = "const map = document.querySelector('#map').map;
    const drawn = (...layers) => map.queryRenderedFeatures({ layers }).map((feature) => (
        { ...feature.properties, text: String(feature.layer.layout?.['text-field'] ?? '') }));";

/// Every zone is coloured, in several colours, and many bear their numbers where there is room.
async fn zones_are_drawn(browser: &Browser, url: &str) {
    let zones = get(&format!("{url}/api/v1/zones")).await.unwrap();
    let count = zones["features"].as_array().unwrap().len();
    let different =
        |layer: &str, fact: &str| format!("new Set(drawn('{layer}').map((it) => it.{fact})).size");
    browser.until(&format!("{DRAWN} return {} === {count}", different("zones", "id"))).await;
    let sources = "return Object.entries(map.getStyle().sources).map(([id, it]) => id + ' ' + it.type).sort()";
    let sources = browser.run(&format!("{DRAWN} {sources}")).await;
    assert_eq!(sources, json!(["accuracy geojson", "city vector"]), "the map draws our tiles");
    let colours = browser.run(&format!("{DRAWN} return {}", different("zones", "colour"))).await;
    assert!(colours.as_u64() >= Some(3), "{count} zones in {colours} colours");
    browser
        .until(&format!("{DRAWN} return {} > {}", different("zone-words", "number"), count / 3))
        .await;
}

/// A kind of facility goes from the map and comes back; the others stay.
async fn kinds_are_switched(browser: &Browser) {
    let seen = |is: &str| {
        format!(
            "drawn('facilities', 'facility-areas', 'facility-lines').some((it) => it.kind {is} 'school')"
        )
    };
    let (schools, others) = (seen("==="), seen("!=="));
    let click = "const box = document.querySelector('#kinds input[value=school]');
        box.click(); return box.checked";
    browser.until(&format!("{DRAWN} return {schools} && {others}")).await;
    assert_eq!(browser.run(click).await, json!(false));
    browser.until(&format!("{DRAWN} return !{schools} && {others}")).await;
    assert_eq!(browser.run(click).await, json!(true));
    browser.until(&format!("{DRAWN} return {schools} && {others}")).await;
}

/// Whether a zone bears its number and the name of its lead unit in this language.
fn written(id: &str, number: &str, lead: &Value, language: &str) -> String {
    let lead = &lead[language];
    format!(
        "drawn('zone-words').some((it) => it.id === '{id}' && it.text === '{number}') \
         && drawn('zone-leads').some((it) => it.id === '{id}' && it.text === {lead})"
    )
}

/// The map goes dark with its reader, by the service's own style; what was marked stays marked.
async fn the_map_is_dark_for_who_likes_it(browser: &Browser, url: &str, zone: &str) {
    let ground = "map.getPaintProperty('ground', 'background-color')";
    let marked = format!(
        "{DRAWN} return map.getFeatureState(\
         {{ source: 'city', sourceLayer: 'zones', id: '{zone}' }}).chosen === true"
    );
    for scheme in ["dark", "light"] {
        let style = get(&format!("{url}/styles/{scheme}.json")).await.unwrap();
        let layers = style["layers"].as_array().unwrap();
        let layer = layers.iter().find(|layer| layer["id"] == "ground").unwrap();
        let colour = &layer["paint"]["background-color"];
        browser.prefer(scheme).await;
        browser.until(&format!("{DRAWN} return {ground} === {colour}")).await;
        assert_eq!(browser.run(&marked).await, json!(true), "{scheme}");
    }
}

/// A click on a facility asks about the place where it stands, and says what it is.
async fn a_facility_is_asked_about_where_it_stands(browser: &Browser) {
    browser.run("document.querySelector('#answer .close').click()").await;
    browser.until("return document.querySelector('.pin') === null").await;
    let pick = format!(
        "{DRAWN} const found = map.queryRenderedFeatures({{ layers: ['facilities'] }}).map((it) => {{
            const [{{ x, y }}, facts] = [map.project(it.geometry.coordinates), it.properties];
            return {{ x: Math.round(x), y: Math.round(y), id: facts.id, name: facts.name_en,
                place: it.geometry.coordinates }};
        }});
        const far = (a, b) => a.id === b.id || Math.hypot(a.x - b.x, a.y - b.y) > 16;
        const open = ({{ x, y }}) => document.elementFromPoint(x, y) === map.getCanvas();
        return found.find((one) => one.name && open(one) && found.every((it) => far(one, it))) ?? null"
    );
    let facility = browser.still(&pick).await;
    assert!(facility.is_object(), "no facility stands alone in sight");
    browser.click(&json!([facility["x"], facility["y"]])).await;
    browser.until("return document.querySelector('#answer .at') !== null").await;
    let at = browser.text("#answer .at").await;
    assert!(at.starts_with(facility["name"].as_str().unwrap()), "{at} for {facility}");
    // The tile tells its place to some centimetres, the service exactly: the exact one was asked about.
    let asked = browser.run("return location.hash").await;
    let (lon, lat) = asked.as_str().unwrap().trim_start_matches("#at=").split_once(',').unwrap();
    let near = |text: &str, place: &Value| {
        (text.parse::<f64>().unwrap() - place.as_f64().unwrap()).abs() < 0.0001
    };
    assert!(near(lon, &facility["place"][0]) && near(lat, &facility["place"][1]), "{asked}");
}

/// The interactive documentation comes whole from the service, and shows its operations.
async fn the_documentation_is_shown(browser: &Browser, url: &str) {
    browser.open(&format!("{url}{DOCS}/")).await;
    browser.until("return document.querySelectorAll('.swagger-ui .opblock').length > 40").await;
    let title = browser.text(".swagger-ui .info .title").await;
    assert!(title.contains("zonewarden"), "{title}");
}

/// A zone where, around the middle of its first ring's corner, nothing but the zone decides: the
/// one whose number no other thing's name holds, so that the search finds it first.
async fn zone_of_plain_answer(url: &str) -> Value {
    let zones = get(&format!("{url}/api/v1/zones")).await.unwrap();
    let zones = zones["features"].as_array().unwrap();
    zones.iter().find(|zone| zone["properties"]["number"] == 12).unwrap().clone()
}

/// What the service answers for the place that the page has put into its address.
async fn the_same_by_api(browser: &Browser, url: &str) -> Value {
    let at = browser.run("return location.hash").await;
    let (lon, lat) = at.as_str().unwrap().trim_start_matches("#at=").split_once(',').unwrap();
    get(&format!("{url}/api/v1/locate?lon={lon}&lat={lat}")).await.unwrap()
}
