//! One row of the operation table: everything about an operation that is known before a request arrives.
//!
//! The table is the one place that says who may call what and under which name it is audited; the server reads it to
//! authorize, tests read it to prove that nothing is left out.

use std::fmt;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anybody, signed in or not.
    Public,
    /// Any signed-in principal.
    Session,
    /// A principal that holds this permission, such as `vm:start`, in the operation's scope.
    Needs(&'static str),
}

/// What an operation takes as its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    None,
    /// `application/json` of this schema.
    Json {
        /// Name under `#/components/schemas`.
        schema: &'static str,
        /// Whether it may be left out.
        required: bool,
    },
    /// Text of this media type, UTF-8.
    Text {
        /// For example `text/csv`.
        media_type: &'static str,
    },
}

/// Whether an operation takes `If-Match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// It does not.
    None,
    /// It may be sent.
    Optional,
    /// Without it the answer is 428.
    Required,
}

/// Whether the answer is a stream that has no end of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// An ordinary answer.
    No,
    /// Server-sent events.
    Sse,
    /// A WebSocket.
    WebSocket,
}

/// One operation of the contract.
pub struct Operation {
    /// Its place in the table; `OperationId` has the same.
    pub index: usize,
    /// The `operationId`.
    pub id: &'static str,
    /// HTTP method.
    pub method: http::Method,
    /// Path below the base path, with `{name}` for parameters.
    pub path: &'static str,
    /// The tag, which is also the name of its trait's module.
    pub tag: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Who may call it.
    pub permission: Permission,
    /// Where the permission must be held, in the words of the contract.
    pub scope: &'static str,
    /// The action under which it is audited; `None` for reads that are not.
    pub audit: Option<&'static str>,
    /// Whether it takes `Idempotency-Key`.
    pub idempotent: bool,
    /// Whether it takes `If-Match`.
    pub precondition: Precondition,
    /// What it takes.
    pub payload: Payload,
    /// Largest body in bytes.
    pub max_body: usize,
    /// The one status of success.
    pub success: u16,
    /// Media type of the answer, if it has a body.
    pub media_type: Option<&'static str>,
    /// Schema of the answer, if it is JSON.
    pub response: Option<&'static str>,
    /// Whether the answer is a stream.
    pub stream: Stream,
    /// Whether the implementation builds the HTTP response itself.
    pub raw: bool,
    /// Names of path parameters, in the order of the path.
    pub path_params: &'static [&'static str],
    /// Names of query parameters.
    pub query_params: &'static [&'static str],
    /// Statuses of failure the contract lists beside `default`.
    pub failures: &'static [u16],
    /// The document it is from.
    pub document: &'static Document,
    /// Its compiled schemas, made when first used.
    pub compiled: Compiled,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({})", self.id)
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The bundled OpenAPI document, parsed when first needed.
pub struct Document {
    pub(crate) text: &'static str,
    #[cfg(feature = "validate")]
    pub(crate) parsed: std::sync::OnceLock<super::schema::Parsed>,
}

impl Document {
    /// A document from its JSON text.
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            #[cfg(feature = "validate")]
            parsed: std::sync::OnceLock::new(),
        }
    }

    /// The JSON text, as served to clients.
    pub const fn text(&self) -> &'static str {
        self.text
    }
}

/// Room for the compiled schemas of one operation. Empty unless the crate is built with `validate`.
#[derive(Default)]
pub struct Compiled {
    #[cfg(feature = "validate")]
    pub(crate) request: std::sync::OnceLock<super::validate::RequestRules>,
    #[cfg(feature = "validate")]
    pub(crate) responses: std::sync::OnceLock<super::response::ResponseRules>,
}

impl Compiled {
    /// Nothing compiled yet.
    pub const fn new() -> Self {
        Self {
            #[cfg(feature = "validate")]
            request: std::sync::OnceLock::new(),
            #[cfg(feature = "validate")]
            responses: std::sync::OnceLock::new(),
        }
    }
}
