//! Faults of the plan in force, which are mended when a draft takes it up: the review tells them.

use geo_types::{LineString, MultiPolygon, Polygon};
use serde_json::{Value, json};
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::geom::measure::polygon_on_grid;

use super::Office;
use super::small::square;
use crate::world::demonstration;

/// `west`, `east` and `far` side by side from 109.40 to 109.43: `east` lies four steps over `west`; between `east` and
/// `far` is a gap of four steps, which is closed, and one of a thousand, which stays.
fn faulty() -> Vec<Zone> {
    let lead = demonstration().units[0].id.clone();
    let mut east = square("east", 2, 1, &lead);
    let ring = vec![
        (109.409_999_6, 36.5),
        (109.42, 36.5),
        (109.42, 36.502),
        (109.419_999_6, 36.503),
        (109.42, 36.504),
        (109.42, 36.506),
        (109.419_9, 36.507),
        (109.42, 36.508),
        (109.42, 36.51),
        (109.409_999_6, 36.51),
        (109.409_999_6, 36.5),
    ];
    east.area = MultiPolygon(vec![polygon_on_grid(&Polygon::new(LineString::from(ring), vec![]))]);
    vec![east, square("far", 3, 2, &lead), square("west", 1, 0, &lead)]
}

fn of_kind(review: &Value, kind: &str) -> Vec<Value> {
    let all = review["findings"].as_array().unwrap().iter();
    all.filter(|it| it["kind"] == kind).cloned().collect()
}

fn beside(finding: &Value) -> Vec<&str> {
    let mut zones: Vec<&str> =
        finding["beside"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    zones.sort_unstable();
    zones
}

#[tokio::test]
async fn faults_of_the_plan_in_force_are_in_the_review_of_every_draft_until_one_is_published() {
    let office = Office::of_zones(faulty()).await;
    let id = office.draft().await;
    let path = format!("/api/v1/drafts/{id}/review");
    let told = office.get(&office.a, &path).await;
    assert_eq!(told["publishable"], true, "{told}");
    for kind in ["outline_won", "outline_lost"] {
        assert_eq!(of_kind(&told, kind), Vec::<Value>::new(), "mending wins and loses nothing");
    }
    let mended = of_kind(&told, "mended");
    let over = mended.iter().find(|it| it["words"].as_str().unwrap().contains("over each other"));
    let gap = mended.iter().find(|it| it["words"].as_str().unwrap().contains("was a gap"));
    let (over, gap) = (over.unwrap(), gap.unwrap());
    assert_eq!((beside(over), beside(gap)), (vec!["east", "west"], vec!["east", "far"]));
    assert_eq!(
        (&over["repair"]["kind"], &gap["repair"]["kind"]),
        (&json!("overlap"), &json!("gap"))
    );
    assert_eq!(
        (&over["repair"]["done"], &gap["repair"]["done"]),
        (&json!("together"), &json!("together"))
    );
    for (it, lon, area_m2) in [(over, 109.41, 39.8), (gap, 109.42, 3.98)] {
        assert_eq!(it["weight"], "informs", "{it}");
        assert!((it["at"][0].as_f64().unwrap() - lon).abs() < 1e-6, "{it}");
        assert!((it["area_m2"].as_f64().unwrap() - area_m2).abs() < area_m2 / 50.0, "{it}");
        // Four steps are 36 mm; the mean width of a wedge is half of that.
        assert!((0.017..=0.037).contains(&it["width_m"].as_f64().unwrap()), "{it}");
    }
    let [inherited] = &of_kind(&told, "gap")[..] else { panic!("{told}") };
    assert_eq!(
        (inherited["weight"].as_str(), beside(inherited)),
        (Some("informs"), vec!["east", "far"])
    );
    // An edit changes nothing of it, tried or done.
    let edit = json!({ "kind": "set_zone", "zone": "west", "number": 9 });
    let tried = office.post(&office.a, &path, &json!({ "edits": [edit] })).await.json();
    assert_eq!((of_kind(&tried, "mended"), of_kind(&tried, "gap").len()), (mended.clone(), 1));
    office.done(&office.a, &id, json!({ "act": "edit", "edits": [edit] })).await;
    assert_eq!(of_kind(&office.get(&office.a, &path).await, "mended"), mended);
    office.done(&office.a, &id, json!({ "act": "publish" })).await;
    let next = office.draft().await;
    let told = office.get(&office.a, &format!("/api/v1/drafts/{next}/review")).await;
    assert_eq!(of_kind(&told, "mended"), Vec::<Value>::new(), "what was published is whole");
    assert_eq!(of_kind(&told, "gap").len(), 1);
}
