//! What types owe each other: the tags of unions, and names that exist once.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::bundle::list;
use super::model::{Api, Body, Kind, Ty, Type, pascal};

/// The tag of a union is held by the enum, so the struct of a variant has no field for it. Such a struct cannot stand
/// anywhere else: it would lose its tag.
pub fn drop_tags(modules: &mut [(String, Vec<Type>)], tagged: &[(String, String)]) -> Result<()> {
    let types = || modules.iter().flat_map(|(_, types)| types);
    for owner in types() {
        let Kind::Struct(fields) = &owner.kind else { continue };
        for field in fields {
            if let Some(name) = base_name(&field.ty)
                && tagged.iter().any(|(variant, _)| variant == name)
            {
                bail!(
                    "{}.{}: {name} is a variant of a union and cannot be used alone",
                    owner.name,
                    field.name
                );
            }
        }
    }
    for (schema, tag) in tagged {
        let mut types = modules.iter_mut().flat_map(|(_, types)| types);
        let variant =
            types.find(|t| t.name == *schema).with_context(|| format!("{schema} is not defined"))?;
        let Kind::Struct(fields) = &mut variant.kind else { bail!("{schema}: a variant must be an object") };
        fields.retain(|f| f.name != *tag);
    }
    // The implied one-value enum of the dropped constant goes with it.
    let implied: Vec<String> = tagged.iter().map(|(s, tag)| format!("{s}{}", pascal(tag))).collect();
    for (_, types) in modules {
        types.retain(|t| !implied.contains(&t.name));
    }
    Ok(())
}

/// Fills in the constants by which the variants of unions are told apart.
pub fn resolve_tags(modules: &mut [(String, Vec<Type>)], document: &Value) -> Result<()> {
    for ty in modules.iter_mut().flat_map(|(_, types)| types) {
        let Kind::Union(tag, variants) = &mut ty.kind else { continue };
        for (value, schema) in variants {
            let variant = &document["components"]["schemas"][schema.as_str()];
            let constant = variant["properties"][tag.as_str()]["const"].as_str();
            *value = constant.with_context(|| format!("{schema}: needs `{tag}` with a const"))?.to_owned();
            let required = list(&variant["required"]).iter().any(|r| r == tag.as_str());
            ensure!(required, "{schema}: `{tag}` must be required");
        }
    }
    Ok(())
}

/// Refuses two types of one name and references to none.
pub fn check_names(api: &Api) -> Result<()> {
    let mut names = BTreeSet::new();
    for ty in api.types.iter().flat_map(|(_, types)| types) {
        ensure!(names.insert(ty.name.as_str()), "the type {} comes from two places", ty.name);
    }
    let known = |name: &str, at: &str| -> Result<()> {
        ensure!(names.contains(name), "{at}: there is no schema {name}");
        Ok(())
    };
    for ty in api.types.iter().flat_map(|(_, types)| types) {
        match &ty.kind {
            Kind::Struct(fields) => {
                for field in fields {
                    base_name(&field.ty)
                        .map_or(Ok(()), |n| known(n, &format!("{}.{}", ty.name, field.name)))?;
                }
            }
            Kind::Alias(inner) => base_name(inner).map_or(Ok(()), |n| known(n, &ty.name))?,
            Kind::Union(_, variants) => variants.iter().try_for_each(|(_, n)| known(n, &ty.name))?,
            Kind::Enum(_) | Kind::Runtime => {}
        }
    }
    for op in &api.operations {
        op.response.as_deref().map_or(Ok(()), |n| known(n, &op.id))?;
        if let Body::Json { schema, .. } = &op.body {
            known(schema, &op.id)?;
        }
        op.query.iter().try_for_each(|f| base_name(&f.ty).map_or(Ok(()), |n| known(n, &op.id)))?;
    }
    Ok(())
}

fn base_name(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Named(name) => Some(name),
        Ty::List(inner) | Ty::Map(inner) | Ty::Nullable(inner) => base_name(inner),
        _ => None,
    }
}
