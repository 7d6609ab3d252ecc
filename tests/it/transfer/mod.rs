//! Files in and out: through the use case, on the memory store.

mod archive;
mod gdal;
mod limits;

use std::sync::Arc;

use zonewarden::app::clock::Clock;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::app::transfer::city::{self, CityImport};
use zonewarden::app::transfer::export::{Which, export};
use zonewarden::app::transfer::import::{Import, Outcome, import};
use zonewarden::app::transfer::settings::Settings;
use zonewarden::app::transfer::{Format, Kind};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::id::{CityId, UnitId};
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::time::Instant;
use zonewarden::geom::crs::Crs;
use zonewarden::store::open::{Migrate, Place, open};

pub(super) struct World {
    pub(super) app: App,
}

impl World {
    pub(super) async fn empty() -> Self {
        let store = open(&Place::Memory, Migrate::Apply).await.unwrap();
        let clock = Clock::from_fn(|| Instant(1_767_225_600_000_000));
        Self { app: App::new(store, clock, None) }
    }

    pub(super) async fn sample() -> (Self, CityId) {
        let world = Self::empty().await;
        let state = sample::city(&Recipe::default());
        let city = state.city.id.clone();
        seed::found(&world.app, state).await.unwrap();
        (world, city)
    }

    pub(super) async fn import(&self, city: &str, bytes: &[u8], ask: &Import) -> Outcome {
        import(&self.app, &Caller::cli(), Some(city), Arc::from(bytes), ask).await.unwrap()
    }

    pub(super) async fn export(
        &self,
        city: &CityId,
        kind: Kind,
        format: Format,
        crs: Crs,
    ) -> Vec<u8> {
        export(&self.app, city, kind, format, crs, Which::Now).await.unwrap()
    }
}

pub(super) fn ask(kind: Kind, format: Format) -> Import {
    Import {
        kind,
        format,
        layer: None,
        crs: None,
        id: None,
        lead: None,
        make_units: false,
        settings: Settings::default(),
        replace: true,
        dry_run: false,
        note: String::new(),
        seen: None,
    }
}

pub(super) fn words(outcome: &Outcome) -> Vec<String> {
    outcome.findings.iter().map(ToString::to_string).collect()
}

