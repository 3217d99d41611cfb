//! Operations, with the rules that every one of them keeps.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::bundle::{Bundle, list, object};
use super::model::{Body, Op, Type};
use super::schema::{Types, reference, text};

/// Largest body where the operation does not say otherwise (`x-max-body`): 1 MiB.
const MAX_BODY: u64 = 1 << 20;

const KNOWN: &[&str] = &[
    "operationId",
    "tags",
    "summary",
    "description",
    "x-permission",
    "x-scope",
    "x-audit",
    "x-idempotent",
    "x-stream",
    "x-raw",
    "x-max-body",
    "parameters",
    "requestBody",
    "responses",
];

/// Types that parameters imply (an enum in a query), with the tag whose module they belong to.
pub type Implied = Vec<(String, Type)>;

/// All operations.
pub fn read(bundle: &Bundle) -> Result<(Vec<Op>, Implied)> {
    let mut operations: Vec<Op> = Vec::new();
    let mut implied = Vec::new();
    for (path, item) in object(&bundle.document["paths"]) {
        for (method, operation) in object(item) {
            let mut types = Types::default();
            let op = one(bundle, path, method, operation, &mut types)
                .with_context(|| format!("{} {path}", method.to_uppercase()))?;
            let twice = operations.iter().any(|o| o.id == op.id);
            ensure!(!twice, "operationId {} is used twice", op.id);
            implied.extend(types.found.into_iter().map(|t| (op.tag.clone(), t)));
            operations.push(op);
        }
    }
    operations.sort_by_key(|op| bundle.tags.iter().position(|t| *t == op.tag));
    Ok((operations, implied))
}

fn one(bundle: &Bundle, path: &str, method: &str, operation: &Value, types: &mut Types) -> Result<Op> {
    ensure!(["get", "post", "put", "patch", "delete"].contains(&method), "this method is not supported");
    for key in object(operation).keys() {
        ensure!(KNOWN.contains(&key.as_str()), "`{key}` is not in the supported subset");
    }
    let want = |key: &str| -> Result<String> {
        let value = text(&operation[key]);
        ensure!(!value.is_empty(), "{key} is missing");
        Ok(value)
    };
    let [tag] = list(&operation["tags"]) else { bail!("needs exactly one tag") };
    let tag = text(tag);
    ensure!(bundle.tags.contains(&tag), "tag {tag} has no api/{tag}.yaml");
    let permission = want("x-permission")?;
    let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
    let named = permission.split_once(':').is_some_and(|(kind, verb)| plain(kind) && plain(verb));
    ensure!(
        named || ["public", "session"].contains(&&*permission),
        "x-permission `{permission}` is malformed"
    );
    let audit = Some(want("x-audit")?).filter(|a| a != "none");
    // A POST that only computes an answer (a preflight) may go unaudited.
    let reads = method == "get" || (method == "post" && operation["x-idempotent"] != true);
    ensure!(audit.is_some() || reads, "what changes something is audited: x-audit");
    let (success, failures) = statuses(&operation["responses"])?;
    let response = resolve(bundle, &operation["responses"][success.to_string()]);
    let (media_type, response) = content(response, "the answer")?;
    let mut op = Op {
        id: want("operationId")?,
        tag,
        method: method.to_owned(),
        path: path.to_owned(),
        summary: want("summary")?,
        description: text(&operation["description"]),
        permission,
        scope: want("x-scope")?,
        audit,
        idempotent: operation["x-idempotent"] == true,
        if_match: None,
        last_event_id: false,
        path_params: Vec::new(),
        query: Vec::new(),
        body: body(bundle, &operation["requestBody"])?,
        max_body: operation["x-max-body"].as_u64().unwrap_or(MAX_BODY),
        success,
        media_type,
        response,
        stream: operation["x-stream"].as_str().map(ToOwned::to_owned),
        raw: operation["x-raw"] == true,
        failures,
    };
    parameters(bundle, operation, &mut op, types)?;
    check(&op)?;
    Ok(op)
}

