//! Who may do what: one table of roles and operations.

use serde::{Deserialize, Serialize};

use crate::domain::id::{KeyId, UnitId};
use crate::domain::time::Instant;

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody, without a key.
    Public,
    /// A responsible unit 责任单位: sees its own reports.
    Unit,
    /// A dispatcher 派遣员.
    Dispatcher,
    /// A planner of zones 规划员.
    Planner,
    /// An inspector 督查员.
    Inspector,
    /// Runs the service for the city.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Public, Self::Unit, Self::Dispatcher, Self::Planner, Self::Inspector, Self::Admin];

    /// The code in tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unit => "unit",
            Self::Dispatcher => "dispatcher",
            Self::Planner => "planner",
            Self::Inspector => "inspector",
            Self::Admin => "admin",
        }
    }

    /// The role with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// An API key as it is kept: its secret only as a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The public half.
    pub id: KeyId,
    /// HMAC-SHA256 of the secret half under the deployment's pepper, hex.
    pub hash: String,
    /// What its holder may do.
    pub role: Role,
    /// Which unit the holder speaks for; a must for [`Role::Unit`].
    pub unit: Option<UnitId>,
    /// What it is for.
    pub label: String,
    /// When it was issued.
    pub issued_at: Instant,
    /// When it ends by itself.
    pub expires_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

/// Who asks: a key's holder, or anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What the caller is.
    pub role: Role,
    /// Which unit the caller speaks for.
    pub unit: Option<UnitId>,
    /// How the journal names the caller: a key's code, `cli`, `public`.
    pub actor: String,
}

impl Caller {
    /// Anybody, without a key.
    #[must_use]
    pub fn public() -> Self {
        Self { role: Role::Public, unit: None, actor: "public".to_owned() }
    }

    /// Whoever sits at the machine itself.
    #[must_use]
    pub fn cli() -> Self {
        Self { role: Role::Admin, unit: None, actor: "cli".to_owned() }
    }

    /// The holder of a key.
    #[must_use]
    pub fn holder(key: &ApiKey) -> Self {
        Self { role: key.role, unit: key.unit.clone(), actor: key.id.to_string() }
    }

    /// Whether the table lets this caller do `operation`.
    #[must_use]
    pub fn may(&self, operation: Operation) -> bool {
        operation.roles().contains(&self.role)
    }

    /// Which reports the caller sees.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match (self.role, &self.unit) {
            (Role::Public, _) | (Role::Unit, None) => Scope::Nothing,
            (Role::Unit, Some(unit)) => Scope::Unit(unit.clone()),
            (Role::Dispatcher | Role::Planner | Role::Inspector | Role::Admin, _) => {
                Scope::Everything
            }
        }
    }
}

/// Which reports a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None.
    Nothing,
    /// Those assigned to this unit, or beside it.
    Unit(UnitId),
    /// All of the city's.
    Everything,
}

const EVERYBODY: &[Role] = &Role::ALL;
const STAFF: &[Role] = &[Role::Unit, Role::Dispatcher, Role::Planner, Role::Inspector, Role::Admin];

/// Who sees drafts of a plan.
const PLANNERS: &[Role] = &[Role::Planner, Role::Admin];
const UNIT_OR_ADMIN: &[Role] = &[Role::Unit, Role::Admin];

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $roles:expr;)*) => {
        /// What can be asked of the service. The id is the operation's id in the OpenAPI document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The operation's id.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Who may do it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => $roles,)* }
            }
        }
    };
}

