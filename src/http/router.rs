//! Every route, mounted from its OpenAPI attribute; the document comes from the same list.

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::http::api::{
    atlas, batch, categories, drafts, exchange, facilities, feeds, incidents, journal, locate,
    people, pictures, plans, report_batch, reports, rule_proposals, rule_versions, rules, webhooks,
};
use crate::http::gate::Gate;
use crate::http::ogc::mount as ogc_mount;
use crate::http::open311::{filing, mount, requests, services, updates};
use crate::http::tiles::{self, style, tile, tileset};
use crate::http::web::Web;
use crate::http::{ops, page};

/// Answers smaller than this, in bytes, are not worth compressing.
const COMPRESS_ABOVE: u64 = 1_024;
/// Where people read the document.
pub const DOCS: &str = "/api/v1/docs";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "zonewarden",
        description = "Who is responsible here? Every report and incident routed by location to the unit that answers for it. Every coordinate names its system; the default is WGS84."
    ),
    tags(
        (name = "atlas", description = "What is in force: plan, zones, units, facilities, and who answers where"),
        (name = "drafts", description = "Plans that are being redrawn, from the first edit until they are in force"),
        (name = "reports", description = "What people told, and to whom it went"),
        (name = "people", description = "Who stands behind reports: every look is journalled"),
        (name = "open311", description = "Open311 GeoReport v2: for citizens' applications of any make, in XML and JSON"),
        (name = "incidents", description = "What is to be done: work lists, and the steps of each case"),
        (name = "maps", description = "The city for maps: vector tiles, what describes them, and styles that draw them"),
        (name = "live", description = "The journal as it is written"),
        (name = "ops", description = "For whoever runs the service"),
    ),
    components(schemas(journal::EntryBody)),
    // Mounted by hand, because their paths end in the format: see `open311::mount`, `tiles::mount`.
    paths(
        services::get_discovery,
        services::list_services,
        services::get_service,
        services::get_coverage,
        filing::file_service_request,
        requests::list_service_requests,
        requests::get_service_request,
        requests::get_token,
        updates::list_service_request_updates,
        updates::file_service_request_update,
        tile::get_tile,
        tileset::get_tileset,
        style::get_style,
    ),
    modifiers(&Keys),
)]
struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, `zw_…`, as a bearer token or in X-API-Key"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// Routes with a body: it is unpacked, and may not pause for long.
fn with_bodies(pause: std::time::Duration) -> OpenApiRouter<Web> {
    let bodies = ServiceBuilder::new()
        .layer(RequestBodyTimeoutLayer::new(pause))
        .layer(RequestDecompressionLayer::new());
    OpenApiRouter::new()
        .routes(routes!(batch::locate_batch))
        .routes(routes!(reports::file_report))
        .routes(routes!(report_batch::file_reports))
        .routes(routes!(people::see_contact))
        .routes(routes!(people::export_person))
        .routes(routes!(people::erase_person))
        .routes(routes!(incidents::act::act_on_incident))
        .routes(routes!(rules::set_rules))
        .routes(routes!(categories::set_categories))
        .routes(routes!(incidents::act::act_on_incidents))
        .routes(routes!(incidents::pictures::keep_picture))
        .routes(routes!(drafts::list::list_drafts, drafts::list::make_draft))
        .routes(routes!(drafts::import::import_draft))
        .routes(routes!(exchange::export_city, exchange::import_city))
        .routes(routes!(drafts::act::act_on_draft))
        .routes(routes!(drafts::balance::balance_plan))
        .routes(routes!(webhooks::list_webhooks, webhooks::make_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::change_webhook, webhooks::remove_webhook))
        .routes(routes!(webhooks::secret::rotate_webhook_secret))
        .routes(routes!(webhooks::deliveries::replay_deliveries))
        .layer(bodies)
}

