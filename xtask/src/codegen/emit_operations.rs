//! The operation table: an enum of all operations and one static row for each.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emit_types::doc;
use super::model::{Api, Body, Op, pascal, snake};

/// `operations.rs`
pub fn emit(api: &Api, runtime: &TokenStream) -> TokenStream {
    let count = api.operations.len();
    let rows = api.operations.iter().enumerate().map(|(index, op)| row(index, op));
    let variants: Vec<_> = api.operations.iter().map(|op| format_ident!("{}", pascal(&op.id))).collect();
    let docs = api.operations.iter().map(|op| doc(&format!("`{} {}`", op.method.to_uppercase(), op.path)));
    quote! {
        use #runtime::{Compiled, Document, Operation, Payload, Permission, Precondition, Stream};

        /// The bundled OpenAPI document.
        pub static DOCUMENT: Document = Document::new(include_str!("../openapi.json"));

        /// Every operation of the contract. A `match` without a wildcard leaves none out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OperationId { #(#docs #variants),* }

        impl OperationId {
            /// All of them, in the order of the table.
            pub const ALL: [Self; #count] = [#(Self::#variants),*];
            /// Its row in the table.
            pub fn get(self) -> &'static Operation { &OPERATIONS[self as usize] }
            /// The id of a row of the table.
            pub fn of(operation: &Operation) -> Self { Self::ALL[operation.index] }
        }

        /// The operation table.
        pub static OPERATIONS: [Operation; #count] = [#(#rows),*];
    }
}

fn row(index: usize, op: &Op) -> TokenStream {
    let Op { id, tag, path, summary, scope, idempotent, success, raw, failures, .. } = op;
    let tag = snake(tag);
    let method = format_ident!("{}", op.method.to_uppercase());
    let permission = match op.permission.as_str() {
        "public" => quote!(Permission::Public),
        "session" => quote!(Permission::Session),
        named => quote!(Permission::Needs(#named)),
    };
    let audit = option(op.audit.as_deref());
    let precondition = match op.if_match {
        None => quote!(Precondition::None),
        Some(false) => quote!(Precondition::Optional),
        Some(true) => quote!(Precondition::Required),
    };
    let payload = match &op.body {
        Body::None => quote!(Payload::None),
        Body::Json { schema, required } => quote!(Payload::Json { schema: #schema, required: #required }),
        Body::Text(media_type) => quote!(Payload::Text { media_type: #media_type }),
    };
    let max_body = proc_macro2::Literal::u64_unsuffixed(op.max_body);
    let (media_type, response) = (option(op.media_type.as_deref()), option(op.response.as_deref()));
    let stream = match op.stream.as_deref() {
        None => quote!(Stream::No),
        Some("sse") => quote!(Stream::Sse),
        Some(_) => quote!(Stream::WebSocket),
    };
    let path_params = op.path_params.iter().map(|(name, _)| name);
    let query_params = op.query.iter().map(|field| &field.name);
    quote! {
        Operation {
            index: #index, id: #id, method: http::Method::#method, path: #path, tag: #tag, summary: #summary,
            permission: #permission, scope: #scope, audit: #audit, idempotent: #idempotent,
            precondition: #precondition, payload: #payload, max_body: #max_body, success: #success,
            media_type: #media_type, response: #response, stream: #stream, raw: #raw,
            path_params: &[#(#path_params),*], query_params: &[#(#query_params),*], failures: &[#(#failures),*],
            document: &DOCUMENT, compiled: Compiled::new(),
        }
    }
}

fn option(value: Option<&str>) -> TokenStream {
    value.map_or_else(|| quote!(None), |v| quote!(Some(#v)))
}
