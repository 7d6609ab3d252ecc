//! Deadlines and lights of incidents, told anew.

use crate::domain::id::CityId;
use crate::domain::incidents::docket::CaseTimed;
use crate::store::incidents::{or_never, turns};
use crate::store::statement::{Statement, Value};

/// The deadline of a case that is still at its revision; the units' list before the docket, which says
/// whether it is.
const TIME_UNITS: &str = "update zonewarden.incident_unit set due_at = $4 \
     where city_id = $1 and incident_id = $2 and exists (select 1 from zonewarden.incident i \
     where i.city_id = $1 and i.incident_id = $2 and i.revision = $3)";

const TIME: &str = "update zonewarden.incident set due_at = $4, timed_by = $5, \
     escalates_at = $6, yellow_at = $7, red_at = $8, due_clock = $9, whole_due_at = $10 \
     where city_id = $1 and incident_id = $2 and revision = $3";

/// Deadlines that were told anew.
pub(in crate::store) fn timed<'a>(
    city: &'a CityId,
    timed: &'a [CaseTimed],
) -> impl Iterator<Item = Statement<'a>> {
    timed.iter().flat_map(move |it| {
        let values = || {
            vec![
                Value::text(city.as_str()),
                Value::owned(it.id.to_string()),
                Value::Int(i64::from(it.revision)),
                or_never(it.due.at),
            ]
        };
        let mut whole = values();
        whole.push(Value::Int(it.due.edition));
        whole.push(or_never(it.due.escalates_at));
        whole.extend(turns(it.due.turns));
        whole.push(or_never(it.due.whole_at));
        [
            Statement::One { text: TIME_UNITS, values: values(), must: None },
            Statement::One { text: TIME, values: whole, must: None },
        ]
    })
}
