//! Names on the lattice: the streets of the model city along the valleys, cross streets, bridges.

use crate::domain::sample::lattice::Way;
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::valley::{Arm, Side};
use crate::domain::text::Names;
use crate::geom::coord::GridPoint;

/// How much a street matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// One of the seven named in the model city.
    Main,
    /// Along the valley.
    Along,
    /// Across.
    Cross,
}

impl Rank {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Along => "along",
            Self::Cross => "cross",
        }
    }
}

/// A named street.
#[derive(Clone, Debug)]
pub(super) struct Street {
    pub(super) names: Names,
    pub(super) rank: Rank,
    /// Its nodes in order.
    pub(super) nodes: Vec<u32>,
    /// Its edges in order, each in the street's direction or against it.
    pub(super) edges: Vec<(u32, bool)>,
}

impl Street {
    /// Whether volunteers stand at its intersections.
    pub(super) fn is_patrolled(&self) -> bool {
        PATROLLED.contains(&self.names.zh.as_str())
    }
}

/// The seven named streets: sector, arm, from and to (m from the confluence), names.
const MAIN: [(Arm, Arm, f64, f64, &str, &str); 9] = [
    (Arm::West, Arm::South, 0.0, 2_300.0, "中心街", "Central Street"),
    (Arm::West, Arm::South, 2_300.0, 4_300.0, "南关街", "Nanguan Street"),
    (Arm::West, Arm::South, 4_300.0, 1e9, "七里铺街", "Qilipu Street"),
    (Arm::West, Arm::West, 0.0, 3_400.0, "北关街", "Beiguan Street"),
    (Arm::West, Arm::West, 3_400.0, 1e9, "枣园路", "Zaoyuan Road"),
    (Arm::South, Arm::East, 0.0, 4_200.0, "东关街", "Dongguan Street"),
    (Arm::South, Arm::East, 4_200.0, 1e9, "桥沟街", "Qiaogou Street"),
    (Arm::South, Arm::South, 0.0, 4_600.0, "百米大道", "Hundred-Metre Avenue"),
    (Arm::South, Arm::South, 4_600.0, 1e9, "柳林路", "Liulin Road"),
];

/// Whether a name is one of the seven streets of the model city.
fn is_main(zh: &str) -> bool {
    matches!(zh, "中心街" | "南关街" | "七里铺街" | "北关街" | "东关街" | "百米大道" | "210国道")
}

/// The six of them at whose intersections volunteers stand; the seventh is a highway.
const PATROLLED: [&str; 6] = ["中心街", "东关街", "百米大道", "北关街", "南关街", "七里铺街"];

/// What cross streets and communities are called.
pub(super) const CROSS: [(&str, &str); 50] = [
    ("光明", "Guangming"),
    ("胜利", "Shengli"),
    ("解放", "Jiefang"),
    ("和平", "Heping"),
    ("建设", "Jianshe"),
    ("团结", "Tuanjie"),
    ("新华", "Xinhua"),
    ("文化", "Wenhua"),
    ("体育", "Tiyu"),
    ("育才", "Yucai"),
    ("向阳", "Xiangyang"),
    ("幸福", "Xingfu"),
    ("青年", "Qingnian"),
    ("工农", "Gongnong"),
    ("朝阳", "Chaoyang"),
    ("红旗", "Hongqi"),
    ("五一", "Wuyi"),
    ("劳动", "Laodong"),
    ("友谊", "Youyi"),
    ("迎宾", "Yingbin"),
    ("师范", "Shifan"),
    ("市场", "Shichang"),
    ("卫生", "Weisheng"),
    ("邮电", "Youdian"),
    ("东风", "Dongfeng"),
    ("槐树", "Huaishu"),
    ("柳荫", "Liuyin"),
    ("石桥", "Shiqiao"),
    ("水井", "Shuijing"),
    ("窑坡", "Yaopo"),
    ("枣林", "Zaolin"),
    ("杏园", "Xingyuan"),
    ("梨花", "Lihua"),
    ("延水", "Yanshui"),
    ("宝源", "Baoyuan"),
    ("长青", "Changqing"),
    ("双拥", "Shuangyong"),
    ("科技", "Keji"),
    ("创业", "Chuangye"),
    ("兴业", "Xingye"),
    ("安康", "Ankang"),
    ("永宁", "Yongning"),
    ("嘉岭", "Jialing"),
    ("凤鸣", "Fengming"),
    ("清泉", "Qingquan"),
    ("瑞丰", "Ruifeng"),
    ("百花", "Baihua"),
    ("锦绣", "Jinxiu"),
    ("平安", "Pingan"),
    ("富民", "Fumin"),
];

