//! Services: the leaf categories as people choose one to tell something, and what they are asked
//! then. Open311 calls the questions attributes.

use std::sync::LazyLock;

use crate::domain::reports::categories::{Category, SEED};
use crate::domain::text;
use crate::domain::time::Instant;

/// Longest answer to a question of one line, in characters.
pub const LINE_CHARS_MAX: usize = 200;

/// Words in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Both {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn both(zh: &'static str, en: &'static str) -> Both {
    Both { zh, en }
}

/// What sort of answer a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// One line.
    Line,
    /// A finite number.
    Number,
    /// A time with a zone.
    Datetime,
    /// Several lines.
    Text,
    /// One of the choices.
    One(&'static [Choice]),
    /// Any of the choices.
    Many(&'static [Choice]),
}

impl Datatype {
    /// Open311's word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Line => "string",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::One(_) => "singlevaluelist",
            Self::Many(_) => "multivaluelist",
        }
    }

    /// The choices; none for a free answer.
    #[must_use]
    pub fn choices(self) -> &'static [Choice] {
        match self {
            Self::One(choices) | Self::Many(choices) => choices,
            _ => &[],
        }
    }
}

/// A possible answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its code.
    pub key: &'static str,
    /// What people read.
    pub name: Both,
}

const fn choice(key: &'static str, zh: &'static str, en: &'static str) -> Choice {
    Choice { key, name: both(zh, en) }
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its code, unique in the service.
    pub code: &'static str,
    /// What sort of answer it takes.
    pub datatype: Datatype,
    /// Whether there must be an answer.
    pub required: bool,
    /// Whether the public sees the answer: never when it may point to a person.
    pub public: bool,
    /// The question.
    pub words: Both,
    /// What an answer looks like.
    pub hint: Both,
}

impl Question {
    /// The answers as they are kept.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub fn checked(&self, given: &[String]) -> Result<Vec<String>, String> {
        if given.len() > 1 && !matches!(self.datatype, Datatype::Many(_)) {
            return Err("takes one answer".to_owned());
        }
        let mut kept: Vec<String> = Vec::new();
        for answer in given {
            let answer = self.one(answer)?;
            if !kept.contains(&answer) {
                kept.push(answer);
            }
        }
        Ok(kept)
    }

    fn one(&self, given: &str) -> Result<String, String> {
        let line = |max| text::line(given, max).map_err(|fault| fault.to_string());
        match self.datatype {
            Datatype::Line => line(LINE_CHARS_MAX),
            Datatype::Text => {
                text::words(given, text::WORDS_CHARS_MAX).map_err(|fault| fault.to_string())
            }
            Datatype::Number => match line(40)?.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number.to_string()),
                _ => Err("is no finite number".to_owned()),
            },
            // The `+` of a zone arrives as a space.
            Datatype::Datetime => {
                Instant::parse(&line(64)?.replace(' ', "+")).map(Instant::rfc3339)
            }
            Datatype::One(choices) | Datatype::Many(choices) => {
                let found = choices.iter().find(|choice| choice.key == given.trim());
                found.map(|choice| choice.key.to_owned()).ok_or_else(|| {
                    let keys: Vec<&str> = choices.iter().map(|choice| choice.key).collect();
                    format!("is none of the choices; these are: {}", keys.join(", "))
                })
            }
        }
    }
}

/// A service: a leaf category, and what is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// The category.
    pub category: &'static Category,
    /// The branch it belongs to.
    pub group: &'static Category,
    /// What it is for.
    pub description: Both,
    /// Words by which people find it.
    pub keywords: Both,
    /// What is asked.
    pub questions: &'static [Question],
}

const fn question(
    code: &'static str,
    datatype: Datatype,
    required: bool,
    words: Both,
    hint: Both,
) -> Question {
    // Plates and times may point to a person.
    Question { code, datatype, required, public: false, words, hint }
}

const PLATE_HINT: Both = both("如：陕J·12345", "Such as 陕J·12345");
const NO_HINT: Both = both("", "");

const PARKING: &[Question] = &[
    question(
        "plate",
        Datatype::Line,
        false,
        both("车牌号码", "The car's number plate"),
        PLATE_HINT,
    ),
    Question {
        public: true,
        ..question(
            "blocks",
            Datatype::Many(&[
                choice("pavement", "人行道", "Pavement"),
                choice("crossing", "斑马线", "Pedestrian crossing"),
                choice("fire_lane", "消防通道", "Fire lane"),
                choice("bus_stop", "公交站", "Bus stop"),
                choice("school_gate", "校门口", "School gate"),
            ]),
            false,
            both("占用了什么", "What is blocked"),
            both("可多选", "Any number of them"),
        )
    },
];