// THE table of roles and operations. A test compares it with the OpenAPI document both ways.
operations! {
    /// Who is responsible at a place.
    LocatePoint = "locate_point", EVERYBODY;
    /// Who is responsible at many places.
    LocateBatch = "locate_batch", EVERYBODY;
    /// The plan in force.
    GetPlan = "get_plan", EVERYBODY;
    /// The plans that were published.
    ListPlans = "list_plans", EVERYBODY;
    /// One of them.
    GetPlanVersion = "get_plan_version", EVERYBODY;
    /// The zones of a published plan.
    GetPlanZones = "get_plan_zones", EVERYBODY;
    /// What differs between two plans.
    ComparePlans = "compare_plans", EVERYBODY;
    /// Publishes a former plan again, or says what that would change.
    RestorePlan = "restore_plan", &[Role::Planner, Role::Admin];
    /// What was handed over with a plan; a unit's own.
    GetHandover = "get_handover", STAFF;
    /// Routes stored reports anew whose place changed hands.
    ReroutePlan = "reroute_plan", &[Role::Planner, Role::Admin];
    /// Zones, units, facilities or rules as a file of any format.
    ExportLayer = "export_layer", STAFF;
    /// The whole city as one archive.
    ExportCity = "export_city", &[Role::Admin];
    /// Sets the city as an archive says.
    ImportCity = "import_city", &[Role::Admin];
    /// The zones of the plan.
    ListZones = "list_zones", EVERYBODY;
    /// One zone.
    GetZone = "get_zone", EVERYBODY;
    /// The units.
    ListUnits = "list_units", EVERYBODY;
    /// One unit.
    GetUnit = "get_unit", EVERYBODY;
    /// The facilities, by place and kind.
    ListFacilities = "list_facilities", EVERYBODY;
    /// One facility.
    GetFacility = "get_facility", EVERYBODY;
    /// Makes, changes and removes facilities from a map.
    EditFacilities = "edit_facilities", &[Role::Planner, Role::Admin];
    /// The routing rules.
    ListRules = "list_rules", STAFF;
    /// Sets the routing rules, or rehearses them on past reports.
    SetRules = "set_rules", &[Role::Planner, Role::Admin];
    /// The versions of the routing rules.
    ListRuleVersions = "list_rule_versions", STAFF;
    /// One version of them.
    GetRuleVersion = "get_rule_version", STAFF;
    /// What differs between two versions.
    CompareRuleVersions = "compare_rule_versions", STAFF;
    /// Sets the rules as they were in a version, or rehearses that on past reports.
    RestoreRules = "restore_rules", &[Role::Planner, Role::Admin];
    /// Rules that corrections propose.
    ListRuleProposals = "list_rule_proposals", &[Role::Planner, Role::Admin];
    /// Does not want one of them.
    DismissRuleProposal = "dismiss_rule_proposal", &[Role::Planner, Role::Admin];
    /// Drafts of a plan.
    ListDrafts = "list_drafts", PLANNERS;
    /// Begins a draft.
    MakeDraft = "make_draft", PLANNERS;
    /// Begins a draft with what a file holds.
    ImportDraft = "import_draft", PLANNERS;
    /// One draft with its steps.
    GetDraft = "get_draft", PLANNERS;
    /// A draft's zones as its edits leave them.
    GetDraftZones = "get_draft_zones", PLANNERS;
    /// A draft's borders, for an editor of maps.
    GetDraftBorders = "get_draft_borders", PLANNERS;
    /// What a draft changes.
    CompareDraft = "compare_draft", PLANNERS;
    /// Takes a step in a draft; the law of drafts says who may take which.
    ActOnDraft = "act_on_draft", PLANNERS;
    /// Reviews a draft.
    ReviewDraft = "review_draft", PLANNERS;
    /// Reviews a draft as it would be with edits.
    TryEdits = "try_edits", PLANNERS;
    /// Proposes balanced plans.
    BalancePlan = "balance_plan", PLANNERS;
    /// The categories of reports.
    ListCategories = "list_categories", EVERYBODY;
    /// Sets the categories, with what is asked of who tells something.
    SetCategories = "set_categories", &[Role::Admin];
    /// Tell the city something.
    FileReport = "file_report", EVERYBODY;
    /// Tell the city many things at once: machines, and those who type for others.
    FileReports = "file_reports", &[Role::Unit, Role::Dispatcher, Role::Inspector, Role::Admin];
    /// One report, as far as the caller's scope goes.
    GetReport = "get_report", STAFF;
    /// Reports, as far as the caller's scope goes.
    ListReports = "list_reports", STAFF;
    /// How to reach the person behind a report: only who has to call back, and every look is journalled.
    SeeContact = "see_contact", &[Role::Unit, Role::Dispatcher, Role::Admin];
    /// All that is kept of a person, on that person's request.
    ExportPerson = "export_person", &[Role::Admin];
    /// Forgets a person, on that person's request.
    ErasePerson = "erase_person", &[Role::Admin];
    /// A picture that came with a report.
    GetPicture = "get_picture", EVERYBODY;
    /// Open311: where what is.
    GetDiscovery = "get_discovery", EVERYBODY;
    /// Open311: what can be told.
    ListServices = "list_services", EVERYBODY;
    /// Open311: what is asked of who tells it.
    GetService = "get_service", EVERYBODY;
    /// Open311: whether a place is the city's.
    GetCoverage = "get_coverage", EVERYBODY;
    /// Open311: tell the city something.
    FileServiceRequest = "file_service_request", EVERYBODY;
    /// Open311: what was told in public.
    ListServiceRequests = "list_service_requests", EVERYBODY;
    /// Open311: one thing told in public.
    GetServiceRequest = "get_service_request", EVERYBODY;
    /// Open311: what became of what was told in public.
    ListServiceRequestUpdates = "list_service_request_updates", EVERYBODY;
    /// Open311: add to what was told in public.
    FileServiceRequestUpdate = "file_service_request_update", EVERYBODY;
    /// Open311: the request of a token.
    GetToken = "get_token", EVERYBODY;
    /// Incidents, as far as the caller's scope goes.
    ListIncidents = "list_incidents", STAFF;
    /// One incident with its steps, as far as the caller's scope goes.
    GetIncident = "get_incident", STAFF;
    /// Takes a step in a case; the workflow's own table says who may take which.
    ActOnIncident = "act_on_incident", STAFF;
    /// Keeps a picture that a step of a case will name.
    KeepPicture = "keep_picture", STAFF;
    /// Takes steps in many cases.
    ActOnIncidents = "act_on_incidents", STAFF;
    /// The journal as it is written.
    StreamJournal = "stream_journal", STAFF;
    /// Webhooks: a unit's own, or all.
    ListWebhooks = "list_webhooks", UNIT_OR_ADMIN;
    /// Makes a webhook.
    MakeWebhook = "make_webhook", UNIT_OR_ADMIN;
    /// One webhook.
    GetWebhook = "get_webhook", UNIT_OR_ADMIN;
    /// Changes a webhook.
    ChangeWebhook = "change_webhook", UNIT_OR_ADMIN;
    /// Gives a webhook another secret.
    RotateWebhookSecret = "rotate_webhook_secret", UNIT_OR_ADMIN;
    /// What a webhook has not delivered.
    ListDeliveries = "list_deliveries", UNIT_OR_ADMIN;
    /// Tries dead letters again.
    ReplayDeliveries = "replay_deliveries", UNIT_OR_ADMIN;
    /// Removes a webhook.
    RemoveWebhook = "remove_webhook", UNIT_OR_ADMIN;
    /// What the public may follow, as Atom.
    GetFeedAtom = "get_feed_atom", EVERYBODY;
    /// What the public may follow, as GeoJSON.
    GetFeedGeojson = "get_feed_geojson", EVERYBODY;
    /// A map tile; of incidents only who may list them.
    GetTile = "get_tile", EVERYBODY;
    /// What there is as map tiles, as `TileJSON`.
    GetTileset = "get_tileset", EVERYBODY;
    /// The city's map in a style.
    GetStyle = "get_style", EVERYBODY;
    /// Whether the process lives.
    GetHealth = "get_health", EVERYBODY;
    /// Whether it can answer.
    GetReadiness = "get_readiness", EVERYBODY;
    /// Counters for Prometheus.
    GetMetrics = "get_metrics", EVERYBODY;
    /// The OpenAPI document.
    GetOpenapi = "get_openapi", EVERYBODY;
}

