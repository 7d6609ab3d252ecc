//! Many places at once: order kept, a fault a row, whatever the form and however it is cut.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use zonewarden::http::api::rows::ROW_BYTES_MAX;
use zonewarden::http::limits::Limits;

use crate::client::request;
use crate::world::World;

const PATH: &str = "/api/v1/locate";

fn places() -> Vec<(f64, f64)> {
    (0..300).map(|n| (109.45 + 0.0002 * f64::from(n), 36.56 + 0.0001 * f64::from(n))).collect()
}

/// The same bytes in pieces of `size`.
fn pieces(text: &str, size: usize) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        text.as_bytes().chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn the_three_forms_answer_as_one_place_at_a_time_does() {
    let world = World::new().await;
    let lines: Vec<String> =
        places().iter().map(|(x, y)| json!({ "lon": x, "lat": y }).to_string()).collect();
    let array = format!("[{}]", lines.join(" , "));
    let json_rows = world.client.post(PATH, "application/json", pieces(&array, 7)).await.json();
    let lines =
        world.client.post(PATH, "application/x-ndjson", pieces(&lines.join("\n"), 11)).await;
    let line_rows: Vec<Value> =
        lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json_rows, Value::Array(line_rows));
    let csv: Vec<String> = places().iter().map(|(x, y)| format!("\"a,b\",{x},{y}")).collect();
    let csv = format!("name,lon,lat\n{}\n", csv.join("\n"));
    let csv = world.client.post(PATH, "text/csv", pieces(&csv, 13)).await;
    let mut records = csv.text().lines();
    let header = "name,lon,lat,zone,unit,rule,border_m,runner_up,confidence,plan,fault";
    assert_eq!(records.next(), Some(header));
    for (n, ((lon, lat), record)) in places().iter().zip(records).enumerate() {
        let row = &json_rows[n];
        assert_eq!(row["row"], n + 1);
        let one = world.client.get(&format!("{PATH}?lon={lon}&lat={lat}")).await.json();
        assert_eq!(row["unit"], one["unit"]["id"]);
        assert_eq!(row["zone"], one["zone"].get("id").cloned().unwrap_or_default());
        assert_eq!(row["border_m"], one["border_m"]);
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let start =
            format!("\"a,b\",{lon},{lat},{},{},{},", text("zone"), text("unit"), text("rule"));
        assert!(record.starts_with(&start), "{record}");
    }
    assert_eq!(json_rows.as_array().unwrap().len(), 300);
}

#[tokio::test]
async fn a_row_that_cannot_be_routed_keeps_its_place_and_says_why() {
    let world = World::new().await;
    let rows = [
        r#"{"id":"a","lon":109.484,"lat":36.585}"#,
        r#"{"id":7,"lon":36.585,"lat":109.484}"#,
        r#"{"lon":0,"lat":0}"#,
        r#"{"lon":"x","lat":1}"#,
        r#"{"lon":109.484}"#,
        r#"{"lon":109.484,"lat":36.585,"crs":"utm","at":"noon"}"#,
        "3",
        r#"{"lon":109.484,"lat":36.585,"lng":1}"#,
        "[109.484,36.585]",
        r#"{"lon":1e999,"lat":36.585}"#,
        r#"{"lon":109.484,"lat":36.585,"accuracy":-1}"#,
    ];
    let body = format!("[{}]", rows.join(","));
    let answer = world.client.post(PATH, "application/json", body).await.json();
    let faults: Vec<&str> =
        answer.as_array().unwrap().iter().map(|row| row["fault"].as_str().unwrap_or("")).collect();
    assert_eq!(faults.len(), rows.len());
    let expected = [
        "",
        "swapped",
        "no position",
        "invalid type",
        "missing field",
        "crs: `utm`",
        "invalid type",
        "unknown field",
        "",
        "out of range",
        "accuracy",
    ];
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.contains(expected) && fault.is_empty() == expected.is_empty(), "{faults:#?}");
    }
    assert!(faults[5].contains("at: `noon`"));
    assert_eq!((&answer[0]["id"], &answer[1]["id"]), (&json!("a"), &json!(7)));
}

