//! All routes, each with its description.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, Method};
use axum::middleware::from_fn;
use axum::routing::{MethodFilter, MethodRouter};
use bytes::Bytes;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Shared};
use crate::orders::place;
use crate::state::{Intake, State};
use crate::web::{self, Compressible, Web};
use crate::{
    admin, customers, docs, edge, executions, inventory, messages, openapi, operators, orders, session, shop,
    statistics, workflows,
};

/// An intake's route cannot be served. What is wrong is in the workflow's triggers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the workflow {workflow} cannot take orders at {method} {path}: {reason}")]
pub struct RouteError {
    /// The workflow.
    pub workflow: String,
    /// The method.
    pub method: Method,
    /// The path as it would be served.
    pub path: String,
    /// Why not.
    pub reason: &'static str,
}

/// Makes the router of the whole interface.
///
/// # Errors
///
/// [`RouteError`] when an intake's path is none or is taken.
pub fn router(state: State) -> Result<Router, RouteError> {
    let mut routes = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(orders::list::list))
        .routes(routes!(orders::export::get))
        .routes(routes!(orders::get::get))
        .routes(routes!(orders::timeline::get))
        .routes(routes!(orders::explanation::get))
        .routes(routes!(orders::reservations::get))
        .routes(routes!(orders::refund::post))
        .routes(routes!(orders::resend::post))
        .routes(routes!(orders::link::post))
        .routes(routes!(orders::receipt::get))
        .routes(routes!(orders::events::get))
        .routes(routes!(orders::follow_up::cancel))
        .routes(routes!(orders::follow_up::ship))
        .routes(routes!(orders::follow_up::deliver))
        .routes(routes!(orders::follow_up::take_back))
        .routes(routes!(inventory::catalog::list))
        .routes(routes!(inventory::list::list))
        .routes(routes!(inventory::import::post))
        .routes(routes!(inventory::get::get, inventory::put::put))
        .routes(routes!(inventory::ledger::get))
        .routes(routes!(inventory::reservations::get))
        .routes(routes!(inventory::movements::post))
        .routes(routes!(customers::list::list))
        .routes(routes!(customers::import::post))
        .routes(routes!(customers::erase::guest))
        .routes(routes!(customers::erase::customer))
        .routes(routes!(customers::get::get, customers::put::put))
        .routes(routes!(messages::mailbox::list))
        .routes(routes!(messages::mailbox::get))
        .routes(routes!(messages::topics::list))
        .routes(routes!(messages::topics::messages))
        .routes(routes!(messages::queues::list))
        .routes(routes!(messages::dead_letters::list))
        .routes(routes!(messages::dead_letters::redeliver))
        .routes(routes!(executions::list::list))
        .routes(routes!(executions::get::get))
        .routes(routes!(executions::history::get))
        .routes(routes!(executions::states::get))
        .routes(routes!(executions::redrive::post))
        .routes(routes!(executions::redrive::preview))
        .routes(routes!(executions::stop::post))
        .routes(routes!(workflows::list))
        .routes(routes!(workflows::get))
        .routes(routes!(workflows::rehearse::test))
        .routes(routes!(workflows::rehearse::problems))
        .routes(routes!(statistics::orders::get))
        .routes(routes!(statistics::workflows::get))
        .routes(routes!(operators::list::list))
        .routes(routes!(session::get::get, session::post::post, session::delete::delete))
        .routes(routes!(shop::about::get))
        .routes(routes!(shop::quote::post))
        .routes(routes!(admin::alarms::list))
        .routes(routes!(admin::alarm_points::get))
        .routes(routes!(admin::audit::get))
        .routes(routes!(admin::gateway::get, admin::gateway::put))
        .routes(routes!(admin::health::healthz))
        .routes(routes!(admin::health::readyz))
        .routes(routes!(admin::metrics::get))
        .routes(routes!(admin::pages::front))
        .routes(routes!(admin::pages::openapi))
        .routes(routes!(admin::pages::problem));
    for intake in &state.intakes {
        routes = with_intake(routes, intake)?;
    }
    let (routes, description) = routes.split_for_parts();
    let description = openapi::finish(description).to_json().expect("a description is JSON");
    let web = Web::of(&state);
    let app = Arc::new(App::new(state, Bytes::from(description)));
    let mut routes = routes
        .with_state(app)
        .merge(docs::routes())
        .fallback(edge::no_route)
        .method_not_allowed_fallback(edge::no_method);
    if let Some(web) = web {
        let compressible = |_, _, _: &HeaderMap, marks: &Extensions| marks.get::<Compressible>().is_some();
        routes = routes
            .layer(from_fn(move |request, next| web::before(web.clone(), request, next)))
            .layer(CompressionLayer::new().compress_when(compressible));
    }
    let routes = routes.layer(from_fn(edge::to_the_end));
    Ok(routes.layer(CatchPanicLayer::custom(edge::panicked)).layer(from_fn(edge::around)))
}

fn with_intake(mut routes: OpenApiRouter<Arc<App>>, intake: &Intake) -> Result<OpenApiRouter<Arc<App>>, RouteError> {
    let path = intake.route();
    let shared = Arc::new(intake.clone());
    let mut handlers = MethodRouter::new();
    for method in &intake.methods {
        let refuse = |reason| RouteError {
            workflow: intake.workflow.clone(),
            method: method.clone(),
            path: path.clone(),
            reason,
        };
        if !is_plain(&path) {
            return Err(refuse("a path is made of parts such as /orders, of letters, digits, '-', '_' and '.'"));
        }
        let (filter, documented) = match *method {
            Method::GET => (MethodFilter::GET, HttpMethod::Get),
            Method::POST => (MethodFilter::POST, HttpMethod::Post),
            _ => return Err(refuse("orders come in by GET or POST")),
        };
        let item = routes.get_openapi_mut().paths.paths.entry(path.clone()).or_default();
        let taken = openapi::operations(item).any(|(other, operation)| other == documented && operation.is_some());
        if taken || path == docs::DOCS || path.starts_with("/docs/") {
            return Err(refuse("that is taken"));
        }
        item.merge_operations(PathItem::new(documented.clone(), openapi::intake(intake, documented)));
        let shared = shared.clone();
        handlers = handlers.on(filter, move |app: Shared, request: Request| place::place(app, shared, request));
    }
    Ok(if intake.methods.is_empty() { routes } else { routes.route(&path, handlers) })
}

/// Whether a path is made of plain parts only, without parameters.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    path.strip_prefix('/').is_some_and(|path| path.split('/').all(|part| !part.is_empty() && part.bytes().all(plain)))
}
