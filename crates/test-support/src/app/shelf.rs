//! What else the administrator of a story puts into the catalogue.

use shepherd_contract::types::{
    CreateSize, CreateTemplate, GuestFamily, ImageSource, RootDisk, SizeContent, TemplateContent,
    TemplateSource, TemplateVersion,
};
use shepherd_domain::ids::{SizeVersionId, TemplateVersionId};

use super::{World, key};

fn content(image: &str, root: RootDisk) -> TemplateContent {
    TemplateContent {
        family: GuestFamily::Linux,
        root,
        source: TemplateSource::Image(ImageSource { image: image.into() }),
        user_data: format!("#cloud-config\nhostname: {{{{ hostname }}}}\n{}", "# another\n".repeat(300)),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    }
}

impl World {
    /// Twice the usual size.
    pub async fn larger_size(&self) -> SizeVersionId {
        let content =
            SizeContent { milli_vcpu: 2000, memory_bytes: 256 << 20, disk_bytes: 1 << 30, compute: None };
        let size = CreateSize { name: "larger".into(), description: None, environment_ids: None, content };
        let size = self.admin.sizes().create_size(&key(), &size).await.expect("the size is made");
        size.versions[0].id
    }

    /// A template of another name.
    pub async fn another_template(&self, name: &str, image: &str) -> TemplateVersionId {
        self.put_up(name, content(image, RootDisk::Ephemeral)).await
    }

    /// A template whose root disk is kept.
    pub async fn persistent_template(&self) -> TemplateVersionId {
        self.put_up("kept", content("shepherd/demo:1", RootDisk::Persistent)).await
    }

    /// A newer version of the usual template.
    pub async fn next_template_version(&self, image: &str) -> TemplateVersionId {
        let all = self
            .admin
            .templates()
            .list_templates(&Default::default())
            .await
            .expect("templates are listed")
            .items;
        let has = |of: &TemplateVersion| of.id == self.template;
        let usual = all.into_iter().find(|t| t.versions.iter().any(has)).expect("it is there");
        let content = content(image, RootDisk::Ephemeral);
        let made = self.admin.templates().add_template_version(usual.id, &key(), &content).await;
        made.expect("the version is made").versions.iter().max_by_key(|v| v.version).expect("it has one").id
    }

    async fn put_up(&self, name: &str, content: TemplateContent) -> TemplateVersionId {
        let template = CreateTemplate {
            name: name.into(),
            title: name.into(),
            description: None,
            environment_ids: None,
            content,
        };
        let made = self.admin.templates().create_template(&key(), &template).await;
        made.expect("the template is made").versions[0].id
    }
}
