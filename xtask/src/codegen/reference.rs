//! placeholder
pub fn page(_d: &serde_json::Value, _a: &super::model::Api) -> String {
    String::new()
}
