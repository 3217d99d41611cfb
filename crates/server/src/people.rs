//! People and the roles given to them over HTTP.

use shepherd_app::Cx;
use shepherd_app::people::ListPeople;
use shepherd_contract::runtime::server::IfMatch;
use shepherd_contract::server::people::PeopleApi;
use shepherd_contract::types::{
    AddBinding, Binding, CreatePerson, InitialPassword, ListPeopleQuery, NewPerson, Person, PersonPage,
    UpdatePerson,
};
use shepherd_domain::ids::{BindingId, PrincipalId};

use crate::Server;
use crate::problems::Fault;

impl PeopleApi for Server {
    async fn list_people(&self, cx: Cx, query: ListPeopleQuery) -> Result<PersonPage, Fault> {
        let ask =
            ListPeople { search: query.q.as_deref(), cursor: query.cursor.as_deref(), limit: query.limit };
        Ok(self.app.list_people(&cx, ask).await?)
    }

    async fn create_person(&self, cx: Cx, body: CreatePerson) -> Result<NewPerson, Fault> {
        Ok(self.app.create_person(&cx, body).await?)
    }

    async fn get_person(&self, cx: Cx, id: PrincipalId) -> Result<Person, Fault> {
        Ok(self.app.get_person(&cx, id).await?)
    }

    async fn update_person(
        &self,
        cx: Cx,
        id: PrincipalId,
        version: IfMatch,
        body: UpdatePerson,
    ) -> Result<Person, Fault> {
        Ok(self.app.update_person(&cx, id, version.0, body).await?)
    }

    async fn reset_password(&self, cx: Cx, id: PrincipalId) -> Result<InitialPassword, Fault> {
        Ok(self.app.reset_password(&cx, id).await?)
    }

    async fn add_binding(&self, cx: Cx, id: PrincipalId, body: AddBinding) -> Result<Binding, Fault> {
        Ok(self.app.add_binding(&cx, id, body).await?)
    }

    async fn remove_binding(&self, cx: Cx, id: PrincipalId, binding: BindingId) -> Result<(), Fault> {
        Ok(self.app.remove_binding(&cx, id, binding).await?)
    }
}
