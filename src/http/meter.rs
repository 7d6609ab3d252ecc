//! Counters for Prometheus, each registered once, so that counting a request costs a few atomic
//! additions.

use std::collections::HashMap;

use axum::http::StatusCode;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Upper ends of the buckets of a request's duration, in seconds.
const DURATION_BUCKETS_S: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// The route of what is no route.
const NOWHERE: &str = "none";

/// All counters.
pub struct Meter {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    routes: HashMap<String, RouteMeter>,
    nowhere: RouteMeter,
    /// Requests being answered.
    pub in_flight: Gauge,
    /// Lines of the access log that were dropped.
    pub log_dropped: Gauge,
    /// Requests turned away.
    pub shed: Counter,
    /// Connections open.
    pub connections: Gauge,
    /// Readers of the live journal.
    pub live_clients: Gauge,
    /// Points routed in batches.
    pub batch_points: Counter,
    /// Reports filed.
    pub reports: Counter,
}

/// One route's counters.
pub struct RouteMeter {
    by_class: [Counter; 5],
    duration: Histogram,
}

const META: Metadata<'static> = Metadata::new("zonewarden", Level::INFO, None);

impl Meter {
    /// Counters for these routes.
    ///
    /// # Errors
    /// Words; only when the buckets were empty.
    pub fn new<'a>(routes: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(DURATION_BUCKETS_S)
            .map_err(|fault| fault.to_string())?
            .build_recorder();
        describe(&recorder);
        let counter = |name| recorder.register_counter(&Key::from_static_name(name), &META);
        let gauge = |name| recorder.register_gauge(&Key::from_static_name(name), &META);
        let routes = routes
            .into_iter()
            .map(|route| (route.to_owned(), RouteMeter::new(&recorder, route)))
            .collect();
        Ok(Self {
            handle: recorder.handle(),
            routes,
            nowhere: RouteMeter::new(&recorder, NOWHERE),
            in_flight: gauge("zonewarden_requests_in_flight"),
            log_dropped: gauge("zonewarden_access_log_dropped"),
            shed: counter("zonewarden_requests_shed_total"),
            connections: gauge("zonewarden_connections"),
            live_clients: gauge("zonewarden_live_clients"),
            batch_points: counter("zonewarden_batch_points_total"),
            reports: counter("zonewarden_reports_filed_total"),
            recorder,
        })
    }

    /// The counters of a route, and its name for the log.
    #[must_use]
    pub fn route(&self, route: Option<&str>) -> (&str, &RouteMeter) {
        match route.and_then(|route| self.routes.get_key_value(route)) {
            Some((name, meter)) => (name, meter),
            None => (NOWHERE, &self.nowhere),
        }
    }

    /// Sets a gauge that is read only when somebody asks.
    pub fn show(&self, name: &'static str, (label, of): (&'static str, &str), value: f64) {
        let key = Key::from_parts(name, vec![Label::new(label, of.to_owned())]);
        self.recorder.register_gauge(&key, &META).set(value);
    }

    /// Everything as Prometheus reads it.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Folds what was observed into the histograms; without it memory grows between two scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl RouteMeter {
    fn new(recorder: &PrometheusRecorder, route: &str) -> Self {
        let route = Label::new("route", route.to_owned());
        let by_class = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            let labels = vec![route.clone(), Label::new("status", class)];
            let key = Key::from_parts("zonewarden_requests_total", labels);
            recorder.register_counter(&key, &META)
        });
        let key = Key::from_parts("zonewarden_request_duration_seconds", vec![route]);
        Self { by_class, duration: recorder.register_histogram(&key, &META) }
    }

    /// Counts a request.
    pub fn count(&self, status: StatusCode, duration_s: f64) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.by_class[class].increment(1);
        self.duration.record(duration_s);
    }
}

fn describe(recorder: &PrometheusRecorder) {
    let counters = [
        ("zonewarden_requests_total", "Requests answered, by route and class of status"),
        ("zonewarden_requests_shed_total", "Requests turned away because of too many at once"),
        ("zonewarden_batch_points_total", "Points routed in batches"),
        ("zonewarden_reports_filed_total", "Reports filed"),
    ];
    for (name, words) in counters {
        recorder.describe_counter(name.into(), Some(Unit::Count), words.into());
    }
    let gauges = [
        ("zonewarden_requests_in_flight", "Requests being answered"),
        ("zonewarden_connections", "Connections open"),
        ("zonewarden_live_clients", "Readers of the live journal"),
        ("zonewarden_atlas_version", "Version of the atlas in force"),
        ("zonewarden_atlas_stale", "1 while a newer state gives no atlas and the old one answers"),
        ("zonewarden_access_log_dropped", "Lines of the access log that were dropped"),
        (
            "zonewarden_task_running",
            "1 while a background task is at work, 0 while it pauses after a fault",
        ),
        (
            "zonewarden_task_ended",
            "How often a background task ended by a fault and was begun again",
        ),
    ];
    for (name, words) in gauges {
        recorder.describe_gauge(name.into(), Some(Unit::Count), words.into());
    }
    recorder.describe_histogram(
        "zonewarden_request_duration_seconds".into(),
        Some(Unit::Seconds),
        "Time until an answer begins, by route".into(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_under_its_route_and_a_stranger_under_none() {
        let meter = Meter::new(["/a"]).unwrap();
        meter.route(Some("/a")).1.count(StatusCode::OK, 0.001);
        meter.route(Some("/../etc")).1.count(StatusCode::NOT_FOUND, 0.001);
        let text = meter.render();
        assert!(text.contains(r#"zonewarden_requests_total{route="/a",status="2xx"} 1"#), "{text}");
        assert!(text.contains(r#"zonewarden_requests_total{route="none",status="4xx"} 1"#));
        assert!(!text.contains("etc"));
    }
}
