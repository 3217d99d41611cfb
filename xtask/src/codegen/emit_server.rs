//! One trait and one router for each tag. A trait method that nobody writes does not compile.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emit_types::{Emitter, doc};
use super::model::{Api, Body, Kind, Op, Ty, Type, pascal, snake};

/// `server/mod.rs`: all tags at once.
pub fn root(api: &Api, runtime: &TokenStream) -> TokenStream {
    let modules: Vec<_> = api.tags.iter().map(|t| format_ident!("{}", snake(t))).collect();
    let traits: Vec<_> = api.tags.iter().map(|t| format_ident!("{}Api", pascal(t))).collect();
    quote! {
        #(pub mod #modules;)*
        pub use #runtime::server::{Backend, IfMatch, Opened};
        use #runtime::server;

        /// The whole contract.
        pub trait Api: #(#modules::#traits)+* {}
        impl<T: #(#modules::#traits)+*> Api for T {}

        /// Every operation, relative to the base path, with problems for unknown paths and methods.
        pub fn router<A: Api>(api: std::sync::Arc<A>) -> axum::Router {
            server::with_fallbacks(axum::Router::new()#(.merge(#modules::router(api.clone())))*)
        }
    }
}

/// `server/<tag>.rs`
pub fn module(api: &Api, tag: &str, emitter: &Emitter) -> TokenStream {
    let runtime = &emitter.runtime;
    let name = format_ident!("{}Api", pascal(tag));
    let ops: Vec<&Op> = api.operations.iter().filter(|op| op.tag == tag).collect();
    let methods = ops.iter().map(|op| method(op, emitter));
    let handlers = ops.iter().map(|op| handler(op, &name, emitter));
    let routes = ops.iter().map(|op| {
        let (path, verb) = (&op.path, format_ident!("{}", op.method));
        let handler = format_ident!("{}", snake(&op.id));
        quote!(.route(#path, routing::#verb(#handler::<A>)))
    });
    let trait_doc = doc(&format!("What implements the operations of `{tag}`."));
    quote! {
        use std::future::Future;
        use std::sync::Arc;
        use axum::Router;
        use axum::extract::{Request, State};
        use axum::response::Response;
        use axum::routing;
        use http::StatusCode;
        use super::super::operations::OperationId;
        use super::super::types;
        use #runtime::server::{self, Backend};

        #trait_doc
        pub trait #name: Backend { #(#methods)* }

        /// The routes of these operations, relative to the base path.
        pub fn router<A: #name>(api: Arc<A>) -> Router {
            Router::new()#(#routes)*.with_state(api)
        }

        #(#handlers)*
    }
}

/// Name, type and how it is taken out of the request.
fn arguments(op: &Op, emitter: &Emitter) -> Vec<(TokenStream, TokenStream, TokenStream)> {
    let runtime = &emitter.runtime;
    let mut out = Vec::new();
    for (name, ty) in &op.path_params {
        let (ident, ty) = (format_ident!("{name}"), argument_type(ty, emitter));
        out.push((quote!(#ident), ty, quote!(input.path(#name)?)));
    }
    if !op.query.is_empty() {
        let ty = format_ident!("{}", op.query_name());
        out.push((quote!(query), quote!(types::#ty), quote!(input.query()?)));
    }
    match op.if_match {
        None => {}
        Some(true) => {
            out.push((quote!(if_match), quote!(#runtime::server::IfMatch), quote!(input.if_match()?)))
        }
        Some(false) => {
            out.push((
                quote!(if_match),
                quote!(Option<#runtime::server::IfMatch>),
                quote!(input.if_match_optional()?),
            ));
        }
    }
    if op.last_event_id {
        out.push((quote!(last_event_id), quote!(Option<String>), quote!(input.header("last-event-id"))));
    }
    match &op.body {
        Body::None => {}
        Body::Json { schema, required } => {
            let ty = format_ident!("{schema}");
            let ty = if *required { quote!(types::#ty) } else { quote!(Option<types::#ty>) };
            out.push((quote!(body), ty, quote!(input.body()?)));
        }
        Body::Text(_) => out.push((quote!(body), quote!(String), quote!(input.text()))),
    }
    if op.stream.as_deref() == Some("websocket") {
        let ty = quote!(axum::extract::ws::WebSocketUpgrade);
        out.push((quote!(upgrade), ty, quote!(input.upgrade().await?)));
    }
    out
}

/// A type as seen from `server` and `client`.
pub fn argument_type(ty: &Ty, emitter: &Emitter) -> TokenStream {
    if let Ty::Named(name) = ty {
        let name = format_ident!("{name}");
        return quote!(types::#name);
    }
    emitter.ty(ty)
}

/// Whether the implementation builds the HTTP response.
fn answers_itself(op: &Op) -> bool {
    op.raw || op.stream.is_some()
}

fn method(op: &Op, emitter: &Emitter) -> TokenStream {
    let name = format_ident!("{}", snake(&op.id));
    let needs = match op.permission.as_str() {
        "public" => "Open to anybody.".to_owned(),
        "session" => "Needs a signed-in principal.".to_owned(),
        named => format!("Needs `{named}` ({}).", op.scope),
    };
    let doc = doc(&format!("{}\n\n`{} {}`. {needs}", op.summary, op.method.to_uppercase(), op.path));
    let arguments = arguments(op, emitter).into_iter().map(|(name, ty, _)| quote!(#name: #ty));
    let answer = match &op.response {
        _ if answers_itself(op) => quote!(Response),
        Some(schema) => {
            let schema = format_ident!("{schema}");
            quote!(types::#schema)
        }
        None => quote!(()),
    };
    quote! {
        #doc
        fn #name(&self, cx: Self::Cx, #(#arguments),*)
            -> impl Future<Output = Result<#answer, Self::Error>> + Send;
    }
}

fn handler(op: &Op, api: &proc_macro2::Ident, emitter: &Emitter) -> TokenStream {
    let (name, id) = (format_ident!("{}", snake(&op.id)), format_ident!("{}", pascal(&op.id)));
    let arguments = arguments(op, emitter);
    let names: Vec<_> = arguments.iter().map(|(name, ..)| name).collect();
    let takes = arguments.iter().map(|(name, _, take)| quote!(let #name = #take;));
    let call = quote!(api.#name(cx, #(#names),*).await.map_err(Into::into));
    let status = proc_macro2::Literal::u16_unsuffixed(op.success);
    let status =
        status_name(op.success).map_or(quote!(StatusCode::from_u16(#status)), |s| quote!(StatusCode::#s));
    let answer = match &op.response {
        _ if answers_itself(op) => call,
        Some(schema) => {
            let version = version(schema, emitter);
            quote! { let value = #call?; server::json(#status, &value, #version) }
        }
        None => quote! { #call?; Ok(server::empty(#status)) },
    };
    // Path parameters and headers are read in place, the rest is taken out.
    let input = match (arguments.is_empty(), &op.body, op.query.is_empty(), op.stream.as_deref()) {
        (true, ..) => quote!(_input),
        (false, Body::None, true, None | Some("sse")) => quote!(input),
        _ => quote!(mut input),
    };
    quote! {
        async fn #name<A: #api>(State(api): State<Arc<A>>, request: Request) -> Response {
            server::serve(OperationId::#id.get(), api, request, |api, cx, #input| async move {
                #(#takes)*
                #answer
            }).await
        }
    }
}

fn status_name(code: u16) -> Option<proc_macro2::Ident> {
    let name = match code {
        200 => "OK",
        201 => "CREATED",
        202 => "ACCEPTED",
        204 => "NO_CONTENT",
        _ => return None,
    };
    Some(format_ident!("{name}"))
}

/// A top-level integer `version` becomes the ETag.
fn version(schema: &str, emitter: &Emitter) -> TokenStream {
    let Some(Type { kind: Kind::Struct(fields), .. }) = emitter.types.get(schema) else {
        return quote!(None);
    };
    match fields.iter().find(|f| f.name == "version" && f.required && !f.nullable).map(|f| &f.ty) {
        Some(Ty::I64) => quote!(Some(value.version)),
        Some(Ty::I32) => quote!(Some(value.version.into())),
        _ => quote!(None),
    }
}
