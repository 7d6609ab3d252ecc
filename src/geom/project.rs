//! Metres in the neighbourhood of a place.

use geo_types::Coord;

/// How many metres one degree of longitude and of latitude measure at a latitude, on the WGS84
/// ellipsoid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Metres in a degree of longitude.
    pub lon_m: f64,
    /// Metres in a degree of latitude.
    pub lat_m: f64,
}

impl Scale {
    /// The scale at latitude `lat_deg` (±90), from the ellipsoid's two radii of curvature:
    /// `M = a(1-e²)/w³` along the meridian, `N = a/w` across it, `w² = 1 - e² sin² lat`.
    #[must_use]
    pub fn at(lat_deg: f64) -> Self {
        const A_M: f64 = 6_378_137.0;
        const E2: f64 = 0.006_694_379_990_141_316;
        // libm and not the system's: every machine gets the same last bit.
        let (sin, cos) = libm::sincos(lat_deg.to_radians());
        let w2 = 1.0 - E2 * sin * sin;
        let across = A_M / w2.sqrt();
        let along = A_M * (1.0 - E2) / (w2 * w2.sqrt());
        Self { lon_m: (across * cos).to_radians(), lat_m: along.to_radians() }
    }
}

/// The distance from the origin to the nearest point of a segment in the plane.
#[must_use]
pub fn origin_to_segment(a: [f64; 2], b: [f64; 2]) -> f64 {
    origin_to_segment_m2(a, b).sqrt()
}

/// The square of [`origin_to_segment`]; exactly 0 when the origin is an end.
#[must_use]
pub fn origin_to_segment_m2(a: [f64; 2], b: [f64; 2]) -> f64 {
    let square = |p: [f64; 2]| p[0] * p[0] + p[1] * p[1];
    let along = [b[0] - a[0], b[1] - a[1]];
    let length2 = square(along);
    if length2 == 0.0 {
        return square(a);
    }
    let t = (-(a[0] * along[0] + a[1] * along[1]) / length2).clamp(0.0, 1.0);
    if t >= 1.0 {
        return square(b);
    }
    square([a[0] + t * along[0], a[1] + t * along[1]])
}

/// A WGS84 position in web Mercator (EPSG:3857), metres east and north of 0, 0; latitudes beyond
/// ±85.06 lie outside the usual square, and the poles at infinity.
#[must_use]
pub fn web_mercator(c: Coord<f64>) -> [f64; 2] {
    const A_M: f64 = 6_378_137.0;
    [A_M * c.x.to_radians(), A_M * c.y.to_radians().sin().atanh()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_measures_what_the_tables_say() {
        // National Geospatial-Intelligence Agency, length of a degree, at 36°.
        let scale = Scale::at(36.0);
        assert!((scale.lat_m - 110_959.0).abs() < 10.0, "{scale:?}");
        assert!((scale.lon_m - 90_163.0).abs() < 10.0, "{scale:?}");
    }
}
