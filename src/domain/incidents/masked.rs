//! What is taken out of the words of steps when those who told are forgotten.

use crate::domain::accounts::Role;
use crate::domain::id::IncidentId;
use crate::domain::incidents::load::kept;
use crate::domain::incidents::step::{Carried, Step};
use crate::domain::reports::public::masked;
use crate::domain::reports::traces::Traces;

/// A step whose words were masked. Nothing else of a step is ever changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepMasked {
    /// Of which case.
    pub incident: IncidentId,
    /// Which of its steps.
    pub revision: u32,
    /// What it brings along from now on.
    pub carried: Carried,
}

impl StepMasked {
    /// A step without the numbers and addresses of people, where the public said it; what staff said keeps all but
    /// the traces of those who are forgotten. `None` when nothing is taken out.
    #[must_use]
    pub fn of(step: &Step, traces: &Traces) -> Option<Self> {
        let said = &step.carried.words;
        let words = match step.role {
            Role::Public => traces.masked(&masked(said)),
            _ => traces.masked(said),
        };
        let words = kept(words);
        (words != *said).then(|| Self {
            incident: step.incident,
            revision: step.revision,
            carried: Carried { words, ..step.carried.clone() },
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::incidents::step::Move;
    use crate::domain::reports::person::Person;
    use crate::domain::time::Instant;

    fn left(role: Role, words: &str) -> Option<String> {
        let step = Step {
            incident: IncidentId(Uuid::from_u128(1)),
            revision: 2,
            act: Move::Note,
            role,
            actor: "k".to_owned(),
            speaks_for: None,
            at: Instant(5),
            carried: Carried { words: words.to_owned(), ..Carried::default() },
        };
        let mut traces = Traces::default();
        let contact = Some("Wang, 138 0000 0000, li@example.org".to_owned());
        traces.add(&Person { contact, ..Person::default() });
        StepMasked::of(&step, &traces).map(|it| it.carried.words)
    }

    #[test]
    fn of_the_public_every_number_goes_and_of_staff_those_of_who_is_forgotten() {
        let both = "13800000000 said: ask 13900000000";
        assert_eq!(left(Role::Public, both).as_deref(), Some("*** said: ask ***"));
        assert_eq!(left(Role::Dispatcher, both).as_deref(), Some("*** said: ask 13900000000"));
        assert_eq!(left(Role::Unit, "wrote to LI@example.org.").as_deref(), Some("wrote to ***"));
        assert_eq!(left(Role::Unit, "wrote to zhang@example.org"), None);
        assert_eq!(left(Role::Public, "3 cars"), None);
    }
}
