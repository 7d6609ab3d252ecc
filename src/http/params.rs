//! Query parameters: read once, every fault collected, unknown names refused.

use std::fmt::Display;

use crate::app::refusal::Fault;
use crate::domain::text;
use crate::domain::time::Instant;
use crate::formats::urlencoded::{self, Unreadable};
use crate::geom::coord::{GridBox, GridPoint, LonLat, PositionFault, step};
use crate::geom::crs::Crs;

/// Longest query string taken, in bytes.
pub const QUERY_BYTES_MAX: usize = 8 * 1024;

/// The parameters of one request. Each is asked for by name; [`Self::finish`] refuses the rest.
#[derive(Debug, Default)]
pub struct Params {
    given: Vec<(String, String)>,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Params {
    /// Reads a query string. Faults wait for [`Self::finish`].
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut params = Self::default();
        if query.len() > QUERY_BYTES_MAX {
            let words = format!("has {} bytes, at most {QUERY_BYTES_MAX} are taken", query.len());
            params.faults.push(Fault::new("query", words));
            return params;
        }
        for pair in urlencoded::pairs(query) {
            match pair {
                Ok((name, value)) => params.push(name, value),
                Err(Unreadable(name)) => params.fault(name, "is not percent-encoded UTF-8"),
            }
        }
        params
    }

