//! `zonewarden key`: issue, list and revoke API keys.

use clap::Subcommand;
use miette::{IntoDiagnostic, miette};

use crate::app::accounts::{self, KeyOrder};
use crate::app::state::App;
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::domain::accounts::{ApiKey, Caller, Role};
use crate::domain::id::{CityId, KeyId, UnitId};
use crate::domain::time::Instant;

/// Issue, list and revoke API keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zonewarden key issue dispatcher --label 'Night shift'
  zonewarden key issue unit --unit u07 --days 365
  zonewarden key list
  zonewarden key revoke 3f9a0c12b4de")]
pub struct KeyArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make a key and print it; it is shown this once.
    #[command(after_help = "Examples:
  zonewarden key issue dispatcher --label 'Night shift'
  zonewarden key issue unit --unit u07 --days 365")]
    Issue {
        /// unit, dispatcher, planner, inspector or admin
        #[arg(value_parser = role)]
        role: Role,
        /// The unit that the holder speaks for; a must for the role `unit`
        #[arg(long)]
        unit: Option<String>,
        /// What the key is for
        #[arg(long, default_value = "")]
        label: String,
        /// After how many days it ends by itself
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
    },
    /// List every key, without its secret.
    #[command(after_help = "Example:
  zonewarden key list")]
    List,
    /// End a key for good.
    #[command(after_help = "Example:
  zonewarden key revoke 3f9a0c12b4de")]
    Revoke {
        /// The key's public half, between the two `_`
        id: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).filter(|role| *role != Role::Public).ok_or_else(|| {
        "a key has the role unit, dispatcher, planner, inspector or admin".to_owned()
    })
}

/// Runs the command.
///
/// # Errors
/// Every fault of the order; an unknown key; a store that does not open.
pub fn run(common: &Common, args: &KeyArgs) -> miette::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    let text = runtime.block_on(act(common, &args.act))?;
    print(text.as_bytes())
}

async fn act(common: &Common, act: &Act) -> miette::Result<String> {
    common.must_exist(None)?;
    let app = common.app().await?;
    let city = app.seat(common.city.as_deref()).into_diagnostic()?.city.clone();
    match act {
        Act::Issue { role, unit, label, days } => {
            issue(&app, &city, *role, unit.as_deref(), label, *days).await
        }
        Act::List => {
            let keys = accounts::list(&app, &city).await.into_diagnostic()?;
            let now = app.now();
            Ok(keys.iter().map(|key| line(key, now)).collect())
        }
        Act::Revoke { id } => {
            let unknown = || miette!("there is no key `{id}` in {city}; `key list` shows them");
            let key = KeyId::new(id).map_err(|_| unknown())?;
            accounts::revoke(&app, &city, &Caller::cli(), &key).await.map_err(|refusal| {
                match refusal {
                    crate::app::refusal::Refusal::NotFound => unknown(),
                    other => miette!("{other}"),
                }
            })?;
            Ok(format!("key {id} is revoked; it opens nothing from now on\n"))
        }
    }
}

async fn issue(
    app: &App,
    city: &CityId,
    role: Role,
    unit: Option<&str>,
    label: &str,
    days: Option<u32>,
) -> miette::Result<String> {
    const DAY_US: i64 = 86_400_000_000;
    let order = KeyOrder {
        role,
        unit: unit.map(UnitId::new).transpose().into_diagnostic()?,
        label: label.to_owned(),
        expires_at: days.map(|days| Instant(app.now().0 + i64::from(days) * DAY_US)),
    };
    let made = accounts::issue(app, city, &Caller::cli(), order).await.into_diagnostic()?;
    Ok(format!(
        "{}\n\nKey {} for {}, role {}. Keep it: it is shown this once.\nSend it as the header \
         `Authorization: Bearer <key>`.\n",
        made.token,
        made.key.id,
        city,
        role.code(),
    ))
}

fn line(key: &ApiKey, now: Instant) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", at.rfc3339()),
        (None, Some(at)) if at <= now => format!("expired {}", at.rfc3339()),
        (None, Some(at)) => format!("until {}", at.rfc3339()),
        (None, None) => "live".to_owned(),
    };
    let unit = key.unit.as_ref().map_or("-", UnitId::as_str);
    format!(
        "{}\t{}\t{unit}\tissued {}\t{state}\t{}\n",
        key.id,
        key.role.code(),
        key.issued_at.rfc3339(),
        key.label
    )
}
