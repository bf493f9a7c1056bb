//! What an operator may do to policies while the service runs.
//!
//! | file | holds |
//! |---|---|
//! | `access` | who may |
//! | `act` | what can be done, to which policy |
//!
//! Whatever somebody does, or is not let do, is one line on the console, and is counted.

mod access;
mod act;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use admf_metrics::Meter;
use admf_metrics::http::Token;
use axum::extract::{ConnectInfo, OriginalUri, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use resilience_core::{Env, Policies};
use serde_json::{Value, json};

pub(super) use act::ACTIONS;

use self::access::Access;
use self::act::{Done, Problem};
use super::Console;
use super::catalogue::ADMIN_ACTIONS;
use crate::error::Error;

/// What the user says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct AdminConfig {
    /// What operators must show.
    pub(crate) token: Option<Token>,
    /// The file of policies that can be reloaded.
    pub(crate) policies: Option<PathBuf>,
}

impl AdminConfig {
    /// Checks the file, before anything is started that would go by it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or breaks a rule.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.load(&Env::default()).map(drop)
    }

    /// Lets policies go by the file, if there is one.
    pub(super) fn load(&self, env: &Env) -> Result<Option<(PathBuf, Policies)>, Error> {
        let Some(path) = &self.policies else {
            return Ok(None);
        };
        let policies = Policies::load(path, env);
        let policies = policies.map_err(|error| Error::Config(format!("--policies: {error}")))?;
        Ok(Some((path.clone(), policies)))
    }
}

/// Policies that can be operated.
#[derive(Debug)]
pub(super) struct Operated {
    pub(super) env: Env,
    /// Those of the file.
    pub(super) file: Option<(PathBuf, Policies)>,
}

/// The policies, once there are some.
pub(super) type Place = Arc<OnceLock<Operated>>;

#[derive(Clone)]
struct Admin {
    access: Arc<Access>,
    place: Place,
    meter: Meter,
    console: Console,
}

/// Who asks, and as what he was let in.
#[derive(Clone, Debug)]
struct Who(String);

