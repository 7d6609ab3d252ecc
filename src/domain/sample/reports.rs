//! Citizens' reports by the million, for trials and benches: each row is made from the seed and its
//! number alone, so that any stretch of the file can be made anywhere.

use std::ops::Range;

use crate::domain::sample::Recipe;
use crate::domain::sample::dice::{Dice, real};
use crate::geom::coord::GridPoint;
use crate::geom::project::Scale;

/// The first line of the file.
pub const HEADER: &str = "id,lon,lat,accuracy_m,category,at,words\n";

/// Reports of one city, in the order of their time through 2026.
pub struct Reports {
    seed: u64,
    rows: u64,
    /// Street pieces; one that is twice as busy stands twice as often.
    kerbs: Vec<(GridPoint, GridPoint)>,
    /// Grid steps in a metre of longitude and latitude.
    steps: (f64, f64),
}

/// How many street pieces are drawn from.
const KERBS: usize = 1 << 16;

/// Accuracy radii (m) as devices state them; 0: the device says nothing.
const ACCURACIES: [u32; 16] = [3, 5, 5, 5, 8, 8, 10, 10, 12, 15, 20, 20, 30, 50, 0, 0];

type Matter = (&'static str, u32, [&'static str; 3]);

/// What is reported, how often in a thousand, in which words.
const MATTERS: [Matter; 16] = [
    ("event.01", 150, ["路面有积水和污渍", "沿街店铺占道堆物", "墙面乱贴小广告"]),
    (
        "event.01.litter",
        170,
        ["路边有人乱扔垃圾", "垃圾桶满溢无人清理", "Rubbish left on the pavement"],
    ),
    ("event.02", 45, ["横幅破损未拆除", "广告牌松动有坠落风险", "违规张贴宣传单"]),
    ("event.03", 55, ["工地扬尘没有覆盖", "夜间施工噪声扰民", "围挡破损占用人行道"]),
    ("event.04", 20, ["路面塌陷请尽快处理", "水管爆裂路面大量积水", "树木倒伏阻断道路"]),
    (
        "event.05.parking",
        200,
        ["车辆违停堵住路口", "人行道上停满了车", "Car parked across the crossing"],
    ),
    ("event.05.jaywalking", 50, ["行人闯红灯", "多人翻越护栏横穿马路", "路口行人不走斑马线"]),
    (
        "event.05.school_stalls",
        50,
        ["学校门口摊点占道", "放学时段流动摊贩聚集", "校门口小吃摊油烟大"],
    ),
    ("event.05.unlicensed", 60, ["无证经营小吃摊", "没有健康证售卖熟食", "流动商贩占道经营"]),
    ("event.05.taxi_refusal", 20, ["出租车拒载", "出租车不打表", "司机拼客绕路"]),
    ("event.05.bus_skipping", 15, ["公交车到站不停", "公交甩站", "公交车未到站就关门"]),
    ("event.06.tourism", 25, ["景区强制购物", "导游服务态度差", "景区停车乱收费"]),
    ("component.01", 60, ["井盖缺失", "路灯不亮", "配电箱门敞开"]),
    ("component.02", 45, ["护栏损坏", "交通标线模糊", "信号灯故障"]),
    ("component.03", 20, ["果皮箱破损", "公厕设施损坏", "垃圾中转站异味"]),
    ("component.04", 15, ["绿地踩踏裸露", "行道树枯死", "花坛护栏损坏"]),
];

/// Reports in each hour of the day, relatively.
const HOURS: [u32; 24] =
    [4, 2, 1, 1, 2, 5, 14, 34, 52, 60, 62, 58, 48, 44, 46, 52, 58, 66, 70, 62, 50, 36, 20, 9];

