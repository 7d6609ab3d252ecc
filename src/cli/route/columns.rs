//! Which columns hold the position, and what our columns are called.

use crate::domain::text::nearest;

/// What routing adds, in this order.
pub(super) const ADDED: [&str; 8] =
    ["zone", "unit", "rule", "border_m", "runner_up", "confidence", "plan", "fault"];
/// What stands before an added name that is taken.
const PREFIX: &str = "zw_";

/// Names that a longitude goes by, the surest first.
pub(super) const LON_NAMES: [&str; 6] = ["lon", "lng", "longitude", "long", "x", "经度"];
/// Names that a latitude goes by, the surest first.
pub(super) const LAT_NAMES: [&str; 4] = ["lat", "latitude", "y", "纬度"];

/// Which columns or members are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) lon: Option<String>,
    pub(super) lat: Option<String>,
    pub(super) accuracy: Option<String>,
    pub(super) category: Option<String>,
    pub(super) at: Option<String>,
}

/// Where the columns stand: longitude, latitude, accuracy, category, time.
pub(super) type Places = [Option<usize>; 5];

/// Finds the columns in a header.
///
/// # Errors
/// Every column that is missing or there twice, with the name that was perhaps meant.
pub(super) fn find(header: &[String], asked: &Asked) -> Result<Places, Vec<String>> {
    let mut faults = Vec::new();
    let mut named = |option: &str, name: &Option<String>| {
        let name = name.as_ref()?;
        let mut at = header.iter().enumerate().filter(|(_, column)| *column == name);
        match (at.next(), at.next()) {
            (Some((at, _)), None) => Some(at),
            (Some(_), Some(_)) => {
                faults.push(format!("--{option} {name}: there are several columns of this name"));
                None
            }
            (None, _) => {
                let meant = nearest(name, header.iter().map(String::as_str));
                let meant = meant.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
                faults.push(format!("--{option} {name}: there is no such column{meant}"));
                None
            }
        }
    };
    let mut places = [
        named("lon", &asked.lon),
        named("lat", &asked.lat),
        named("accuracy", &asked.accuracy),
        named("category", &asked.category),
        named("at", &asked.at),
    ];
    let guess = |names: &[&str]| names.iter().find_map(|name| guessed(header, name));
    if asked.lon.is_none() {
        places[0] = guess(&LON_NAMES);
        if places[0].is_none() {
            faults.push("no column is called lon, lng, longitude or x: name it with --lon".into());
        }
    }
    if asked.lat.is_none() {
        places[1] = guess(&LAT_NAMES);
        if places[1].is_none() {
            faults.push("no column is called lat, latitude or y: name it with --lat".into());
        }
    }
    for (at, place) in places.iter().enumerate() {
        if place.is_some() && places[..at].contains(place) {
            faults.push(format!("column {} is asked for twice", place.map_or(0, |p| p + 1)));
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// The one column of this name, whatever its case.
fn guessed(header: &[String], name: &str) -> Option<usize> {
    let same = |column: &String| column.trim().to_lowercase() == name;
    header.iter().position(same)
}

/// The names of our columns beside those of the header: one that is taken is called `zw_…`.
/// Whatever is called otherwise than in [`ADDED`] is listed.
pub(super) fn added(header: &[String]) -> (Vec<String>, Vec<String>) {
    let mut notes = Vec::new();
    let names = ADDED.iter().map(|name| {
        let mut free = (*name).to_owned();
        while header.contains(&free) {
            free.insert_str(0, PREFIX);
        }
        if free != *name {
            notes.push(format!("the input has a column `{name}`: ours is called `{free}`"));
        }
        free
    });
    (names.collect(), notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn positions_are_found_by_the_names_people_use() {
        for (names, lon, lat) in [
            ("id,X,Y", 1, 2),
            ("Latitude,Longitude", 1, 0),
            ("经度,纬度", 0, 1),
            ("x,lon,lat", 1, 2),
        ] {
            let found = find(&header(names), &Asked::default()).unwrap();
            assert_eq!((found[0], found[1]), (Some(lon), Some(lat)), "{names}");
        }
    }

    #[test]
    fn every_missing_column_is_named_with_what_was_perhaps_meant() {
        let asked = Asked {
            lon: Some("lonn".to_owned()),
            accuracy: Some("err".to_owned()),
            ..Asked::default()
        };
        let faults = find(&header("lon,north,error,error"), &asked).unwrap_err().join("\n");
        assert!(faults.contains("did you mean `lon`?"), "{faults}");
        assert!(faults.contains("--accuracy err: there is no such column"), "{faults}");
        assert!(faults.contains("--lat"), "{faults}");
        let asked = Asked { accuracy: Some("error".to_owned()), ..Asked::default() };
        let faults = find(&header("x,y,error,error"), &asked).unwrap_err().join("\n");
        assert!(faults.contains("several columns"), "{faults}");
        let asked = Asked { lat: Some("x".to_owned()), ..Asked::default() };
        assert!(find(&header("x,y"), &asked).unwrap_err()[0].contains("twice"));
    }

    #[test]
    fn a_name_that_is_taken_gets_a_prefix() {
        let (names, notes) = added(&header("zone,zw_zone,lon,plan"));
        assert_eq!((names[0].as_str(), names[6].as_str()), ("zw_zw_zone", "zw_plan"));
        assert_eq!(notes.len(), 2);
    }
}
