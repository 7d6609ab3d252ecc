//! Facilities 设施: anything the city holds as geometry.

use geo_types::Geometry;
use serde::{Deserialize, Serialize};

use crate::domain::id::{FacilityId, UnitId};
use crate::domain::text::{Attributes, Names};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $en:literal;)*) => {
        /// What a facility is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FacilityKind { $($(#[$doc])* $name,)* }

        impl FacilityKind {
            /// Every kind, in the order shown.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code in files, tables and on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The kind with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }

            /// What people call the kind: Chinese, English.
            #[must_use]
            pub fn label(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($zh, $en),)* }
            }
        }
    };
}

kinds! {
    /// 学校
    School = "school", "学校", "School";
    /// 路口
    Intersection = "intersection", "路口", "Intersection";
    /// 治安卡口
    Checkpoint = "checkpoint", "治安卡口", "Checkpoint";
    /// 安全检查站
    InspectionStation = "inspection_station", "安全检查站", "Inspection station";
    /// 电子围栏
    ElectronicFence = "electronic_fence", "电子围栏", "Electronic fence";
    /// 巡逻岗, where volunteers stand at their hours
    PatrolPost = "patrol_post", "巡逻岗", "Patrol post";
    /// 视频探头
    Camera = "camera", "视频探头", "Camera";
    /// 餐饮单位
    Restaurant = "restaurant", "餐饮单位", "Restaurant";
    /// 农贸市场
    Market = "market", "农贸市场", "Market";
    /// 公交站
    BusStop = "bus_stop", "公交站", "Bus stop";
    /// 景区
    ScenicSpot = "scenic_spot", "景区", "Scenic spot";
    /// 建筑工地
    ConstructionSite = "construction_site", "建筑工地", "Construction site";
    /// 广场
    Square = "square", "广场", "Square";
    /// 公厕
    Toilet = "toilet", "公厕", "Public toilet";
    /// 街道
    Street = "street", "街道", "Street";
    /// 桥梁
    Bridge = "bridge", "桥梁", "Bridge";
    /// 河流
    River = "river", "河流", "River";
    /// 社区
    Community = "community", "社区", "Community";
    /// 街区
    Block = "block", "街区", "Street block";
    /// 部件, such as a manhole cover or a lamp post
    Component = "component", "部件", "Component";
    /// Any other named site 点位
    Site = "site", "点位", "Site";
}

/// Something the city holds as geometry.
#[derive(Clone, Debug, PartialEq)]
pub struct Facility {
    /// Its code, unique in the city whatever the kind.
    pub id: FacilityId,
    /// What it is.
    pub kind: FacilityKind,
    /// Its name.
    pub names: Names,
    /// Where it is, WGS84, every coordinate on the grid; any type but a collection, never empty.
    pub geometry: Geometry<f64>,
    /// Who owns or answers for it, where that is known.
    pub unit: Option<UnitId>,
    /// Further facts (`grade`, `pupils`, …).
    pub attributes: Attributes,
}
