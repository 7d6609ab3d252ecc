//! The shapes of Open311's JSON, for the document. What is served is written from one tree in
//! [`crate::formats::open311::document`]; a test holds it against these shapes.

use serde::Serialize;
use utoipa::ToSchema;

/// One thing wrong with a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Error)]
pub struct ErrorBody {
    /// The HTTP status.
    pub code: u16,
    /// What is wrong and what would be right.
    pub description: String,
}

/// Where what is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Discovery)]
pub struct DiscoveryBody {
    /// When the interface last changed.
    pub changeset: String,
    /// Whose it is.
    pub contact: String,
    /// How to come by a key.
    pub key_service: String,
    /// The interfaces.
    pub endpoints: Vec<EndpointBody>,
}

/// An interface.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Endpoint)]
pub struct EndpointBody {
    /// What it follows.
    pub specification: String,
    /// Where it lies.
    pub url: String,
    /// When it last changed.
    pub changeset: String,
    /// `production`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Media types.
    pub formats: Vec<String>,
}

/// What can be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Service)]
pub struct ServiceBody {
    /// The category's code.
    #[schema(example = "event.05.parking")]
    pub service_code: String,
    /// Its name.
    pub service_name: String,
    /// What it is for.
    pub description: String,
    /// Whether questions are asked.
    pub metadata: bool,
    /// `realtime`: the id comes at once.
    #[serde(rename = "type")]
    pub kind: String,
    /// Words to find it by, separated by commas; null where there are none.
    #[schema(required = true)]
    pub keywords: Option<String>,
    /// The branch it belongs to.
    pub group: String,
}

/// What is asked of who tells something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Definition)]
pub struct DefinitionBody {
    /// The service.
    pub service_code: String,
    /// The questions.
    pub attributes: Vec<AttributeBody>,
}

/// A question.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Attribute)]
pub struct AttributeBody {
    /// Whether an answer is taken; always.
    pub variable: bool,
    /// Its code: the answer is sent as `attribute[code]`.
    pub code: String,
    /// `string`, `number`, `datetime`, `text`, `singlevaluelist` or `multivaluelist`.
    pub datatype: String,
    /// Whether there must be an answer.
    pub required: bool,
    /// What an answer looks like.
    #[schema(required = true)]
    pub datatype_description: Option<String>,
    /// Its place among the questions, from 1.
    pub order: u32,
    /// The question.
    pub description: String,
    /// The choices, of a list alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ChoiceBody>,
}

/// A possible answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Value)]
pub struct ChoiceBody {
    /// What is sent.
    pub key: String,
    /// What people read.
    pub name: String,
}

/// Whether a place is the city's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Coverage)]
pub struct CoverageBody {
    /// The city.
    pub jurisdiction_id: String,
    /// Whether one of its zones holds the place.
    pub in_coverage: bool,
}

/// What somebody tells: a form.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311NewRequest)]
pub struct NewRequestBody {
    /// What it is about.
    pub service_code: String,
    /// Latitude.
    pub lat: Option<f64>,
    /// Longitude.
    pub long: Option<f64>,
    /// System of the two: wgs84 (default), cgcs2000, gcj02, bd09.
    pub coord_type: Option<String>,
    /// Accuracy radius in metres (68 %).
    pub accuracy: Option<f64>,
    /// The place in words. Without lat and long it must be the name of a facility or street.
    pub address_string: Option<String>,
    /// The place's id. Without lat and long it must be a facility's code.
    pub address_id: Option<String>,
    /// What was seen, at most 4,000 characters; markup is taken out.
    pub description: Option<String>,
    /// Seen by those who handle it alone, as are names and telephone.
    pub email: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// The account at the application that sends it.
    pub account_id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// A picture elsewhere, at a public address: it is fetched later, checked and kept as one that was sent.
    pub media_url: Option<String>,
    /// Pictures, in a multipart form: JPEG, PNG, WebP, GIF or MP4.
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    pub media: Option<Vec<Vec<u8>>>,
    /// The city, where there are several.
    pub jurisdiction_id: Option<String>,
    /// A key; none is needed.
    pub api_key: Option<String>,
}

/// Where a request went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Receipt)]
pub struct ReceiptBody {
    /// The report's id.
    pub service_request_id: String,
    /// To whom it went.
    #[schema(required = true)]
    pub service_notice: Option<String>,
    /// As it was sent.
    #[schema(required = true)]
    pub account_id: Option<String>,
}

