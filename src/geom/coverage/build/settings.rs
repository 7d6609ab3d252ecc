//! What a build may mend, and up to which width.

/// How a gap is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Given to the neighbour with the longest border. It can join faces that never touched.
    Longest,
    /// Given to the neighbour with the largest area. The wrong one where a small face is beside.
    Largest,
    /// Split along its middle line; only between two neighbours.
    Middle,
}

impl Remedy {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Longest, Self::Largest, Self::Middle];

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Longest => "longest",
            Self::Largest => "largest",
            Self::Middle => "middle",
        }
    }
}

/// Widths up to which a build mends what it finds.
///
/// A width is the diameter of the largest circle inside, in metres. Whatever is wider stays as it
/// is and is reported. All of them may be 0: then nothing is mended that can be kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BuildSettings {
    /// Vertices of one area this near to a vertex or a border of another are moved onto it. Only
    /// those are that no other area shares; what is farther away is not touched.
    pub snap_m: f64,
    /// Gaps up to this width are closed.
    pub gap_width_m: f64,
    /// What is empty, enclosed and wider than this is a hole on purpose and no gap.
    pub hole_width_m: f64,
    /// Overlaps up to this width are settled in silence; a wider one is too, since a place has one
    /// face, but needs a decision.
    pub overlap_width_m: f64,
    /// A detached part up to this width is a sliver.
    pub sliver_width_m: f64,
    /// How gaps are closed; `None` as each finding proposes.
    pub remedy: Option<Remedy>,
}

impl BuildSettings {
    /// Nothing is moved, closed or settled but what has to be.
    pub const AS_IT_IS: Self = Self {
        snap_m: 0.0,
        gap_width_m: 0.0,
        hole_width_m: 0.0,
        overlap_width_m: 0.0,
        sliver_width_m: 0.0,
        remedy: None,
    };
}

impl Default for BuildSettings {
    /// Five centimetres, some grid steps, are snapped; gaps and overlaps of survey precision (half
    /// a metre) are mended.
    fn default() -> Self {
        Self {
            snap_m: 0.05,
            gap_width_m: 0.5,
            hole_width_m: 20.0,
            overlap_width_m: 0.5,
            sliver_width_m: 1.0,
            remedy: None,
        }
    }
}