const TAXI: &[Question] = &[
    question(
        "plate",
        Datatype::Line,
        true,
        both("出租车车牌号码", "The taxi's number plate"),
        PLATE_HINT,
    ),
    question("at", Datatype::Datetime, false, both("发生时间", "When it happened"), TIME_HINT),
    Question {
        public: true,
        ..question(
            "how",
            Datatype::One(&[
                choice("refused", "拒载", "Refused the fare"),
                choice("no_meter", "不打表", "Did not use the meter"),
                choice("detour", "绕路", "Took a detour"),
                choice("shared", "强行拼客", "Took other passengers in"),
            ]),
            false,
            both("情形", "What happened"),
            NO_HINT,
        )
    },
];

const TIME_HINT: Both = both(
    "带时区的时间，如 2026-05-01T08:00:00+08:00",
    "A time with its zone, such as 2026-05-01T08:00:00+08:00",
);

const BUS: &[Question] = &[
    Question {
        public: true,
        ..question(
            "line",
            Datatype::Line,
            true,
            both("公交线路", "The number of the line"),
            both("如：3路", "Such as 3"),
        )
    },
    Question {
        public: true,
        ..question("stop", Datatype::Line, false, both("站名", "The stop's name"), NO_HINT)
    },
    question(
        "plate",
        Datatype::Line,
        false,
        both("车牌号码", "The bus's number plate"),
        PLATE_HINT,
    ),
    question("at", Datatype::Datetime, false, both("发生时间", "When it happened"), TIME_HINT),
];

const EMERGENCY: &[Question] = &[Question {
    public: true,
    ..question(
        "danger",
        Datatype::One(&[
            choice("yes", "有人身危险", "People are in danger"),
            choice("no", "无人身危险", "Nobody is in danger"),
        ]),
        false,
        both(
            "是否危及人身安全（有危险请先拨打110、119或120）",
            "Is anybody in danger? If so, call 110, 119 or 120 first",
        ),
        NO_HINT,
    )
}];

const TOURISM: &[Question] = &[
    Question {
        public: true,
        ..question(
            "site",
            Datatype::Line,
            false,
            both("景区或商户名称", "The site or business"),
            NO_HINT,
        )
    },
    question(
        "amount",
        Datatype::Number,
        false,
        both("涉及金额（元）", "The sum in dispute (yuan)"),
        both("数字", "A number"),
    ),
];

type Told = (&'static str, Both, Both, &'static [Question]);

/// What is told of each leaf category, by code.
const TOLD: [Told; 18] = [
    (
        "component.01",
        both(
            "井盖、路灯、配电箱等公用设施缺失或损坏",
            "Manhole covers, street lights, cabinets: missing or damaged",
        ),
        both("井盖,路灯,电力,通信,供水", "manhole, street light, power, water"),
        &[],
    ),
    (
        "component.02",
        both(
            "护栏、标线、信号灯、交通标志损坏",
            "Railings, road markings, signals and signs: damaged",
        ),
        both("护栏,标线,信号灯,路面", "railing, marking, traffic light, road"),
        &[],
    ),
    (
        "component.03",
        both(
            "果皮箱、公厕、垃圾站损坏或脏污",
            "Bins, public toilets, refuse stations: damaged or dirty",
        ),
        both("果皮箱,公厕,垃圾站", "bin, toilet, refuse"),
        &[],
    ),
    (
        "component.04",
        both("行道树、绿地、花坛受损", "Street trees, lawns, flower beds: damaged"),
        both("树木,绿地,花坛", "tree, lawn, park"),
        &[],
    ),
    ("component.05", both("其他部件问题", "Any other component"), both("部件", "component"), &[]),
    (
        "event.01.illegal_building",
        both("未经批准的搭建、加建", "Built or extended without permission"),
        both("违建,搭建", "illegal building, extension"),
        &[],
    ),
    (
        "event.01.litter",
        both("乱扔垃圾", "Rubbish thrown away"),
        both("垃圾,卫生", "rubbish, litter"),
        &[],
    ),
    (
        "event.01.rubbish",
        both("暴露垃圾、垃圾满溢无人清理", "Rubbish lying about, or not collected"),
        both("垃圾,满溢,清运", "rubbish, refuse, collection"),
        &[],
    ),
    (
        "event.02",
        both(
            "违规张贴、破损或危险的广告",
            "Posters without permission; damaged or dangerous signs",
        ),
        both("广告,横幅,小广告", "poster, banner, sign"),
        &[],
    ),
    (
        "event.03",
        both("工地扬尘、夜间噪声、占道施工", "Dust, noise at night, works that block the way"),
        both("工地,扬尘,噪声", "construction, dust, noise"),
        &[],
    ),
    (
        "event.04",
        both("路面塌陷、水管爆裂、树木倒伏等", "Collapsed roads, burst pipes, fallen trees"),
        both("塌陷,爆管,积水,倒伏", "collapse, burst pipe, flood"),
        EMERGENCY,
    ),
    (
        "event.05.bus_skipping",
        both("公交车到站不停或提前关门", "A bus passes its stop or shuts its doors early"),
        both("公交,甩站", "bus, stop"),
        BUS,
    ),
    (
        "event.05.jaywalking",
        both(
            "行人闯红灯、翻越护栏、乱穿马路",
            "Crossing on red, over railings or off the crossing",
        ),
        both("闯红灯,行人", "pedestrian, crossing"),
        &[],
    ),
    (
        "event.05.parking",
        both("车辆违章停放，堵塞通道", "Cars parked where they must not, blocking the way"),
        both("违停,停车,车辆", "parking, car, pavement"),
        PARKING,
    ),
    (
        "event.05.school_stalls",
        both("校园周边流动摊点占道", "Street stalls around a school"),
        both("学校,摊点,小吃", "school, stall, food"),
        &[],
    ),
    (
        "event.05.taxi_refusal",
        both("出租车拒载、不打表、绕路", "A taxi refuses a fare, its meter or the direct way"),
        both("出租车,拒载", "taxi, fare"),
        TAXI,
    ),
    (
        "event.05.unlicensed",
        both("无照、无健康证经营", "Trading without a licence or health certificate"),
        both("无证,无照,摊贩", "licence, trader"),
        &[],
    ),
    (
        "event.06.tourism",
        both("强制购物、乱收费、服务态度差", "Forced shopping, wrong charges, bad service"),
        both("景区,导游,旅游", "tourism, guide, scenic spot"),
        TOURISM,
    ),
];

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let service = |(code, description, keywords, questions): &Told| {
        let at = |code: &str| SEED.binary_search_by(|category| category.code.cmp(code)).ok();
        let (branch, _) = code.rsplit_once('.')?;
        let (category, group) = (&SEED[at(code)?], &SEED[at(branch)?]);
        Some(Service { category, group, description: *description, keywords: *keywords, questions })
    };
    TOLD.iter().filter_map(service).collect()
});

