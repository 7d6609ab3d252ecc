//! The rows of a batch, routed and written in the form they came in.

use std::io::Read;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::locate::{Located, Place, locate};
use crate::app::refusal::Fault;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CategoryCode;
use crate::domain::time::Instant;
use crate::geom::crs::Crs;
use crate::http::api::rows::Form;
use crate::http::json::Json;
use crate::http::params;
use crate::http::problem::{Kind, Problem};

/// The columns that a CSV answer adds.
const ADDED: [&str; 8] =
    ["zone", "unit", "rule", "border_m", "runner_up", "confidence", "plan", "fault"];
/// One place of a batch. A bare `[lon, lat]` is taken as well.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with lon and lat, or [lon, lat]")]
#[schema(as = BatchPlace)]
pub struct PlaceBody<'a> {
    /// Whatever the caller calls it; comes back as it is.
    #[serde(borrow)]
    #[schema(value_type = serde_json::Value, required = false)]
    id: Option<&'a RawValue>,
    /// Longitude in degrees.
    lon: f64,
    /// Latitude in degrees.
    lat: f64,
    /// System of the two; the query's `crs` when absent.
    crs: Option<String>,
    /// Accuracy radius in metres (68 %).
    accuracy: Option<f64>,
    /// What it is about.
    category: Option<String>,
    /// When, RFC 3339.
    at: Option<String>,
}

/// The answer to one place of a batch: either a unit or a fault.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = BatchAnswer)]
pub struct AnswerRow {
    /// Which row, from 1.
    pub row: u64,
    /// What the caller called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = serde_json::Value, required = false)]
    pub id: Option<serde_json::Value>,
    /// The zone; null outside every zone.
    pub zone: Option<String>,
    /// The unit that answers.
    pub unit: Option<String>,
    /// Units beside it.
    #[serde(default)]
    pub co: Vec<String>,
    /// The rule that fired, `zone` or `fallback`.
    pub rule: Option<String>,
    /// Metres to the nearest border.
    pub border_m: Option<f64>,
    /// The nearest other zone.
    pub runner_up: Option<String>,
    /// Probability (0 to 1) that the true position gives the same units; 1 for a rule that holds everywhere.
    pub confidence: Option<f64>,
    /// Whether a dispatcher decides.
    pub for_dispatcher: Option<bool>,
    /// The plan in force.
    pub plan: Option<i64>,
    /// What is wrong with the row.
    pub fault: Option<String>,
}

/// What holds for every row that does not say otherwise.
pub(super) struct Defaults {
    pub(super) crs: Crs,
    pub(super) accuracy_m: Option<f64>,
    pub(super) category: Option<CategoryCode>,
    pub(super) at: Instant,
}

/// What routing rows needs, and where it stands.
pub(super) struct Work {
    atlas: Arc<Atlas>,
    defaults: Defaults,
    form: Form,
    row: u64,
    /// A CSV's columns, once its header was read.
    columns: Option<Columns>,
}

/// Where a CSV's columns stand.
struct Columns {
    count: usize,
    lon: usize,
    lat: usize,
    crs: Option<usize>,
    accuracy: Option<usize>,
    category: Option<usize>,
    at: Option<usize>,
}

/// One row's question as texts and numbers.
#[derive(Default)]
struct RowAsk<'a> {
    crs: Option<&'a str>,
    accuracy_m: Option<f64>,
    category: Option<&'a str>,
    at: Option<&'a str>,
}

impl Work {
    /// Work on rows of this form.
    pub(super) fn new(atlas: Arc<Atlas>, defaults: Defaults, form: Form) -> Self {
        Self { atlas, defaults, form, row: 0, columns: None }
    }

    /// Rows answered.
    pub(super) fn rows(&self) -> u64 {
        self.row
    }

