//! The schema's history: which migrations there are, and which a store still lacks.
//!
//! Migrations go forward only: expand, move, contract. Each is applied in a transaction with its
//! SHA-256; a text that was edited afterwards is refused by its hash, a store that is newer than
//! this program by its number.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::store::promise::StoreError;
use crate::store::sql::Dialect;

/// One step of the schema, in both dialects.
#[derive(Debug)]
pub struct Migration {
    /// 1, 2, 3 …
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
}

/// All of them, in order.
pub static MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "city",
        postgres: include_str!("../../migrations/postgres/0001_city.sql"),
        sqlite: include_str!("../../migrations/sqlite/0001_city.sql"),
    },
    Migration {
        number: 2,
        name: "clocks",
        postgres: include_str!("../../migrations/postgres/0002_clocks.sql"),
        sqlite: include_str!("../../migrations/sqlite/0002_clocks.sql"),
    },
    Migration {
        number: 3,
        name: "open311",
        postgres: include_str!("../../migrations/postgres/0003_open311.sql"),
        sqlite: include_str!("../../migrations/sqlite/0003_open311.sql"),
    },
    Migration {
        number: 4,
        name: "incident",
        postgres: include_str!("../../migrations/postgres/0004_incident.sql"),
        sqlite: include_str!("../../migrations/sqlite/0004_incident.sql"),
    },
    Migration {
        number: 5,
        name: "timed",
        postgres: include_str!("../../migrations/postgres/0005_timed.sql"),
        sqlite: include_str!("../../migrations/sqlite/0005_timed.sql"),
    },
    Migration {
        number: 6,
        name: "escalation",
        postgres: include_str!("../../migrations/postgres/0006_escalation.sql"),
        sqlite: include_str!("../../migrations/sqlite/0006_escalation.sql"),
    },
    Migration {
        number: 7,
        name: "history",
        postgres: include_str!("../../migrations/postgres/0007_history.sql"),
        sqlite: include_str!("../../migrations/sqlite/0007_history.sql"),
    },
    Migration {
        number: 8,
        name: "proposals",
        postgres: include_str!("../../migrations/postgres/0008_proposals.sql"),
        sqlite: include_str!("../../migrations/sqlite/0008_proposals.sql"),
    },
    Migration {
        number: 9,
        name: "lists",
        postgres: include_str!("../../migrations/postgres/0009_lists.sql"),
        sqlite: include_str!("../../migrations/sqlite/0009_lists.sql"),
    },
    Migration {
        number: 10,
        name: "webhook",
        postgres: include_str!("../../migrations/postgres/0010_webhook.sql"),
        sqlite: include_str!("../../migrations/sqlite/0010_webhook.sql"),
    },
    Migration {
        number: 11,
        name: "people",
        postgres: include_str!("../../migrations/postgres/0011_people.sql"),
        sqlite: include_str!("../../migrations/sqlite/0011_people.sql"),
    },
    Migration {
        number: 12,
        name: "draft",
        postgres: include_str!("../../migrations/postgres/0012_draft.sql"),
        sqlite: include_str!("../../migrations/sqlite/0012_draft.sql"),
    },
    Migration {
        number: 13,
        name: "plans",
        postgres: include_str!("../../migrations/postgres/0013_plans.sql"),
        sqlite: include_str!("../../migrations/sqlite/0013_plans.sql"),
    },
    Migration {
        number: 14,
        name: "reaches",
        postgres: include_str!("../../migrations/postgres/0014_reaches.sql"),
        sqlite: include_str!("../../migrations/sqlite/0014_reaches.sql"),
    },
    Migration {
        number: 15,
        name: "links",
        postgres: include_str!("../../migrations/postgres/0015_links.sql"),
        sqlite: include_str!("../../migrations/sqlite/0015_links.sql"),
    },
    Migration {
        number: 16,
        name: "lights",
        postgres: include_str!("../../migrations/postgres/0016_lights.sql"),
        sqlite: include_str!("../../migrations/sqlite/0016_lights.sql"),
    },
    Migration {
        number: 17,
        name: "answers",
        postgres: include_str!("../../migrations/postgres/0017_answers.sql"),
        sqlite: include_str!("../../migrations/sqlite/0017_answers.sql"),
    },
    Migration {
        number: 18,
        name: "public",
        postgres: include_str!("../../migrations/postgres/0018_public.sql"),
        sqlite: include_str!("../../migrations/sqlite/0018_public.sql"),
    },
    Migration {
        number: 19,
        name: "edits",
        postgres: include_str!("../../migrations/postgres/0019_edits.sql"),
        sqlite: include_str!("../../migrations/sqlite/0019_edits.sql"),
    },
    Migration {
        number: 20,
        name: "promised",
        postgres: include_str!("../../migrations/postgres/0020_promised.sql"),
        sqlite: include_str!("../../migrations/sqlite/0020_promised.sql"),
    },
    Migration {
        number: 21,
        name: "pictures",
        postgres: include_str!("../../migrations/postgres/0021_pictures.sql"),
        sqlite: include_str!("../../migrations/sqlite/0021_pictures.sql"),
    },
    Migration {
        number: 22,
        name: "catalogue",
        postgres: include_str!("../../migrations/postgres/0022_catalogue.sql"),
        sqlite: include_str!("../../migrations/sqlite/0022_catalogue.sql"),
    },
    Migration {
        number: 23,
        name: "places",
        postgres: include_str!("../../migrations/postgres/0023_places.sql"),
        sqlite: include_str!("../../migrations/sqlite/0023_places.sql"),
    },
];

