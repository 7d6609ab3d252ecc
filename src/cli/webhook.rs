//! `zonewarden webhook`: who is told of what, and what was not delivered.

use clap::Subcommand;
use miette::{IntoDiagnostic, miette};

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::app::webhooks::{self, Alteration, FORMER_S, Order};
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::domain::accounts::Caller;
use crate::domain::id::{UnitId, WebhookId};
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::{Standing, Topic};

/// Most deliveries that are listed.
const LISTED_MAX: u32 = 1_000;

/// Make, list, change and remove webhooks; list and repeat what was not delivered.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zonewarden webhook make https://example.org/hook --unit u07 --topic case_opened --topic case_moved
  zonewarden webhook list
  zonewarden webhook rotate 3f9a0c12b4de
  zonewarden webhook deliveries 3f9a0c12b4de --dead
  zonewarden webhook replay 3f9a0c12b4de")]
pub struct WebhookArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make a webhook and print its secret; it is shown this once.
    #[command(after_help = "Example:
  zonewarden webhook make https://example.org/hook --unit u07 --topic case_opened")]
    Make {
        /// Where it goes: https and a public host
        url: String,
        /// Whose it is; the city's own, which tells of everything, when absent
        #[arg(long)]
        unit: Option<String>,
        /// What it tells of: `report_filed`, `case_opened`, `case_moved`, `plan_published`; all when absent
        #[arg(long = "topic", value_parser = Topic::from_code)]
        topics: Vec<Topic>,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List every webhook, without its secret.
    #[command(after_help = "Example:
  zonewarden webhook list")]
    List,
    /// Give a webhook another secret and print it; the one before signs too for a while.
    #[command(after_help = "Example:
  zonewarden webhook rotate 3f9a0c12b4de --keep-s 3600")]
    Rotate {
        /// The webhook's id
        id: String,
        /// For how many seconds the secret before signs too
        #[arg(long, default_value_t = FORMER_S)]
        keep_s: u32,
    },
    /// Switch a webhook on again; it goes on where it was.
    #[command(after_help = "Example:
  zonewarden webhook on 3f9a0c12b4de")]
    On {
        /// The webhook's id
        id: String,
    },
    /// Switch a webhook off.
    #[command(after_help = "Example:
  zonewarden webhook off 3f9a0c12b4de")]
    Off {
        /// The webhook's id
        id: String,
    },
    /// Remove a webhook, and what it has not delivered.
    #[command(after_help = "Example:
  zonewarden webhook remove 3f9a0c12b4de")]
    Remove {
        /// The webhook's id
        id: String,
    },
    /// List what was not delivered and is still tried, or dead letters.
    #[command(after_help = "Example:
  zonewarden webhook deliveries 3f9a0c12b4de --dead")]
    Deliveries {
        /// The webhook's id
        id: String,
        /// Dead letters
        #[arg(long)]
        dead: bool,
    },
    /// Try dead letters again, at most 1000 at once.
    #[command(after_help = "Examples:
  zonewarden webhook replay 3f9a0c12b4de
  zonewarden webhook replay 3f9a0c12b4de 1024 1031")]
    Replay {
        /// The webhook's id
        id: String,
        /// The numbers of those meant; all when absent
        seqs: Vec<i64>,
    },
}

/// Runs the command.
///
/// # Errors
/// Every fault of the order; an unknown webhook; a store that does not open.
pub fn run(common: &Common, args: &WebhookArgs) -> miette::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    let text = runtime.block_on(act(common, &args.act))?;
    print(text.as_bytes())
}

