//! Telling the city something: a form, with pictures or without.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::app::keyring::hex;
use crate::app::locate::Place;
use crate::app::once::Once;
use crate::app::open311;
use crate::app::refusal::{Fault, Refusal};
use crate::app::reports::{self, CONTACT_CHARS_MAX, Telling};
use crate::domain::accounts::Operation;
use crate::domain::catalogue::category::Category;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::CategoryCode;
use crate::domain::reports::person::Person;
use crate::domain::reports::picture::Media;
use crate::domain::reports::public::PUBLIC_SOURCE;
use crate::domain::reports::report::Further;
use crate::domain::text::{self, NAME_CHARS_MAX};
use crate::formats::link;
use crate::formats::open311::document::{Document, Value};
use crate::formats::open311::form::{self, FORM_BYTES_MAX, File, Form, FormFault};
use crate::formats::open311::multipart::{self, FILES_MAX};
use crate::formats::picture;
use crate::formats::urlencoded::encoded;
use crate::geom::crs::Crs;
use crate::http::body;
use crate::http::language::Language;
use crate::http::once::{REPLAYED, idempotency_key};
use crate::http::open311::bodies::{ErrorBody, NewRequestBody, ReceiptBody};
use crate::http::open311::counter::{Answered, Asked, Counter, pairs};
use crate::http::open311::error::Wrong;
use crate::http::open311::services::{ROOT, unknown};
use crate::http::params::{self, shown};

/// Largest multipart body, in bytes.
pub const MULTIPART_BYTES_MAX: usize = 20 * 1024 * 1024;
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
/// The field that pictures come in.
const MEDIA: &str = "media";

/// Open311: tell the city something.
///
/// The answer comes when it is stored durably and has a unit. Send an `Idempotency-Key` and a
/// repetition is safe. A question of the service is answered by `attribute[code]`, several answers
/// by `attribute[code][]`.
#[utoipa::path(
    post, path = "/open311/v2/requests.{format}", operation_id = "file_service_request", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for this request"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
    ),
    request_body(content(
        (NewRequestBody = "application/x-www-form-urlencoded"),
        (NewRequestBody = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Stored and assigned", content((Vec<ReceiptBody> = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Every fault", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 403, description = "The key opens nothing", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 404, description = "No such service or jurisdiction", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 405, description = "The path takes no POST: its format is one that is only read", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
        (status = 503, description = "Busy or not ready", content((Vec<ErrorBody> = "application/json"), (String = "text/xml"))),
    )
)]
pub(crate) async fn file_service_request(asked: &Asked<'_>, body: Body) -> Result<Answered, Wrong> {
    let key = idempotency_key(asked.headers)?;
    let mut given = pairs(asked.query)?;
    let form = form_of(asked, body).await?;
    given.extend(form.fields);
    let request_hash = hash(&given, &form.files);
    let mut counter = Counter::with(asked, Operation::FileServiceRequest, given).await?;
    let pictures = form.files.into_iter().filter_map(|file| counter.picture(file)).collect();
    let telling = counter.telling(pictures).await?;
    let account = telling.person.account_id.clone();
    let once = Once { key, request_hash };
    let filed =
        reports::file(&asked.web.app, &counter.seat, &counter.caller, telling, once).await?;
    if !filed.again {
        asked.web.meter.reports.increment(1);
    }
    let id = filed.filed.report.id;
    let unit = &filed.filed.assignment.unit;
    let name = counter.atlas.unit(unit).map(|unit| counter.language.name(&unit.names));
    let notice = match counter.language {
        Language::Zh => format!("已交{}", name.unwrap_or(unit.as_str())),
        Language::En => format!("Passed on to {}", name.unwrap_or(unit.as_str())),
    };
    let request = Value::Members(vec![
        ("service_request_id", Value::Text(id.to_string())),
        ("service_notice", Value::Text(notice)),
        ("account_id", Value::text_or_null(account)),
    ]);
    let body = Value::List("request", vec![request]);
    let mut answered = counter.answer(Document { root: "service_requests", body });
    answered.status = StatusCode::CREATED;
    let several = asked.web.app.cities().len() > 1;
    let city = if several {
        format!("?jurisdiction_id={}", encoded(counter.seat.city.as_str()))
    } else {
        String::new()
    };
    let place = format!("{ROOT}/requests/{id}.{}{city}", asked.format.suffix());
    if let Ok(place) = HeaderValue::try_from(place) {
        answered.headers.insert(header::LOCATION, place);
    }
    if filed.again {
        answered.headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    answered.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answered)
}