impl Reports {
    /// So many reports in the city of a recipe.
    #[must_use]
    pub fn new(recipe: &Recipe, rows: u64) -> Self {
        let plot = recipe.plot();
        let mesh = &plot.mesh;
        let mut busy = Vec::new();
        let mut sum = 0.0;
        for (number, edge) in (0u32..).zip(&mesh.edges) {
            let work: f64 =
                edge.cells.iter().flatten().map(|c| plot.division.weights[*c as usize]).sum();
            let mut points: Vec<GridPoint> = mesh.along(number, true).collect();
            points.push(mesh.points[edge.ends.1 as usize]);
            let share = work / real(points.len() - 1);
            for pair in points.windows(2) {
                sum += share;
                busy.push((sum, (pair[0], pair[1])));
            }
        }
        let kerbs = (0..KERBS)
            .map(|nth| {
                let wanted = sum * (real(nth) + 0.5) / real(KERBS);
                let at = busy.partition_point(|(upto, _)| *upto < wanted);
                busy[at.min(busy.len() - 1)].1
            })
            .collect();
        let scale = Scale::at(mesh.points[0].degrees().lat());
        Self {
            seed: Dice::for_purpose(recipe.seed ^ u64::from(recipe.city), "reports").word(),
            rows: rows.max(1),
            kerbs,
            steps: (1e7 / scale.lon_m, 1e7 / scale.lat_m),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends the rows of a range (from 0) as CSV lines.
    pub fn write(&self, range: Range<u64>, out: &mut Vec<u8>) {
        for row in range.start..range.end.min(self.rows) {
            self.write_row(row, out);
        }
    }

    fn write_row(&self, row: u64, out: &mut Vec<u8>) {
        let mut dice = Dice::for_row(self.seed, row);
        let word = dice.word();
        let accuracy = ACCURACIES[(word & 15) as usize];
        let place = self.place(f64::from(accuracy.max(6)), &mut dice);
        let matter = matter((word >> 16 & 0xffff) as u32);
        out.push(b'r');
        digits(row + 1, 9, out);
        out.push(b',');
        degrees(place.x, out);
        out.push(b',');
        degrees(place.y, out);
        out.push(b',');
        if accuracy > 0 {
            digits(u64::from(accuracy), 1, out);
        }
        out.push(b',');
        out.extend_from_slice(matter.0.as_bytes());
        out.push(b',');
        self.time(row, out);
        out.push(b',');
        out.extend_from_slice(matter.2[(word >> 40) as usize % 3].as_bytes());
        out.push(b'\n');
    }

    /// Most lie on a street, as far off as the device is wrong; some within a block, a few far out.
    #[expect(clippy::cast_possible_truncation, reason = "a few kilometres from a grid point")]
    fn place(&self, accuracy_m: f64, dice: &mut Dice) -> GridPoint {
        let word = dice.word();
        let (a, b) = self.kerbs[(word & 0xffff) as usize];
        let along = f64::from((word >> 16 & 0xffff) as u32) / 65_536.0;
        let far_m = match word >> 32 & 0xff {
            0..3 => 1_500.0,
            3..30 => 55.0,
            _ => 3.0 + accuracy_m * 0.6,
        };
        let between = |a: i32, b: i32| f64::from(a) + f64::from(b - a) * along;
        let x = between(a.x, b.x) + dice.bell() * far_m * self.steps.0;
        let y = between(a.y, b.y) + dice.bell() * far_m * self.steps.1;
        GridPoint { x: x.round() as i32, y: y.round() as i32 }
    }

    /// Through the year in order, by day more than by night.
    fn time(&self, row: u64, out: &mut Vec<u8>) {
        const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let place = u128::from(row) * 365;
        let rows = u128::from(self.rows);
        let mut day = u64::try_from(place / rows).unwrap_or(0);
        let mut month = 1;
        for length in MONTHS {
            if day < length {
                break;
            }
            day -= length;
            month += 1;
        }
        let all = u64::from(HOURS.iter().sum::<u32>()) * 3_600;
        let mut left = u64::try_from(place % rows * u128::from(all) / rows).unwrap_or(0);
        let (mut hour, mut second) = (0, 0);
        for share in HOURS {
            let share = u64::from(share) * 3_600;
            if left < share {
                second = left * 3_600 / share;
                break;
            }
            left -= share;
            hour += 1;
        }
        out.extend_from_slice(b"2026-");
        digits(month, 2, out);
        out.push(b'-');
        digits(day + 1, 2, out);
        out.push(b'T');
        digits(hour, 2, out);
        out.push(b':');
        digits(second / 60, 2, out);
        out.push(b':');
        digits(second % 60, 2, out);
        out.extend_from_slice(b"+08:00");
    }
}

fn matter(throw: u32) -> &'static Matter {
    let mut left = throw % 1_000;
    for matter in &MATTERS {
        if left < matter.1 {
            return matter;
        }
        left -= matter.1;
    }
    &MATTERS[0]
}

/// A number with at least so many digits.
fn digits(number: u64, least: usize, out: &mut Vec<u8>) {
    let mut text = [b'0'; 20];
    let (mut left, mut at) = (number, text.len());
    while left > 0 {
        at -= 1;
        text[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    out.extend_from_slice(&text[at.min(text.len() - least)..]);
}

/// Grid steps as degrees with seven decimals.
fn degrees(steps: i32, out: &mut Vec<u8>) {
    if steps < 0 {
        out.push(b'-');
    }
    let steps = u64::from(steps.unsigned_abs());
    digits(steps / 10_000_000, 1, out);
    out.push(b'.');
    digits(steps % 10_000_000, 7, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CategoryCode;
    use crate::domain::time::Instant;

    #[test]
    fn every_row_is_whole_and_says_the_same_wherever_it_is_made() {
        let reports = Reports::new(&Recipe::default(), 5_000);
        let mut whole = Vec::new();
        reports.write(0..5_000, &mut whole);
        let mut parts = Vec::new();
        reports.write(0..1_234, &mut parts);
        reports.write(1_234..9_999, &mut parts);
        assert_eq!(whole, parts);
        let text = String::from_utf8(whole).unwrap();
        assert_eq!(text.lines().count(), 5_000);
        let mut before = Instant(0);
        for line in text.lines() {
            let cells: Vec<&str> = line.split(',').collect();
            let [id, lon, lat, accuracy, category, at, words] = cells[..] else { panic!("{line}") };
            assert!(id.starts_with('r') && !words.is_empty());
            assert!((109.2..109.8).contains(&lon.parse::<f64>().unwrap()), "{line}");
            assert!((36.4..36.8).contains(&lat.parse::<f64>().unwrap()), "{line}");
            assert!(accuracy.is_empty() || accuracy.parse::<f64>().unwrap() > 0.0);
            CategoryCode::new(category).unwrap();
            let at = Instant::parse(at).unwrap();
            assert!(before <= at);
            before = at;
        }
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(MATTERS.iter().map(|matter| matter.1).sum::<u32>(), 1_000);
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        let write = |steps| {
            let mut out = Vec::new();
            degrees(steps, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(write(1_094_840_001), "109.4840001");
        assert_eq!(write(-70), "-0.0000070");
        assert_eq!(write(0), "0.0000000");
    }
}
