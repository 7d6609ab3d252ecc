//! Settings of a city, said one by one.

use std::sync::Arc;

use crate::domain::atlas::city::{Approval, CONTACT_DAYS_MAX, City};
use crate::domain::atlas::reaches::Reaches;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::UnitId;
use crate::domain::text::Names;
use crate::domain::time::Calendar;
use crate::formats::layer::Findings;

/// Settings of a city; what is `None` stays as it is, or as a new city has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Its name in Chinese.
    pub name_zh: Option<String>,
    /// Its name in English.
    pub name_en: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Who answers when nothing else does.
    pub fallback: Option<UnitId>,
    /// Confidence (0 to 1) below which a dispatcher decides.
    pub confidence_floor: Option<f64>,
    /// Accuracy radius (m, 68 %) taken for a position that states none.
    pub assumed_accuracy_m: Option<f64>,
    /// Holidays, make-up days and school terms.
    pub calendar: Option<Calendar>,
    /// How long cases may take, by category.
    pub limits: Option<CaseLimits>,
    /// Days after the end of a case until who stands behind its reports is forgotten.
    pub contact_days: Option<u32>,
    /// Whether a draft must be approved before it is published.
    pub approval: Option<Approval>,
    /// How near two reports of a category tell of one matter.
    pub reaches: Option<Reaches>,
    /// What its reports are about.
    pub catalogue: Option<Arc<Catalogue>>,
}

impl Settings {
    /// These, and where they say nothing what `others` say.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            name_zh: self.name_zh.or(others.name_zh),
            name_en: self.name_en.or(others.name_en),
            time_zone: self.time_zone.or(others.time_zone),
            fallback: self.fallback.or(others.fallback),
            confidence_floor: self.confidence_floor.or(others.confidence_floor),
            assumed_accuracy_m: self.assumed_accuracy_m.or(others.assumed_accuracy_m),
            calendar: self.calendar.or(others.calendar),
            limits: self.limits.or(others.limits),
            contact_days: self.contact_days.or(others.contact_days),
            approval: self.approval.or(others.approval),
            reaches: self.reaches.or(others.reaches),
            catalogue: self.catalogue.or(others.catalogue),
        }
    }

    /// The city with these settings.
    pub fn settle(&self, city: &mut City, found: &mut Findings) {
        if self.name_zh.is_some() || self.name_en.is_some() {
            let given = |new: &Option<String>, old: &str| new.clone().unwrap_or(old.to_owned());
            let (zh, en) =
                (given(&self.name_zh, &city.names.zh), given(&self.name_en, &city.names.en));
            match Names::new(&zh, &en) {
                Ok(names) => city.names = names,
                Err(fault) => found.error(0, "names", fault.to_string(), "give a name people know"),
            }
        }
        let set = |to: &mut f64, given: Option<f64>| *to = given.unwrap_or(*to);
        set(&mut city.confidence_floor, self.confidence_floor);
        set(&mut city.assumed_accuracy_m, self.assumed_accuracy_m);
        if let Some(zone) = &self.time_zone {
            city.time_zone.clone_from(zone);
        }
        if let Some(unit) = &self.fallback {
            city.fallback = unit.clone();
        }
        if let Some(calendar) = &self.calendar {
            city.calendar = calendar.clone();
        }
        if let Some(limits) = &self.limits {
            city.limits = limits.clone();
        }
        if let Some(reaches) = &self.reaches {
            city.reaches = reaches.clone();
        }
        if let Some(catalogue) = &self.catalogue {
            city.catalogue = Arc::clone(catalogue);
        }
        city.approval = self.approval.unwrap_or(city.approval);
        if let Some(days) = self.contact_days {
            if days > CONTACT_DAYS_MAX {
                let fault = format!("is {days} days, at most {CONTACT_DAYS_MAX} are kept");
                found.error(0, "contact_days", fault, "give the days after the end of a case");
            }
            city.contact_days = days;
        }
    }
}