/// The request of a token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Token)]
pub struct TokenBody {
    /// The report's id.
    pub service_request_id: String,
    /// The token: the same.
    pub token: String,
}

/// Something that became of what was told in public.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Update)]
pub struct UpdateBody {
    /// The step of the case; the same may tell of several requests behind one case.
    pub update_id: String,
    /// The report's id.
    pub service_request_id: String,
    /// `open` or `closed` behind it.
    pub status: String,
    /// When it happened.
    pub updated_datetime: String,
    /// Where the case stands since, or what the public added, numbers of people taken out.
    pub description: String,
    /// Nothing: a link stands in the description.
    #[schema(required = true)]
    pub media_url: Option<String>,
    /// The code of the stage.
    pub external_status_code: String,
}

/// What is added to a request: a form. Of who adds it nothing is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311NewUpdate)]
pub struct NewUpdateBody {
    /// The report's id.
    pub service_request_id: String,
    /// The sender's own id of the update: with the same it is added once.
    pub update_id: Option<String>,
    /// When it was said, RFC 3339; ours counts.
    pub updated_datetime: Option<String>,
    /// `open`, `closed` or another word: passed on, it moves nothing.
    pub status: Option<String>,
    /// What is new, at most 4,000 characters; markup is taken out.
    pub description: Option<String>,
    /// A link to a picture: it is added to the description, and never followed.
    pub media_url: Option<String>,
    /// The city, where there are several.
    pub jurisdiction_id: Option<String>,
    /// A key; none is needed.
    pub api_key: Option<String>,
}

/// What was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311UpdateReceipt)]
pub struct UpdateReceiptBody {
    /// The step of the case that holds it.
    pub update_id: String,
    /// The report's id.
    pub service_request_id: String,
}

/// What was told in public.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Request)]
pub struct RequestBody {
    /// The report's id.
    pub service_request_id: String,
    /// `open` or `closed`.
    pub status: String,
    /// What became of it.
    #[schema(required = true)]
    pub status_notes: Option<String>,
    /// The category's name.
    #[schema(required = true)]
    pub service_name: Option<String>,
    /// The category's code.
    #[schema(required = true)]
    pub service_code: Option<String>,
    /// What was told; telephone numbers, other long numbers, number plates and e-mail addresses are taken out.
    /// Empty, as address, answers and pictures are gone, where the request was refused or found void.
    #[schema(required = true)]
    pub description: Option<String>,
    /// The unit that answers.
    pub agency_responsible: String,
    /// Nothing yet.
    #[schema(required = true)]
    pub service_notice: Option<String>,
    /// When it was received.
    pub requested_datetime: String,
    /// When it last changed.
    pub updated_datetime: String,
    /// By when the whole case should be over; null before its clock has started, and once it is over.
    #[schema(required = true)]
    pub expected_datetime: Option<String>,
    /// The place in words, numbers taken out as of the description.
    #[schema(required = true)]
    pub address: Option<String>,
    /// The place's id.
    #[schema(required = true)]
    pub address_id: Option<String>,
    /// Nothing: addresses here have none.
    #[schema(required = true)]
    pub zipcode: Option<String>,
    /// Latitude, WGS84.
    pub lat: f64,
    /// Longitude, WGS84.
    pub long: f64,
    /// The first picture.
    #[schema(required = true)]
    pub media_url: Option<String>,
    /// With `extensions=true` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_attributes: Option<ExtendedBody>,
    /// With `extensions=true` alone: what happened, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<NoteBody>>,
}

/// What is told beyond the specification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Extended)]
pub struct ExtendedBody {
    /// Answers that can point to nobody.
    pub attributes: Vec<AnswerBody>,
    /// The code of the zone.
    #[schema(required = true)]
    pub zone: Option<String>,
    /// The code of the unit.
    pub unit: String,
    /// Every picture.
    pub media_urls: Vec<String>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Answer)]
pub struct AnswerBody {
    /// The question's code.
    pub code: String,
    /// The question.
    pub name: String,
    /// The answers, choices by name.
    pub values: Vec<String>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Open311Note)]
pub struct NoteBody {
    /// When.
    pub datetime: String,
    /// What.
    pub summary: String,
}
