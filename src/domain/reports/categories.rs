//! Categories 案件类别: the major classes of GB/T 30428.2 and the city's own campaigns.
//!
//! Minor codes differ by city; these are what a new city begins with.

/// A category as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// The code, dotted from major to minor.
    pub code: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Where a place may point to a person (whose house, whose stall), the public is told only in which
    /// square of so many metres it lies; 0 where it is told the place itself.
    pub blur_m: u32,
}

const fn category(code: &'static str, zh: &'static str, en: &'static str) -> Category {
    Category { code, zh, en, blur_m: 0 }
}

const fn blurred(category: Category, blur_m: u32) -> Category {
    Category { blur_m, ..category }
}

/// The widest square in which a place is told.
pub const BLUR_M_MAX: u32 = 500;

/// Every category a city begins with, by code.
pub const SEED: [Category; 23] = [
    category("component", "部件", "Component"),
    category("component.01", "公用设施", "Public utilities"),
    category("component.02", "道路交通", "Roads and traffic"),
    category("component.03", "市容环境", "Appearance and environment"),
    category("component.04", "园林绿化", "Parks and greenery"),
    category("component.05", "其他", "Other components"),
    category("event", "事件", "Event"),
    category("event.01", "市容环境", "Appearance and environment"),
    blurred(category("event.01.illegal_building", "违法建设", "Illegal building"), 200),
    category("event.01.litter", "乱扔垃圾", "Littering"),
    category("event.01.rubbish", "暴露垃圾", "Exposed rubbish"),
    category("event.02", "宣传广告", "Posters and advertising"),
    category("event.03", "施工管理", "Construction sites"),
    category("event.04", "突发事件", "Emergencies"),
    category("event.05", "街面秩序", "Street order"),
    category("event.05.bus_skipping", "公交甩站", "Bus skipping a stop"),
    category("event.05.jaywalking", "行人闯红灯/乱穿马路", "Jaywalking"),
    category("event.05.parking", "违章停车", "Illegal parking"),
    category("event.05.school_stalls", "校园周边摊点", "Stalls around schools"),
    blurred(category("event.05.taxi_refusal", "出租车拒载", "Taxi refusing a fare"), 500),
    blurred(category("event.05.unlicensed", "无证经营", "Unlicensed trading"), 200),
    category("event.06", "其他", "Other events"),
    blurred(category("event.06.tourism", "旅游投诉", "Tourism complaint"), 200),
];

/// The category with this code, or the nearest branch above it that has a name.
#[must_use]
pub fn named(code: &str) -> Option<&'static Category> {
    let mut code = code;
    loop {
        if let Ok(at) = SEED.binary_search_by(|category| category.code.cmp(code)) {
            return Some(&SEED[at]);
        }
        code = code.rsplit_once('.')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CategoryCode;

    #[test]
    fn every_seed_is_a_code_in_its_branch_and_the_list_is_sorted() {
        assert!(SEED.is_sorted_by(|a, b| a.code < b.code));
        for category in SEED {
            let code = CategoryCode::new(category.code).unwrap();
            let branch = if category.code.starts_with("event") { "event" } else { "component" };
            assert!(code.is_within(&CategoryCode::new(branch).unwrap()));
            assert!(!category.zh.is_empty() && !category.en.is_empty());
            assert!(category.blur_m <= BLUR_M_MAX);
        }
    }

    #[test]
    fn an_unknown_minor_code_is_named_by_its_branch() {
        assert_eq!(named("event.05.parking").unwrap().zh, "违章停车");
        assert_eq!(named("event.05.carts.small").unwrap().en, "Street order");
        assert_eq!(named("weather.01"), None);
    }
}
