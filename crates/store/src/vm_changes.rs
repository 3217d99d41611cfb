//! What a VM is, changed: its spec with all that follows from it, and what people write beside it.

use serde_json::Value;
use shepherd_domain::authz::{Authorized, UpdateVm, VmScope};
use shepherd_domain::ids::{SizeVersionId, TemplateVersionId, VmId};

use crate::{Result, Tx};

/// A spec that was applied.
pub struct Applied<'a> {
    pub vm: VmId,
    pub template_version: TemplateVersionId,
    pub size_version: SizeVersionId,
    /// The spec as that of a new VM would be stored.
    pub spec: &'a Value,
    pub manifest: &'a Value,
    /// What the guest is set up by, where secrets are part of it.
    pub sealed_setup: Option<&'a [u8]>,
}

/// Writes what a VM is from now on.
pub async fn applied(tx: &mut Tx, new: &Applied<'_>) -> Result<()> {
    sqlx::query!(
        "update vm set spec = $2, manifest = $3, template_version_id = $4, size_version_id = $5, sealed_setup = $6,
                spec_revision = spec_revision + 1, version = version + 1
          where id = $1",
        new.vm.0,
        new.spec,
        new.manifest,
        new.template_version.0,
        new.size_version.0,
        new.sealed_setup,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The root disk has grown, and nothing else came of it.
pub async fn disk_grew(tx: &mut Tx, vm: VmId, bytes: i64) -> Result<()> {
    sqlx::query!(
        "update vm set spec = jsonb_set(spec, '{disk_bytes}', to_jsonb($2::bigint)),
                spec_revision = spec_revision + 1, version = version + 1
          where id = $1",
        vm.0,
        bytes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What may be set without asking anyone: protection and description, each left as it is where `None`. Only if the
/// version is still `version`; `None` says it is not.
pub async fn set(
    tx: &mut Tx,
    auth: &Authorized<UpdateVm, VmScope>,
    version: i64,
    protected: Option<bool>,
    description: Option<&str>,
) -> Result<Option<i64>> {
    let new = sqlx::query_scalar!(
        "update vm set delete_protected = coalesce($3, delete_protected), description = coalesce($4, description),
                version = version + 1
          where id = $1 and version = $2 and deleted_at is null returning version",
        auth.resource().vm.0,
        version,
        protected,
        description,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(new)
}
