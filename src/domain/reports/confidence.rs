//! How sure an answer is, given how accurate the position is.

use std::fmt;

/// Largest accuracy radius (m) that is taken for a measurement.
pub const ACCURACY_M_MAX: f64 = 100_000.0;
/// The radius that holds 68 % of a circular Gaussian, in its standard deviations along one axis:
/// `sqrt(-2 ln(1 - 0.68))`, from the Rayleigh distribution of the distance.
const RADIUS_68_IN_SIGMAS: f64 = 1.509_592_185_451_663_4;

/// A number that is no accuracy radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccuracyFault {
    /// What was given.
    pub given: f64,
}

impl fmt::Display for AccuracyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "accuracy {} is no radius; give metres from 0 to {ACCURACY_M_MAX}, or leave it out",
            self.given
        )
    }
}

impl std::error::Error for AccuracyFault {}

/// An accuracy radius in metres, checked at the door.
///
/// # Errors
/// An [`AccuracyFault`] for what is negative, not finite or more than [`ACCURACY_M_MAX`].
pub fn accuracy(radius_m: f64) -> Result<f64, AccuracyFault> {
    if (0.0..=ACCURACY_M_MAX).contains(&radius_m) {
        Ok(radius_m)
    } else {
        Err(AccuracyFault { given: radius_m })
    }
}

/// The standard deviation (m) along one axis of a position whose 68 % radius is `radius_m`.
#[must_use]
pub fn sigma_m(radius_m: f64) -> f64 {
    radius_m / RADIUS_68_IN_SIGMAS
}

/// The probability that the true position lies on this side of a border `distance_m` away (0 or
/// more), the border taken as straight: `Φ(d / σ)`.
///
/// On the border itself it is 0.5. A position without error (`sigma_m` 0) is on its side for
/// certain, also on the border, because the border rule leaves nothing open.
#[must_use]
pub fn same_side(distance_m: f64, sigma_m: f64) -> f64 {
    /// Beyond so many deviations `Φ` is 1 in a double.
    const CERTAIN: f64 = 8.3;
    if sigma_m <= 0.0 || distance_m >= CERTAIN * sigma_m {
        return 1.0;
    }
    0.5 * libm::erfc(-distance_m.max(0.0) / sigma_m / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_accuracy_is_refused_at_the_door() {
        for bad in [f64::NAN, f64::INFINITY, -0.1, 100_000.1] {
            assert!(accuracy(bad).unwrap_err().to_string().contains("metres from 0 to 100000"));
        }
        assert_eq!(accuracy(0.0), Ok(0.0));
        assert_eq!(accuracy(100_000.0), Ok(100_000.0));
    }

    #[test]
    fn confidence_follows_the_table_of_the_normal_distribution() {
        // Φ(1), Φ(1.96), Φ(3) as any table has them.
        for (deviations, phi) in [(0.0, 0.5), (1.0, 0.841_344_746), (1.96, 0.975_002_105)] {
            assert!((same_side(deviations * 20.0, 20.0) - phi).abs() < 1e-9);
        }
        assert!((same_side(60.0, 20.0) - 0.998_650_102).abs() < 1e-9);
        assert!(same_side(8.3 * 20.0 - 1e-6, 20.0) > 1.0 - 1e-15);
        assert!((same_side(0.0, 0.0) - 1.0).abs() < f64::EPSILON);
        assert!((same_side(f64::INFINITY, 20.0) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_radius_holds_68_of_100() {
        // The chance to lie within r of the centre is 1 - exp(-r² / 2σ²).
        let sigma = sigma_m(25.0);
        let within = 1.0 - (-(25.0_f64.powi(2)) / (2.0 * sigma * sigma)).exp();
        assert!((within - 0.68).abs() < 1e-12);
    }
}
