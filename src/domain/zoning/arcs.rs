//! Borders under names that stay while their course changes.

use std::collections::BTreeMap;

use crate::domain::id::ZoneId;
use crate::domain::zoning::working::Border;

/// A border under its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedBorder {
    /// The codes of the two zones, the smaller first and none for nobody, with `~` between: `a~b`, `~a`. Where the same
    /// two have several borders in common, the second, by its first vertex, is `a~b~2`.
    pub id: String,
    /// The border.
    pub border: Border,
}

/// Borders by name. What stands in a code never holds a `~`.
#[must_use]
pub fn named(borders: Vec<Border>) -> Vec<NamedBorder> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut named: Vec<NamedBorder> = borders
        .into_iter()
        .map(|border| {
            let (one, other) = (code(border.left.as_ref()), code(border.right.as_ref()));
            let id = format!("{}~{}", one.min(other), one.max(other));
            let count = counts.entry(id.clone()).or_default();
            *count += 1;
            let id = if *count > 1 { format!("{id}~{count}") } else { id };
            NamedBorder { id, border }
        })
        .collect();
    named.sort_by(|one, other| one.id.cmp(&other.id));
    named
}

fn code(zone: Option<&ZoneId>) -> &str {
    zone.map_or("", ZoneId::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::coord::GridPoint;

    #[test]
    fn a_border_is_named_by_its_two_zones_whichever_way_it_runs() {
        let border = |left: &str, right: &str, x: i32| Border {
            points: vec![GridPoint { x, y: 0 }, GridPoint { x: x + 1, y: 0 }],
            left: ZoneId::new(left).ok(),
            right: ZoneId::new(right).ok(),
        };
        let all =
            vec![border("b", "a", 0), border("", "b", 2), border("a", "b", 4), border("c", "a", 6)];
        let ids: Vec<String> = named(all).into_iter().map(|it| it.id).collect();
        assert_eq!(ids, ["a~b", "a~b~2", "a~c", "~b"]);
    }
}
