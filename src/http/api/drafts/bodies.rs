//! How drafts and their steps stand in answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::drafts::order::Done;
use crate::domain::accounts::Caller;
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::ZoneId;
use crate::domain::time::Instant;
use crate::domain::zoning::overwritten::Overwritten;
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;
use crate::http::api::drafts::ground::{MovedBody, position};

/// A draft as lists show it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftDocket)]
pub struct DocketBody {
    /// Its id.
    pub id: String,
    /// Counts its steps; give it back with a step.
    pub revision: u32,
    /// What it is called.
    pub name: String,
    /// `open`, `proposed`, `approved`, `scheduled`, `published` or `dropped`.
    pub stage: String,
    /// Who began it: a key's code, or `cli`.
    pub owner: String,
    /// Whose keys may edit it too.
    pub shared: Vec<String>,
    /// The plan it is drawn on.
    pub base: i64,
    /// How many edits hold.
    pub edits: u32,
    /// When it was begun.
    pub opened_at: String,
    /// When the last step was taken.
    pub last_at: String,
    /// By whom.
    pub last_by: String,
    /// When it is to come into force.
    #[schema(required = true)]
    pub effective_at: Option<String>,
    /// The plan that it became.
    #[schema(required = true)]
    pub plan: Option<i64>,
}

/// A page of drafts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Drafts)]
pub struct DraftsBody {
    /// The last begun first.
    pub drafts: Vec<DocketBody>,
    /// `after` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A step of a draft.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftStep)]
pub struct StepBody {
    /// 1 for the first, then 2, 3 …
    pub revision: u32,
    /// What was done: `open`, `edit`, `undo`, `redo`, `rename`, `comment`, `share`, `lock`, `rebase`, `propose`,
    /// `approve`, `refuse`, `withdraw`, `schedule`, `publish`, `put_back` or `drop`.
    pub act: String,
    /// By whom: a key's code, `cli`, `clock`.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// When.
    pub at: String,
    /// What was said with it.
    pub words: String,
    /// Of a remark the place.
    #[schema(required = true)]
    pub place: Option<[f64; 2]>,
    /// What else it brought, as a step is asked; whole sets of zones only by their number.
    #[schema(value_type = Object)]
    pub deed: Value,
}

/// A draft.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftBody {
    /// As lists show it.
    #[serde(flatten)]
    pub docket: DocketBody,
    /// What it is for.
    pub words: String,
    /// Zones whose areas no edit may change.
    pub locked: Vec<String>,
    /// Whether no edit may win or lose ground at the outline of all zones.
    pub locked_outline: bool,
    /// Who laid it before a second person.
    #[schema(required = true)]
    pub proposed_by: Option<String>,
    /// The second person that approved it.
    #[schema(required = true)]
    pub approved_by: Option<String>,
    /// The draft that it is a copy of.
    #[schema(required = true)]
    pub copied_from: Option<String>,
    /// How many steps can be undone.
    pub undoable: usize,
    /// How many steps can be done again.
    pub redoable: usize,
    /// What the caller may do now.
    pub open_to_you: Vec<String>,
    /// The steps asked for.
    pub steps: Vec<StepBody>,
    /// `since` of the next page of steps; null on the last.
    #[schema(required = true)]
    pub next: Option<u32>,
}

/// An edit that does not fit the plan in force.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftConflict)]
pub struct ConflictBody {
    /// The edit, by its number from 0 over all that hold.
    pub edit: usize,
    /// Which kind of edit.
    pub kind: String,
    /// By whom it was.
    pub actor: String,
    /// Why it does not fit.
    pub words: String,
    /// Where.
    #[schema(required = true)]
    pub at: Option<[f64; 2]>,
    /// The facts of a zone that the edit and the plan in force have set, each otherwise.
    pub overwritten: Vec<OverwrittenBody>,
}

/// A fact of a zone that an edit and the plan in force have set, each otherwise.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OverwrittenFact)]
pub struct OverwrittenBody {
    /// Which: `number`, `names`, `lead`, `co`, or `attributes.` and the name of a further fact.
    pub field: String,
    /// As it was before both; null where it was not there.
    pub was: Value,
    /// As the plan in force has it; null where it is not there.
    pub published: Value,
    /// As the edit has it; null where it takes it away.
    pub drawn: Value,
}