/// Gives the routes under `/admin`; they ask for the peer's address, as `ConnectInfo`.
pub(super) fn routes(
    token: Option<Token>,
    address: SocketAddr,
    place: Place,
    meter: Meter,
    console: Console,
) -> Router {
    let admin = Admin {
        access: Arc::new(Access { token, address }),
        place,
        meter,
        console,
    };
    let routes = Router::new()
        .route("/policies", get(list))
        .route("/policies/reload", post(reload))
        .route("/policies/{kind}/{name}", get(one))
        .route("/policies/{kind}/{name}/{action}", post(operate))
        .route("/policies/{kind}/{name}/keys/{key}", get(one_key))
        .route(
            "/policies/{kind}/{name}/keys/{key}/{action}",
            post(operate_key),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .with_state(admin.clone())
        .layer(from_fn_with_state(admin, admitted));
    Router::new().nest("/admin", routes)
}

/// Puts the API of alerts under `/admin/alerts`, for those who may operate policies too.
pub(super) fn alerts(
    api: Router,
    token: Option<Token>,
    address: SocketAddr,
    meter: Meter,
    console: Console,
) -> Router {
    let admin = Admin {
        access: Arc::new(Access { token, address }),
        place: Place::default(),
        meter,
        console,
    };
    let api = api.layer(from_fn_with_state(admin, admitted));
    Router::new().nest("/admin/alerts", api)
}

/// Lets only those pass who may.
async fn admitted(State(admin): State<Admin>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get();
    let Some(&ConnectInfo(peer)) = peer else {
        let problem = Problem::new(StatusCode::FORBIDDEN, "peer: is unknown".to_owned());
        return answer(problem);
    };
    match admin.access.admit(peer, request.headers()) {
        Ok(how) => {
            let who = Who(format!("{how} {peer}"));
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err((status, line)) => {
            if request.method() != Method::GET {
                let what = asked(&request);
                admin.audit(&Who(format!("nobody {peer}")), "other", &what, Err(line));
            }
            let mut response = answer(Problem::new(status, line.to_owned()));
            if status == StatusCode::UNAUTHORIZED {
                let how = http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(WWW_AUTHENTICATE, how);
            }
            response
        }
    }
}

impl Admin {
    fn operated(&self) -> Result<&Operated, Problem> {
        let starting = "policies: the service is starting, there are none yet";
        let starting = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, starting.to_owned());
        self.place.get().ok_or_else(starting)
    }

    /// Does something, writes down who did it and what came of it, and answers.
    fn act(
        &self,
        who: &Who,
        action: &str,
        what: &str,
        work: impl FnOnce(&Operated) -> Result<Done, Problem>,
    ) -> Response {
        let done = self.operated().and_then(work);
        let result = done.as_ref().map(|it| it.line.as_str());
        self.audit(who, action, what, result.map_err(|it| it.line.as_str()));
        match done {
            Ok(done) => shown(StatusCode::OK, &done.body),
            Err(problem) => answer(problem),
        }
    }

    /// Answers to what can be done to nothing, and writes down who tried.
    fn no_act(&self, who: &Who, request: &Request, problem: Problem) -> Response {
        self.audit(who, "other", &asked(request), Err(&problem.line));
        answer(problem)
    }

    fn audit(&self, Who(who): &Who, action: &str, what: &str, result: Result<&str, &str>) {
        let (word, line) = match result {
            Ok(line) => ("done", line),
            Err(line) => ("refused", line),
        };
        let at = now();
        (self.console)(&format!("admin: at={at} by={who} {what}: {word}, {line}"));
        let action = act::ACTIONS.iter().find(|it| **it == action);
        let action = action.copied().unwrap_or("other");
        let labels = [("action", action), ("result", word)];
        if let Ok(counter) = self.meter.counter(&ADMIN_ACTIONS, &labels) {
            counter.increment(1);
        }
    }
}

/// Returns the time of day in seconds of Unix.
fn now() -> String {
    format!("{:.3}", super::wall::unix().as_secs_f64())
}

/// Says in a line what was asked for, where it is no act.
fn asked(request: &Request) -> String {
    let whole = request.extensions().get::<OriginalUri>();
    let uri = whole.map_or(request.uri(), |OriginalUri(uri)| uri);
    format!("{} {:?}", request.method(), uri.path())
}

async fn unknown(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Response {
    admin.no_act(&who, &request, Problem::missing("path: is unknown"))
}

async fn not_allowed(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Response {
    let line = format!("method: {} is not one of this path", request.method());
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, line);
    admin.no_act(&who, &request, problem)
}

async fn list(State(admin): State<Admin>) -> Response {
    match admin.operated() {
        Ok(operated) => {
            let policies = operated.env.registry().describe();
            shown(StatusCode::OK, &json!({ "policies": policies }))
        }
        Err(problem) => answer(problem),
    }
}

async fn one(State(admin): State<Admin>, Path((kind, name)): Path<(String, String)>) -> Response {
    let found = |it| act::find(it, &kind, &name);
    let described = admin.operated().and_then(found).map(|policy| {
        let mut body = json!(policy.describe());
        if kind.starts_with("keyed_") {
            body["keys"] = policy.keys().into();
        }
        body
    });
    described.map_or_else(answer, |body| shown(StatusCode::OK, &body))
}

async fn one_key(
    State(admin): State<Admin>,
    Path((kind, name, key)): Path<(String, String, String)>,
) -> Response {
    let found = |it| act::find_key(it, &kind, &name, &key);
    let described = admin.operated().and_then(found).map(|policies| {
        let each = policies.iter().map(|policy| policy.describe());
        json!({ "key": key, "policies": each.collect::<Vec<_>>() })
    });
    described.map_or_else(answer, |body| shown(StatusCode::OK, &body))
}

async fn operate(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    Path((kind, name, action)): Path<(String, String, String)>,
) -> Response {
    let what = format!("{action:?} {kind:?} {name:?}");
    admin.act(&who, &action, &what, |operated| {
        act::operate(&[act::find(operated, &kind, &name)?], &action)
    })
}

async fn operate_key(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    Path((kind, name, key, action)): Path<(String, String, String, String)>,
) -> Response {
    let what = format!("{action:?} {kind:?} {name:?} key {key:?}");
    admin.act(&who, &action, &what, |operated| {
        act::operate(&act::find_key(operated, &kind, &name, &key)?, &action)
    })
}

async fn reload(State(admin): State<Admin>, Extension(who): Extension<Who>) -> Response {
    admin.act(&who, "reload", "\"reload\"", act::reload)
}

fn answer(Problem { status, line }: Problem) -> Response {
    shown(status, &json!({ "error": line }))
}

fn shown(status: StatusCode, body: &Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
