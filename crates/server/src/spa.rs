//! The web console, from memory: its files, and its first page for every path that is a page of the console.
//!
//! Files below `/assets/` have their hash in their name and never change; the page that names them is asked for again each
//! time. What looks like a file and is none is 404, so that a page kept from an older version does not get HTML for
//! a script. Also here: the API's reference page and document, which are files too.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use http::{HeaderValue, StatusCode, header};
use memory_serve::CacheControl;
use shepherd_contract::runtime::Problem;

const OPENAPI: &str = include_str!("../../contract/openapi.json");
const REFERENCE: &str = include_str!("../../contract/reference.html");

/// The routes of the console and of the API's documents.
pub fn router() -> Router {
    let console = memory_serve::load!()
        .index_file(Some("/index.html"))
        .fallback(Some("/index.html"))
        .fallback_status(StatusCode::OK)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Medium)
        .into_router()
        .layer(middleware::from_fn(by_path));
    Router::new()
        .route("/api/v1/openapi.json", get(|| async { document("application/json", OPENAPI) }))
        .route("/api/reference", get(|| async { (revalidate(), Html(REFERENCE)) }))
        .route("/api/{*rest}", any(no_such_path))
        .merge(console)
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found").detail("There is no such path.")
}

fn document(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], revalidate(), text)
}

fn revalidate() -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))]
}

async fn by_path(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let hashed = path.starts_with("/assets/");
    let file = path != "/index.html" && path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let mut response = next.run(request).await;
    let html =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if html && file {
        return (StatusCode::NOT_FOUND, revalidate()).into_response();
    }
    if hashed && !html {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> Response {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        router().oneshot(request).await.unwrap()
    }

    fn header_of(response: &Response, name: header::HeaderName) -> &str {
        response.headers().get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    #[tokio::test]
    async fn every_page_of_the_console_is_its_first_page_asked_for_anew() {
        for path in ["/", "/index.html", "/vms", "/systems/shop/services"] {
            let response = get(path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert!(header_of(&response, header::CONTENT_TYPE).starts_with("text/html"), "{path}");
            assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache", "{path}");
        }
    }

    #[tokio::test]
    async fn a_missing_file_is_not_answered_with_a_page() {
        for path in ["/assets/gone-1a2b3c.js", "/favicon.ico"] {
            assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn the_apis_documents_are_here_and_other_api_paths_are_problems() {
        assert_eq!(get("/api/reference").await.status(), StatusCode::OK);
        assert_eq!(header_of(&get("/api/v1/openapi.json").await, header::CONTENT_TYPE), "application/json");
        let response = get("/api/v2/vms").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(header_of(&response, header::CONTENT_TYPE), "application/problem+json");
    }
}
