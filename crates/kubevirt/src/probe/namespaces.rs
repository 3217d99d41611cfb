//! Namespaces, and what they tell of who owns what is in them.

use serde::Deserialize;
use shepherd_domain::owner::{self, Hint, HintSource};

use crate::views::Meta;
use crate::{Cluster, Error, GOVERNED_LABEL};

/// One namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceSeen {
    pub name: String,
    /// Who may own it, the likeliest first.
    pub hints: Vec<Hint>,
    /// It carries [`GOVERNED_LABEL`].
    pub governed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    metadata: Meta,
}

impl From<Raw> for NamespaceSeen {
    fn from(Raw { metadata }: Raw) -> Self {
        let governed = metadata.labels.get(GOVERNED_LABEL).is_some_and(|value| value == "true");
        let of = |source| move |(key, value)| Hint { source, key, value };
        let labels = metadata.labels.into_iter().map(of(HintSource::NamespaceLabel));
        let annotations = metadata.annotations.into_iter().map(of(HintSource::NamespaceAnnotation));
        Self { hints: owner::hints(labels.chain(annotations)), governed, name: metadata.name }
    }
}

impl Cluster {
    /// All namespaces our account may list.
    ///
    /// # Errors
    /// As of any call; [`Error::Forbidden`] where the account may not list them.
    pub async fn namespaces(&self) -> Result<Vec<NamespaceSeen>, Error> {
        let all: Vec<Raw> = self.all("/api/v1/namespaces").await?;
        Ok(all.into_iter().map(NamespaceSeen::from).filter(|seen| !seen.name.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scripted::{Answer, cluster};

    #[tokio::test]
    async fn what_namespaces_tell_is_read_page_by_page() {
        let page = |name: &str, next: &str| {
            Answer::ok(json!({ "metadata": { "continue": next }, "items": [{ "metadata": { "name": name,
                "labels": { "team": "shop", "shepherd.dev/governed": "true", "kubernetes.io/metadata.name": name },
                "annotations": { "openshift.io/requester": "ada" } } }] }).to_string())
        };
        let (cluster, seen) = cluster(vec![page("a", "more"), page("b", "")]);
        let found = cluster.namespaces().await.unwrap();
        assert_eq!(found.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let hints: Vec<_> = found[0].hints.iter().map(|hint| (hint.source, hint.value.as_str())).collect();
        assert_eq!(hints, [(HintSource::NamespaceAnnotation, "ada"), (HintSource::NamespaceLabel, "shop")]);
        assert!(found[0].governed);
        assert!(seen.lock().unwrap()[1].contains("continue=more"));
    }
}
