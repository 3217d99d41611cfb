//! The fleet in production: many simulated VMs, each asked for and approved like any other.

use futures::TryStreamExt;
use shepherd_contract::types::RequestVm;
use shepherd_domain::ids::{NamespaceId, SizeVersionId, TemplateVersionId};

use super::Crew;
use super::catalogue::Catalogue;
use super::journal::Journal;
use crate::failure::Failure;
use crate::up::Progress;

/// Requests at the same time: enough to be quick, few enough that people at the console do not wait.
const AT_ONCE: usize = 4;
/// A line of progress after so many.
const EVERY: usize = 50;

/// Asks for what is missing of `count` VMs.
pub async fn ask(
    crew: &Crew,
    catalogue: &Catalogue,
    journal: &Journal,
    count: u32,
    say: &Progress,
) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for number in 1..=count {
        // Of ten: six pages, three applications, one store.
        let (service, size) = match number % 10 {
            0 => ("redis", "large"),
            1..=3 => ("api", "medium"),
            _ => ("web", "small"),
        };
        let name = format!("{service}-{number:03}");
        if !journal.has(&name) {
            let greeting = format!("Number {number} of the shop's fleet");
            wanted.push((
                name,
                body(
                    catalogue,
                    service,
                    catalogue.platform.prod,
                    size,
                    &greeting,
                    "Sample: the shop's fleet",
                )?,
            ));
        }
    }
    let begun = wanted.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    futures::stream::iter(wanted.into_iter().map(Ok::<_, Failure>))
        .try_for_each_concurrent(AT_ONCE, async |(name, body)| {
            crew.ask_and_approve(&name, &body).await?;
            journal.note(&name)?;
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            if done.is_multiple_of(EVERY) {
                say.line(&format!(
                    "sample organisation: {done} of {begun} simulated VMs asked for and approved"
                ));
            }
            Ok(())
        })
        .await
}

/// A request for a VM of the demo template. Each has a greeting of its own, so that no two are alike.
pub fn body(
    catalogue: &Catalogue,
    service: &str,
    namespace: NamespaceId,
    size: &str,
    greeting: &str,
    reason: &str,
) -> Result<RequestVm, Failure> {
    body_of(catalogue, "demo-linux", service, namespace, size, greeting, reason)
}

/// The same of another template.
pub fn body_of(
    catalogue: &Catalogue,
    template: &str,
    service: &str,
    namespace: NamespaceId,
    size: &str,
    greeting: &str,
    reason: &str,
) -> Result<RequestVm, Failure> {
    let unknown = || Failure::new("SAMPLE", format!("{service}, {template} or {size} is not in the sample"));
    let template_version_id: TemplateVersionId =
        *catalogue.platform.templates.get(template).ok_or_else(unknown)?;
    let size_version_id: SizeVersionId = *catalogue.platform.sizes.get(size).ok_or_else(unknown)?;
    Ok(RequestVm {
        service_id: *catalogue.services.get(service).ok_or_else(unknown)?,
        namespace_id: namespace,
        template_version_id,
        size_version_id,
        disk_bytes: None,
        variables: Some([("greeting".to_owned(), greeting.to_owned())].into()),
        secret_ids: None,
        network_ids: None,
        ssh_key_ids: None,
        place: None,
        reason: Some(reason.to_owned()),
        another: None,
        sample: Some(true),
        fields: None,
    })
}
