//! What the public asks through Open311: requests that it may see, pictures, and where a place told
//! in words lies. Filing is [`crate::app::reports::file`], as for every door.

pub mod updates;

use std::borrow::Cow;
use std::sync::Arc;

use geo::{BoundingRect, InteriorPoint};
use geo_types::Coord;

use crate::app::incidents::standing::{Standing, concerns};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Scope};
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::rule::Reach;
use crate::domain::catalogue::category::BLUR_M_MAX;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::{CategoryCode, FacilityId, PictureId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::reports::confidence::ACCURACY_M_MAX;
use crate::domain::reports::picture::{Media, Picture};
use crate::domain::reports::report::AssignedReport;
use crate::domain::reports::routing::{self, Ask, Fired};
use crate::domain::time::Instant;
use crate::formats::picture;
use crate::geom::coord::{GridBox, GridPoint, LonLat, step};
use crate::geom::measure;
use crate::geom::project::Scale;
use crate::store::{CaseFilter, ReportFilter, ReportKey};

/// The last report that a page reaches; those behind it are asked for by time.
pub const LISTED_MAX: u32 = 10_000;
/// Most reports that are looked at for one page. What would need more is refused: a part is never told as the whole.
pub const LOOKED_AT_MAX: u32 = 50_000;
/// How many are read at once, at most and at least.
const AT_ONCE: u32 = 1_000;
const AT_LEAST: u32 = 100;
/// Widest circle (m) that is searched.
pub const RADIUS_M_MAX: f64 = 100_000.0;

/// Which public reports; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// One of these; empty: any.
    pub ids: Vec<ReportId>,
    /// Of one of these categories or below one; empty: any.
    pub categories: Vec<CategoryCode>,
    /// Received at or after.
    pub from: Option<Instant>,
    /// Received before.
    pub to: Option<Instant>,
    /// Changed at or after.
    pub updated_from: Option<Instant>,
    /// Changed before.
    pub updated_to: Option<Instant>,
    /// Only what is closed, or only what is open.
    pub closed: Option<bool>,
    /// Told to lie within this box.
    pub frame: Option<GridBox>,
    /// Told to lie within so many metres of this place.
    pub around: Option<(GridPoint, f64)>,
    /// So many are left out, newest first.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
}

/// A public report, and the case that stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The report with its first assignment.
    pub filed: AssignedReport,
    /// The case as it stands; that of another report where it was merged. `None` for the moments
    /// before the desk has taken the report up.
    pub case: Option<Docket>,
}

impl Seen {
    /// Whether nothing more is expected to happen.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.case.as_ref().is_some_and(|case| !case.is_open())
    }

    /// Whether words, address, answers and pictures are told no more; that it was told and what became of it is.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.case.as_ref().is_some_and(|case| case.stage.is_withheld())
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_at(&self) -> Instant {
        let received = self.filed.report.received_at;
        self.case.as_ref().map_or(received, |case| case.last_at.max(received))
    }

    /// By when the whole case should be over, while it is not; `None` also before its clock has started. The
    /// deadlines of stages are the city's own matter.
    #[must_use]
    pub fn expected_at(&self) -> Option<Instant> {
        self.case.as_ref().filter(|case| case.is_open())?.whole_due_at
    }

    /// The unit that answers: the case's, or the one that the rules named.
    #[must_use]
    pub fn unit(&self) -> &UnitId {
        let of_case = self.case.as_ref().and_then(|case| case.unit.as_ref());
        of_case.unwrap_or(&self.filed.assignment.unit)
    }

    /// The zone, where the place lies in one: the case's, which follows the plan in force, or the one that
    /// was found first.
    #[must_use]
    pub fn zone(&self) -> Option<&ZoneId> {
        match &self.case {
            Some(case) => case.matter.zone.as_ref(),
            None => self.filed.assignment.zone.as_ref(),
        }
    }
}

impl Wanted {
    /// Whether what the store gives has to be looked at closer.
    fn looks_closer(&self) -> bool {
        self.around.is_some() || self.frame.is_some() || self.asks_for_case()
    }

    fn asks_for_case(&self) -> bool {
        let updated = self.updated_from.is_some() || self.updated_to.is_some();
        updated || self.closed.is_some()
    }

