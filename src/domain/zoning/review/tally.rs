//! Sums over the things of a zone, exact: whole numbers only, so that taking away gives back what was.

use crate::domain::atlas::facility::FacilityKind;

/// Kinds of facilities.
pub const KINDS: usize = FacilityKind::ALL.len();

/// What lies somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Facilities by kind, in the order of [`FacilityKind::ALL`]; streets and blocks by their parts below.
    pub facilities: [u32; KINDS],
    /// Open incidents.
    pub incidents: u32,
    /// Those of them that stay with whom they are, whoever gets their place.
    pub staying: u32,
    /// Reports of the time looked back.
    pub reports: u32,
    /// Working hours that their categories allow, summed, in minutes.
    pub load_min: i64,
    /// Length of streets, millimetres.
    pub street_mm: i64,
    /// The weight of blocks, thousandths.
    pub weight_milli: i64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            facilities: [0; KINDS],
            incidents: 0,
            staying: 0,
            reports: 0,
            load_min: 0,
            street_mm: 0,
            weight_milli: 0,
        }
    }
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.facilities.iter_mut().zip(other.facilities) {
            *mine += theirs;
        }
        self.incidents += other.incidents;
        self.staying += other.staying;
        self.reports += other.reports;
        self.load_min += other.load_min;
        self.street_mm += other.street_mm;
        self.weight_milli += other.weight_milli;
    }

    /// This without what is in it.
    pub fn take(&mut self, other: &Self) {
        for (mine, theirs) in self.facilities.iter_mut().zip(other.facilities) {
            *mine -= theirs;
        }
        self.incidents -= other.incidents;
        self.staying -= other.staying;
        self.reports -= other.reports;
        self.load_min -= other.load_min;
        self.street_mm -= other.street_mm;
        self.weight_milli -= other.weight_milli;
    }

    /// How many facilities of a kind.
    #[must_use]
    pub fn of(&self, kind: FacilityKind) -> u32 {
        FacilityKind::ALL.iter().position(|it| *it == kind).map_or(0, |at| self.facilities[at])
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