/// Every service, by code.
#[must_use]
pub fn all() -> &'static [Service] {
    &SERVICES
}

/// The service with this code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Service> {
    let at = SERVICES.binary_search_by(|service| service.category.code.cmp(code)).ok()?;
    SERVICES.get(at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_services_are_exactly_the_leaf_categories_in_order() {
        let leaf = |category: &&Category| {
            let below = format!("{}.", category.code);
            !SEED.iter().any(|other| other.code.starts_with(&below))
        };
        let leaves: Vec<&str> = SEED.iter().filter(leaf).map(|category| category.code).collect();
        let told: Vec<&str> = all().iter().map(|service| service.category.code).collect();
        assert_eq!(told, leaves);
        assert!(find("event.05.parking").is_some() && find("event.05").is_none());
    }

    #[test]
    fn what_is_told_is_told_in_both_languages_and_codes_are_unique() {
        for service in all() {
            let mut codes = BTreeSet::new();
            let mut words = vec![service.description, service.keywords];
            for question in service.questions {
                assert!(codes.insert(question.code), "{}", question.code);
                words.push(question.words);
                words.extend(question.datatype.choices().iter().map(|choice| choice.name));
                assert_eq!(question.hint.zh.is_empty(), question.hint.en.is_empty());
            }
            assert!(words.iter().all(|it| !it.zh.is_empty() && !it.en.is_empty()));
        }
    }

    #[test]
    fn an_answer_is_held_against_its_question() {
        let ask = |service: &str, code: &str, given: &[&str]| {
            let questions = find(service).unwrap().questions;
            let question = questions.iter().find(|question| question.code == code).unwrap();
            question.checked(&given.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        let (parking, taxi, tourism) =
            ("event.05.parking", "event.05.taxi_refusal", "event.06.tourism");
        assert_eq!(ask(parking, "plate", &["陕J·12345 "]).unwrap(), ["陕J·12345"]);
        assert_eq!(ask(parking, "blocks", &["crossing", "pavement", "crossing"]).unwrap().len(), 2);
        assert!(ask(parking, "blocks", &["river"]).unwrap_err().contains("pavement, crossing"));
        assert!(ask(parking, "plate", &["a", "b"]).unwrap_err().contains("one answer"));
        assert!(ask(parking, "plate", &["a\u{202e}"]).is_err());
        assert_eq!(
            ask(taxi, "at", &["2026-05-01T08:00:00 08:00"]).unwrap(),
            ["2026-05-01T00:00:00Z"]
        );
        assert!(ask(taxi, "at", &["2026-05-01"]).is_err());
        assert_eq!(ask(tourism, "amount", &["1e2"]).unwrap(), ["100"]);
        for bad in ["NaN", "inf", "-1e999", "", "x"] {
            assert!(ask(tourism, "amount", &[bad]).is_err(), "{bad}");
        }
    }
}
