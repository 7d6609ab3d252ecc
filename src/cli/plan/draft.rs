//! `zonewarden plan draft`: drafts of a plan, from the first edit until they are in force.

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{IntoDiagnostic, WrapErr};

use crate::app::drafts::act::act;
use crate::app::drafts::import::{Closing, DraftImport, Source, import};
use crate::app::drafts::make::{NewDraft, make};
use crate::app::drafts::order::{Conflicting, Done, Order, Wish};
use crate::app::drafts::read::{self, PAGE_MAX, Wanted};
use crate::app::drafts::review::{DAYS_DEFAULT, DAYS_MAX, LISTED_MAX, Look, Trial, review};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::app::transfer::Format;
use crate::cli::common::Common;
use crate::cli::plan::review::lines;
use crate::cli::plan::steps::{Step, draft_id};
use crate::cli::print::print;
use crate::cli::whole::write_whole;
use crate::domain::accounts::Caller;
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::{Deed, DraftStep};
use crate::domain::id::{DraftId, UnitId};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::ZoningEdit;
use crate::formats::geojson;
use crate::formats::layer::BYTES_MAX;
use crate::formats::nouns::zones::to_layer;
use crate::geom::coverage::build::settings::Remedy;
use crate::geom::crs::Crs;
use crate::http::api::drafts::review::ReviewBody;

/// Drafts of a plan, from the first edit until they are in force.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden plan draft make \"North bank\"
  zonewarden plan draft import redrawn.geojson --name \"Redrawn\" --dry-run
  zonewarden plan draft import assigned.csv --blocks --name \"By blocks\"
  zonewarden plan draft edit DRAFT edits.json --dry-run
  zonewarden plan draft undo DRAFT
  zonewarden plan draft lock DRAFT Z01 Z02
  zonewarden plan draft comment DRAFT \"Whose is the bridge?\" --at 109.484,36.585
  zonewarden plan draft show DRAFT --zones > zones.geojson
  zonewarden plan draft review DRAFT
  zonewarden plan draft review DRAFT --days 30 --listed 100000 --json > review.json
  zonewarden plan draft publish DRAFT --at 2026-07-01T00:00:00+08:00

