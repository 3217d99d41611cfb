//! Checks one answer against the contract. For tests: an answer outside its schema is a defect of ours.

use std::collections::BTreeMap;

use http::StatusCode;
use jsonschema::Validator;
use serde_json::Value;

use super::schema::field_errors;
use super::{Operation, Stream};

/// Compiled rules for the answers of one operation, by status; 0 is `default`.
pub struct ResponseRules(BTreeMap<u16, BTreeMap<String, Option<Validator>>>);

impl Operation {
    fn response_rules(&self) -> &ResponseRules {
        self.compiled.responses.get_or_init(|| {
            let document = self.document.parsed();
            let mut rules = BTreeMap::new();
            for (status, response) in document.operation(self)["responses"].as_object().into_iter().flatten()
            {
                let mut by_type = BTreeMap::new();
                for (media, content) in document.follow(response)["content"].as_object().into_iter().flatten()
                {
                    let json = media == "application/json" || media.ends_with("+json");
                    let validator = json.then(|| document.compile(&content["schema"]));
                    by_type.insert(media.clone(), validator);
                }
                rules.insert(status.parse().unwrap_or(0), by_type);
            }
            ResponseRules(rules)
        })
    }
}

/// Says in which way an answer is not what the contract promises.
///
/// The one status of success, the listed failures and `default` (for 400 and above) are allowed, each with its media
/// type and schema. The body of a stream is not looked at.
pub fn validate_response(
    op: &Operation,
    status: StatusCode,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<(), String> {
    let code = status.as_u16();
    if op.stream == Stream::WebSocket && status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(());
    }
    let rules = &op.response_rules().0;
    let fallback = (code >= 400).then(|| rules.get(&0)).flatten();
    let Some(by_type) = rules.get(&code).or(fallback) else {
        return Err(format!("{}: status {code} is not in the contract", op.id));
    };
    if by_type.is_empty() {
        return if body.is_empty() { Ok(()) } else { Err(format!("{}: {code} must have no body", op.id)) };
    }
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let Some(validator) = by_type.get(media) else {
        return Err(format!("{}: {code} has media type `{media}`, which is not in the contract", op.id));
    };
    let Some(validator) = validator else { return Ok(()) };
    let value: Value =
        serde_json::from_slice(body).map_err(|e| format!("{}: {code} is not JSON: {e}", op.id))?;
    let errors = field_errors(validator, &value);
    if errors.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = errors.iter().map(|e| format!("{} {}", e.pointer, e.detail)).collect();
    Err(format!("{}: {code} breaks its schema: {}", op.id, list.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::OPERATIONS;
    use crate::runtime::Problem;

    #[test]
    fn every_schema_of_the_contract_compiles() {
        for op in &OPERATIONS {
            op.request_rules();
            op.response_rules();
        }
    }

    #[test]
    fn our_problems_keep_the_contract() {
        let problem = Problem::new(StatusCode::CONFLICT, "STALE_HASH", "The request has changed")
            .detail("Read it again.")
            .param("current", "abc")
            .field("/spec_hash", "STALE", "is not the current hash");
        let body = serde_json::to_vec(&problem).expect("serializes");
        for op in &OPERATIONS {
            validate_response(op, StatusCode::CONFLICT, Some("application/problem+json"), &body)
                .expect(op.id);
        }
    }
}