/// The form of a body, by its type.
pub(super) async fn form_of(asked: &Asked<'_>, body: Body) -> Result<Form, Wrong> {
    let packed = asked.headers.get(header::CONTENT_ENCODING);
    if packed.is_some_and(|value| value != "identity") {
        return Err(
            vec![Fault::new("Content-Encoding", "is not taken; send the form as it is")].into()
        );
    }
    let told = |fault: FormFault| Wrong::from(vec![Fault::new(fault.place, fault.words)]);
    if body::media_type(asked.headers, &[URLENCODED, MULTIPART])? == URLENCODED {
        return form::read(&body::whole(body, FORM_BYTES_MAX).await?).map_err(told);
    }
    let kind = asked.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = kind
        .and_then(multipart::boundary)
        .ok_or_else(|| vec![Fault::new("Content-Type", "names no boundary")])?;
    let (places, lag) = (&asked.web.uploads, asked.web.limits.upload_lag);
    let sent = body::upload(places, lag, body, MULTIPART_BYTES_MAX).await?;
    multipart::read(&sent.bytes, &boundary).map_err(told)
}

/// What query and form say, however it was sent: a multipart body has another boundary each time.
fn hash(given: &[(String, String)], files: &[File]) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    for (name, value) in given.iter().filter(|(name, _)| name != "api_key") {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    for file in files {
        add(file.field.as_bytes());
        add(&file.bytes);
    }
    hex(&hash.finalize())
}

