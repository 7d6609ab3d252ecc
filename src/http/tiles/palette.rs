//! Colours of the map, light and dark: of the page's and of everybody's who takes our style.

/// How light a map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// For the day.
    Light,
    /// For the night.
    Dark,
}

/// Colours and opacities of a theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// Zones, by their colour's number.
    pub hues: [&'static str; 8],
    /// The background.
    pub ground: &'static str,
    /// Street blocks.
    pub block: &'static str,
    /// Rivers.
    pub water: &'static str,
    /// Rivers' names.
    pub water_text: &'static str,
    /// Streets.
    pub street: &'static str,
    /// Their edges.
    pub street_edge: &'static str,
    /// Their names.
    pub street_text: &'static str,
    /// Borders of zones.
    pub border: &'static str,
    /// Their edges.
    pub border_edge: &'static str,
    /// Words.
    pub text: &'static str,
    /// Around words.
    pub halo: &'static str,
    /// Around facilities.
    pub facility_edge: &'static str,
    /// How opaque zones are.
    pub fill: f64,
}

const LIGHT: Ink = Ink {
    hues: ["#5b8def", "#2bb39a", "#f0a94a", "#d977c4", "#8fb948", "#e77f6c", "#8d7fe8", "#49b4d6"],
    ground: "#f4f3ef",
    block: "#eae7df",
    water: "#9fcbe8",
    water_text: "#4f86a8",
    street: "#ffffff",
    street_edge: "#dcd8cf",
    street_text: "#7a756b",
    border: "#ffffff",
    border_edge: "#6b7280",
    text: "#1f2430",
    halo: "rgba(255,255,255,0.92)",
    facility_edge: "#ffffff",
    fill: 0.3,
};

const DARK: Ink = Ink {
    hues: ["#5f8ee8", "#2fa890", "#d3964a", "#bd6cae", "#86a94d", "#cf7565", "#8478d6", "#46a0bf"],
    ground: "#14161a",
    block: "#1b1e24",
    water: "#23506f",
    water_text: "#7fb0cf",
    street: "#2f343d",
    street_edge: "#1c2026",
    street_text: "#9aa1ad",
    border: "#0d0f12",
    border_edge: "#8b93a1",
    text: "#eef1f6",
    halo: "rgba(16,18,22,0.9)",
    facility_edge: "#14161a",
    fill: 0.3,
};

/// Facilities of a kind, and their colour.
pub const KINDS: [(&str, &str); 18] = [
    ("school", "#e5484d"),
    ("intersection", "#64748b"),
    ("checkpoint", "#0b7a75"),
    ("inspection_station", "#7c3aed"),
    ("electronic_fence", "#d6409f"),
    ("patrol_post", "#84a10b"),
    ("camera", "#475569"),
    ("restaurant", "#f76808"),
    ("market", "#46a758"),
    ("bus_stop", "#0091ff"),
    ("scenic_spot", "#0f9d58"),
    ("construction_site", "#b08800"),
    ("square", "#8e4ec6"),
    ("toilet", "#00a2c7"),
    ("component", "#78716c"),
    ("site", "#c2410c"),
    ("community", "#94a3b8"),
    ("block", "#a8a29e"),
];

/// Facilities of any other kind.
pub const OTHER_KIND: &str = "#64748b";

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// Its colours.
    #[must_use]
    pub fn ink(self) -> Ink {
        match self {
            Self::Light => LIGHT,
            Self::Dark => DARK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tiles::collection::COLOURS;
    use crate::domain::atlas::facility::FacilityKind;

    #[test]
    fn zones_are_told_apart_and_kinds_stand_once() {
        for ink in Theme::ALL.map(Theme::ink) {
            assert_eq!(ink.hues.len(), COLOURS);
            let mut hues = ink.hues.to_vec();
            hues.sort_unstable();
            hues.dedup();
            assert_eq!(hues.len(), COLOURS);
        }
        for (n, (kind, _)) in KINDS.iter().enumerate() {
            assert!(FacilityKind::from_code(kind).is_some(), "{kind}");
            assert!(KINDS[..n].iter().all(|(other, _)| other != kind), "{kind} stands twice");
        }
    }

    #[test]
    fn the_page_has_no_colours_of_the_map_but_those_of_the_style() {
        for script in [
            include_str!("../../page/style.js"),
            include_str!("../../page/kinds.js"),
            include_str!("../../page/map.js"),
        ] {
            assert!(!script.contains("\"#"), "{script}");
        }
    }
}