A file of edits is a JSON list: [{\"kind\": \"merge\", \"into\": \"Z01\", \"from\": \"Z02\"}]")]
pub(super) struct DraftArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// List drafts, the last begun first.
    #[command(after_help = "Example:
  zonewarden plan draft list --all")]
    List {
        /// Also those that are over.
        #[arg(long)]
        all: bool,
    },
    /// Begin a draft on the plan in force, or as a copy of another.
    #[command(after_help = "Examples:
  zonewarden plan draft make 'North bank'
  zonewarden plan draft make 'As it was' --of-plan 3")]
    Make {
        /// What it is called.
        name: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        words: String,
        /// The draft it is a copy of.
        #[arg(long, value_name = "DRAFT", value_parser = draft_id)]
        copy_of: Option<DraftId>,
        /// The former plan whose zones it begins with.
        #[arg(long, value_name = "PLAN", conflicts_with = "copy_of")]
        of_plan: Option<i64>,
    },
    /// Begin a draft with the zones of a file, or with a table of blocks and zones.
    #[command(after_help = "Examples:
  zonewarden plan draft import redrawn.geojson --name 'Redrawn' --dry-run
  zonewarden plan draft import assigned.csv --blocks --name 'By blocks'")]
    Import(ImportArgs),
    /// Edit a draft: all edits of a JSON file or none, undone together.
    #[command(after_help = "Example:
  zonewarden plan draft edit 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 edits.json --dry-run")]
    Edit {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Only say what it would do.
        #[arg(long)]
        dry_run: bool,
    },
    /// Show a draft and its steps, or its zones as GeoJSON.
    #[command(after_help = "Example:
  zonewarden plan draft show 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --zones -o zones.geojson")]
    Show {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// Its zones as its edits leave them.
        #[arg(long)]
        zones: bool,
        /// The file [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Review a draft: what is found in it, its figures, and who and what would change hands.
    #[command(after_help = "Examples:
  zonewarden plan draft review 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --days 30
  zonewarden plan draft review 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --edits edits.json")]
    Review(ReviewArgs),
    #[command(flatten)]
    Step(Step),
    /// Put a draft onto the plan in force.
    #[command(after_help = "Example:
  zonewarden plan draft rebase 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --dry-run")]
    Rebase {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// Leave out the edits that no longer fit.
        #[arg(long)]
        drop_conflicts: bool,
        /// Let a set of zones that was imported, balanced or taken from a former plan stand, whatever was published
        /// meanwhile.
        #[arg(long)]
        overdraw: bool,
        /// Let the facts of zones stand as the draft has them, also those that were published otherwise meanwhile.
        #[arg(long)]
        overwrite: bool,
        /// Only say which those are.
        #[arg(long)]
        dry_run: bool,
    },
    /// Bring a draft into force, now or at a time.
    #[command(after_help = "Example:
  zonewarden plan draft publish 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --at 2026-07-01T00:00:00+08:00")]
    Publish {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// From when, RFC 3339 [default: at once]; `serve` does it at its time.
        #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
        at: Option<Instant>,
        /// Why; kept with the plan [default: the draft's name]
        #[arg(long, default_value = "")]
        note: String,
        /// Only say what keeps it from being published.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, clap::Args)]
struct ReviewArgs {
    /// The draft.
    #[arg(value_parser = draft_id)]
    draft: DraftId,
    /// How many days of reports count.
    #[arg(long, value_name = "N", default_value_t = DAYS_DEFAULT,
        value_parser = clap::value_parser!(u32).range(0..=i64::from(DAYS_MAX)))]
    days: u32,
    /// What blocks weigh: an attribute of theirs, `area` or `one` [default: people]
    #[arg(long, value_name = "ATTRIBUTE")]
    weight: Option<String>,
    /// At most so many incidents and facilities that change hands are listed.
    #[arg(long, value_name = "N", default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(0..=i64::from(LISTED_MAX)))]
    listed: u32,
    /// A file of edits that are only tried: the review is that of the draft with them; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
    /// Answer in JSON, as the API does.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// The file: `GeoJSON`, `GeoPackage`, a zipped Shapefile, KML, `FlatGeobuf`, CSV with WKT; `-` for standard input.
    file: PathBuf,
    /// What the draft is called.
    #[arg(long)]
    name: String,
    /// What it is for.
    #[arg(long, default_value = "")]
    words: String,
    /// The file is a CSV of `block,zone`: the zones are the dissolved blocks.
    #[arg(long)]
    blocks: bool,
    /// geojson, csv, gpkg, shapefile (a zip), kml or fgb [default: by the file's name]
    #[arg(long, value_parser = format, conflicts_with = "blocks")]
    format: Option<Format>,
    /// The coordinate system, where the file does not say it: wgs84, cgcs2000, gcj02 or bd09.
    #[arg(long, value_parser = crate::cli::import::crs)]
    crs: Option<Crs>,
    /// The layer of a `GeoPackage` that holds several.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The column that holds the id, where it is called otherwise than we know.
    #[arg(long, value_name = "FIELD")]
    zone_id: Option<String>,
    /// The unit that leads zones of which nothing says who does.
    #[arg(long, value_name = "UNIT", value_parser = UnitId::new)]
    lead: Option<UnitId>,
    /// Gaps up to so many metres are closed, from 0.5 to 100 [default: 0.5]
    #[arg(long, value_name = "METRES", value_parser = Closing::width)]
    gap_width: Option<f64>,
    /// How they are closed: proposed (as is proposed for each), longest (by the neighbour with the longest border),
    /// largest (by the largest neighbour) or middle (split along the middle line, where they lie between two).
    #[arg(long, value_name = "WAY", default_value = "proposed", value_parser = remedy)]
    remedy: Closed,
    /// Only list what is wrong.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub(super) fn run(common: &Common, args: &DraftArgs) -> miette::Result<()> {
    common.must_exist(None)?;
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    let told = runtime.block_on(async {
        let app = common.app().await?;
        let seat = app.seat(common.city.as_deref()).into_diagnostic()?;
        done(&app, &seat, &args.act).await
    })?;
    match (&args.act, told) {
        (Act::Show { output: Some(path), .. }, told) => write_whole(path, told.as_bytes())
            .into_diagnostic()
            .wrap_err(path.display().to_string()),
        (_, told) => print(told.as_bytes()),
    }
}

