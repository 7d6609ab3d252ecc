//! Steps whose words are masked: the one thing that is ever changed of a step.

use crate::domain::id::CityId;
use crate::domain::incidents::masked::StepMasked;
use crate::store::incidents::carried;
use crate::store::statement::{Statement, Value};
use crate::store::words;

const MASK: &str = "update zonewarden.incident_step set carried = $4 \
     where city_id = $1 and incident_id = $2 and revision = $3";

/// Masks the words of a step.
pub(in crate::store) fn mask<'a>(city: &'a CityId, it: &StepMasked) -> Statement<'a> {
    Statement::One {
        text: MASK,
        values: vec![
            Value::text(city.as_str()),
            Value::owned(it.incident.to_string()),
            Value::Int(i64::from(it.revision)),
            carried(&it.carried),
        ],
        must: Some((1, words::no_step(it.incident, it.revision))),
    }
}
