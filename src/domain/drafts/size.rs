//! How much edits bring along: places, and bytes as they are kept.

use std::ops::{Add, AddAssign};

use crate::domain::zoning::edit::ZoningEdit;

/// What edits bring along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Places: vertices of lines and areas, and single ones.
    pub places: usize,
    /// Bytes of their JSON, as stores keep it.
    pub bytes: usize,
}

impl Size {
    /// The size of edits. As dear as writing them down once.
    #[must_use]
    pub fn of(edits: &[ZoningEdit]) -> Self {
        edits.iter().fold(Self::default(), |sum, edit| {
            // What does not become JSON is refused where it is written.
            let bytes = serde_json::to_vec(edit).map_or(0, |text| text.len());
            sum + Self { places: edit.places(), bytes }
        })
    }
}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { places: self.places + other.places, bytes: self.bytes + other.bytes }
    }
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_wherever_an_edit_holds_them() {
        let ring = "[[1.0,2.0],[1.1,2.0],[1.1,2.1]]";
        for (text, places) in [
            (r#"{"kind":"move_vertex","from":[1.0,2.0],"to":[1.1,2.1]}"#.to_owned(), 2),
            (
                r#"{"kind":"insert_vertex","at":[1.0,2.0],"between":[[1.1,2.1],[1.2,2.2]]}"#
                    .to_owned(),
                3,
            ),
            (r#"{"kind":"delete_vertex","at":[1.0,2.0]}"#.to_owned(), 1),
            (format!(r#"{{"kind":"reshape_arc","line":{ring}}}"#), 3),
            (format!(r#"{{"kind":"split","zone":"a","line":{ring},"new":{{"id":"b"}}}}"#), 3),
            (r#"{"kind":"merge","into":"a","from":"b"}"#.to_owned(), 0),
            (
                format!(
                    r#"{{"kind":"give","from":"a","to":"b","area":[[{ring},{ring}],[{ring}]]}}"#
                ),
                9,
            ),
            (r#"{"kind":"give","from":"a","to":"b","part":[1.0,2.0]}"#.to_owned(), 1),
            (format!(r#"{{"kind":"draw","zone":"a","area":[[{ring}]]}}"#), 3),
            (format!(r#"{{"kind":"carve","new":{{"id":"b"}},"area":[[{ring}]]}}"#), 3),
            (
                format!(
                    r#"{{"kind":"straighten","between":[[1.0,2.0],[1.1,2.1]],"along":{ring}}}"#
                ),
                5,
            ),
            (r#"{"kind":"thin","tolerance_m":1.0}"#.to_owned(), 0),
            (r#"{"kind":"thin","tolerance_m":1.0,"arc":[[1.0,2.0],[1.1,2.1]]}"#.to_owned(), 2),
            (format!(r#"{{"kind":"add_hole","zone":"a","ring":{ring}}}"#), 3),
            (r#"{"kind":"dissolve_hole","at":[1.0,2.0]}"#.to_owned(), 1),
            (r#"{"kind":"set_zone","zone":"a","number":2}"#.to_owned(), 0),
            (
                format!(
                    r#"{{"kind":"redraw","zones":[{{"id":"a","number":1,"names":{{"en":"A"}},"lead":"u","area":[[{ring}]]}}]}}"#
                ),
                3,
            ),
        ] {
            let mut edit: ZoningEdit = serde_json::from_str(&text).unwrap();
            assert_eq!(Size::of(std::slice::from_ref(&edit)).places, places, "{text}");
            let mut moved = 0;
            edit.each_place(|_| moved += 1);
            assert_eq!(moved, places, "what is moved is what is counted: {text}");
        }
    }

    #[test]
    fn bytes_are_those_of_the_json_that_is_kept() {
        let text = r#"{"kind":"merge","into":"a","from":"b"}"#;
        let edit: ZoningEdit = serde_json::from_str(text).unwrap();
        let one = Size::of(std::slice::from_ref(&edit));
        assert_eq!(one, Size { places: 0, bytes: text.len() });
        assert_eq!(Size::of(&[edit.clone(), edit]), one + one);
    }
}
