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