    fn holds(&self, seen: &Seen, catalogue: &Catalogue) -> bool {
        // By the place that is told: by another a blurred one could be found out.
        let at = seen.filed.report.public_place(catalogue).at;
        near(self.around, at)
            && self.frame.is_none_or(|frame| frame.holds(at))
            && self.closed.is_none_or(|closed| seen.is_closed() == closed)
            && self.updated_from.is_none_or(|from| seen.updated_at() >= from)
            && self.updated_to.is_none_or(|to| seen.updated_at() < to)
    }
}

/// Public reports, newest first; `looked_at_max` of them are looked at, [`LOOKED_AT_MAX`] as a rule.
///
/// # Errors
/// [`Refusal::Invalid`] where more would have to be looked at; [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    wanted: &Wanted,
    looked_at_max: u32,
) -> Result<Vec<Seen>, Refusal> {
    let mut search = Search::begin(seat, caller, wanted.clone())?;
    let skip = wanted.skip as usize;
    let enough = skip.saturating_add(wanted.limit as usize);
    let mut found: Vec<Seen> = Vec::new();
    let mut left = looked_at_max;
    while found.len() < enough && !search.done {
        if left == 0 {
            let words = format!(
                "this would look through more than {looked_at_max} requests; narrow the dates \
                 (start_date, end_date), or name services"
            );
            return Err(Refusal::fault("start_date", words));
        }
        let missing = u32::try_from(enough - found.len()).unwrap_or(u32::MAX);
        let least = if wanted.looks_closer() { AT_LEAST } else { 1 };
        let most = missing.clamp(least, AT_ONCE).min(left);
        left -= most;
        let leave_out = skip.saturating_sub(found.len());
        let Some(pile) = search.pile(app, seat, most, leave_out).await? else { break };
        found.extend(pile);
    }
    found.truncate(enough);
    found.drain(..found.len().min(skip));
    Ok(found)
}

/// A search through public reports, newest first, pile by pile.
#[derive(Debug)]
pub struct Search {
    catalogue: Arc<Catalogue>,
    wanted: Wanted,
    filter: ReportFilter,
    after: Option<ReportKey>,
    done: bool,
}

impl Search {
    /// Begins; skip and limit are the caller's matter.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for who may not; [`Refusal::NotReady`].
    pub fn begin(seat: &Seat, caller: &Caller, wanted: Wanted) -> Result<Self, Refusal> {
        must(caller, Operation::ListServiceRequests)?;
        let circle = wanted.around.map(|(place, radius_m)| box_around(place, radius_m));
        let (frame, done) = match (wanted.frame, circle) {
            (Some(frame), Some(other)) => {
                let both = common(frame, other);
                (both, both.is_none())
            }
            (frame, other) => (frame.or(other), false),
        };
        let frame = frame.map(|frame| widened(frame, f64::from(BLUR_M_MAX)));
        // Nothing changes before it is received.
        let to = [wanted.to, wanted.updated_to].into_iter().flatten().min();
        let filter = ReportFilter {
            ids: wanted.ids.clone(),
            categories: wanted.categories.clone(),
            from: wanted.from,
            to,
            frame,
            public: true,
            case: CaseFilter {
                closed: wanted.closed,
                changed_from: wanted.updated_from,
                changed_to: wanted.updated_to,
            },
            ..ReportFilter::default()
        };
        let catalogue = Arc::clone(&seat.atlas()?.city().catalogue);
        Ok(Self { catalogue, wanted, filter, after: None, done })
    }

    /// What is found among the next so many reports; `None` behind the last. The first `leave_out` of
    /// them need no case, unless it decides.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    pub async fn pile(
        &mut self,
        app: &App,
        seat: &Seat,
        most: u32,
        leave_out: usize,
    ) -> Result<Option<Vec<Seen>>, Refusal> {
        if self.done {
            return Ok(None);
        }
        let rows = app.store().reports(&seat.city, &self.filter, self.after, most).await?;
        self.done = rows.len() < most as usize;
        self.after = rows
            .last()
            .map(|row| ReportKey { received_at: row.report.received_at, id: row.report.id });
        let seen = if rows.len() > leave_out || self.wanted.asks_for_case() {
            with_cases(app, seat, rows).await?
        } else {
            rows.into_iter().map(|filed| Seen { filed, case: None }).collect()
        };
        Ok(Some(seen.into_iter().filter(|seen| self.wanted.holds(seen, &self.catalogue)).collect()))
    }
}