async fn done(app: &App, seat: &Seat, what: &Act) -> miette::Result<String> {
    let caller = Caller::cli();
    let wish = |deed| Wish::Deed(deed);
    let (id, wish, dry_run) = match what {
        Act::List { all } => return list(app, seat, *all).await,
        Act::Make { name, words, copy_of, of_plan } => {
            let (copy_of, of_plan) = (*copy_of, *of_plan);
            let ask = NewDraft { name: name.clone(), words: words.clone(), copy_of, of_plan };
            let made = make(app, seat, &caller, ask).await.into_diagnostic()?;
            return Ok(format!("{}\n", made.id));
        }
        Act::Import(args) => return imported(app, seat, args).await,
        Act::Show { draft, zones, .. } => return show(app, seat, *draft, *zones).await,
        Act::Review(args) => return reviewed(app, seat, args).await,
        Act::Edit { draft, file, dry_run } => {
            (draft, wish(Deed::Edit { edits: edits(file)? }), *dry_run)
        }
        Act::Rebase { draft, drop_conflicts, overdraw, overwrite, dry_run } => {
            let (drop_conflicts, overdraw, overwrite) = (*drop_conflicts, *overdraw, *overwrite);
            (draft, Wish::Rebase(Conflicting { drop_conflicts, overdraw, overwrite }), *dry_run)
        }
        Act::Publish { draft, at, note, dry_run } => {
            (draft, Wish::Publish { effective_at: *at, note: note.clone() }, *dry_run)
        }
        Act::Step(step) => {
            let id = step.draft();
            let draft = looked_at(app, seat, id).await?;
            let order = (draft.revision, wish(step.deed(&draft)), step.is_dry());
            return taken(app, seat, id, order).await;
        }
    };
    let draft = looked_at(app, seat, *id).await?;
    taken(app, seat, *id, (draft.revision, wish, dry_run)).await
}

/// The draft as it is: that is the one that who sits at the machine means.
async fn looked_at(app: &App, seat: &Seat, id: DraftId) -> miette::Result<Draft> {
    let found = read::get(app, seat, &Caller::cli(), id, (u32::MAX, 0)).await.map_err(no_draft)?;
    Ok(found.draft)
}

async fn taken(
    app: &App,
    seat: &Seat,
    id: DraftId,
    (seen, wish, dry_run): (u32, Wish, bool),
) -> miette::Result<String> {
    let order = Order { seen, wish, dry_run, foreign: false };
    let done = act(app, seat, &Caller::cli(), id, order).await.map_err(faults)?;
    Ok(told(&done, dry_run))
}

async fn list(app: &App, seat: &Seat, all: bool) -> miette::Result<String> {
    let mut lines = String::new();
    let mut after = None;
    loop {
        let open = (!all).then_some(true);
        let wanted = Wanted { open, after, limit: PAGE_MAX, ..Wanted::default() };
        let page = read::list(app, seat, &Caller::cli(), wanted).await.into_diagnostic()?;
        let Some(last) = page.last() else { return Ok(lines) };
        after = Some(last.key());
        lines.extend(page.iter().map(line));
    }
}

fn line(it: &DraftDocket) -> String {
    let then = match (it.plan, it.effective_at) {
        (Some(plan), _) => format!("  plan {plan}"),
        (None, Some(at)) => format!("  from {}", at.rfc3339()),
        (None, None) => String::new(),
    };
    format!(
        "{}  {:9}  {:>5} edits on plan {}  {}  {}{then}\n",
        it.id, it.stage, it.edits, it.base, it.owner, it.name
    )
}

async fn show(app: &App, seat: &Seat, id: DraftId, zones: bool) -> miette::Result<String> {
    let caller = Caller::cli();
    if zones {
        let found = read::zones(app, seat, &caller, id).await.map_err(no_draft)?;
        let bytes = geojson::write(&to_layer(&found.zones));
        return String::from_utf8(bytes).into_diagnostic();
    }
    let mut found = read::get(app, seat, &caller, id, (0, PAGE_MAX)).await.map_err(no_draft)?;
    let mut lines = summary(&found.draft);
    while let Some(last) = found.steps.last().map(|step| step.revision) {
        lines.extend(found.steps.iter().map(step_line));
        let rest = (last, PAGE_MAX);
        found = read::get(app, seat, &caller, id, rest).await.map_err(no_draft)?;
    }
    Ok(lines)
}

/// The edits of a file.
fn edits(file: &Path) -> miette::Result<Vec<ZoningEdit>> {
    serde_json::from_slice(&bytes(file)?)
        .into_diagnostic()
        .wrap_err_with(|| format!("{} is no list of edits", file.display()))
}

fn step_line(step: &DraftStep) -> String {
    let words = step.deed.words();
    let words = if words.is_empty() { String::new() } else { format!("  {words}") };
    let place = match &step.deed {
        Deed::Comment { place: Some(at), .. } => {
            let at = at.degrees();
            format!("  (at {}, {})", at.lon(), at.lat())
        }
        _ => String::new(),
    };
    let (at, act, actor) = (step.at.rfc3339(), step.deed.act(), &step.actor);
    format!("{:>5}  {at}  {act:10}  {actor}{words}{place}\n", step.revision)
}

async fn reviewed(app: &App, seat: &Seat, args: &ReviewArgs) -> miette::Result<String> {
    let look = Look { days: args.days, weight: args.weight.clone(), listed: args.listed };
    let edits = args.edits.as_deref().map(edits).transpose()?;
    let trial = edits.map(|edits| Trial { edits, foreign: false });
    let told = review(app, seat, &Caller::cli(), args.draft, (look, trial)).await;
    let body = ReviewBody::of(&told.map_err(no_draft)?, Crs::Wgs84);
    if !args.json {
        return Ok(lines(&body));
    }
    let mut text = serde_json::to_string_pretty(&body).into_diagnostic()?;
    text.push('\n');
    Ok(text)
}