/// The three bridges: arm, metres from the confluence, names.
const BRIDGES: [(Arm, f64, &str, &str); 3] = [
    (Arm::East, 520.0, "延河大桥", "Yanhe Bridge"),
    (Arm::West, 2_900.0, "杨家岭大桥", "Yangjialing Bridge"),
    (Arm::South, 950.0, "南桥", "South Bridge"),
];

/// Every named street of the lattice.
pub(super) fn streets(mesh: &Mesh) -> Vec<Street> {
    let mut out = Vec::new();
    for line in &mesh.lines {
        if let Way::Row { sector, row } = line.way {
            rows(mesh, (sector, row), &line.nodes, &line.edges, &mut out);
        }
    }
    for line in &mesh.lines {
        // Only the bridges carry a street over the river.
        if let Way::Column { arm, side, column } = line.way
            && line.nodes.len() > 2
        {
            let arm = match arm {
                Arm::East => 0,
                Arm::West => 1,
                Arm::South => 2,
            };
            let names = cross_name((column * 3 + arm) * 2 + usize::from(side == Side::Right));
            push(mesh, names, Rank::Cross, &line.nodes[1..], &line.edges[1..], &mut out);
        }
    }
    out
}

/// The name of the `nth` cross street; no two are alike.
fn cross_name(nth: usize) -> Names {
    const KINDS: [(&str, &str); 5] =
        [("路", "Road"), ("街", "Street"), ("巷", "Lane"), ("里", "Alley"), ("坡", "Slope")];
    let (zh, en) = CROSS[nth % CROSS.len()];
    let (kind_zh, kind_en) = KINDS[nth / CROSS.len() % KINDS.len()];
    let section = nth / (KINDS.len() * CROSS.len()) + 1;
    if section > 1 {
        Names {
            zh: format!("{zh}{kind_zh}{section}段"),
            en: format!("{en} {kind_en} Section {section}"),
        }
    } else {
        Names { zh: format!("{zh}{kind_zh}"), en: format!("{en} {kind_en}") }
    }
}

/// Cuts a row line into its named streets.
fn rows(
    mesh: &Mesh,
    (sector, row): (Arm, usize),
    nodes: &[u32],
    edges: &[u32],
    out: &mut Vec<Street>,
) {
    let middle = 1 + (47 * (mesh.rows - 1) + 50) / 100;
    let (zh, en) = match sector {
        Arm::East => ("北", "North"),
        Arm::West => ("西", "West"),
        Arm::South => ("东", "East"),
    };
    let plain = |zh: String, en: String| vec![(0, edges.len(), Names { zh, en })];
    let pieces = if row == 1 {
        plain(format!("滨河{zh}路"), format!("{en} Riverside Road"))
    } else if row == mesh.rows {
        plain(format!("{zh}山路"), format!("{en} Hill Road"))
    } else if row == middle && sector == Arm::East {
        plain("清凉山路".to_owned(), "Qingliangshan Road".to_owned())
    } else if row == middle {
        pieces(mesh, sector, edges)
    } else if row + 1 == mesh.rows && sector == Arm::South {
        plain("210国道".to_owned(), "National Highway 210".to_owned())
    } else {
        plain(format!("{zh}区第{row}路"), format!("{en} Side {} Road", ordinal(row)))
    };
    for (from, to, names) in pieces {
        let rank = if is_main(&names.zh) { Rank::Main } else { Rank::Along };
        push(mesh, names, rank, &nodes[from..=to], &edges[from..to], out);
    }
}