fn zones(features: &[(&str, &str)]) -> Vec<u8> {
    let features: Vec<String> = features
        .iter()
        .map(|(id, ring)| {
            format!(
                r#"{{"type":"Feature","properties":{{"id":"{id}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
            )
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")).into_bytes()
}

const WEST: &str = "[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]";
const EAST: &str = "[[109.5,36.5],[109.6,36.5],[109.6,36.6],[109.5,36.6],[109.5,36.5]]";
const BOW_TIE: &str = "[[109.6,36.5],[109.7,36.6],[109.7,36.5],[109.6,36.7],[109.6,36.5]]";

fn made(dry_run: bool) -> Import {
    let lead = Some(UnitId::new("police").unwrap());
    Import { lead, make_units: true, dry_run, ..ask(Kind::Zones, Format::GeoJson) }
}

#[tokio::test]
async fn what_is_exported_is_imported_as_the_same_city_in_every_format() {
    let (world, city) = World::sample().await;
    let before = world.app.store().load(&city).await.unwrap().unwrap();
    for kind in Kind::ALL {
        for format in Format::ALL.into_iter().filter(|format| format.holds_all()) {
            let bytes = world.export(&city, kind, format, Crs::Wgs84).await;
            let outcome = world.import(city.as_str(), &bytes, &ask(kind, format)).await;
            let (tally, name) = (outcome.tally, format!("{} as {}", kind.code(), format.code()));
            assert!(!outcome.refused(), "{name}: {:#?}", words(&outcome));
            assert_eq!((tally.added, tally.changed, tally.removed), (0, 0, 0), "{name}");
            assert_eq!((tally.same, outcome.committed), (outcome.rows, None), "{name}");
            assert!(tally.same > 0, "{name}");
        }
    }
    assert_eq!(world.app.store().load(&city).await.unwrap().unwrap(), before);
}

#[tokio::test]
async fn cgcs2000_keeps_every_vertex_and_gcj02_leaves_no_overlap() {
    let (world, city) = World::sample().await;
    for format in Format::ALL.into_iter().filter(|format| format.holds_all()) {
        let bytes = world.export(&city, Kind::Zones, format, Crs::Cgcs2000).await;
        let outcome = world.import(city.as_str(), &bytes, &ask(Kind::Zones, format)).await;
        assert_eq!((outcome.tally.changed, outcome.refused()), (0, false), "{}", format.code());
    }
    let bytes = world.export(&city, Kind::Zones, Format::GeoJson, Crs::Gcj02).await;
    let dry = Import { dry_run: true, ..ask(Kind::Zones, Format::GeoJson) };
    let outcome = world.import(city.as_str(), &bytes, &dry).await;
    assert!(!outcome.refused(), "{:#?}", words(&outcome));
    let contradiction = Import { crs: Some(Crs::Wgs84), ..dry };
    let outcome = world.import(city.as_str(), &bytes, &contradiction).await;
    assert!(words(&outcome)[0].contains("the file says gcj02, the option says wgs84"));
}

#[tokio::test]
async fn a_file_with_faults_lists_all_of_them_and_writes_nothing() {
    let world = World::empty().await;
    let file = zones(&[("A", WEST), ("A", EAST), ("B", BOW_TIE), ("C", WEST), ("d d", EAST)]);
    let outcome = world.import("yanan", &file, &made(false)).await;
    let found = words(&outcome);
    assert!(outcome.refused() && outcome.committed.is_none());
    for expected in [
        "row 2, id: the id A stands in row 1 already",
        "row 3, part 1, ring 0, at 109.6",
        "row 5, id: `d d` is no code",
    ] {
        assert!(found.iter().any(|line| line.contains(expected)), "{found:#?} lacks {expected}");
    }
    assert_eq!(world.app.store().cities().await.unwrap(), vec![]);
    let overlapping = zones(&[("A", WEST), ("C", WEST)]);
    let outcome = world.import("yanan", &overlapping, &made(false)).await;
    assert!(words(&outcome).iter().any(|line| line.starts_with("error: row 2, zones A and C at")));
    assert_eq!(world.app.store().cities().await.unwrap(), vec![]);
}

#[tokio::test]
async fn an_area_that_crosses_itself_only_on_the_grid_is_imported_with_a_warning() {
    let world = World::empty().await;
    // The spike is a fifth of a step wide.
    let spike = "[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.45000003,36.6],[109.45000002,36.61],[109.45000001,36.6],[109.4,36.6],[109.4,36.5]]";
    let file = zones(&[("A", spike), ("B", EAST)]);
    let outcome = world.import("yanan", &file, &made(false)).await;
    let found = words(&outcome);
    assert!(outcome.committed.is_some() && !outcome.refused(), "{found:#?}");
    let told = found.iter().find(|line| line.contains("overlaps itself")).unwrap();
    assert!(told.starts_with("warning: row 1, part 1, ring 0, at 109.45"), "{told}");
    let state = world.app.store().load(&CityId::new("yanan").unwrap()).await.unwrap().unwrap();
    let corners: Vec<usize> =
        state.zones.iter().map(|zone| zone.area.0[0].exterior().0.len() - 1).collect();
    assert_eq!(corners, [5, 4], "the spike is gone, its foot is left");
}

#[tokio::test]
async fn a_city_is_made_whole_from_zones_and_a_dry_run_makes_none() {
    let world = World::empty().await;
    let file = zones(&[("A", WEST), ("B", EAST)]);
    let outcome = world.import("yanan", &file, &made(true)).await;
    assert_eq!((outcome.refused(), outcome.committed, outcome.tally.added), (false, None, 2));
    assert_eq!(world.app.store().cities().await.unwrap(), vec![]);
    let outcome = world.import("yanan", &file, &made(false)).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
    let city = CityId::new("yanan").unwrap();
    let state = world.app.store().load(&city).await.unwrap().unwrap();
    assert_eq!((state.plan.version, state.zones.len(), state.units.len()), (1, 2, 1));
    assert_eq!(state.city.fallback.as_str(), "police");
    let again = world.import("yanan", &file, &made(false)).await;
    assert_eq!((again.committed, again.tally.same), (None, 2));
}

#[tokio::test]
async fn merging_keeps_the_other_zones_and_replacing_takes_them_away() {
    let world = World::empty().await;
    let both = zones(&[("A", WEST), ("B", EAST)]);
    world.import("yanan", &both, &made(false)).await;
    let city = CityId::new("yanan").unwrap();
    let third = zones(&[("C", "[[109.6,36.5],[109.7,36.5],[109.7,36.6],[109.6,36.5]]")]);
    let merge = Import { replace: false, ..made(false) };
    let outcome = world.import("yanan", &third, &merge).await;
    assert_eq!((outcome.tally.added, outcome.tally.removed), (1, 0));
    assert_eq!(world.app.store().load(&city).await.unwrap().unwrap().zones.len(), 3);
    let onto = Import { replace: false, ..made(false) };
    let outcome = world.import("yanan", &zones(&[("D", WEST)]), &onto).await;
    assert!(outcome.refused(), "a merged zone lies on one in force");
    let outcome = world.import("yanan", &third, &made(false)).await;
    assert_eq!((outcome.tally.same, outcome.tally.removed), (1, 2));
    let state = world.app.store().load(&city).await.unwrap().unwrap();
    assert_eq!((state.plan.version, state.zones.len()), (3, 1));
}

#[tokio::test]
async fn a_unit_that_is_still_named_is_not_taken_away() {
    let (world, city) = World::sample().await;
    let before = world.app.store().head(&city).await.unwrap();
    let table = b"id,name_zh,kind\nnew-unit,\xe6\x96\xb0\xe5\x8d\x95\xe4\xbd\x8d,department\n";
    let outcome = world.import(city.as_str(), table, &ask(Kind::Units, Format::Csv)).await;
    assert!(
        outcome.refused() && words(&outcome).iter().any(|line| line.contains("names the unit"))
    );
    assert_eq!(world.app.store().head(&city).await.unwrap(), before);
    let merge = Import { replace: false, ..ask(Kind::Units, Format::Csv) };
    let outcome = world.import(city.as_str(), table, &merge).await;
    assert!(outcome.committed.is_some() && outcome.tally.added == 1, "{:#?}", words(&outcome));
}

#[tokio::test]
async fn a_table_without_a_coordinate_system_is_refused_until_it_is_stated() {
    let (world, city) = World::sample().await;
    let table = b"id,kind,lon,lat\nx1,camera,109.49,36.59\n";
    let csv = Import { replace: false, ..ask(Kind::Facilities, Format::Csv) };
    let outcome = world.import(city.as_str(), table, &csv).await;
    assert!(words(&outcome)[0].contains("nothing says in which coordinate system"));
    assert!(outcome.committed.is_none());
    let stated = Import { crs: Some(Crs::Gcj02), ..csv };
    let outcome = world.import(city.as_str(), table, &stated).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
}

#[tokio::test]
async fn exchanged_axes_are_told_also_where_both_are_degrees() {
    let world = World::empty().await;
    let urumqi = "[[87.6,43.8],[87.7,43.8],[87.7,43.9],[87.6,43.9],[87.6,43.8]]";
    let outcome = world.import("urumqi", &zones(&[("A", urumqi)]), &made(false)).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
    let merge = |kind| Import { crs: Some(Crs::Wgs84), replace: false, ..ask(kind, Format::Csv) };
    let files = [
        (Kind::Units, "id,kind,lon,lat\na,department,87.65,43.85\nb,department,43.85,87.65\n"),
        (Kind::Facilities, "id,kind,lon,lat\na,school,87.65,43.85\nb,school,43.85,87.65\n"),
        (
            Kind::Rules,
            "id,reach,unit,wkt\n\
             a,area,police,\"POLYGON ((87.61 43.81, 87.62 43.81, 87.62 43.82, 87.61 43.81))\"\n\
             b,area,police,\"POLYGON ((43.81 87.61, 43.81 87.62, 43.82 87.62, 43.81 87.61))\"\n",
        ),
    ];
    for (kind, file) in files {
        let outcome = world.import("urumqi", file.as_bytes(), &merge(kind)).await;
        let found = words(&outcome);
        let errors: Vec<&String> = found.iter().filter(|it| it.starts_with("error")).collect();
        assert!(outcome.refused() && errors.len() == 1, "{found:#?}");
        assert!(errors[0].starts_with("error: row 3, geometry: position 43.8"), "{found:#?}");
        assert!(errors[0].contains("looks swapped"), "{found:#?}");
    }
    // What lies far away both ways may lie there.
    let far = b"id,kind,lon,lat\na,school,116.4,39.9\n";
    let outcome = world.import("urumqi", far, &merge(Kind::Facilities)).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
}

#[tokio::test]
async fn exchanged_axes_are_told_before_there_are_zones_or_when_they_come() {
    let world = World::empty().await;
    let units = b"id,kind,lon,lat\nfar,department,116.4,39.9\npolice,department,43.85,87.65\n\
                  roads,department,43.86,87.66\n";
    let stated = |crs| Import { crs: Some(crs), ..ask(Kind::Units, Format::Csv) };
    for crs in [Crs::Cgcs2000, Crs::Gcj02, Crs::Bd09] {
        let outcome = world.import("urumqi", units, &stated(crs)).await;
        let found = words(&outcome);
        let swapped = |it: &&String| it.contains("looks swapped") && it.contains("outside China");
        assert_eq!(found.iter().filter(swapped).count(), 2, "{found:#?}");
        assert!(outcome.refused() && outcome.committed.is_none(), "{found:#?}");
    }
    // Of positions in WGS84 nothing is known until the zones come.
    let outcome = world.import("urumqi", units, &stated(Crs::Wgs84)).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
    let urumqi = "[[87.6,43.8],[87.7,43.8],[87.7,43.9],[87.6,43.9],[87.6,43.8]]";
    let outcome = world.import("urumqi", &zones(&[("A", urumqi)]), &made(false)).await;
    let found = words(&outcome);
    let told: Vec<&String> = found.iter().filter(|it| it.contains("looks swapped")).collect();
    assert!(outcome.committed.is_some() && told.len() == 1, "{found:#?}");
    assert!(told[0].starts_with("warning: unit police: position 43.85, 87.65"), "{found:#?}");
    assert!(told[0].contains("far from every zone (1 more of the units)"), "{found:#?}");
}

#[tokio::test]
async fn a_polygon_of_very_many_vertices_is_imported() {
    let n = 1_000_000_u32;
    let corner = |i: u32| {
        let turn = f64::from(i % n) / f64::from(n) * std::f64::consts::TAU;
        format!("[{:.7},{:.7}]", 109.5 + 0.2 * turn.cos(), 36.6 + 0.2 * turn.sin())
    };
    let ring: Vec<String> = (0..=n).map(corner).collect();
    let world = World::empty().await;
    let file = zones(&[("A", &format!("[{}]", ring.join(",")))]);
    let outcome = world.import("yanan", &file, &made(false)).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
}

#[tokio::test]
async fn a_new_city_has_the_settings_that_are_said_and_they_can_change() {
    let world = World::empty().await;
    let settings = Settings {
        name_zh: Some("延安".to_owned()),
        time_zone: Some("Asia/Urumqi".to_owned()),
        fallback: Some(UnitId::new("office").unwrap()),
        ..Settings::default()
    };
    let units = b"id,name_zh,kind\npolice,\xe5\x85\xac\xe5\xae\x89,department\noffice,\xe5\x8a\x9e,department\n";
    let ask_units = Import { settings, ..ask(Kind::Units, Format::Csv) };
    let outcome = world.import("yanan", units, &ask_units).await;
    assert!(outcome.committed.is_some(), "{:#?}", words(&outcome));
    let id = CityId::new("yanan").unwrap();
    let city = world.app.store().load(&id).await.unwrap().unwrap().city;
    assert_eq!(city.fallback.as_str(), "office");
    assert_eq!((&*city.time_zone, &*city.names.zh), ("Asia/Urumqi", "延安"));

    let set = async |settings, dry_run| {
        let ask = CityImport { settings, dry_run, ..CityImport::default() };
        city::import(&world.app, &Caller::cli(), None, ask).await.unwrap()
    };
    let zone = |name: &str| Settings { time_zone: Some(name.to_owned()), ..Settings::default() };
    let refused = set(zone("Mars/Olympus"), false).await;
    assert!(words(&refused)[0].contains("`Mars/Olympus` is no IANA time zone"));
    assert_eq!(set(zone("Asia/Shanghai"), true).await.committed, None);
    assert_eq!(set(zone("Asia/Urumqi"), false).await.committed, None);
    assert!(set(zone("Asia/Shanghai"), false).await.committed.is_some());
    let city = world.app.store().load(&id).await.unwrap().unwrap().city;
    assert_eq!((&*city.time_zone, city.fallback.as_str()), ("Asia/Shanghai", "office"));
    let nobody = Settings { fallback: UnitId::new("nobody").ok(), ..Settings::default() };
    assert!(words(&set(nobody, false).await)[0].contains("there is no unit nobody"));
}

#[tokio::test]
async fn a_city_file_makes_the_city_whose_settings_it_holds() {
    let (sample, id) = World::sample().await;
    let file = city::export(&sample.app, &id).await.unwrap();
    let committed = include_bytes!("../../../geodata/city.json");
    assert_eq!(String::from_utf8_lossy(&file), String::from_utf8_lossy(committed));
    let world = World::empty().await;
    let ask = |file: &[u8], make_units| CityImport {
        bytes: Some(Arc::from(file)),
        make_units,
        ..CityImport::default()
    };
    let caller = Caller::cli();
    let alone = city::import(&world.app, &caller, None, ask(&file, false)).await.unwrap();
    assert!(words(&alone)[0].contains("import the units first"), "{:#?}", words(&alone));
    assert_eq!(world.app.store().cities().await.unwrap(), vec![]);
    let made = city::import(&world.app, &caller, None, ask(&file, true)).await.unwrap();
    assert!(made.committed.is_some(), "{:#?}", words(&made));
    let expected = sample.app.store().load(&id).await.unwrap().unwrap().city;
    assert_eq!(world.app.store().load(&id).await.unwrap().unwrap().city, expected);
    let same = city::import(&world.app, &caller, None, ask(&file, false)).await.unwrap();
    assert_eq!((same.committed, same.tally.same, same.refused()), (None, 1, false));
    let other = city::import(&world.app, &caller, Some("other"), ask(&file, true)).await.unwrap();
    assert!(words(&other)[0].contains("the file is of the city yanhe"), "{:#?}", words(&other));
    let public = city::import(&world.app, &Caller::public(), None, ask(&file, true)).await;
    assert!(public.is_err());
}

#[tokio::test]
async fn what_is_wrong_with_a_city_file_is_told_also_where_the_city_is_not_clear() {
    let world = World::empty().await;
    let refused = async |file: &str| {
        let bytes = Some(Arc::from(file.as_bytes()));
        let ask = CityImport { bytes, ..CityImport::default() };
        city::import(&world.app, &Caller::cli(), None, ask).await.unwrap_err().to_string()
    };
    let said = refused("[]").await;
    assert!(said.contains("file: is no JSON object"), "{said}");
    let said = refused(r#"{"id":"a b","timezone":"UTC"}"#).await;
    for expected in ["id: `a b` is no code", "timezone: is no setting of a city", "(--city)"] {
        assert!(said.contains(expected), "{said} lacks {expected}");
    }
    let said = refused(r#"{"time_zone":"UTC"}"#).await;
    assert_eq!(said, "city: the store holds no city yet; name the one to make (--city)");
}

#[tokio::test]
async fn who_may_not_plan_imports_nothing() {
    let (world, city) = World::sample().await;
    let bytes: Arc<[u8]> = Arc::from(zones(&[("A", WEST)]));
    let ask = ask(Kind::Zones, Format::GeoJson);
    let refused = import(&world.app, &Caller::public(), Some(city.as_str()), bytes, &ask).await;
    assert!(refused.is_err());
}
