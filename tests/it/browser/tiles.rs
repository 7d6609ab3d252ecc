//! The map that others put into their pages: MapLibre, our style, our tiles.

use serde_json::{Value, json};

use super::driver::{Browser, get};
use super::{away, in_browser};

/// Another map than the page's own, over all of it: as a page of others has it, from nothing but the style's address.
const MADE: &str = "return import('/page/vendor/maplibre-gl/maplibre-gl.mjs').then((maplibre) => {
    const place = document.createElement('div');
    place.id = 'tiled';
    place.style.cssText = 'position:fixed;inset:0;z-index:99;background:#fff';
    document.body.append(place);
    const style = location.origin + '/styles/light.json?lang=en';
    place.map = new maplibre.Map({ container: place, style, attributionControl: false });
    place.map.once('idle', () => { place.dataset.map = 'idle' });
    return true;
})";

/// What is drawn in layers of that map.
const DRAWN: &str = "const map = document.querySelector('#tiled').map;
    const drawn = (...layers) => map.queryRenderedFeatures({ layers });
    const facts = (name, ...layers) =>
        [...new Set(drawn(...layers).map((it) => it.properties[name]))].sort();";

async fn facts(browser: &Browser, name: &str, layer: &str) -> Vec<Value> {
    let found = browser.run(&format!("{DRAWN} return facts('{name}', '{layer}')")).await;
    found.as_array().unwrap_or_else(|| panic!("{layer}: {found}")).clone()
}

async fn journey(browser: &Browser, url: &str) {
    browser.open(&format!("{url}/?lang=en")).await;
    browser.until("return document.body.dataset.map === 'idle'").await;
    assert_eq!(browser.run(MADE).await, json!(true));
    browser.until("return document.querySelector('#tiled').dataset.map === 'idle'").await;
    let style = get(&format!("{url}/styles/light.json?lang=en")).await.unwrap();
    let layers = style["layers"].as_array().unwrap().len();
    let held = browser.run(&format!("{DRAWN} return map.getStyle().layers.length")).await;
    assert_eq!(held, json!(layers), "the map took every layer");
    let zones = get(&format!("{url}/api/v1/zones")).await.unwrap();
    let mut all: Vec<Value> =
        zones["features"].as_array().unwrap().iter().map(|zone| zone["id"].clone()).collect();
    all.sort_by_key(ToString::to_string);
    assert_eq!(facts(browser, "id", "zones").await, all);
    let colours = facts(browser, "colour", "zones").await;
    assert_eq!(colours, (0..8).map(|n| json!(n)).collect::<Vec<Value>>());
    let kinds = facts(browser, "kind", "facilities").await;
    assert!(kinds.contains(&json!("school")), "{kinds:?}");
    // Letters come without a server of glyphs.
    assert!(facts(browser, "number", "zone-words").await.len() > all.len() / 3);
    let asked = format!(
        "{DRAWN} return [...new Set(drawn('zones', 'facilities', 'street').map((it) => it.source))]"
    );
    assert_eq!(browser.run(&asked).await, json!(["city"]));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    let asked = browser.requests().await;
    // What its workers ask for is not in this log; what they drew is above.
    for document in ["/styles/light.json", "/tiles/city.json"] {
        assert!(asked.iter().any(|to| to.contains(document)), "{document}: {asked:?}");
    }
    assert_eq!(away(&asked, url), Vec::<&String>::new(), "requests left the machine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maplibre_draws_zones_facilities_and_names_from_our_style_and_tiles() {
    in_browser(journey).await;
}