    /// Takes pairs that were read elsewhere; names that `repeats` may be given more than once.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>, repeats: fn(&str) -> bool) -> Self {
        let mut params = Self::default();
        for (name, value) in pairs {
            if repeats(&name) {
                params.given.push((name, value));
            } else {
                params.push(name, value);
            }
        }
        params
    }

    /// Whether a parameter was given, and not yet asked for.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(known, value)| known == name && !value.is_empty())
    }

    /// Every value of a name that may be repeated, in order; empty ones count as absent.
    pub fn all(&mut self, name: &'static str) -> Vec<String> {
        self.asked.push(name);
        let found = self.given.extract_if(.., |(known, _)| known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty()).collect()
    }

    /// Every name that begins so, with its values in order; empty values count as absent.
    pub fn beginning(&mut self, prefix: &'static str) -> Vec<(String, String)> {
        let found = self.given.extract_if(.., |(known, _)| known.starts_with(prefix));
        found.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Every name that `wanted` accepts, with its values in order; empty values count as absent.
    pub fn which(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let found = self.given.extract_if(.., |(known, _)| wanted(known));
        found.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn push(&mut self, name: String, value: String) {
        if self.given.iter().any(|(known, _)| *known == name) {
            self.faults.push(Fault::new(name, "is given more than once"));
        } else {
            self.given.push((name, value));
        }
    }

    /// The text of a parameter; an empty one counts as absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.asked.push(name);
        let at = self.given.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.given.swap_remove(at);
        (!value.is_empty()).then_some(value)
    }

    /// A parameter as `read` understands it.
    pub fn read<T, E: Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        read(&text).map_err(|fault| self.fault(name, fault.to_string())).ok()
    }

    /// A finite number.
    pub fn number(&mut self, name: &'static str) -> Option<f64> {
        self.read(name, number)
    }

    /// A number that must be there.
    pub fn must_number(&mut self, name: &'static str) -> Option<f64> {
        let missing = !self.given.iter().any(|(known, value)| known == name && !value.is_empty());
        if missing {
            self.fault(name, "is missing; give degrees, such as 109.484");
        }
        self.number(name)
    }

    /// A whole number from `min` to `max`.
    pub fn whole(&mut self, name: &'static str, min: u32, max: u32) -> Option<u32> {
        self.read(name, |text| match text.parse::<u32>() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(format!("`{}` is no whole number from {min} to {max}", shown(text))),
        })
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(format!("`{}` is neither true nor false", shown(other))),
        })
    }

    /// A time with a zone. An unescaped `+` of the zone arrives as a space and is taken.
    pub fn time(&mut self, name: &'static str) -> Option<Instant> {
        self.read(name, |text| Instant::parse(&text.replace(' ', "+")))
    }

    /// A coordinate system; the default is WGS84.
    pub fn crs(&mut self, name: &'static str) -> Crs {
        self.read(name, crs).unwrap_or_default()
    }

    /// `west,south,east,north` in WGS84 degrees.
    pub fn frame(&mut self, name: &'static str) -> Option<GridBox> {
        self.read(name, frame)
    }

    /// Adds a fault.
    pub fn fault(&mut self, place: impl Into<String>, words: impl Into<String>) {
        self.faults.push(Fault::new(place, words));
    }

    /// Adds faults.
    pub fn faults(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// Every fault so far, and one for every parameter that nobody asked for.
    ///
    /// # Errors
    /// The faults, when there are any.
    pub fn finish(self) -> Result<(), Vec<Fault>> {
        let mut faults = self.faults;
        for (name, _) in self.given {
            let words = match text::nearest(&name, self.asked.iter().copied()) {
                Some(near) => format!("is no parameter here; `{near}` is"),
                None => format!("is no parameter here; these are: {}", self.asked.join(", ")),
            };
            faults.push(Fault::new(shown(&name), words));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// A finite number.
///
/// # Errors
/// Words.
pub fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{}` is no finite number", shown(text))),
    }
}

/// A coordinate system by its code.
///
/// # Errors
/// Words.
pub fn crs(text: &str) -> Result<Crs, String> {
    Crs::from_code(text).ok_or_else(|| {
        let codes: Vec<&str> = Crs::ALL.iter().map(|crs| crs.code()).collect();
        format!("`{}` is no coordinate system; these are: {}", shown(text), codes.join(", "))
    })
}

fn frame(text: &str) -> Result<GridBox, String> {
    let numbers: Vec<f64> =
        text.split(',').map(|part| number(part.trim())).collect::<Result<_, _>>()?;
    let [west, south, east, north] = numbers[..] else {
        return Err("is no box; give west,south,east,north in degrees".to_owned());
    };
    if west > east || south > north {
        return Err("is no box: west must not exceed east, nor south north".to_owned());
    }
    let corner = |lon: f64, lat: f64| match LonLat::new(lon, lat) {
        Ok(at) => Ok(at.grid()),
        // A corner at 0, 0 is a corner.
        Err(PositionFault::Null { .. }) => Ok(GridPoint { x: step(lon), y: step(lat) }),
        Err(fault) => Err(fault.to_string()),
    };
    Ok(GridBox { min: corner(west, south)?, max: corner(east, north)? })
}

/// A stranger's text in a message: short, and nothing invisible.
#[must_use]
pub fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_query_is_told() {
        let mut params = Params::parse("lon=NaN&lat=&lat=3&crs=utm&limitt=3&%ff=1&k=99999999999");
        assert_eq!(params.must_number("lon"), None);
        assert_eq!(params.must_number("lat"), None);
        params.crs("crs");
        params.whole("k", 1, 100);
        params.whole("limit", 1, 100);
        let faults = params.finish().unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["lat", "%ff", "lon", "lat", "crs", "k", "limitt"]);
        assert!(faults[6].words.contains("`limit` is"));
    }

    #[test]
    fn escapes_are_read_as_browsers_write_them() {
        let mut params = Params::parse("at=2026-05-01T08:00:00+08:00&a=%E4%B8%AD+x");
        assert_eq!(params.time("at"), Instant::parse("2026-05-01T00:00:00Z").ok());
        assert_eq!(params.text("a").as_deref(), Some("中 x"));
        assert!(params.finish().is_ok());
    }

    #[test]
    fn a_box_that_is_none_is_refused() {
        for bad in ["1,2,3", "3,1,2,4", "1,4,2,3", "a,b,c,d", "1,2,3,400", "1,2,3,inf"] {
            assert!(frame(bad).is_err(), "{bad}");
        }
        // A corner where systems write that they know no position is a corner all the same.
        for good in ["109.1, 36.1,109.2,36.2", "0,0,180,90", "-180,-90,0,0", "-1,-1,1,1"] {
            assert!(frame(good).is_ok(), "{good}");
        }
    }
}