/// A migration that was applied just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
}

impl Migration {
    pub(super) fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Postgres => self.postgres,
            Dialect::Sqlite => self.sqlite,
        }
    }

    pub(super) fn hash(&self, dialect: Dialect) -> String {
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(self.text(dialect).as_bytes()) {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    pub(super) fn applied(&self) -> Applied {
        Applied { number: self.number, name: self.name }
    }
}

/// What a store that has recorded these numbers and hashes still lacks.
///
/// # Errors
/// [`StoreError::Damaged`] when the store is newer than this program, or was made by a migration
/// that has been edited since.
pub(super) fn pending(
    dialect: Dialect,
    recorded: &[(i64, String)],
) -> Result<Vec<&'static Migration>, StoreError> {
    for (number, hash) in recorded {
        let Some(ours) = MIGRATIONS.iter().find(|it| it.number == *number) else {
            return Err(StoreError::Damaged(format!(
                "its schema is at number {number}, this program knows {} at most; \
                 use a newer zonewarden",
                MIGRATIONS.len()
            )));
        };
        if ours.hash(dialect) != *hash {
            return Err(StoreError::Damaged(format!(
                "migration {number} ({}) was applied with another text than this program has \
                 (sha256 {hash}); an applied migration is never edited",
                ours.name
            )));
        }
    }
    let lacks = |it: &&Migration| !recorded.iter().any(|(number, _)| *number == it.number);
    Ok(MIGRATIONS.iter().filter(lacks).collect())
}

/// The refusal to open a store that lacks migrations.
pub(super) fn outdated(pending: &[&'static Migration]) -> StoreError {
    StoreError::Unavailable(format!(
        "its schema lacks {} migration(s); run `zonewarden migrate` first",
        pending.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_migration_and_a_newer_schema_are_refused() {
        let done: Vec<(i64, String)> =
            MIGRATIONS.iter().map(|it| (it.number, it.hash(Dialect::Sqlite))).collect();
        assert!(pending(Dialect::Sqlite, &done).unwrap().is_empty());
        assert_eq!(pending(Dialect::Sqlite, &[]).unwrap().len(), MIGRATIONS.len());
        assert!(pending(Dialect::Postgres, &done).unwrap_err().to_string().contains("edited"));
        let newer = [done, vec![(99, String::new())]].concat();
        assert!(pending(Dialect::Sqlite, &newer).unwrap_err().to_string().contains("newer"));
    }

    #[test]
    fn migrations_are_numbered_without_gaps() {
        assert!(MIGRATIONS.iter().zip(1..).all(|(it, n)| it.number == n));
    }
}