    /// The answers to these rows; `ended` with the last of them.
    pub(super) fn write(&mut self, slabs: &[Vec<u8>], ended: bool) -> Result<Vec<u8>, Problem> {
        let bytes: usize = slabs.iter().map(Vec::len).sum();
        match self.form {
            Form::Json => {
                let mut json = Json::with_capacity(bytes * 3 + 2);
                for item in slabs {
                    json.raw(if self.row == 0 { "[" } else { "," });
                    self.write_object(&mut json, item);
                }
                if ended {
                    json.raw(if self.row == 0 { "[]" } else { "]" });
                }
                Ok(json.into_bytes())
            }
            Form::Ndjson => {
                let mut json = Json::with_capacity(bytes * 3);
                let lines = slabs.iter().flat_map(|slab| slab.split(|byte| *byte == b'\n'));
                for line in lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
                    self.write_object(&mut json, line);
                    json.raw("\n");
                }
                Ok(json.into_bytes())
            }
            Form::Csv => self.write_records(slabs, ended),
        }
    }

    /// A last row that says why the stream breaks off.
    pub(super) fn last_words(&mut self, words: &str) -> Vec<u8> {
        self.row += 1;
        let mut json = Json::default();
        match self.form {
            Form::Json => {
                json.raw(if self.row == 1 { "[" } else { "," });
                write_fault(&mut json, self.row, None, words);
                json.raw("]");
            }
            Form::Ndjson => {
                write_fault(&mut json, self.row, None, words);
                json.raw("\n");
            }
            Form::Csv => {
                let columns = self.columns.as_ref().map_or(0, |columns| columns.count);
                let mut record = vec![""; columns + ADDED.len() - 1];
                record.push(words);
                let mut writer = csv::Writer::from_writer(Vec::new());
                let _ = writer.write_record(&record);
                return writer.into_inner().unwrap_or_default();
            }
        }
        json.into_bytes()
    }

    fn write_object(&mut self, json: &mut Json, item: &[u8]) {
        self.row += 1;
        let pair = item.first() == Some(&b'[');
        let read = if pair {
            serde_json::from_slice::<(f64, f64)>(item).map(|(lon, lat)| PlaceBody {
                id: None,
                lon,
                lat,
                crs: None,
                accuracy: None,
                category: None,
                at: None,
            })
        } else {
            serde_json::from_slice::<PlaceBody<'_>>(item)
        };
        match read {
            Err(fault) => write_fault(json, self.row, None, &fault.to_string()),
            Ok(body) => {
                let ask = RowAsk {
                    crs: body.crs.as_deref(),
                    accuracy_m: body.accuracy,
                    category: body.category.as_deref(),
                    at: body.at.as_deref(),
                };
                let id = body.id.map(RawValue::get);
                match self.locate(body.lon, body.lat, &ask) {
                    Ok(located) => write_answer(json, self.row, id, &located),
                    Err(faults) => write_fault(json, self.row, id, &told(&faults)),
                }
            }
        }
    }

    fn locate(&self, lon: f64, lat: f64, ask: &RowAsk<'_>) -> Result<Located<'_>, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut or = |place: &str, words: String| faults.push(Fault::new(place, words));
        let crs = match ask.crs.map(params::crs) {
            None => self.defaults.crs,
            Some(read) => read.unwrap_or_else(|words| {
                or("crs", words);
                Crs::Wgs84
            }),
        };
        let category = match ask.category.map(CategoryCode::new) {
            None => None,
            Some(read) => read.map_err(|fault| or("category", fault.to_string())).ok(),
        };
        let at = match ask.at.map(Instant::parse) {
            None => self.defaults.at,
            Some(read) => read.unwrap_or_else(|words| {
                or("at", words);
                self.defaults.at
            }),
        };
        let accuracy_m = ask.accuracy_m.or(self.defaults.accuracy_m);
        let place = Place { lon, lat, crs, accuracy_m };
        let category = category.as_ref().or(self.defaults.category.as_ref());
        match locate(&self.atlas, &place, category, at) {
            Ok(located) if faults.is_empty() => Ok(located),
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    fn write_records(&mut self, slabs: &[Vec<u8>], ended: bool) -> Result<Vec<u8>, Problem> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let broken = |fault: csv::Error| Problem::new(Kind::Broken, fault.to_string());
        for slab in slabs {
            // A reader takes a byte-order mark away where it begins to read, which is right only
            // where the body begins; behind a line end it does not.
            let before: &[u8] = if self.columns.is_some() { b"\n" } else { b"" };
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(before.chain(slab.as_slice()));
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record).map_err(broken)? {
                match self.columns.take() {
                    None => {
                        let columns = Columns::find(&record)?;
                        let names = record.iter().map(without_mark);
                        let added = ADDED.iter().map(|name| name.as_bytes());
                        writer.write_record(names.chain(added)).map_err(broken)?;
                        self.columns = Some(columns);
                    }
                    Some(columns) => {
                        self.row += 1;
                        let added = self.answer_record(&columns, &record);
                        let kept = (0..columns.count).map(|at| record.get(at).unwrap_or_default());
                        let added = added.iter().map(String::as_bytes);
                        writer.write_record(kept.chain(added)).map_err(broken)?;
                        self.columns = Some(columns);
                    }
                }
            }
        }
        if ended && self.columns.is_none() {
            return Err(Problem::new(
                Kind::Malformed,
                "the CSV is empty; its first line names the columns, `lon` and `lat` among them",
            ));
        }
        writer.into_inner().map_err(|fault| Problem::new(Kind::Broken, fault.to_string()))
    }

    fn answer_record(&self, columns: &Columns, record: &csv::ByteRecord) -> [String; 8] {
        let found = self.locate_record(columns, record);
        let fault = |words: String| {
            let mut added: [String; 8] = Default::default();
            added[7] = words;
            added
        };
        match found {
            Err(faults) => fault(told(&faults)),
            Ok(located) => {
                let answer = &located.answer;
                let number = |number: Option<f64>, decimals| {
                    let mut json = Json::default();
                    number.map(|number| json.fixed(number, decimals));
                    String::from_utf8(json.into_bytes()).unwrap_or_default()
                };
                [
                    answer.zone.map(|zone| zone.id.to_string()).unwrap_or_default(),
                    answer.unit.to_string(),
                    answer.fired.code().to_owned(),
                    number(answer.border_m, 2),
                    answer.runner_up.map(|next| next.zone.id.to_string()).unwrap_or_default(),
                    number(Some(answer.confidence), 4),
                    answer.plan_version.to_string(),
                    String::new(),
                ]
            }
        }
    }

    fn locate_record(
        &self,
        columns: &Columns,
        record: &csv::ByteRecord,
    ) -> Result<Located<'_>, Vec<Fault>> {
        if record.len() != columns.count {
            let words = format!("has {} fields, the header {}", record.len(), columns.count);
            return Err(vec![Fault::new("row", words)]);
        }
        let mut faults = Vec::new();
        let mut text = |at: Option<usize>, name: &str| -> Option<&str> {
            let bytes = record.get(at?).unwrap_or_default();
            let Ok(text) = std::str::from_utf8(bytes) else {
                faults.push(Fault::new(name, "is no UTF-8"));
                return None;
            };
            Some(text.trim()).filter(|text| !text.is_empty())
        };
        let lon = text(Some(columns.lon), "lon");
        let lat = text(Some(columns.lat), "lat");
        let accuracy = text(columns.accuracy, "accuracy");
        let crs = text(columns.crs, "crs");
        let category = text(columns.category, "category");
        let at = text(columns.at, "at");
        let mut number = |text: Option<&str>, name: &str| {
            let read = params::number(text?);
            read.map_err(|words| faults.push(Fault::new(name, words))).ok()
        };
        let numbers = (number(lon, "lon"), number(lat, "lat"), number(accuracy, "accuracy"));
        if lon.is_none() || lat.is_none() {
            faults.push(Fault::new("lon,lat", "is missing"));
        }
        let (Some(x), Some(y), accuracy_m, true) =
            (numbers.0, numbers.1, numbers.2, faults.is_empty())
        else {
            return Err(faults);
        };
        self.locate(x, y, &RowAsk { crs, accuracy_m, category, at })
    }
}