impl Counter<'_> {
    /// A file of the form, when it is a picture.
    fn picture(&mut self, file: File) -> Option<(Media, Arc<[u8]>)> {
        if file.field != MEDIA && file.field != "media[]" {
            self.params.fault(shown(&file.field), format!("takes no file; `{MEDIA}` does"));
            return None;
        }
        let checked = picture::checked(&file.bytes);
        let media = checked.map_err(|words| self.params.fault(MEDIA, words)).ok()?;
        Some((media, file.bytes.into()))
    }

    /// What is told, every fault collected.
    async fn telling(&mut self, pictures: Vec<(Media, Arc<[u8]>)>) -> Result<Telling, Wrong> {
        let atlas = Arc::clone(&self.atlas);
        let service = self.service(&atlas.city().catalogue)?;
        let answers = self.params.beginning("attribute[");
        let accuracy_m = self.params.number("accuracy");
        let account_id = self.line("account_id");
        let (address, address_id) = (self.line("address_string"), self.line("address_id"));
        let device_id = self.line("device_id");
        let further = Further {
            address,
            address_id,
            answers: self.answers(service, answers),
            links: self.links(),
            ..Further::default()
        };
        let person = Person { contact: self.contact(), account_id, device_id };
        let words = self.params.text("description").unwrap_or_default();
        let place = self.told_place(accuracy_m, &further);
        self.finish()?;
        let place = match place {
            Some(place) => place,
            None => self.place_by_name(&further, accuracy_m).await?,
        };
        Ok(Telling {
            source: PUBLIC_SOURCE.to_owned(),
            category: CategoryCode::new(&service.code).ok(),
            place,
            words: text::without_markup(&words),
            happened_at: None,
            person,
            further,
            pictures,
        })
    }

    /// The service that is told of: one of this city's.
    fn service<'c>(&mut self, catalogue: &'c Catalogue) -> Result<&'c Category, Wrong> {
        let codes = self.params.all("service_code");
        match codes.as_slice() {
            [] => Err(vec![Fault::new("service_code", "was not given")].into()),
            [code] => {
                let found = catalogue.find(code).ok_or_else(|| unknown(code))?;
                Ok(found.category)
            }
            _ => Err(vec![Fault::new("service_code", "is given more than once")].into()),
        }
    }

    /// A line of text, cleaned; an empty one counts as absent.
    pub(super) fn line(&mut self, name: &'static str) -> Option<String> {
        let line = self.params.read(name, |raw| text::line(raw, NAME_CHARS_MAX));
        line.filter(|line| !line.is_empty())
    }

    /// Names, address and telephone as one line; who need not call back never sees it.
    fn contact(&mut self) -> Option<String> {
        let parts = ["last_name", "first_name", "email", "phone"].map(|name| self.line(name));
        let [last, first, email, phone] = &parts;
        if email.as_ref().is_some_and(|it| !it.contains('@') || it.contains(char::is_whitespace)) {
            self.params.fault("email", "is no e-mail address");
        }
        let digits = |it: &String| it.chars().any(char::is_numeric);
        if phone.as_ref().is_some_and(|it| !digits(it)) {
            self.params.fault("phone", "is no telephone number");
        }
        let name: Vec<&str> = [last, first].into_iter().flatten().map(String::as_str).collect();
        let name = Some(name.join(" ")).filter(|name| !name.is_empty());
        let all: Vec<&str> =
            [&name, email, phone].into_iter().flatten().map(String::as_str).collect();
        let line = all.join(", ");
        if line.chars().count() > CONTACT_CHARS_MAX {
            let words = format!("have more than {CONTACT_CHARS_MAX} characters together");
            self.params.fault("first_name, last_name, email, phone", words);
        }
        Some(line).filter(|line| !line.is_empty())
    }

    fn links(&mut self) -> Vec<String> {
        let given = self.params.all("media_url");
        if given.len() > FILES_MAX {
            self.params.fault("media_url", format!("is given more than {FILES_MAX} times"));
            return Vec::new();
        }
        let checked = |link: String| {
            link::checked(&link).map_err(|words| self.params.fault("media_url", words)).ok()
        };
        given.into_iter().filter_map(checked).collect()
    }

    /// The answers to the service's questions.
    fn answers(
        &mut self,
        service: &Category,
        given: Vec<(String, String)>,
    ) -> BTreeMap<String, Vec<String>> {
        let mut by_code = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in given {
            match attribute_code(&name) {
                Some(code) => by_code.entry(code.to_owned()).or_default().push(value),
                None => self.params.fault(shown(&name), "is no attribute; write attribute[code]"),
            }
        }
        let mut kept = BTreeMap::new();
        for question in &service.questions {
            match by_code.remove(&question.code).map(|given| question.checked(&given)) {
                Some(Ok(answers)) => {
                    kept.insert(question.code.clone(), answers);
                }
                Some(Err(words)) => {
                    self.params.fault(format!("attribute[{}]", question.code), words);
                }
                None if question.required => {
                    let place = format!("attribute[{}]", question.code);
                    self.params.fault(place, "is missing; the service requires it");
                }
                None => {}
            }
        }
        for code in by_code.keys() {
            let known: Vec<&str> =
                service.questions.iter().map(|question| question.code.as_str()).collect();
            let words = if known.is_empty() {
                "is not asked; this service asks nothing".to_owned()
            } else {
                format!("is not asked; these are: {}", known.join(", "))
            };
            self.params.fault(format!("attribute[{}]", shown(code)), words);
        }
        kept
    }

    /// The place in numbers; `None` when it is told in words alone.
    fn told_place(&mut self, accuracy_m: Option<f64>, further: &Further) -> Option<Place> {
        let crs = self.coord_type();
        let lat = self.params.text("lat");
        let lon = self.params.text("long");
        let worded = further.address.is_some() || further.address_id.is_some();
        if lat.is_none() && lon.is_none() {
            if !worded {
                let words = "are missing; give degrees, or address_string or address_id";
                self.params.fault("lat, long", words);
            }
            return None;
        }
        let mut number = |name: &str, given: Option<String>| match given.as_deref() {
            None => {
                self.params.fault(name, "is missing; lat and long belong together");
                f64::NAN
            }
            Some(text) => params::number(text).unwrap_or_else(|words| {
                self.params.fault(name, words);
                f64::NAN
            }),
        };
        let (lat, lon) = (number("lat", lat), number("long", lon));
        Some(Place { lon, lat, crs, accuracy_m })
    }

    /// The place of a facility or street of this name or code.
    async fn place_by_name(
        &self,
        further: &Further,
        accuracy_m: Option<f64>,
    ) -> Result<Place, Wrong> {
        let (atlas, further) = (Arc::clone(&self.atlas), further.clone());
        // Every facility is looked at.
        let found =
            tokio::task::spawn_blocking(move || match (&further.address_id, &further.address) {
                (Some(id), _) => open311::place_of_id(&atlas, id),
                (None, words) => {
                    open311::place_of_words(&atlas, words.as_deref().unwrap_or_default())
                }
            })
            .await
            .map_err(|fault| Refusal::Inner(format!("an address was not looked up: {fault}")))?;
        let (place, spread_m) = found.map_err(|fault| vec![fault])?;
        let accuracy_m = accuracy_m.or(spread_m);
        Ok(Place { lon: place.lon(), lat: place.lat(), crs: Crs::Wgs84, accuracy_m })
    }
}

/// The code in `attribute[code]`, `attribute[code][]` or `attribute[code][0]`.
fn attribute_code(name: &str) -> Option<&str> {
    let (code, rest) = name.strip_prefix("attribute[")?.split_once(']')?;
    let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let plain = rest.is_empty() || index.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    (plain && !code.is_empty()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_s_code_is_read_however_a_form_repeats_it() {
        for (name, code) in [
            ("attribute[plate]", Some("plate")),
            ("attribute[blocks][]", Some("blocks")),
            ("attribute[blocks][12]", Some("blocks")),
            ("attribute[]", None),
            ("attribute[a", None),
            ("attribute[a]b", None),
            ("attribute[a][b]", None),
        ] {
            assert_eq!(attribute_code(name), code, "{name}");
        }
    }
}