/// The cases behind reports; where one was merged, the one it lives on in.
async fn with_cases(
    app: &App,
    seat: &Seat,
    rows: Vec<AssignedReport>,
) -> Result<Vec<Seen>, Refusal> {
    let cases = Standing::read(app, seat, rows.iter().map(|row| row.report.id)).await?;
    let seen =
        rows.into_iter().map(|filed| Seen { case: cases.behind(filed.report.id).cloned(), filed });
    Ok(seen.collect())
}

fn near(around: Option<(GridPoint, f64)>, at: GridPoint) -> bool {
    around.is_none_or(|(from, radius_m)| measure::between_m(coord(from), coord(at)) <= radius_m)
}

fn coord(at: GridPoint) -> Coord<f64> {
    let at = at.degrees();
    Coord { x: at.lon(), y: at.lat() }
}

/// A box that holds whatever is told to lie in `frame`, and lies up to `by_m` from where it is told to.
fn widened(frame: GridBox, by_m: f64) -> GridBox {
    let corners = [frame.min, frame.max].map(|corner| box_around(corner, by_m));
    corners[0].with(corners[1])
}

/// A box that holds the circle.
fn box_around(place: GridPoint, radius_m: f64) -> GridBox {
    /// The scale is that of the centre; a degree measures less on one side of it.
    const MARGIN: f64 = 1.1;
    let at = place.degrees();
    let scale = Scale::at(at.lat());
    let lat = (MARGIN * radius_m / scale.lat_m).min(180.0);
    let lon = (MARGIN * radius_m / scale.lon_m.max(1.0)).min(360.0);
    let corner = |lon: f64, lat: f64| GridPoint {
        x: step(lon.clamp(-180.0, 180.0)),
        y: step(lat.clamp(-90.0, 90.0)),
    };
    GridBox {
        min: corner(at.lon() - lon, at.lat() - lat),
        max: corner(at.lon() + lon, at.lat() + lat),
    }
}

fn common(a: GridBox, b: GridBox) -> Option<GridBox> {
    let min = GridPoint { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    let max = GridPoint { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) };
    (min.x <= max.x && min.y <= max.y).then_some(GridBox { min, max })
}

/// Whether anything of just this category was told in public: what stands under a code that the catalogue no longer
/// has is searched as before.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::Unavailable`].
pub async fn was_told(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    code: &CategoryCode,
) -> Result<bool, Refusal> {
    must(caller, Operation::ListServiceRequests)?;
    let categories = vec![code.clone()];
    let filter = ReportFilter { categories, public: true, ..ReportFilter::default() };
    Ok(!app.store().reports(&seat.city, &filter, None, 1).await?.is_empty())
}

/// One public report.
///
/// # Errors
/// [`Refusal::NotFound`] for what does not exist and for what is not public alike.
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    operation: Operation,
    id: ReportId,
) -> Result<Seen, Refusal> {
    must(caller, operation)?;
    let found = app.store().report(&seat.city, id).await?;
    let found = found.filter(|found| found.report.is_public()).ok_or(Refusal::NotFound)?;
    with_cases(app, seat, vec![found]).await?.pop().ok_or(Refusal::NotFound)
}

/// A picture as a caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is.
    pub media: Media,
    /// The picture.
    pub bytes: Arc<[u8]>,
}

