//! `cargo xtask codegen`: `api/*.yaml` to checked-in Rust, TypeScript, the bundled document and its reference page.
//!
//! Reading refuses what is outside the documented subset, so that the emitters never guess. Output is deterministic:
//! the order is that of the contract. `--check` writes nothing and fails where the files are not what it would write.

mod bundle;
mod emit_client;
mod emit_operations;
mod emit_server;
mod emit_types;
mod files;
mod model;
mod operation;
mod reference;
mod relations;
mod schema;
mod typescript;

use std::path::Path;

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use emit_types::Emitter;
use files::Files;
use model::{Api, snake};

/// Where the generated crate is.
const CRATE: &str = "crates/contract";
/// Where the sample for the generator's own tests is.
const SAMPLE: &str = "crates/contract/tests/sample";

#[derive(clap::Args)]
pub struct Args {
    /// Write nothing; fail where a file is not what would be written
    #[arg(long)]
    check: bool,
}

/// Generates everything, or checks it.
pub fn run(root: &Path, args: &Args) -> Result<()> {
    let mut files = generate(&root.join("api"), Path::new(CRATE), &quote!(crate::runtime))?;
    let sample =
        generate(&root.join(SAMPLE).join("api"), Path::new(SAMPLE), &quote!(shepherd_contract::runtime))?;
    files.merge(sample);
    typescript::add(root, &mut files, Path::new(CRATE), args.check)?;
    if args.check { files.check(root) } else { files.write(root) }
}

/// The files of one contract, below `out`.
fn generate(api_dir: &Path, out: &Path, runtime: &TokenStream) -> Result<Files> {
    let bundle = bundle::load(api_dir)?;
    let api = model(&bundle)?;
    let emitter = Emitter { runtime: runtime.clone(), types: api.by_name() };
    let src = out.join("src");
    let mut files = Files::default();
    files.add_text(out.join("openapi.json"), serde_json::to_string_pretty(&bundle.document)? + "\n");
    files.add_text(out.join("reference.html"), reference::page(&bundle.document, &api));
    files.add_rust(
        src.join("operations.rs"),
        "The operation table.",
        emit_operations::emit(&api, runtime),
    )?;
    let mut modules = Vec::new();
    for (module, types) in &api.types {
        let about = format!("Types of `{module}`.");
        files.add_rust(
            src.join(format!("types/{}.rs", snake(module))),
            &about,
            emitter.module(&api, module, types)?,
        )?;
        modules.push(format_ident!("{}", snake(module)));
    }
    let types = quote! { #(mod #modules;)* #(pub use #modules::*;)* };
    files.add_rust(src.join("types/mod.rs"), "The types of the contract.", types)?;
    for tag in &api.tags {
        let file = format!("{}.rs", snake(tag));
        let server = emit_server::module(&api, tag, &emitter);
        files.add_rust(src.join("server").join(&file), &format!("Server side of `{tag}`."), server)?;
        let client = emit_client::module(&api, tag, &emitter);
        files.add_rust(src.join("client").join(&file), &format!("Client side of `{tag}`."), client)?;
    }
    files.add_rust(
        src.join("server/mod.rs"),
        "Traits and routers, by tag.",
        emit_server::root(&api, runtime),
    )?;
    files.add_rust(
        src.join("client/mod.rs"),
        "The typed client, by tag.",
        emit_client::root(&api, runtime),
    )?;
    Ok(files)
}

fn model(bundle: &bundle::Bundle) -> Result<Api> {
    let mut types = schema::read(bundle)?;
    let (operations, implied) = operation::read(bundle)?;
    for (tag, ty) in implied {
        let module = types.iter_mut().find(|(module, _)| *module == tag);
        module.expect("every tag has a module").1.push(ty);
    }
    let api = Api { tags: bundle.tags.clone(), types, operations };
    relations::check_names(&api)?;
    Ok(api)
}

#[cfg(test)]
mod tests;
