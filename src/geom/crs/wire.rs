//! Coordinate systems in which map clients ask and are answered: each with its name and the order of its
//! axes. Whatever lies behind them is WGS84, longitude first.

use geo::MapCoords;
use geo_types::{Coord, Geometry};

use crate::geom::project::web_mercator;

/// A system on the wire. CGCS2000 is taken as identical with WGS84, as everywhere here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WireCrs {
    /// WGS84, longitude first.
    #[default]
    Crs84,
    /// WGS84, latitude first.
    Epsg4326,
    /// CGCS2000, latitude first.
    Epsg4490,
    /// Web Mercator, metres east and north.
    Epsg3857,
}

impl WireCrs {
    /// Every system, the default first.
    pub const ALL: [Self; 4] = [Self::Crs84, Self::Epsg4326, Self::Epsg4490, Self::Epsg3857];

    /// Its name on the wire.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            Self::Epsg4326 => "http://www.opengis.net/def/crs/EPSG/0/4326",
            Self::Epsg4490 => "http://www.opengis.net/def/crs/EPSG/0/4490",
            Self::Epsg3857 => "http://www.opengis.net/def/crs/EPSG/0/3857",
        }
    }

    /// The system with this name: a URI, a URN or `EPSG:4326`, with or without angle brackets.
    ///
    /// # Errors
    /// Words that name those that are taken.
    pub fn from_name(name: &str) -> Result<Self, String> {
        let upper = name.trim().trim_matches(['<', '>']).to_ascii_uppercase();
        let parts: Vec<&str> = upper.split([':', '/']).filter(|part| !part.is_empty()).collect();
        let found = match parts.as_slice() {
            [.., code] if parts.contains(&"EPSG") => match *code {
                "4326" => Some(Self::Epsg4326),
                "4490" => Some(Self::Epsg4490),
                "3857" => Some(Self::Epsg3857),
                _ => None,
            },
            [.., "CRS84"] if parts.len() == 1 || parts.contains(&"OGC") => Some(Self::Crs84),
            _ => None,
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|crs| crs.uri()).collect();
            format!("is no coordinate system of this service; these are: {}", known.join(", "))
        })
    }

    /// A WGS84 position (longitude, latitude) as the two numbers of this system, in its order.
    #[must_use]
    pub fn written(self, c: Coord<f64>) -> [f64; 2] {
        match self {
            Self::Crs84 => [c.x, c.y],
            Self::Epsg4326 | Self::Epsg4490 => [c.y, c.x],
            Self::Epsg3857 => web_mercator(c),
        }
    }

    /// Two numbers of this system, in its order, as a WGS84 position (longitude, latitude).
    #[must_use]
    pub fn read(self, [first, second]: [f64; 2]) -> Coord<f64> {
        const A_M: f64 = 6_378_137.0;
        match self {
            Self::Crs84 => Coord { x: first, y: second },
            Self::Epsg4326 | Self::Epsg4490 => Coord { x: second, y: first },
            Self::Epsg3857 => Coord {
                x: (first / A_M).to_degrees(),
                y: (second / A_M).sinh().atan().to_degrees(),
            },
        }
    }

    /// A geometry whose coordinates are numbers of this system, in WGS84.
    #[must_use]
    pub fn read_geometry(self, geometry: &Geometry<f64>) -> Geometry<f64> {
        geometry.map_coords(|c| self.read([c.x, c.y]))
    }

    /// A WGS84 geometry in numbers of this system.
    #[must_use]
    pub fn written_geometry(self, geometry: &Geometry<f64>) -> Geometry<f64> {
        geometry.map_coords(|c| {
            let [x, y] = self.written(c);
            Coord { x, y }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_is_read_and_all_others_are_refused() {
        for crs in WireCrs::ALL {
            assert_eq!(WireCrs::from_name(crs.uri()), Ok(crs));
            assert_eq!(WireCrs::from_name(&format!("<{}>", crs.uri())), Ok(crs));
        }
        for (name, crs) in [
            ("urn:ogc:def:crs:OGC:1.3:CRS84", WireCrs::Crs84),
            ("OGC:CRS84", WireCrs::Crs84),
            ("CRS84", WireCrs::Crs84),
            ("EPSG:4326", WireCrs::Epsg4326),
            ("urn:ogc:def:crs:EPSG::4490", WireCrs::Epsg4490),
        ] {
            assert_eq!(WireCrs::from_name(name), Ok(crs), "{name}");
        }
        for name in ["", "EPSG:4269", "http://www.opengis.net/def/crs/OGC/0/CRS84h", "4326", "x"] {
            let words = WireCrs::from_name(name).unwrap_err();
            assert!(words.contains("EPSG/0/3857"), "{words}");
        }
    }

    /// To the bit.
    fn same(got: [f64; 2], expected: [f64; 2]) {
        assert_eq!(got.map(f64::to_bits), expected.map(f64::to_bits), "{got:?}");
    }

    #[test]
    fn axes_come_in_the_order_of_the_system_and_come_back() {
        let here = Coord { x: 109.484, y: 36.585 };
        same(WireCrs::Crs84.written(here), [109.484, 36.585]);
        same(WireCrs::Epsg4326.written(here), [36.585, 109.484]);
        same(WireCrs::Epsg4490.written(here), [36.585, 109.484]);
        let [east, north] = WireCrs::Epsg3857.written(here);
        assert!((east - 12_187_703.130).abs() < 1e-3 && (north - 4_381_417.928).abs() < 1e-3);
        for crs in WireCrs::ALL {
            let back = crs.read(crs.written(here));
            assert!((back.x - here.x).abs() < 1e-9 && (back.y - here.y).abs() < 1e-9, "{crs:?}");
        }
    }
}