/// A picture: as it was sent for staff in whose scope the report lies; without metadata for
/// everybody else, when the report is public and not withheld.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn picture(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &PictureId,
) -> Result<Shown, Refusal> {
    must(caller, Operation::GetPicture)?;
    let found = app.store().picture(&seat.city, id).await?.ok_or(Refusal::NotFound)?;
    let report = app.store().report(&seat.city, found.report).await?.ok_or(Refusal::NotFound)?;
    let whole = match caller.scope() {
        Scope::Nothing => false,
        Scope::Everything => true,
        Scope::Unit(unit) => concerns(app, seat, &unit, &report).await?,
    };
    if whole {
        return Ok(Shown { media: found.media, bytes: found.bytes });
    }
    // What was kept with a step of the case is for those who work on it.
    if !report.report.is_public() || !report.report.further.pictures.contains(id) {
        return Err(Refusal::NotFound);
    }
    let seen = with_cases(app, seat, vec![report]).await?;
    if seen.iter().any(Seen::is_withheld) {
        return Err(Refusal::NotFound);
    }
    // Megabytes are copied: not on the workers that answer.
    tokio::task::spawn_blocking(move || cleaned(&found))
        .await
        .map_err(|fault| Refusal::Inner(format!("a picture was not cleaned: {fault}")))?
        .ok_or(Refusal::NotFound)
}

fn cleaned(found: &Picture) -> Option<Shown> {
    let bytes = match picture::without_metadata(found.media, &found.bytes)? {
        Cow::Borrowed(_) => Arc::clone(&found.bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(Shown { media: found.media, bytes })
}

/// Whether a zone of the city holds the place.
#[must_use]
pub fn covers(atlas: &Atlas, place: GridPoint) -> bool {
    let ask = Ask { position: place, accuracy_m: None, category: None, at: Instant(0) };
    routing::route(atlas, &ask).zone.is_some()
}

/// Whether somebody answers for the category at the place other than for want of anybody else.
#[must_use]
pub fn applies(atlas: &Atlas, place: GridPoint, category: &str, at: Instant) -> bool {
    let category = CategoryCode::new(category).ok();
    let ask = Ask { position: place, accuracy_m: None, category: category.as_ref(), at };
    let answer = routing::route(atlas, &ask);
    match answer.fired {
        Fired::Zone => true,
        // A rule that holds everywhere does not make a place the city's.
        Fired::Rule(rule) => answer.zone.is_some() || !matches!(rule.reach, Reach::Everywhere),
        Fired::Fallback => false,
    }
}

/// Where a place told in words lies: a facility or street of just this name. The accuracy is how
/// far its ends lie from there, so that a long street goes to a dispatcher.
///
/// Looks through every facility: not for the workers that answer.
///
/// # Errors
/// A fault that says what would be right.
pub fn place_of_words(atlas: &Atlas, words: &str) -> Result<(LonLat, Option<f64>), Fault> {
    let wanted = words.trim();
    let named = |it: &&Facility| it.names.zh == wanted || it.names.en.eq_ignore_ascii_case(wanted);
    let mut found = atlas.facilities().iter().filter(named).filter(|_| !wanted.is_empty());
    match (found.next(), found.next()) {
        (Some(one), None) => place_of(one),
        (Some(_), Some(_)) => Err(Fault::new(
            "address_string",
            "is the name of several places here; give lat and long as well",
        )),
        (None, _) => Err(Fault::new(
            "address_string",
            "is no name of a street or facility known here; give lat and long as well",
        )),
    }
}

/// Where a facility lies, by its code.
///
/// # Errors
/// A fault that says what would be right.
pub fn place_of_id(atlas: &Atlas, id: &str) -> Result<(LonLat, Option<f64>), Fault> {
    let id = FacilityId::new(id).ok();
    match id.and_then(|id| atlas.facility(&id)) {
        Some(one) => place_of(one),
        None => Err(Fault::new(
            "address_id",
            "is no facility's code known here; give lat and long as well",
        )),
    }
}

fn place_of(facility: &Facility) -> Result<(LonLat, Option<f64>), Fault> {
    let lost =
        || Fault::new("address_string", "names a place without a position; give lat and long");
    let inside = facility.geometry.interior_point().ok_or_else(lost)?;
    let place = LonLat::new(inside.x(), inside.y()).map_err(|_| lost())?;
    let frame = facility.geometry.bounding_rect().ok_or_else(lost)?;
    let far_m =
        measure::between_m(inside.0, frame.min()).max(measure::between_m(inside.0, frame.max()));
    Ok((place, (far_m > 0.0).then_some(far_m.min(ACCURACY_M_MAX))))
}