#[tokio::test]
async fn csv_rows_keep_every_column_and_their_faults() {
    let world = World::new().await;
    let body = "\u{feff}lon,lat,crs,note\r\n109.484,36.585,,\"line\nbreak\"\r\n,,,\r\nx,1,,n\r\n\
                109.484,36.585,utm,n\r\n109.484,36.585\r\n";
    let answer = world.client.post(PATH, "text/csv; charset=utf-8", body).await;
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!((&rows[0][3], &rows[0][11]), ("line\nbreak", ""));
    for (row, words) in rows[1..].iter().zip(["missing", "no finite", "utm", "has 2 fields"]) {
        assert!(row[11].contains(words), "{row:?}");
        assert!(row[4].is_empty());
    }
}

#[tokio::test]
async fn what_is_no_batch_is_refused_before_the_first_row() {
    let world = World::new().await;
    for (media, body, status) in [
        ("application/json", "", StatusCode::BAD_REQUEST),
        ("application/json", "{}", StatusCode::BAD_REQUEST),
        ("application/json", "nonsense", StatusCode::BAD_REQUEST),
        ("text/csv", "", StatusCode::BAD_REQUEST),
        ("text/csv", "a,b\n1,2\n", StatusCode::UNPROCESSABLE_ENTITY),
        ("text/plain", "1,2", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text/csv; charset=gbk", "lon,lat\n", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = world.client.post(PATH, media, body).await;
        assert_eq!(answer.status, status, "{media} {body}");
    }
    let empty = world.client.post(PATH, "application/json", "[]").await;
    assert_eq!(empty.json(), json!([]));
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_a_row_that_says_so() {
    let world = World::new().await;
    let body = pieces("[[109.484,36.585],[109.485,36.585],{\"lon\":1", 19);
    let answer = world.client.post(PATH, "application/json", body).await;
    let rows = answer.json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert!(rows[2]["fault"].as_str().unwrap().contains("breaks off"));
    let endless = format!("lon,lat\n109.484,36.585\n\"{}", "x".repeat(100_000));
    let answer = world.client.post(PATH, "text/csv", pieces(&endless, 16_384)).await;
    assert!(answer.text().lines().last().unwrap().contains("more than"), "{}", answer.text());
}

/// The words of each row's fault, empty where it has none.
fn faults(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["fault"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_row_that_is_no_utf_8_or_nested_deep_is_a_fault_among_answers() {
    let world = World::new().await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let mut body: Vec<u8> = Vec::new();
    for line in [
        b"[109.484,36.585]".as_slice(),
        b"{\"lon\":109.484,\"lat\":36.585,\"crs\":\"\xff\"}",
        b"{\"id\":\"\xc3\x28\",\"lon\":109.484,\"lat\":36.585}",
        b"[109.484,36.585]",
        deep.as_bytes(),
        format!("{{\"lon\":{deep},\"lat\":36.585}}").as_bytes(),
        b"[109.484,36.585]",
    ] {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    let answer = world.client.post(PATH, "application/x-ndjson", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let rows: Vec<Value> =
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = faults(&rows);
    let empty: Vec<bool> = found.iter().map(String::is_empty).collect();
    assert_eq!(empty, [true, false, false, true, false, false, true], "{found:#?}");
    assert!(found[1].contains("unicode") && found[2].contains("unicode"), "{found:#?}");
    assert!(found[4].contains("invalid type") && found[5].contains("invalid type"), "{found:#?}");
    assert_eq!((&rows[0]["zone"], &rows[6]["row"]), (&rows[6]["zone"], &json!(7)));

    let csv = b"lon,lat,note\n109.484,36.585,a\n109.484,\xff,b\n109.484,36.585,\xff\n".to_vec();
    let answer = world.client.post(PATH, "text/csv", csv).await;
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let records: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 3);
    let text = |row: usize, at: usize| String::from_utf8_lossy(&records[row][at]).into_owned();
    assert!(text(1, 10).contains("lat: is no UTF-8") && text(1, 4).is_empty(), "{}", text(1, 10));
    // What is not read stays as it came, byte for byte.
    assert_eq!((&records[2][2], text(2, 10).as_str()), (b"\xff".as_slice(), ""));
    assert!(!text(0, 4).is_empty() && text(0, 4) == text(2, 4));
}

#[tokio::test]
async fn a_row_over_the_limit_ends_the_answer_behind_the_rows_before_it() {
    let world = World::new().await;
    let long = "x".repeat(2 * ROW_BYTES_MAX);
    let line = "{\"lon\":109.484,\"lat\":36.585}";
    for (media, body) in [
        ("application/x-ndjson", format!("{line}\n{{\"id\":\"{long}\"}}\n{line}\n")),
        ("application/json", format!("[{line},{{\"id\":\"{long}\"}},{line}]")),
        ("text/csv", format!("lon,lat\n109.484,36.585\n\"{long}\",1\n109.484,36.585\n")),
    ] {
        // In one piece it ends in the piece in which it grows too long.
        for size in [16_384, body.len()] {
            let answer = world.client.post(PATH, media, pieces(&body, size)).await;
            assert_eq!(answer.status, StatusCode::OK, "{media}: {}", answer.text());
            let words = format!("a row has more than {ROW_BYTES_MAX} bytes");
            let text = answer.text().trim_end();
            assert!(text.lines().last().unwrap().contains(&words), "{media}: {text}");
            assert!(text.contains("zone-"), "{media}: the first row is answered: {text}");
        }
    }
}

#[tokio::test]
async fn an_answer_begins_before_its_body_has_ended() {
    let world = World::new().await;
    let (send, receive) = mpsc::channel::<Bytes>(1);
    let body = Body::from_stream(stream::unfold(receive, |mut receive| async move {
        let piece = receive.recv().await?;
        Some((Ok::<_, std::io::Error>(piece), receive))
    }));
    let mut asked = request(Method::POST, PATH, None, body);
    asked.headers_mut().insert(header::CONTENT_TYPE, "application/x-ndjson".parse().unwrap());
    let line = "[109.484,36.585]\n";
    // The half ends within a row, which waits for its end.
    send.send(Bytes::from(format!("{line}{line}[109.4"))).await.unwrap();
    let soon = Duration::from_secs(20);
    let response = timeout(soon, world.client.raw(asked)).await.expect("it waits for the end");
    assert_eq!(response.status(), StatusCode::OK);
    let mut answer = response.into_body();
    let first = timeout(soon, answer.frame()).await.expect("it waits for the end");
    let first = first.unwrap().unwrap().into_data().unwrap();
    let lines = |bytes: &[u8]| -> Vec<Value> {
        let text = std::str::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let early = lines(&first);
    assert_eq!((early.len(), &early[1]["row"]), (2, &json!(2)));
    send.send(Bytes::from(format!("84,36.585]\n{line}"))).await.unwrap();
    drop(send);
    let late = lines(&answer.collect().await.unwrap().to_bytes());
    assert_eq!((late.len(), &late[0]["row"], &late[1]["row"]), (2, &json!(3), &json!(4)));
    let found = faults(&[early, late].concat());
    assert!(found.iter().all(String::is_empty), "{found:#?}");
}

#[tokio::test]
async fn a_body_is_counted_after_it_was_unpacked() {
    let limits = Limits { body_bytes_max: 10_000, ..Limits::default() };
    let world = World::with(limits).await;
    let large = format!("[{}]", vec!["[109.484,36.585]"; 2_000].join(","));
    let answer = world.client.post(PATH, "application/json", large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    // The same limit for what is in a gzip.
    let mut bomb = request(Method::POST, PATH, None, Body::from(blanks_in_gzip()));
    bomb.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    bomb.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(world.client.ask(bomb).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut broken = request(Method::POST, PATH, None, Body::from("no gzip"));
    broken.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    broken.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(world.client.ask(broken).await.status, StatusCode::BAD_REQUEST);
}

/// 65,535 blanks as a gzip member of one stored block: as large as what it holds.
fn blanks_in_gzip() -> Vec<u8> {
    let blanks = vec![b' '; 65_535];
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0xff, 0xff, 0, 0];
    bytes.extend(&blanks);
    bytes.extend(crc32(&blanks).to_le_bytes());
    bytes.extend(65_535_u32.to_le_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
