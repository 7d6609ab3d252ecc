//! How near two reports are one matter is the city's to say.

use serde_json::json;
use zonewarden::app::transfer::city::{CityImport, import};
use zonewarden::app::transfer::settings::Settings;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::reaches::{Reach, Reaches};
use zonewarden::domain::id::CategoryCode;

use super::planned::Planned;

#[tokio::test]
async fn a_city_that_says_nearer_keeps_apart_what_another_takes_for_one() {
    for (radius_m, merged) in [(60.0, true), (5.0, false)] {
        let planned = Planned::new().await;
        let code = CategoryCode::new("event.05.parking").unwrap();
        let mut reaches = Reaches::default();
        reaches.set(&code, Reach { radius_m, window_s: 3_600 }).unwrap();
        let settings = Settings { reaches: Some(reaches), ..Settings::default() };
        let ask = CityImport { settings, ..CityImport::default() };
        let (app, client) = (&planned.world.app, &planned.world.client);
        assert!(import(app, &Caller::cli(), None, ask).await.unwrap().committed.is_some());
        let place = planned.places(0, 1)[0];
        let mut ids = Vec::new();
        // Some twenty metres apart.
        for north in [0, 1_800] {
            let at = zonewarden::geom::coord::GridPoint { y: place.y + north, ..place }.degrees();
            let body = json!({ "lon": at.lon(), "lat": at.lat(), "accuracy_m": 5.0,
                               "category": code.as_str() });
            let filed = client.post("/api/v1/reports", "application/json", body.to_string()).await;
            ids.push(filed.json()["id"].as_str().unwrap().to_owned());
            planned.world.take_up().await;
        }
        let later = planned.shown(&ids[1]).await;
        assert_eq!(!later["merged_into"].is_null(), merged, "{radius_m}: {later}");
    }
}