impl Columns {
    fn find(header: &csv::ByteRecord) -> Result<Self, Problem> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(without_mark(name)).trim().to_ascii_lowercase())
            .collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        match (find("lon"), find("lat")) {
            (Some(lon), Some(lat)) => Ok(Self {
                count: names.len(),
                lon,
                lat,
                crs: find("crs"),
                accuracy: find("accuracy"),
                category: find("category"),
                at: find("at"),
            }),
            _ => Err(Problem::invalid(vec![Fault::new(
                "header",
                "the first line must name the columns `lon` and `lat`",
            )])),
        }
    }
}

/// Without the byte-order mark that spreadsheets put first.
fn without_mark(name: &[u8]) -> &[u8] {
    name.strip_prefix("\u{feff}".as_bytes()).unwrap_or(name)
}

fn told(faults: &[Fault]) -> String {
    let each = faults.iter().map(|fault| format!("{}: {}", fault.place, fault.words));
    each.collect::<Vec<_>>().join("; ")
}

fn begin(json: &mut Json, row: u64, id: Option<&str>) {
    json.raw("{\"row\":").whole(i64::try_from(row).unwrap_or(i64::MAX));
    if let Some(id) = id {
        json.raw(",\"id\":").raw(id);
    }
}

fn write_answer(json: &mut Json, row: u64, id: Option<&str>, located: &Located<'_>) {
    let answer = &located.answer;
    begin(json, row, id);
    json.raw(",\"zone\":").text_or_null(answer.zone.map(|zone| zone.id.as_str()));
    json.raw(",\"unit\":").text(answer.unit.as_str());
    json.raw(",\"co\":").list(&answer.co, |json, unit| {
        json.text(unit.as_str());
    });
    json.raw(",\"rule\":").text(answer.fired.code());
    json.raw(",\"border_m\":").fixed_or_null(answer.border_m, 2);
    json.raw(",\"runner_up\":").text_or_null(answer.runner_up.map(|next| next.zone.id.as_str()));
    json.raw(",\"confidence\":").fixed(answer.confidence, 4);
    json.raw(",\"for_dispatcher\":").flag(answer.for_dispatcher);
    json.raw(",\"plan\":").whole(answer.plan_version).raw(",\"fault\":null}");
}

fn write_fault(json: &mut Json, row: u64, id: Option<&str>, words: &str) {
    begin(json, row, id);
    json.raw(
        ",\"zone\":null,\"unit\":null,\"co\":[],\"rule\":null,\"border_m\":null,\
         \"runner_up\":null,\"confidence\":null,\"for_dispatcher\":null,\"plan\":null,\"fault\":",
    );
    json.text(words).raw("}");
}
