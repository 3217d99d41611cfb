//! The typed client: one small struct for each tag.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emit_server::argument_type;
use super::emit_types::{Emitter, doc};
use super::model::{Api, Body, Op, Ty, pascal, snake};

/// `client/mod.rs`
pub fn root(api: &Api, runtime: &TokenStream) -> TokenStream {
    let modules: Vec<_> = api.tags.iter().map(|t| format_ident!("{}", snake(t))).collect();
    let names: Vec<_> = api.tags.iter().map(|t| format_ident!("{}", pascal(t))).collect();
    let docs = api.tags.iter().map(|t| doc(&format!("Operations of `{t}`.")));
    quote! {
        #(pub mod #modules;)*
        pub use #runtime::client::{Call, ClientError, Connection};

        /// The API over one connection. Cheap to clone.
        #[derive(Debug, Clone)]
        pub struct Client(Connection);

        impl Client {
            /// A client over this connection.
            pub fn new(connection: Connection) -> Self { Self(connection) }
            /// The connection.
            pub fn connection(&self) -> &Connection { &self.0 }
            #(#docs pub fn #modules(&self) -> #modules::#names<'_> { #modules::#names(&self.0) })*
        }
    }
}

/// `client/<tag>.rs`
pub fn module(api: &Api, tag: &str, emitter: &Emitter) -> TokenStream {
    let runtime = &emitter.runtime;
    let name = format_ident!("{}", pascal(tag));
    let methods = api.operations.iter().filter(|op| op.tag == tag).map(|op| method(op, emitter));
    let struct_doc = doc(&format!("Operations of `{tag}`."));
    quote! {
        use super::super::operations::OperationId;
        use super::super::types;
        use #runtime::client::{ClientError, Connection};

        #struct_doc
        #[derive(Debug, Clone, Copy)]
        pub struct #name<'c>(pub(super) &'c Connection);

        impl #name<'_> { #(#methods)* }
    }
}

fn method(op: &Op, emitter: &Emitter) -> TokenStream {
    let (name, id) = (format_ident!("{}", snake(&op.id)), format_ident!("{}", pascal(&op.id)));
    let doc = doc(&format!("{}\n\n`{} {}`", op.summary, op.method.to_uppercase(), op.path));
    let (mut arguments, mut calls) = (Vec::new(), Vec::new());
    for (name, ty) in &op.path_params {
        let ident = format_ident!("{name}");
        let ty = if *ty == Ty::String { quote!(&str) } else { argument_type(ty, emitter) };
        arguments.push(quote!(#ident: #ty));
        calls.push(quote!(.path(#name, #ident)));
    }
    if op.idempotent {
        arguments.push(quote!(key: &str));
        calls.push(quote!(.header("idempotency-key", key)));
    }
    if !op.query.is_empty() {
        let ty = format_ident!("{}", op.query_name());
        arguments.push(quote!(query: &types::#ty));
        calls.push(quote!(.query(query)));
    }
    if op.if_match.is_some() {
        arguments.push(quote!(if_match: i64));
        calls.push(quote!(.if_match(if_match)));
    }
    if op.last_event_id {
        arguments.push(quote!(last_event_id: Option<&str>));
        calls.push(quote!(.optional_header("last-event-id", last_event_id)));
    }
    match &op.body {
        Body::None => {}
        Body::Json { schema, .. } => {
            let ty = format_ident!("{schema}");
            arguments.push(quote!(body: &types::#ty));
            calls.push(quote!(.json(body)));
        }
        Body::Text(media_type) => {
            arguments.push(quote!(body: &str));
            calls.push(quote!(.text(#media_type, body)));
        }
    }
    let call = quote!(self.0.call(OperationId::#id.get())#(#calls)*);
    if op.stream.as_deref() == Some("websocket") {
        return quote! {
            #doc
            ///
            /// The address to connect to.
            pub fn #name(&self, #(#arguments),*) -> Result<url::Url, ClientError> { #call.url() }
        };
    }
    let (answer, send) = match &op.response {
        Some(schema) => {
            let schema = format_ident!("{schema}");
            (quote!(types::#schema), quote!(send()))
        }
        None if op.media_type.is_some() || op.stream.is_some() => {
            (quote!(reqwest::Response), quote!(send_raw()))
        }
        None => (quote!(()), quote!(send_empty())),
    };
    quote! {
        #doc
        pub async fn #name(&self, #(#arguments),*) -> Result<#answer, ClientError> { #call.#send.await }
    }
}
