//! What the story needs before it begins: people, clusters, a catalogue, a System with a Service.

use shepherd_contract::client::Client;
use shepherd_contract::types::{CreateService, CreateSystem, Request, RequestState, RequestVm};
use shepherd_domain::ids::{NamespaceId, ServiceId, SizeVersionId, TemplateVersionId};

use super::steps::{Steps, expect};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::sample::{self, Crew, catalogue, crew};

/// Longest wait for anything that a cluster does.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(180);

pub struct Stage {
    pub engineer: Client,
    pub approver: Client,
    pub auditor: Client,
    pub service: ServiceId,
    pub namespace: NamespaceId,
    pub template: TemplateVersionId,
    pub small: SizeVersionId,
    pub medium: SizeVersionId,
}

impl Stage {
    pub async fn prepare(steps: &Steps, instance: &Instance) -> Result<Self, Failure> {
        let platform = steps.step("Provide people, clusters, templates and sizes", async || {
            instance.install(&sample::PEOPLE).await?;
            let crew = Crew::sign_in(&instance.url).await?;
            catalogue::platform(&crew, &instance.clusters).await
        });
        let platform = platform.await?;
        let engineer = steps
            .step("Sign in as the engineer", async || crew::client(&instance.url, "engineer").await)
            .await?;
        let service = steps
            .step("Create the System shop and its Service web", async || {
                let body = CreateSystem {
                    name: "shop".into(),
                    description: Some("The web shop".into()),
                    sample: None,
                };
                let system = engineer.systems().create_system("demo-system-shop", &body).await?;
                let body = CreateService {
                    system_id: system.id,
                    name: "web".into(),
                    description: None,
                    sample: None,
                };
                Ok(engineer.systems().create_service("demo-service-web", &body).await?.id)
            })
            .await?;
        let unknown = || Failure::new("DEMO", "the catalogue is not complete");
        Ok(Self {
            engineer,
            approver: crew::client(&instance.url, "approver").await?,
            auditor: crew::client(&instance.url, "auditor").await?,
            service,
            namespace: platform.test,
            template: *platform.templates.get("demo-linux").ok_or_else(unknown)?,
            small: *platform.sizes.get("small").ok_or_else(unknown)?,
            medium: *platform.sizes.get("medium").ok_or_else(unknown)?,
        })
    }

    /// A request for a VM of this size.
    pub fn body(&self, size: SizeVersionId, greeting: &str) -> RequestVm {
        RequestVm {
            service_id: self.service,
            namespace_id: self.namespace,
            template_version_id: self.template,
            size_version_id: size,
            disk_bytes: None,
            variables: Some([("greeting".to_owned(), greeting.to_owned())].into()),
            secret_ids: None,
            network_ids: None,
            ssh_key_ids: None,
            place: None,
            reason: Some("To show the main job".into()),
            another: None,
            sample: None,
            fields: None,
        }
    }

    /// Waits for a request's end, which must be a good one. Says each state and step.
    pub async fn succeeded(&self, steps: &Steps, request: &Request) -> Result<Request, Failure> {
        let say = |line: &str| steps.note(line);
        let request = shepherd_cli::wait::until_closed(&self.engineer, request.id, PATIENCE, say).await?;
        let why = request.failure.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
        expect(request.state == RequestState::Succeeded, || {
            format!("R-{} is {} {why}", request.number, request.state)
        })?;
        Ok(request)
    }
}