impl Operation {
    /// The operation with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.id() == id)
    }
}

impl ApiKey {
    /// Whether the key opens anything at `now`.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.expires_at.is_none_or(|at| now < at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(role: Role, unit: Option<&str>) -> ApiKey {
        ApiKey {
            id: KeyId::new("k1").unwrap(),
            hash: String::new(),
            role,
            unit: unit.map(|code| UnitId::new(code).unwrap()),
            label: String::new(),
            issued_at: Instant(0),
            expires_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn the_public_sees_no_report_and_a_unit_only_its_own() {
        assert_eq!(Caller::public().scope(), Scope::Nothing);
        assert!(!Caller::public().may(Operation::GetReport));
        assert!(Caller::public().may(Operation::FileReport));
        let unit = Caller::holder(&key(Role::Unit, Some("u1")));
        assert_eq!(unit.scope(), Scope::Unit(UnitId::new("u1").unwrap()));
        assert_eq!(Caller::holder(&key(Role::Unit, None)).scope(), Scope::Nothing);
        assert!(!Caller::holder(&key(Role::Inspector, None)).may(Operation::SeeContact));
    }

    #[test]
    fn a_key_ends_at_its_expiry_and_at_its_revocation() {
        let mut key = key(Role::Admin, None);
        assert!(key.is_live(Instant(5)));
        key.expires_at = Some(Instant(5));
        assert!(key.is_live(Instant(4)) && !key.is_live(Instant(5)));
        key.expires_at = None;
        key.revoked_at = Some(Instant(3));
        assert!(!key.is_live(Instant(4)));
    }

    #[test]
    fn operation_ids_are_unique() {
        for operation in Operation::ALL {
            assert_eq!(Operation::from_id(operation.id()), Some(*operation));
        }
    }
}
