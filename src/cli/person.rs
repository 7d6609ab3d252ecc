//! `zonewarden person`: what is kept of a person, forgetting it, and sealing everybody under a new key.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Subcommand;
use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::people::request::{self, Erased, Erasing, Kept, Who};
use crate::app::people::seal::{self, Resealed};
use crate::app::state::{App, Seat};
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::cli::whole::write_whole;
use crate::domain::accounts::Caller;
use crate::domain::id::ReportId;
use crate::domain::reports::person::Handle;

/// Most bytes of a contact on standard input.
const STDIN_BYTES_MAX: u64 = 4_096;

/// What is kept of a person, forgetting it, and new keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zonewarden person export --contact 13800000000 --reason 'Request of 6 May' -o person.json
  zonewarden person erase --contact li@example.org --words --dry-run
  zonewarden person erase --report 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01
  echo 13800000000 | zonewarden person erase --contact -
  zonewarden person reseal

A person is found by a telephone number, an e-mail address, an account or a device, however it is spelt.
`-` reads it from standard input, so that it stands in no history of commands.")]
pub struct PersonArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Write all that is kept of a person, as JSON. The journal tells that it was done.
    #[command(after_help = "Example:
  zonewarden person export --contact 13800000000 --reason 'Request of 6 May' -o person.json")]
    Export {
        #[command(flatten)]
        who: WhoArgs,
        /// For what: stands in the journal, with numbers and addresses taken out
        #[arg(long)]
        reason: String,
        /// The file [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Forget a person: contact, account, device, and what cameras wrote into the pictures.
    #[command(after_help = "Examples:
  zonewarden person erase --contact li@example.org --words --dry-run
  zonewarden person erase --report 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01")]
    Erase {
        #[command(flatten)]
        who: WhoArgs,
        /// Also take numbers and addresses out of the words of the reports and of their places, and of what the
        /// public added to their cases; answers that may point to a person, such as number plates; and what the
        /// person is known by out of what staff wrote
        #[arg(long)]
        words: bool,
        /// Only tell what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Seal everybody under the first of `contact_keys`, so that the older ones can be taken away.
    #[command(after_help = "Example:
  zonewarden person reseal")]
    Reseal,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct WhoArgs {
    /// A telephone number, an e-mail address, or the contact as it was given; - reads it from standard input
    #[arg(long, allow_hyphen_values = true)]
    contact: Option<String>,
    /// An account at an application
    #[arg(long)]
    account: Option<String>,
    /// A device
    #[arg(long)]
    device: Option<String>,
    /// One report alone, by its id
    #[arg(long)]
    report: Option<Uuid>,
}

impl WhoArgs {
    fn read(&self) -> miette::Result<Who> {
        let contact = match self.contact.as_deref() {
            Some("-") => {
                let mut text = String::new();
                std::io::stdin()
                    .take(STDIN_BYTES_MAX)
                    .read_to_string(&mut text)
                    .into_diagnostic()
                    .wrap_err("reading the contact from standard input")?;
                Some(text.trim().to_owned())
            }
            contact => contact.map(str::to_owned),
        };
        let handle = contact
            .map(Handle::Contact)
            .or_else(|| self.account.clone().map(Handle::Account))
            .or_else(|| self.device.clone().map(Handle::Device));
        match (handle, self.report) {
            (Some(handle), _) => Ok(Who::Handle(handle)),
            (None, Some(id)) => Ok(Who::Report(ReportId(id))),
            (None, None) => Err(miette!("give --contact, --account, --device or --report")),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &PersonArgs) -> miette::Result<()> {
    common.must_exist(None)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(async {
        let app = common.app().await?;
        let seat = app.seat(common.city.as_deref()).into_diagnostic()?;
        act(&app, &seat, &args.act).await
    })
}

async fn act(app: &App, seat: &Seat, act: &Act) -> miette::Result<()> {
    match act {
        Act::Export { who, reason, output } => {
            let who = who.read()?;
            let kept = request::export(app, seat, &Caller::cli(), &who, reason).await;
            let all: Vec<Value> = kept.into_diagnostic()?.iter().map(body).collect();
            let mut bytes =
                serde_json::to_vec_pretty(&json!({ "city": seat.city, "reports": all }))
                    .into_diagnostic()?;
            bytes.push(b'\n');
            match output {
                Some(path) => {
                    write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())
                }
                None => print(&bytes),
            }
        }
        Act::Erase { who, words, dry_run } => {
            let how = Erasing { words: *words, dry_run: *dry_run };
            let erased = request::erase(app, seat, &Caller::cli(), &who.read()?, how).await;
            print(erased_words(&erased.into_diagnostic()?, how).as_bytes())
        }
        Act::Reseal => {
            let clear = seal::seal_clear(app, &seat.city).await.into_diagnostic()?;
            let done = seal::reseal(app, &seat.city).await.into_diagnostic()?;
            print(resealed_words(clear, &done).as_bytes())?;
            if done.faults.is_empty() {
                Ok(())
            } else {
                Err(miette!("{} could not be opened", done.faults.len()))
            }
        }
    }
}

fn body(kept: &Kept) -> Value {
    let (report, to) = (&kept.filed.report, &kept.filed.assignment);
    let at = report.position.degrees();
    let person = kept.person.as_ref().and_then(|person| person.as_ref().ok());
    json!({
        "id": report.id,
        "received_at": report.received_at.rfc3339(),
        "happened_at": report.happened_at.rfc3339(),
        "source": report.source,
        "category": report.category,
        "position": { "lon": at.lon(), "lat": at.lat() },
        "words": report.words,
        "contact": person.and_then(|it| it.contact.as_ref()),
        "account_id": person.and_then(|it| it.account_id.as_ref()),
        "device_id": person.and_then(|it| it.device_id.as_ref()),
        "unreadable": kept.person.as_ref().and_then(|person| person.as_ref().err()),
        "further": report.further,
        "unit": to.unit,
        "zone": to.zone,
        "incident": kept.case.as_ref().map(|case| case.id),
        "stage": kept.case.as_ref().map(|case| case.stage.code()),
    })
}

fn erased_words(erased: &Erased, how: Erasing) -> String {
    if erased.reports.is_empty() {
        return "Nothing is kept of this person.\n".to_owned();
    }
    let verb = if how.dry_run { "Would be erased" } else { "Erased" };
    let mut said = format!(
        "{verb}: who stands behind {} of {} reports, what cameras wrote into {} pictures, numbers, \
         addresses and plates in what {} say, and in {} steps of their cases.\n",
        erased.people,
        erased.reports.len(),
        erased.pictures,
        erased.words,
        erased.steps
    );
    for id in &erased.reports {
        let _ = writeln!(said, "  {id}");
    }
    if !how.words {
        said.push_str("The words of the reports stay as they are; see --words.\n");
    }
    said
}

fn resealed_words(clear: usize, done: &Resealed) -> String {
    let mut said = format!(
        "Sealed anew under the first key: {}. Sealed for the first time: {clear}. Under it already: {}.\n",
        done.anew,
        done.current.saturating_sub(clear)
    );
    for fault in &done.faults {
        let _ = writeln!(said, "  {fault}");
    }
    said
}