/// Routes whose answers are long.
fn reading() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(atlas::get_plan))
        .routes(routes!(plans::list_plans))
        .routes(routes!(plans::get_plan_version))
        .routes(routes!(plans::get_plan_zones))
        .routes(routes!(exchange::export_layer))
        .routes(routes!(plans::changes::compare_plans))
        .routes(routes!(plans::restore::restore_plan))
        .routes(routes!(plans::restore::reroute_plan))
        .routes(routes!(plans::handover::get_handover))
        .routes(routes!(atlas::list_zones))
        .routes(routes!(atlas::get_zone))
        .routes(routes!(atlas::list_units))
        .routes(routes!(atlas::get_unit))
        .routes(routes!(facilities::list_facilities))
        .routes(routes!(facilities::get_facility))
        .routes(routes!(categories::list_categories))
        .routes(routes!(rules::list_rules))
        .routes(routes!(rule_proposals::list_rule_proposals))
        .routes(routes!(rule_proposals::dismiss_rule_proposal))
        .routes(routes!(rule_versions::list_rule_versions))
        .routes(routes!(rule_versions::get_rule_version))
        .routes(routes!(rule_versions::compare_rule_versions))
        .routes(routes!(rule_versions::restore_rules))
        .routes(routes!(drafts::show::get_draft))
        .routes(routes!(drafts::show::get_draft_zones))
        .routes(routes!(drafts::review::review_draft, drafts::review::try_edits))
        .routes(routes!(drafts::show::get_draft_borders))
        .routes(routes!(drafts::changes::compare_draft))
        .routes(routes!(reports::list_reports))
        .routes(routes!(reports::get_report))
        .routes(routes!(incidents::list::list_incidents))
        .routes(routes!(incidents::get_incident))
        .routes(routes!(feeds::get_feed_atom))
        .routes(routes!(feeds::get_feed_geojson))
        .routes(routes!(webhooks::deliveries::list_deliveries))
        .routes(routes!(ops::get_metrics))
        .routes(routes!(ops::get_openapi))
}

/// Routes whose answers are short or never end: not worth compressing, or spoiled by it.
fn direct() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(locate::locate_point))
        .routes(routes!(pictures::get_picture))
        .routes(routes!(journal::stream_journal))
        .routes(routes!(ops::get_health))
        .routes(routes!(ops::get_readiness))
}

fn api(pause: std::time::Duration) -> (Router<Web>, utoipa::openapi::OpenApi) {
    let worth = SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::const_new("image/"));
    let compression =
        CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth);
    let pages = OpenApiRouter::<Web>::default()
        .route("/", get(page::get_index))
        .route("/page/{*path}", get(page::get_file));
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(
            reading()
                .merge(with_bodies(pause))
                .merge(mount::mount(pause))
                .merge(tiles::mount::documents())
                .merge(ogc_mount::mount(pause))
                .merge(pages)
                .layer(compression),
        )
        .merge(direct())
        .merge(tiles::mount::tiles())
        .split_for_parts()
}

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    api(std::time::Duration::MAX).1
}

/// The document as it is served.
#[must_use]
pub fn document_bytes() -> Bytes {
    document().to_pretty_json().unwrap_or_default().into()
}

/// The names of all routes, for the counters.
#[must_use]
pub fn route_names() -> Vec<String> {
    let mut names: Vec<String> = document().paths.paths.into_keys().collect();
    names.extend(["/", "/page/{*path}"].map(str::to_owned));
    names.extend(mount::MOUNTED.map(str::to_owned));
    names.extend(tiles::mount::MOUNTED.map(str::to_owned));
    names.extend(ogc_mount::MOUNTED.map(str::to_owned));
    names
}

/// Every route behind the gate.
pub fn router(web: &Web) -> Router {
    router_with(web, Router::new())
}

/// Every route and `more` of a bench's own, behind the same gate.
pub fn router_with(web: &Web, more: Router<Web>) -> Router {
    let (router, _) = api(web.limits.body_timeout);
    let config = Config::from("/api/v1/openapi.json").use_base_layout();
    let swagger: Router<Web> = SwaggerUi::new(DOCS).config(config).into();
    router
        .merge(swagger)
        .merge(more)
        .fallback(ops::nowhere)
        .method_not_allowed_fallback(ops::no_method)
        .layer(Gate::new(web.clone()))
        .with_state(web.clone())
}
