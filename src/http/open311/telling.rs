//! A request as the public sees it: what is told of it, and what is left out.

use std::sync::Arc;

use crate::app::open311::Seen;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, ZoneId};
use crate::domain::incidents::step::Stage;
use crate::domain::reports::public::masked;
use crate::domain::reports::report::Report;
use crate::domain::time::Instant;
use crate::formats::open311::document::Value;
use crate::http::language::Language;

/// The members of a request that every one has, in order.
pub const MEMBERS: [&str; 17] = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
];

/// How requests are told to one caller.
#[derive(Clone)]
pub struct Teller {
    /// The names of units and the city's clock.
    pub atlas: Arc<Atlas>,
    /// In which language.
    pub language: Language,
    /// Under which address the caller sees this service.
    pub base: String,
    /// What names the city in an address of ours, where there are several.
    pub of_city: String,
}

impl Teller {
    /// A request as the public sees it.
    #[must_use]
    pub fn request(&self, seen: &Seen, extensions: bool) -> Value {
        let report = &seen.filed.report;
        let language = self.language;
        let category = report.category.as_ref().map(CategoryCode::as_str);
        let catalogue = &*self.atlas.city().catalogue;
        let named = category.and_then(|code| catalogue.named(code));
        let unit = seen.unit();
        let named_unit = self.atlas.unit(unit);
        let agency = named_unit.map_or(unit.as_str(), |unit| language.name(&unit.names));
        let stage = seen.case.as_ref().map(|case| language.stage(case.stage));
        let place = report.public_place(catalogue);
        let at = place.at.degrees();
        // An address would tell what the blurred place does not.
        let further = &report.further;
        let exact = !place.is_blurred() && !seen.is_withheld();
        let address = further.address.as_deref().filter(|_| exact);
        let address_id = further.address_id.clone().filter(|_| exact);
        let words = if seen.is_withheld() { String::new() } else { masked(&report.words) };
        let mut members = vec![
            ("service_request_id", Value::Text(report.id.to_string())),
            ("status", Value::text(if seen.is_closed() { "closed" } else { "open" })),
            ("status_notes", Value::text_or_null(stage)),
            ("service_name", Value::text_or_null(named.map(|named| language.category(named)))),
            ("service_code", Value::text_or_null(category)),
            ("description", Value::Text(words)),
            ("agency_responsible", Value::text(agency)),
            ("service_notice", Value::Null),
            ("requested_datetime", Value::Text(self.time(report.received_at))),
            ("updated_datetime", Value::Text(self.time(seen.updated_at()))),
            ("expected_datetime", Value::text_or_null(seen.expected_at().map(|at| self.time(at)))),
            ("address", Value::text_or_null(address.map(masked))),
            ("address_id", Value::text_or_null(address_id)),
            ("zipcode", Value::Null),
            ("lat", Value::Real(at.lat())),
            ("long", Value::Real(at.lon())),
            ("media_url", Value::text_or_null(self.media(seen).next())),
        ];
        if extensions {
            let zone = seen.zone().map(ZoneId::as_str);
            members.push((
                "extended_attributes",
                Value::Members(vec![
                    ("attributes", Value::List("attribute", self.public_answers(seen))),
                    ("zone", Value::text_or_null(zone)),
                    ("unit", Value::text(unit.as_str())),
                    (
                        "media_urls",
                        Value::List("media_url", self.media(seen).map(Value::Text).collect()),
                    ),
                ]),
            ));
            members.push(("notes", Value::List("note", self.notes(seen))));
        }
        Value::Members(members)
    }

    /// What happened: when the case was opened, and since when it stands where it does. What staff
    /// wrote is not for the public.
    fn notes(&self, seen: &Seen) -> Vec<Value> {
        let Some(case) = &seen.case else { return Vec::new() };
        let opened = (case.opened_at, Stage::Collected);
        let mut all = vec![opened];
        all.extend(Some((case.since, case.stage)).filter(|now| *now != opened));
        let note = |(at, stage): (Instant, Stage)| {
            Value::Members(vec![
                ("datetime", Value::Text(self.time(at))),
                ("summary", Value::text(self.language.stage(stage))),
            ])
        };
        all.into_iter().map(note).collect()
    }

    /// The addresses of its pictures: ours first, then links elsewhere of which there is no picture here.
    fn media(&self, seen: &Seen) -> impl Iterator<Item = String> {
        let report = Some(&seen.filed.report).filter(|_| !seen.is_withheld());
        report.into_iter().flat_map(move |report| self.media_of(report))
    }

    fn media_of(&self, report: &Report) -> impl Iterator<Item = String> {
        let ours = report.further.pictures.iter();
        ours.map(|id| format!("{}/api/v1/pictures/{id}{}", self.base, self.of_city))
            .chain(report.further.elsewhere().cloned())
    }

    /// The answers that the public may see.
    fn public_answers(&self, seen: &Seen) -> Vec<Value> {
        if seen.is_withheld() {
            return Vec::new();
        }
        let report = &seen.filed.report;
        let code = report.category.as_ref().map_or("", |code| code.as_str());
        let service = self.atlas.city().catalogue.find(code);
        let questions = service.map_or(&[][..], |service| service.category.questions.as_slice());
        let public = questions.iter().filter(|question| question.public);
        public
            .filter_map(|question| {
                let given = report.further.answers.get(&question.code)?;
                let named = |key: &String| {
                    let choice = question.choices.iter().find(|choice| choice.key == *key);
                    let free = || masked(key);
                    choice.map_or_else(free, |choice| self.language.of(&choice.name).to_owned())
                };
                let values = given.iter().map(|key| Value::Text(named(key))).collect();
                Some(Value::Members(vec![
                    ("code", Value::text(question.code.as_str())),
                    ("name", Value::text(self.language.of(&question.words))),
                    ("values", Value::List("value", values)),
                ]))
            })
            .collect()
    }

    /// A time on the city's wall clock, whole seconds.
    #[must_use]
    pub fn time(&self, at: Instant) -> String {
        at.on_wall_clock(self.atlas.time_zone())
    }
}
