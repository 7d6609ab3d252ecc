//! Pictures that belong to steps: kept first, named by the step then.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::app::clock;
use crate::app::keyring::hex;
use crate::app::once::Pass;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::change::Change;
use crate::domain::id::{IncidentId, PictureId};
use crate::domain::incidents::docket::report_of;
use crate::domain::incidents::step::{Carried, KEPT_PICTURES_MAX};
use crate::domain::reports::picture::Picture;
use crate::formats::picture;
use crate::store::Basis;

/// Keeps a picture with an incident that the caller sees, its answer under the pass.
pub(super) async fn keep(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    incident: IncidentId,
    bytes: Arc<[u8]>,
    pass: Option<&Pass>,
) -> Result<PictureId, Refusal> {
    let media = picture::checked(&bytes).map_err(|words| Refusal::fault("body", words))?;
    let kept = app.store().pictures_of(&seat.city, report_of(incident)).await?;
    if kept >= KEPT_PICTURES_MAX {
        let words = format!(
            "is one too many: {kept} pictures are kept with this incident, and no more than \
             {KEPT_PICTURES_MAX}"
        );
        return Err(Refusal::fault("body", words));
    }
    let id = clock::picture_id();
    let kept = Picture {
        id: id.clone(),
        report: report_of(incident),
        media,
        sha256: hex(&Sha256::digest(&bytes)),
        received_at: app.now(),
        bytes,
    };
    let mut changes = vec![Change::PictureKept(kept)];
    if let Some(pass) = pass {
        changes.push(pass.keep(&id)?);
    }
    app.commit(&seat.city, caller, Basis::default(), changes).await?;
    Ok(id)
}

/// Pictures that a step names must have been kept with its incident.
pub(super) async fn known(
    app: &App,
    seat: &Seat,
    incident: IncidentId,
    carried: &Carried,
) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    for (at, id) in carried.pictures.iter().enumerate() {
        if app.store().picture_report(&seat.city, id).await? != Some(report_of(incident)) {
            let words = format!("no picture {id} was kept with this incident; send it first");
            faults.push(Fault::new(format!("pictures[{at}]"), words));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}
