//! Things to store, made from a seed.

use std::sync::Arc;

use geo_types::{Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use uuid::Uuid;
use zonewarden::domain::accounts::{ApiKey, Role};
use zonewarden::domain::atlas::city::{Approval, City};
use zonewarden::domain::atlas::facility::{Facility, FacilityKind};
use zonewarden::domain::atlas::reaches::Reaches;
use zonewarden::domain::atlas::rule::{Mode, Reach, Rule};
use zonewarden::domain::atlas::unit::{Unit, UnitKind};
use zonewarden::domain::atlas::zone::{Plan, Zone};
use zonewarden::domain::catalogue::category::Category;
use zonewarden::domain::catalogue::questions::{Both, Datatype, Question};
use zonewarden::domain::catalogue::whole::Catalogue;
use zonewarden::domain::change::Change;
use zonewarden::domain::clocks::hours::OfficeHours;
use zonewarden::domain::clocks::limit::{Limit, LimitKind};
use zonewarden::domain::clocks::limits::{CaseLimits, Limits};
use zonewarden::domain::id::{
    CategoryCode, CityId, FacilityId, KeyId, ReportId, RuleId, UnitId, ZoneId,
};
use zonewarden::domain::reports::person::SealedPerson;
use zonewarden::domain::reports::report::{Assignment, Further, Report};
use zonewarden::domain::text::{Attributes, Names};
use zonewarden::domain::time::{Calendar, Instant, Window};
use zonewarden::geom::coord::GridPoint;
use zonewarden::geom::crs::Crs;
use zonewarden::store::Stamp;

/// Numbers without surprise (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn maybe(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn small_of(&mut self, n: u64) -> usize {
        usize::try_from(self.below(n)).unwrap()
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(1000)).unwrap()
    }

    pub(crate) fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / f64::from(u32::MAX)
    }

    pub(crate) fn place(&mut self) -> GridPoint {
        let off = |n: u64| i32::try_from(n).unwrap();
        GridPoint {
            x: 1_094_000_000 + off(self.below(1_000_000)),
            y: 365_000_000 + off(self.below(1_000_000)),
        }
    }

    fn point(&mut self) -> Point<f64> {
        let at = self.place().degrees();
        Point::new(at.lon(), at.lat())
    }

    fn line(&mut self) -> LineString<f64> {
        let n = 2 + self.below(5);
        LineString::new((0..n).map(|_| self.point().0).collect())
    }

    fn ring(&mut self) -> LineString<f64> {
        let mut line = self.line();
        line.0.push(self.point().0);
        line.close();
        line
    }

    fn polygon(&mut self) -> Polygon<f64> {
        let holes = self.below(3);
        Polygon::new(self.ring(), (0..holes).map(|_| self.ring()).collect())
    }

    fn some<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let n = 1 + self.below(3);
        (0..n).map(|_| one(self)).collect()
    }

    /// Any of the six types that are stored.
    pub(crate) fn geometry(&mut self, kind: u64) -> Geometry<f64> {
        match kind % 6 {
            0 => self.point().into(),
            1 => self.line().into(),
            2 => self.polygon().into(),
            3 => MultiPoint::new(self.some(Self::point)).into(),
            4 => MultiLineString::new(self.some(Self::line)).into(),
            _ => MultiPolygon::new(self.some(Self::polygon)).into(),
        }
    }

    fn names(&mut self) -> Names {
        let n = self.below(1000);
        let zh = if self.maybe() { format!("第{n}处 '\"\\") } else { String::new() };
        Names { zh, en: format!("Place {n}; -- $1 ?2 日") }
    }

    fn attributes(&mut self) -> Attributes {
        let mut all = Attributes::new();
        if self.maybe() {
            all.insert("pupils".to_owned(), serde_json::json!(self.below(2000)));
            all.insert("等级".to_owned(), serde_json::json!({"b": [1, null, "x\"y"], "a": 0.1}));
        }
        all
    }

    pub(crate) fn unit(&mut self) -> Unit {
        Unit {
            id: self.unit_id(),
            names: self.names(),
            kind: UnitKind::ALL[usize::try_from(self.below(4)).unwrap()],
            seat: self.maybe().then(|| self.place()),
            capacity: self.small(),
            hours: self.hours(),
            attributes: self.attributes(),
        }
    }

    fn hours(&mut self) -> Option<OfficeHours> {
        const HOURS: [&str; 4] =
            ["08:00-12:00,14:00-18:00", "daily 00:00-24:00", "22:00-06:00", "never"];
        let text = HOURS[usize::try_from(self.below(4)).unwrap()];
        self.maybe().then(|| OfficeHours::parse(text).unwrap())
    }

    pub(crate) fn limits(&mut self) -> CaseLimits {
        let limit = Limit { kind: LimitKind::OfficeHours, minutes: 1 + self.small() };
        let every = Limits { whole: self.maybe().then_some(limit), ..Limits::default() };
        let branches = self.maybe().then(|| (self.category(), every.clone()));
        CaseLimits::new(every, branches.into_iter().collect()).unwrap()
    }

    /// That of a new city, or one of two that are the city's own.
    pub(crate) fn catalogue(&mut self) -> Arc<Catalogue> {
        if self.maybe() {
            return Catalogue::seed();
        }
        let both = |words: &str| Both { zh: words.to_owned(), en: "it's '\"$1".to_owned() };
        let question = Question {
            code: "车牌".to_owned(),
            datatype: Datatype::Line,
            required: self.maybe(),
            public: false,
            words: both("车牌号码"),
            hint: Both::default(),
            choices: Vec::new(),
        };
        let category = |code: &str, questions| Category {
            code: code.to_owned(),
            names: both("街面秩序"),
            blur_m: 7,
            questions,
            ..Category::default()
        };
        let list = vec![category("event", Vec::new()), category("event.三轮车", vec![question])];
        Arc::new(Catalogue::checked(list).unwrap())
    }

    pub(crate) fn unit_id(&mut self) -> UnitId {
        UnitId::new(&format!("单位-{}", self.below(8))).unwrap()
    }

    pub(crate) fn zone_id(&mut self) -> ZoneId {
        ZoneId::new(&format!("z{}", self.below(6))).unwrap()
    }

    pub(crate) fn category(&mut self) -> CategoryCode {
        const CODES: [&str; 6] =
            ["event", "event.05", "event.05.parking", "event.051", "event.06", "component.01"];
        CategoryCode::new(CODES[usize::try_from(self.below(6)).unwrap()]).unwrap()
    }

    pub(crate) fn facility_id(&mut self) -> FacilityId {
        FacilityId::new(&format!("f{}", self.below(30))).unwrap()
    }

    fn kind(&mut self) -> FacilityKind {
        let n = u64::try_from(FacilityKind::ALL.len()).unwrap();
        FacilityKind::ALL[usize::try_from(self.below(n)).unwrap()]
    }

    pub(crate) fn facility(&mut self) -> Facility {
        let kind = self.next();
        Facility {
            id: self.facility_id(),
            kind: self.kind(),
            names: self.names(),
            geometry: self.geometry(kind),
            unit: self.maybe().then(|| self.unit_id()),
            attributes: self.attributes(),
        }
    }

    pub(crate) fn zone(&mut self, number: u32) -> Zone {
        let co = self.below(3);
        Zone {
            id: ZoneId::new(&format!("z{number}")).unwrap(),
            number,
            names: self.names(),
            lead: self.unit_id(),
            co: (0..co).map(|_| self.unit_id()).collect(),
            area: MultiPolygon::new(self.some(Self::polygon)),
            attributes: self.attributes(),
        }
    }

    pub(crate) fn rule_id(&mut self) -> RuleId {
        RuleId::new(&format!("r{}", self.below(8))).unwrap()
    }

    pub(crate) fn rule(&mut self) -> Rule {
        let reach = match self.below(5) {
            0 => Reach::Component { kind: self.kind(), within_m: self.fraction() * 9.0 },
            1 => Reach::Line { line: self.geometry(4), buffer_m: self.fraction() },
            2 => Reach::Ring {
                kind: self.kind(),
                facility: self.maybe().then(|| self.facility_id()),
                radius_m: 200.0,
            },
            3 => Reach::Area { area: self.geometry(5) },
            _ => Reach::Everywhere,
        };
        let categories = self.below(3);
        Rule {
            id: self.rule_id(),
            names: self.names(),
            reach,
            categories: (0..categories).map(|_| self.category()).collect(),
            window: if self.maybe() {
                Window { weekdays: vec![1, 5], hours: Vec::new(), school_days: true }
            } else {
                Window::default()
            },
            unit: self.maybe().then(|| self.unit_id()),
            mode: if self.maybe() { Mode::Instead } else { Mode::Beside },
            enabled: self.maybe(),
        }
    }

    pub(crate) fn key(&mut self) -> ApiKey {
        ApiKey {
            id: self.key_id(),
            hash: format!("{:016x}", self.next()),
            role: Role::ALL[usize::try_from(self.below(6)).unwrap()],
            unit: self.maybe().then(|| self.unit_id()),
            label: "值班".to_owned(),
            issued_at: self.instant(),
            expires_at: self.maybe().then(|| self.instant()),
            revoked_at: None,
        }
    }

    pub(crate) fn key_id(&mut self) -> KeyId {
        KeyId::new(&format!("k{}", self.below(12))).unwrap()
    }

    pub(crate) fn instant(&mut self) -> Instant {
        Instant(1_700_000_000_000_000 + i64::try_from(self.below(50)).unwrap())
    }

    pub(crate) fn report_id(&mut self) -> ReportId {
        ReportId(Uuid::from_u64_pair(self.next(), self.next()))
    }

    pub(crate) fn person(&mut self) -> SealedPerson {
        let mut marks: Vec<String> =
            self.some(Self::next).into_iter().map(|it| format!("m{}", it % 9)).collect();
        marks.sort_unstable();
        marks.dedup();
        SealedPerson { sealed: format!("k.{:x}", self.next()), marks }
    }

    fn further(&mut self) -> Further {
        if self.maybe() {
            return Further::default();
        }
        let answers = [("blocks", vec!["a".to_owned(), "乙\"".to_owned()])];
        Further {
            address: Some("枣园路'1号".to_owned()),
            answers: answers.into_iter().map(|(code, given)| (code.to_owned(), given)).collect(),
            links: vec!["https://example.org/?a=1&b=2".to_owned()],
            ..Further::default()
        }
    }

    /// A report with its assignment; `key` of a small range, so that some are used twice.
    pub(crate) fn filed(&mut self, key: Option<u64>) -> Change {
        let id = self.report_id();
        let co = self.below(3);
        let report = Report {
            id,
            source: if self.maybe() { "wechat" } else { "open311" }.to_owned(),
            category: self.maybe().then(|| self.category()),
            position: self.place(),
            given_crs: Crs::ALL[usize::try_from(self.below(4)).unwrap()],
            accuracy_m: self.maybe().then(|| self.fraction() * 50.0),
            words: "路边\n垃圾\t; drop table report; --".to_owned(),
            happened_at: self.instant(),
            received_at: self.instant(),
            person: self.maybe().then(|| Box::new(self.person())),
            idempotency_key: key.map(|key| format!("key-{key}")),
            request_hash: format!("{:x}", self.next()),
            further: self.further(),
        };
        let assignment = Assignment {
            report: id,
            turn: 1,
            plan_version: 1,
            atlas_version: 1,
            zone: self.maybe().then(|| self.zone_id()),
            unit: self.unit_id(),
            co: (0..co).map(|_| self.unit_id()).collect(),
            rule: "zone".to_owned(),
            confidence: self.fraction(),
            border_m: self.maybe().then(|| self.fraction() * 1e3),
            runner_up: self.maybe().then(|| self.zone_id()),
            for_dispatcher: self.maybe(),
            actor: "router".to_owned(),
            at: self.instant(),
        };
        Change::ReportFiled { report, assignment }
    }

    pub(crate) fn plan(&mut self, version: i64) -> Change {
        let zones = 1 + u32::try_from(self.below(5)).unwrap();
        Change::PlanPublished {
            plan: Plan { version, effective_from: self.instant(), note: "年度".to_owned() },
            zones: (0..zones).rev().map(|number| self.zone(number)).collect(),
        }
    }
}

pub(crate) fn city_id() -> CityId {
    CityId::new("宝塔").unwrap()
}

pub(crate) fn stamp(at: i64) -> Stamp {
    Stamp { city: city_id(), actor: "cli".to_owned(), at: Instant(at) }
}

pub(crate) fn city(id: &CityId) -> City {
    City {
        id: id.clone(),
        names: Names { zh: "宝塔区".to_owned(), en: "Baota".to_owned() },
        time_zone: "Asia/Shanghai".to_owned(),
        fallback: UnitId::new("u0").unwrap(),
        confidence_floor: 0.6,
        assumed_accuracy_m: 12.5,
        calendar: Calendar { holidays: vec!["2026-10-01".parse().unwrap()], ..Calendar::default() },
        limits: CaseLimits::default(),
        contact_days: 30,
        approval: Approval::Off,
        reaches: Reaches::default(),
        catalogue: Catalogue::seed(),
    }
}