fn summary(draft: &Draft) -> String {
    line(&DraftDocket::of(draft))
}

fn told(done: &Done, dry_run: bool) -> String {
    let mut lines = String::new();
    if let Some(applied) = &done.applied {
        let zones: Vec<String> = applied.touched.iter().map(ToString::to_string).collect();
        let _ = writeln!(lines, "zones: {}", zones.join(", "));
        for moved in &applied.moved {
            let name = |zone: &Option<crate::domain::id::ZoneId>| {
                zone.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string)
            };
            let (from, to) = (name(&moved.from), name(&moved.to));
            let _ = writeln!(lines, "{:>12.1} m²  {from} -> {to}", moved.area_m2);
        }
    }
    for conflict in &done.conflicts {
        let (edit, kind) = (conflict.edit, conflict.kind);
        let _ = writeln!(lines, "edit {edit} ({kind}) no longer fits: {}", conflict.fault);
    }
    for words in &done.warnings {
        let _ = writeln!(lines, "warning: {words}");
    }
    lines.push_str(&summary(&done.draft));
    if dry_run {
        lines.push_str("dry run: nothing was written\n");
    }
    lines
}

async fn imported(app: &App, seat: &Seat, args: &ImportArgs) -> miette::Result<String> {
    let name = args.file.display().to_string();
    let source = if args.blocks {
        Source::Blocks
    } else {
        let format = args.format.or_else(|| Format::of_name(&name)).ok_or_else(|| {
            miette::miette!("{name}: its name does not say the format; give --format")
        })?;
        Source::Zones(format)
    };
    let ask = DraftImport {
        name: args.name.clone(),
        words: args.words.clone(),
        source,
        layer: args.layer.clone(),
        crs: args.crs,
        id: args.zone_id.clone(),
        lead: args.lead.clone(),
        closing: Closing {
            width_m: args.gap_width.unwrap_or(Closing::default().width_m),
            remedy: args.remedy.0,
        },
        dry_run: args.dry_run,
    };
    let bytes = Arc::from(bytes(&args.file)?);
    let outcome = import(app, seat, &Caller::cli(), bytes, &ask).await.map_err(faults)?;
    let mut lines = String::new();
    for finding in &outcome.findings {
        let _ = writeln!(lines, "{finding}");
    }
    let errors = outcome.findings.iter().filter(|finding| !finding.warning).count();
    if errors > 0 {
        print(lines.as_bytes())?;
        return Err(miette::miette!("{name} was refused: {errors} errors; nothing was written"));
    }
    let _ = match &outcome.draft {
        Some(draft) => writeln!(lines, "{} zones; {}", outcome.zones, draft.id),
        None => writeln!(lines, "{} zones; dry run, nothing was written", outcome.zones),
    };
    Ok(lines)
}

/// The file, as long as it is within the limit.
fn bytes(path: &Path) -> miette::Result<Vec<u8>> {
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    read.into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    Ok(bytes)
}

fn no_draft(refusal: Refusal) -> miette::Report {
    match refusal {
        Refusal::NotFound => miette::miette!(
            help = "`zonewarden plan draft list --all` tells which there are",
            "there is no such draft"
        ),
        refusal => faults(refusal),
    }
}

/// Every fault on a line of its own, with its place.
fn faults(refusal: Refusal) -> miette::Report {
    let Refusal::Invalid(faults) = refusal else { return miette::Report::msg(refusal.to_string()) };
    let lines = faults.iter().map(|fault| match fault.at {
        Some(at) => {
            let at = at.degrees();
            format!("{}: {} (at {}, {})", fault.place, fault.words, at.lon(), at.lat())
        }
        None => format!("{}: {}", fault.place, fault.words),
    });
    miette::Report::msg(lines.collect::<Vec<_>>().join("\n"))
}

fn format(text: &str) -> Result<Format, String> {
    match crate::cli::import::format(text)? {
        crate::cli::import::FileFormat::Layer(format) => Ok(format),
        crate::cli::import::FileFormat::Ics => Err("an iCalendar holds no zones".to_owned()),
    }
}

/// How gaps are closed; in a shell of its own, because an option may be absent without meaning that none is wanted.
#[derive(Clone, Copy, Debug)]
struct Closed(Option<Remedy>);

fn remedy(text: &str) -> Result<Closed, &'static str> {
    Closing::remedy(text).map(Closed)
}