fn check(op: &Op) -> Result<()> {
    ensure!(op.id.chars().all(|c| c.is_ascii_alphanumeric()), "operationId is camelCase");
    ensure!(!op.idempotent || op.method == "post", "x-idempotent is for POST");
    ensure!(op.method != "get" || matches!(op.body, Body::None), "a GET takes no body");
    let stream = op.stream.as_deref();
    ensure!(matches!(stream, None | Some("sse" | "websocket")), "x-stream is sse or websocket");
    if stream.is_none() && !op.raw {
        let json = op.media_type.as_deref().is_none_or(|m| m == "application/json");
        ensure!(json, "an answer that is not application/json needs x-raw");
    }
    let named: Vec<&str> =
        op.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).collect();
    let taken: Vec<&str> = op.path_params.iter().map(|(n, _)| n.as_str()).collect();
    ensure!(named == taken, "path parameters {taken:?} are not those of the path, in its order");
    for part in op.path.split('/').skip(1).filter(|p| !p.starts_with('{')) {
        let snake = !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c));
        ensure!(snake, "path part `{part}` is not snake_case");
    }
    Ok(())
}

fn parameters(bundle: &Bundle, operation: &Value, op: &mut Op, types: &mut Types) -> Result<()> {
    for parameter in list(&operation["parameters"]) {
        let parameter = resolve(bundle, parameter);
        let name = text(&parameter["name"]);
        let at = format!("parameter {name}");
        let required = parameter["required"] == true;
        let hint = super::model::pascal(&op.id);
        match (parameter["in"].as_str(), name.as_str()) {
            (Some("path"), _) => {
                ensure!(required, "{at}: a path parameter is required");
                let field = types.field(&hint, &name, &parameter["schema"], true, false, &at)?;
                op.path_params.push((name, field.ty));
            }
            (Some("query"), _) => {
                let mut field = types.field(&hint, &name, &parameter["schema"], required, false, &at)?;
                field.doc = text(&parameter["description"]);
                op.query.push(field);
            }
            (Some("header"), "If-Match") => op.if_match = Some(required),
            (Some("header"), "Last-Event-ID") => op.last_event_id = true,
            (Some("header"), "Idempotency-Key") => {
                ensure!(op.idempotent, "takes Idempotency-Key without x-idempotent");
            }
            _ => bail!("{at}: is not in the supported subset"),
        }
    }
    Ok(())
}

fn statuses(responses: &Value) -> Result<(u16, Vec<u16>)> {
    let problem = "#/components/responses/Problem";
    let (mut success, mut failures) = (Vec::new(), Vec::new());
    for (status, response) in object(responses) {
        match status.parse::<u16>() {
            Ok(code @ (101 | 200..=299)) => success.push(code),
            Ok(code @ 400..=599) => failures.push(code),
            Ok(code) => bail!("status {code} is not supported"),
            Err(_) => ensure!(status == "default", "status {status} is not supported"),
        }
        let failure = !status.starts_with('2') && status != "101";
        ensure!(!failure || response["$ref"] == problem, "{status} must be {problem}");
    }
    ensure!(responses.get("default").is_some(), "needs `default`: {problem}");
    let [success] = success[..] else { bail!("needs exactly one status of success") };
    Ok((success, failures))
}

fn body(bundle: &Bundle, body: &Value) -> Result<Body> {
    if body.is_null() {
        return Ok(Body::None);
    }
    let body = resolve(bundle, body);
    let (media, schema) = content(body, "the body")?;
    match (media.as_deref(), schema) {
        (Some("application/json"), Some(schema)) => {
            Ok(Body::Json { schema, required: body["required"] == true })
        }
        (Some(media @ "text/csv"), None) => Ok(Body::Text(media.to_owned())),
        _ => bail!("the body must be application/json or text/csv"),
    }
}

/// Media type, and the schema's name if it is JSON.
fn content(holder: &Value, what: &str) -> Result<(Option<String>, Option<String>)> {
    let mut content = object(&holder["content"]).iter();
    let Some((media, entry)) = content.next() else { return Ok((None, None)) };
    ensure!(content.next().is_none(), "{what} has more than one media type");
    if media != "application/json" {
        return Ok((Some(media.clone()), None));
    }
    let target = entry["schema"]["$ref"].as_str();
    let target =
        target.with_context(|| format!("{what} has an inline schema: give it a name under schemas"))?;
    Ok((Some(media.clone()), Some(reference(target, what)?)))
}

/// Follows a reference into the document's components.
fn resolve<'a>(bundle: &'a Bundle, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| bundle.document.pointer(pointer)).unwrap_or(value)
}