async fn act(common: &Common, act: &Act) -> miette::Result<String> {
    common.must_exist(None)?;
    let app = &common.app().await?;
    let seat = app.seat(common.city.as_deref()).into_diagnostic()?;
    let (seat, caller) = (&*seat, &Caller::cli());
    match act {
        Act::Make { url, unit, topics, label } => {
            let unit = unit.as_deref().map(UnitId::new).transpose().into_diagnostic()?;
            let order =
                Order { url: url.clone(), topics: topics.clone(), label: label.clone(), unit };
            let made = webhooks::make(app, seat, caller, order).await.into_diagnostic()?;
            Ok(issued(&made))
        }
        Act::List => {
            let found = webhooks::list(app, seat, caller).await.into_diagnostic()?;
            Ok(found.iter().map(line).collect())
        }
        Act::Rotate { id, keep_s } => {
            let made = webhooks::rotate(app, seat, caller, &known(id)?, *keep_s).await;
            Ok(issued(&made.map_err(|refusal| told(id, &refusal))?))
        }
        Act::On { id } => switch(app, seat, id, true).await,
        Act::Off { id } => switch(app, seat, id, false).await,
        Act::Remove { id } => {
            let removed = webhooks::remove(app, seat, caller, &known(id)?).await;
            removed.map_err(|refusal| told(id, &refusal))?;
            Ok(format!("webhook {id} is gone\n"))
        }
        Act::Deliveries { id, dead } => {
            let page = (0, LISTED_MAX);
            let found = webhooks::deliveries(app, seat, caller, &known(id)?, *dead, page).await;
            let found = found.map_err(|refusal| told(id, &refusal))?;
            Ok(found.iter().map(delivery).collect())
        }
        Act::Replay { id, seqs } => {
            let named = (!seqs.is_empty()).then(|| seqs.clone());
            let replayed = webhooks::replay(app, seat, caller, &known(id)?, named).await;
            let replayed = replayed.map_err(|refusal| told(id, &refusal))?;
            Ok(format!("{replayed} dead letters are tried again\n"))
        }
    }
}

async fn switch(app: &App, seat: &Seat, id: &str, on: bool) -> miette::Result<String> {
    let ask = Alteration { enabled: Some(on), ..Alteration::default() };
    let now = webhooks::alter(app, seat, &Caller::cli(), &known(id)?, ask).await;
    Ok(line(&now.map_err(|refusal| told(id, &refusal))?))
}

fn known(id: &str) -> miette::Result<WebhookId> {
    WebhookId::new(id).map_err(|_| unknown(id))
}

fn unknown(id: &str) -> miette::Report {
    miette!("there is no webhook `{}`; `webhook list` shows them", id.escape_debug())
}

fn told(id: &str, refusal: &Refusal) -> miette::Report {
    if *refusal == Refusal::NotFound { unknown(id) } else { miette!("{refusal}") }
}

fn issued(made: &webhooks::Issued) -> String {
    format!(
        "{}\n\nWebhook {}. Keep the secret: it is shown this once. The receiver checks with it, by the Standard \
         Webhooks rules,\nthe header `webhook-signature`.\n",
        made.secret, made.standing.webhook.id
    )
}

fn line(it: &Standing) -> String {
    let Standing { webhook, round } = it;
    let state = match (webhook.off, round.failing_since) {
        (Some(off), _) => format!("off {} ({})", off.at.rfc3339(), off.why.code()),
        (None, Some(since)) => format!("failing since {}", since.rfc3339()),
        (None, None) => "on".to_owned(),
    };
    let unit = webhook.unit.as_ref().map_or("-", UnitId::as_str);
    let topics: Vec<&str> = webhook.topics.iter().map(|topic| topic.code()).collect();
    let topics = if topics.is_empty() { "all".to_owned() } else { topics.join(",") };
    format!("{}\t{unit}\t{topics}\t{state}\t{}\t{}\n", webhook.id, webhook.url, webhook.label)
}

fn delivery(it: &Delivery) -> String {
    let next = if it.dead { "dead".to_owned() } else { format!("next {}", it.next_at.rfc3339()) };
    format!("{}\t{} attempts\t{next}\t{}\n", it.seq, it.attempts, it.fault)
}
