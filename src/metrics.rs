//! What operators watch, counted. Deliberately absent: organizations; their names and volumes are nobody else's business.

use std::sync::Mutex;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// What a request is counted by. The route is the pattern, never the path.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Counts of the requests that were answered.
pub struct Requests {
    registry: Mutex<Registry>,
    answered: Family<Labels, Counter>,
    seconds: Family<Route, Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        let answered = Family::default();
        let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
        let mut registry = Registry::with_prefix("everlog");
        registry.register("http_requests", "Requests answered", answered.clone());
        registry.register("http_request_seconds", "Time until the head of the answer", seconds.clone());
        Self { registry: Mutex::new(registry), answered, seconds }
    }
}

/// From half a millisecond to sixteen seconds.
fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Requests(…)")
    }
}

impl Requests {
    /// Counts one answer.
    pub fn count(&self, method: &Method, route: &str, status: u16, spent: Duration) {
        // Verbs that nobody knows are one, so that nobody can fill the memory with them.
        let method = if is_known(method) { method.as_str() } else { "other" };
        let labels = Labels { method: method.to_owned(), route: route.to_owned(), status };
        self.answered.get_or_create(&labels).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(spent.as_secs_f64());
    }

    /// The counts in OpenMetrics text, without the line that ends it.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(|it| it.into_inner());
        // Writing into a string does not fail.
        encode(&mut text, &registry).ok();
        text.truncate(text.rfind("# EOF").unwrap_or(text.len()));
        text
    }
}

fn is_known(method: &Method) -> bool {
    [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS]
        .contains(method)
}
