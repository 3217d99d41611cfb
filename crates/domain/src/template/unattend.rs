//! An answer file for Windows Setup as XML: read to be judged, never written anew.
//!
//! Strict: one `unattend` element of Microsoft's namespace, no document type (and so no entities but XML's own), and with
//! its values the same elements and attributes as with harmless ones. Values are escaped before they are filled in.

use roxmltree::{Document, Node};

use super::TemplateError;

/// The namespace of answer files.
const NAMESPACE: &str = "urn:schemas-microsoft-com:unattend";

/// A value as XML text; safe between tags and inside quotes.
pub(super) fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            other => text.push(other),
        }
    }
    text
}

/// The answer file, if it is one.
pub(super) fn parse(text: &str) -> Result<Document<'_>, TemplateError> {
    let document =
        Document::parse(text).map_err(|error| TemplateError::Xml { line: Some(error.pos().row.into()) })?;
    let root = document.root_element().tag_name();
    if root.name() != "unattend" || root.namespace() != Some(NAMESPACE) {
        return Err(TemplateError::NotUnattend);
    }
    Ok(document)
}

/// Whether two documents have the same elements and attributes in the same places.
pub(super) fn same_shape(a: &Document<'_>, b: &Document<'_>) -> bool {
    let shape = |node: Node<'_, '_>| {
        let attributes: Vec<String> = node.attributes().map(|a| a.name().to_owned()).collect();
        let depth = node.ancestors().count();
        (depth, node.tag_name().name().to_owned(), attributes)
    };
    let elements = |document: &Document<'_>| -> Vec<_> {
        document.descendants().filter(Node::is_element).map(shape).collect()
    };
    // What stands in comments and instructions is not escaped text, so no value may be there.
    let asides = |document: &Document<'_>| -> Vec<String> {
        let aside = |node: &Node<'_, '_>| node.is_comment() || node.is_pi();
        document.descendants().filter(aside).map(|node| format!("{:?}{:?}", node.text(), node.pi())).collect()
    };
    elements(a) == elements(b) && asides(a) == asides(b)
}
