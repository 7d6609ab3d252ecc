//! A client that believes the OpenAPI document: every answer must be one that it describes.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

pub(crate) struct Client {
    router: Router,
    document: Value,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The places of a problem's faults.
    pub(crate) fn places(&self) -> Vec<String> {
        let problem = self.json();
        let faults = problem["faults"].as_array().cloned().unwrap_or_default();
        faults.iter().map(|fault| fault["place"].as_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    pub(crate) fn new(router: Router) -> Self {
        let document = serde_json::from_slice(&zonewarden::http::router::document_bytes()).unwrap();
        Self { router, document }
    }

    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(request(Method::GET, path, None, Body::empty())).await
    }

    pub(crate) async fn get_as(&self, key: &str, path: &str) -> Answer {
        self.ask(request(Method::GET, path, Some(key), Body::empty())).await
    }

    pub(crate) async fn post(&self, path: &str, media: &str, body: impl Into<Body>) -> Answer {
        let mut request = request(Method::POST, path, None, body.into());
        request.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
        self.ask(request).await
    }

    pub(crate) async fn post_as(
        &self,
        key: &str,
        path: &str,
        media: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = request(Method::POST, path, Some(key), body.into());
        request.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
        self.ask(request).await
    }

    /// Sends a request, reads the whole answer and holds it against the document.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.raw(request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, bytes };
        self.hold(&method, &path, &answer);
        answer
    }

    /// Sends a request; the answer's body is the caller's to read.
    pub(crate) async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    fn hold(&self, method: &Method, path: &str, answer: &Answer) {
        let Some(operation) = self.operation(method, path) else { return };
        let name = &operation["operationId"];
        let status = answer.status.as_str();
        let described = &operation["responses"][status];
        assert!(described.is_object(), "{name} does not document {status}: {answer:?}");
        if [StatusCode::NOT_MODIFIED, StatusCode::NO_CONTENT].contains(&answer.status) {
            assert!(answer.bytes.is_empty());
            return;
        }
        let media = answer.header("content-type").split(';').next().unwrap().to_owned();
        let content = &described["content"][&media];
        assert!(content.is_object(), "{name} {status} does not document `{media}`");
        let encoded = !answer.header("content-encoding").is_empty();
        if media.ends_with("json") && media != "application/x-ndjson" && !encoded {
            let mut faults = Vec::new();
            check(&self.document, &content["schema"], &answer.json(), "", &mut faults);
            assert!(faults.is_empty(), "{name} {status}: {faults:#?}\n{}", answer.text());
        }
    }

    /// The documented operation of a method and a path.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?;
        let fits = |template: &str| {
            let (a, b) = (template.split('/'), path.split('/'));
            a.clone().count() == b.clone().count() && a.zip(b).all(|(a, b)| segment(a, b))
        };
        let (_, item) = paths.iter().find(|(template, _)| fits(template))?;
        item.get(method.as_str().to_lowercase())
    }
}

/// Whether a segment of a path fits a template's: `services.{format}` fits `services.xml`. A part in
/// braces that something follows ends at the last place where that stands.
pub(crate) fn segment(template: &str, given: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return template == given };
    let Some((_, after)) = rest.split_once('}') else { return false };
    let Some(given) = given.strip_prefix(before) else { return false };
    if after.is_empty() {
        return !given.is_empty();
    }
    let fixed = after.split('{').next().unwrap_or_default();
    given.rfind(fixed).is_some_and(|at| at > 0 && segment(after, &given[at..]))
}

pub(crate) fn request(method: Method, path: &str, key: Option<&str>, body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    request.body(body).unwrap()
}

/// Holds a value against a schema (the part of JSON Schema 2020-12 that the document uses).
pub(crate) fn check(
    document: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    if let Some(place) = schema["$ref"].as_str() {
        let found = document.pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null);
        assert!(found.is_object(), "the document has no {place}");
        check(document, found, value, at, faults);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, faults);
    }
    for name in ["oneOf", "anyOf"] {
        let Some(choices) = schema[name].as_array() else { continue };
        let fits = choices.iter().any(|choice| {
            let mut found = Vec::new();
            check(document, choice, value, at, &mut found);
            found.is_empty()
        });
        if !fits {
            faults.push(format!("{at}: none of {name} fits {value}"));
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        faults.push(format!("{at}: {value} is not {kinds:?}"));
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            if !object.contains_key(name) {
                faults.push(format!("{at}: `{name}` is missing"));
            }
        }
        for (name, inner) in object {
            let schema = &schema["properties"][name];
            if schema.is_object() {
                check(document, schema, inner, &format!("{at}/{name}"), faults);
            }
        }
    }
    for (n, inner) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            check(document, &schema["items"], inner, &format!("{at}/{n}"), faults);
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the document uses the type {other}"),
    }
}
