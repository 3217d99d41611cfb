//! Types to Rust: one module for each tag, all re-exported from `types`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::model::{Api, Field, Kind, Op, Ty, Type, pascal, variant};

/// Writes the types of the contract.
pub struct Emitter<'a> {
    /// Path of `runtime`, which differs between the crate and its test sample.
    pub runtime: TokenStream,
    pub types: BTreeMap<&'a str, &'a Type>,
}

impl Emitter<'_> {
    /// One module.
    pub fn module(&self, api: &Api, module: &str, types: &[Type]) -> Result<TokenStream> {
        let mut items = Vec::new();
        for ty in types {
            items.push(self.item(ty).with_context(|| ty.name.clone())?);
        }
        for op in api.operations.iter().filter(|op| op.tag == module && !op.query.is_empty()) {
            items.push(self.query(op)?);
        }
        Ok(quote! { use serde::{Deserialize, Serialize}; #(#items)* })
    }

    fn item(&self, ty: &Type) -> Result<TokenStream> {
        let name = format_ident!("{}", ty.name);
        let doc = doc(&ty.doc);
        let runtime = &self.runtime;
        Ok(match &ty.kind {
            Kind::Runtime => quote! { pub use #runtime::#name; },
            Kind::Alias(inner) => {
                let inner = self.ty(inner);
                quote! { #doc pub type #name = #inner; }
            }
            Kind::Struct(fields) => self.structure(&ty.name, &doc, fields)?,
            Kind::Enum(values) => self.closed(&ty.name, &doc, values),
            Kind::Union(tag, variants) => {
                let variants = variants.iter().map(|(value, schema)| {
                    let (variant, schema) = (format_ident!("{}", pascal(value)), format_ident!("{schema}"));
                    quote! { #[serde(rename = #value)] #variant(super::#schema) }
                });
                quote! {
                    #doc
                    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
                    #[serde(tag = #tag)]
                    pub enum #name { #(#variants),* }
                }
            }
        })
    }

    fn query(&self, op: &Op) -> Result<TokenStream> {
        let text = format!("Query of `{} {}`.", op.method.to_uppercase(), op.path);
        self.structure(&op.query_name(), &doc(&text), &op.query)
    }

    fn structure(&self, name: &str, doc_text: &TokenStream, fields: &[Field]) -> Result<TokenStream> {
        let ident = format_ident!("{name}");
        let (mut members, mut defaults) = (Vec::new(), Vec::new());
        for field in fields {
            let member = format_ident!("r#{}", field.name);
            // `r#type` and the like need it; on other names it only gets in the way.
            let member = if is_keyword(&field.name) { member } else { format_ident!("{}", field.name) };
            let doc = if field.doc.is_empty() { quote!() } else { doc(&field.doc) };
            let ty = self.ty(&field.ty);
            members.push(match (field.required, &field.default, field.nullable) {
                (false, None | Some(Value::Null), true) if field.patch => {
                    let runtime = &self.runtime;
                    let absent = format!("{}::Patch::is_absent", runtime.to_string().replace(' ', ""));
                    quote! {
                        #doc #[serde(default, skip_serializing_if = #absent)] pub #member: #runtime::Patch<#ty>
                    }
                }
                (false, None | Some(Value::Null), _) => quote! {
                    #doc #[serde(default, skip_serializing_if = "Option::is_none")] pub #member: Option<#ty>
                },
                (false, Some(default), false) => {
                    let function = format!("default_{}_{}", super::model::snake(name), field.name);
                    let function_ident = format_ident!("{function}");
                    let value = self.literal(&field.ty, default).with_context(|| field.name.clone())?;
                    defaults.push(quote! { fn #function_ident() -> #ty { #value } });
                    quote! { #doc #[serde(default = #function)] pub #member: #ty }
                }
                (_, _, true) => quote! { #doc pub #member: Option<#ty> },
                (_, _, false) => quote! { #doc pub #member: #ty },
            });
        }
        let all_optional = fields.iter().all(|f| !f.required && f.default.is_none());
        let derive_default = if all_optional { quote!(, Default) } else { quote!() };
        Ok(quote! {
            #doc_text
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize #derive_default)]
            pub struct #ident { #(#members),* }
            #(#defaults)*
        })
    }

    fn closed(&self, name: &str, doc: &TokenStream, values: &[String]) -> TokenStream {
        let ident = format_ident!("{name}");
        let variants: Vec<_> = values.iter().map(|v| format_ident!("{}", variant(v))).collect();
        let runtime = &self.runtime;
        quote! {
            #doc
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            pub enum #ident { #(#[serde(rename = #values)] #variants),* }
            impl #ident {
                /// Every value, in the order of the contract.
                pub const ALL: &'static [Self] = &[#(Self::#variants),*];
                /// The value as it is written in JSON.
                pub const fn as_str(self) -> &'static str {
                    match self { #(Self::#variants => #values),* }
                }
            }
            impl std::fmt::Display for #ident {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
            }
            impl std::str::FromStr for #ident {
                type Err = #runtime::UnknownValue;
                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or(#runtime::UnknownValue(#name))
                }
            }
        }
    }

    /// A type as Rust, seen from a module beside those of `types`.
    pub fn ty(&self, ty: &Ty) -> TokenStream {
        let runtime = &self.runtime;
        match ty {
            Ty::Named(name) => {
                let name = format_ident!("{name}");
                quote!(super::#name)
            }
            Ty::Id(name) => {
                let name = format_ident!("{name}");
                quote!(shepherd_domain::ids::#name)
            }
            Ty::Uuid => quote!(uuid::Uuid),
            Ty::String => quote!(String),
            Ty::Secret => quote!(#runtime::Secret),
            Ty::DateTime => quote!(chrono::DateTime<chrono::Utc>),
            Ty::I32 => quote!(i32),
            Ty::I64 => quote!(i64),
            Ty::Bool => quote!(bool),
            Ty::Free => quote!(serde_json::Map<String, serde_json::Value>),
            Ty::Any => quote!(serde_json::Value),
            Ty::List(inner) => {
                let inner = self.ty(inner);
                quote!(Vec<#inner>)
            }
            Ty::Map(inner) => {
                let inner = self.ty(inner);
                quote!(std::collections::BTreeMap<String, #inner>)
            }
            Ty::Nullable(inner) => {
                let inner = self.ty(inner);
                quote!(Option<#inner>)
            }
        }
    }

    fn literal(&self, ty: &Ty, value: &Value) -> Result<TokenStream> {
        Ok(match (ty, value) {
            (Ty::Bool, Value::Bool(b)) => quote!(#b),
            (Ty::I32 | Ty::I64, Value::Number(n)) => {
                let number =
                    proc_macro2::Literal::i64_unsuffixed(n.as_i64().context("default is too large")?);
                quote!(#number)
            }
            (Ty::String, Value::String(s)) => quote!(#s.to_owned()),
            (Ty::List(_), Value::Array(items)) if items.is_empty() => quote!(Vec::new()),
            (Ty::Named(name), Value::String(s))
                if matches!(self.types.get(name.as_str()), Some(Type { kind: Kind::Enum(_), .. })) =>
            {
                let (name, variant) = (format_ident!("{name}"), format_ident!("{}", variant(s)));
                quote!(super::#name::#variant)
            }
            _ => anyhow::bail!("this default is not supported"),
        })
    }
}

/// Text as documentation.
pub fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| format!(" {}", line.trim_end()));
    quote! { #(#[doc = #lines])* }
}

fn is_keyword(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_err()
}