/// What became of a step.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftStepDone)]
pub struct DoneBody {
    /// The draft as it is now; of a dry run as it was.
    pub draft: DraftBody,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Zones that are otherwise, new or gone.
    pub touched: Vec<String>,
    /// Those of them whose area is otherwise.
    pub reshaped: Vec<String>,
    /// The areas that change hands.
    pub moved: Vec<MovedBody>,
    /// Where a border was bent by a step of the grid.
    pub bent: Vec<[f64; 2]>,
    /// Of a rebase: the edits that no longer fit and were left out, or would be.
    pub conflicts: Vec<ConflictBody>,
    /// What was noticed and keeps nothing from being done.
    pub warnings: Vec<String>,
}

impl OverwrittenBody {
    fn of(it: &Overwritten) -> Self {
        let Overwritten { field, was, published, drawn } = it.clone();
        Self { field, was, published, drawn }
    }
}

impl DocketBody {
    /// As it stands.
    #[must_use]
    pub fn of(it: &DraftDocket) -> Self {
        Self {
            id: it.id.to_string(),
            revision: it.revision,
            name: it.name.clone(),
            stage: it.stage.code().to_owned(),
            owner: it.owner.clone(),
            shared: it.shared.iter().map(ToString::to_string).collect(),
            base: it.base,
            edits: it.edits,
            opened_at: it.opened_at.rfc3339(),
            last_at: it.last_at.rfc3339(),
            last_by: it.last_by.clone(),
            effective_at: it.effective_at.map(Instant::rfc3339),
            plan: it.plan,
        }
    }
}

impl StepBody {
    /// As it is kept.
    #[must_use]
    pub fn of(step: &DraftStep, crs: Crs) -> Self {
        let mut deed = serde_json::to_value(&step.deed).unwrap_or_default();
        let mut place = None;
        if let Some(fields) = deed.as_object_mut() {
            fields.remove("act");
            fields.remove("words");
            if let Some(at) = fields.remove("place") {
                let at: Option<GridPoint> = serde_json::from_value(at).ok();
                place = at.map(|at| position(at, crs));
            }
            fields.values_mut().for_each(without_sets);
            if let Some(at) = fields.get_mut("at") {
                *at = at.as_i64().map(|at| Instant(at).rfc3339()).into();
            }
        }
        Self {
            revision: step.revision,
            act: step.deed.act().code().to_owned(),
            actor: step.actor.clone(),
            role: step.role.code().to_owned(),
            at: step.at.rfc3339(),
            words: step.deed.words().to_owned(),
            place,
            deed,
        }
    }
}

/// Whole sets of zones are many megabytes: only their number is told.
fn without_sets(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_sets),
        Value::Object(fields) if fields.get("kind").and_then(Value::as_str) == Some("redraw") => {
            let count = fields.get("zones").and_then(Value::as_array).map_or(0, Vec::len);
            fields.insert("zones".to_owned(), count.into());
        }
        _ => {}
    }
}

impl DraftBody {
    /// As it stands, without steps.
    #[must_use]
    pub fn of(draft: &Draft, caller: &Caller) -> Self {
        Self {
            docket: DocketBody::of(&DraftDocket::of(draft)),
            words: draft.words.clone(),
            locked: draft.locked.iter().map(ToString::to_string).collect(),
            locked_outline: draft.locked_outline,
            proposed_by: draft.proposed_by.clone(),
            approved_by: draft.approved_by.clone(),
            copied_from: draft.copied_from.map(|from| from.draft.to_string()),
            undoable: draft.done,
            redoable: draft.strokes.len() - draft.done,
            open_to_you: draft.open_to(caller).iter().map(|act| act.code().to_owned()).collect(),
            steps: Vec::new(),
            next: None,
        }
    }
}

impl DoneBody {
    /// What became of a step.
    #[must_use]
    pub fn of(done: &Done, caller: &Caller, crs: Crs, dry_run: bool) -> Self {
        let applied = done.applied.clone().unwrap_or_default();
        let ids = |zones: &std::collections::BTreeSet<ZoneId>| {
            zones.iter().map(ToString::to_string).collect()
        };
        let conflicts = done.conflicts.iter().map(|it| ConflictBody {
            edit: it.edit,
            kind: it.kind.to_owned(),
            actor: it.actor.clone(),
            words: it.fault.says.clone(),
            at: it.fault.at.map(|at| position(at, crs)),
            overwritten: it.overwritten.iter().map(OverwrittenBody::of).collect(),
        });
        Self {
            draft: DraftBody::of(&done.draft, caller),
            dry_run,
            touched: ids(&applied.touched),
            reshaped: ids(&applied.reshaped),
            moved: applied.moved.iter().map(|moved| MovedBody::of(moved, crs)).collect(),
            bent: applied.bent.iter().map(|at| position(*at, crs)).collect(),
            conflicts: conflicts.collect(),
            warnings: done.warnings.clone(),
        }
    }
}