/// 1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st.
fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// The runs of edges that one name of [`MAIN`] covers.
fn pieces(mesh: &Mesh, sector: Arm, edges: &[u32]) -> Vec<(usize, usize, Names)> {
    let mut out: Vec<(usize, usize, Names)> = Vec::new();
    for (at, edge) in edges.iter().enumerate() {
        let Some(cell) = mesh.edges[*edge as usize].cells.iter().flatten().next() else { continue };
        let cell = &mesh.cells[*cell as usize];
        let along = cell.middle.length() / mesh.size;
        let named = MAIN.iter().find(|(of, arm, from, to, ..)| {
            *of == sector && *arm == cell.arm && (*from..*to).contains(&along)
        });
        let Some((.., zh, en)) = named else { continue };
        match out.last_mut() {
            Some((_, to, last)) if last.zh == *zh => *to = at + 1,
            _ => out.push((at, at + 1, Names { zh: (*zh).to_owned(), en: (*en).to_owned() })),
        }
    }
    out
}

fn push(
    mesh: &Mesh,
    names: Names,
    rank: Rank,
    nodes: &[u32],
    edges: &[u32],
    out: &mut Vec<Street>,
) {
    let edges = edges
        .iter()
        .zip(nodes)
        .map(|(edge, node)| (*edge, mesh.edges[*edge as usize].ends.0 == *node))
        .collect();
    out.push(Street { names, rank, nodes: nodes.to_vec(), edges });
}

/// The points of a street or any other chain of edges.
pub(super) fn course(mesh: &Mesh, edges: &[(u32, bool)]) -> Vec<GridPoint> {
    let mut out: Vec<GridPoint> =
        edges.iter().flat_map(|&(edge, forward)| mesh.along(edge, forward)).collect();
    if let Some(&(edge, forward)) = edges.last() {
        let ends = mesh.edges[edge as usize].ends;
        out.push(mesh.points[if forward { ends.1 } else { ends.0 } as usize]);
    }
    out
}

/// The bridges: name and course from bank to bank.
pub(super) fn bridges(mesh: &Mesh) -> Vec<(Names, Vec<GridPoint>)> {
    BRIDGES
        .iter()
        .map(|(arm, along_m, zh, en)| {
            let away = |node: u32| (mesh.spots[node as usize].length() - along_m * mesh.size).abs();
            let mut best: [Option<(f64, u32)>; 2] = [None, None];
            for line in &mesh.lines {
                if let Way::Column { arm: of, side, column } = line.way
                    && of == *arm
                    && column > 0
                    && let (Some(&node), Some(&edge)) = (line.nodes.first(), line.edges.first())
                {
                    let slot = &mut best[usize::from(side == Side::Right)];
                    if slot.is_none_or(|(far, _)| away(node) < far) {
                        *slot = Some((away(node), edge));
                    }
                }
            }
            let edges: Vec<(u32, bool)> = best
                .iter()
                .flatten()
                .enumerate()
                .map(|(nth, (_, edge))| (*edge, nth == 1))
                .collect();
            (Names { zh: (*zh).to_owned(), en: (*en).to_owned() }, course(mesh, &edges))
        })
        .collect()
}

/// What a metre of zone border costs along each edge: rivers and main streets are wanted.
pub(super) fn tolls(mesh: &Mesh, streets: &[Street]) -> Vec<f64> {
    let mut out: Vec<f64> = mesh
        .edges
        .iter()
        .map(|edge| match mesh.lines[edge.line as usize].way {
            Way::MainRiver | Way::SideRiver => 0.4,
            Way::Row { row: 1, .. } => 1.6,
            Way::Gully { .. } => 1.1,
            _ => 1.0,
        })
        .collect();
    for street in streets {
        for (edge, _) in &street.edges {
            if street.rank == Rank::Main {
                out[*edge as usize] = 0.5;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_streets_end_as_people_say_them() {
        let said: Vec<String> =
            [1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 103, 112].map(ordinal).to_vec();
        let expected = "1st 2nd 3rd 4th 10th 11th 12th 13th 21st 22nd 103rd 112th";
        assert_eq!(said.join(" "), expected);
    }
}
