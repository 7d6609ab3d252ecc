//! Our own JSON, under `/api/v1`.

pub mod answer;
pub mod named;
pub mod locate;
pub mod batch;
pub mod batch_work;
pub mod rows;
pub mod atlas;
pub mod plans;
pub mod exchange;
pub mod facilities;
pub mod fragments;
pub mod categories;
pub mod reports;
pub mod people;
pub mod report_batch;
pub mod pictures;
pub mod rules;
pub mod rule_versions;
pub mod rule_proposals;
pub mod incidents;
pub mod journal;
pub mod feeds;
pub mod webhooks;
pub mod drafts;
