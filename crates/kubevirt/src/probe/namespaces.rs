//! Namespaces, and what they tell of who owns what is in them.

use serde::Deserialize;
use shepherd_domain::owner::{self, Hint, HintSource};

use crate::transport::Call;
use crate::views::Meta;
use crate::{Cluster, Error, GOVERNED_LABEL};

/// Namespaces read at most; more than any cluster is built for.
const MOST: usize = 10_000;

/// One namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceSeen {
    pub name: String,
    /// Who may own it, the likeliest first.
    pub hints: Vec<Hint>,
    /// It carries [`GOVERNED_LABEL`].
    pub governed: bool,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default)]
    items: Vec<Raw>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
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
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("limit", "500")];
            query.extend(next.as_deref().map(|token| ("continue", token)));
            let list: List = self.send(Call::get("/api/v1/namespaces").query(&query)).await?.json()?;
            let none = list.items.is_empty();
            all.extend(list.items.into_iter().map(NamespaceSeen::from).filter(|seen| !seen.name.is_empty()));
            next = list.metadata.next.filter(|token| !token.is_empty());
            // A page without items that promises more would be asked for without end.
            if next.is_none() || none || all.len() >= MOST {
                all.truncate(MOST);
                return Ok(all);
            }
        }
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

    #[tokio::test]
    async fn a_list_that_never_ends_is_ended() {
        let endless = || Answer::ok(json!({ "metadata": { "continue": "x" }, "items": [] }).to_string());
        let (cluster, seen) = cluster(vec![endless(), endless()]);
        assert_eq!(cluster.namespaces().await.unwrap(), []);
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}
