//! What one principal holds, and the check.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, InEnvironment, Kind, Membership, Permission, Reach, Resource, RoleBinding, Visible, Within,
};
use crate::ids::{EnvironmentId, GroupId, PrincipalId, SystemId};
use crate::policy::Who;
use crate::states::MemberRole;

/// Everything one principal holds, read in one query for one call and never kept for the next.
#[derive(Clone, Debug)]
pub struct Grants {
    pub principal: PrincipalId,
    bindings: Vec<RoleBinding>,
    memberships: Vec<Membership>,
    /// The highest role in each place, over all ways to it.
    places: BTreeMap<Within, MemberRole>,
    /// The groups the principal is in, with their names.
    groups: BTreeMap<GroupId, String>,
    /// Whether their word counts where a policy asks for one: only that of people does.
    word: bool,
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller may not know that it exists: answered as not found.
    #[error("not found")]
    Hidden,
    /// The caller may see it but not do this.
    #[error("{0} is needed here")]
    Missing(Permission),
}

/// Proof that `by` may do `A` on the resource. Only [`Grants::authorize`] makes one.
#[derive(Debug)]
pub struct Authorized<A, R> {
    resource: R,
    by: PrincipalId,
    _action: std::marker::PhantomData<A>,
}

impl<A, R> Authorized<A, R> {
    /// What was checked.
    pub fn resource(&self) -> &R {
        &self.resource
    }
    /// Whom it was checked for.
    pub fn by(&self) -> PrincipalId {
        self.by
    }
}

impl Grants {
    /// Several ways to one place add up to the highest role among them.
    pub fn new(principal: PrincipalId, bindings: Vec<RoleBinding>, memberships: Vec<Membership>) -> Self {
        let mut places = BTreeMap::new();
        for m in &memberships {
            let held = places.entry(m.within).or_insert(m.role);
            *held = (*held).max(m.role);
        }
        Self { principal, bindings, memberships, places, groups: BTreeMap::new(), word: true }
    }

    /// The same of somebody who is in these groups.
    pub fn in_groups(self, groups: impl IntoIterator<Item = (GroupId, String)>) -> Self {
        Self { groups: groups.into_iter().collect(), ..self }
    }

    /// The same of what is no person: whatever it holds, it speaks for nobody.
    pub fn without_word(self) -> Self {
        Self { word: false, ..self }
    }

    /// The names of the groups the principal is in.
    pub fn group_names(&self) -> Vec<String> {
        self.groups.values().cloned().collect()
    }

    /// The check, and the proof of it.
    pub fn authorize<A: Action, R: Resource>(&self, resource: R) -> Result<Authorized<A, R>, Denied> {
        self.check(A::PERMISSION, &resource)?;
        Ok(Authorized { resource, by: self.principal, _action: std::marker::PhantomData })
    }

    /// The check alone: for hints on a page and for the permission matrix.
    pub fn check(&self, permission: Permission, on: &impl Resource) -> Result<(), Denied> {
        if self.allows(permission, on) {
            return Ok(());
        }
        let sight = permission.sight();
        let seen = sight != permission && self.allows(sight, on);
        let hidden = on.system().is_some() && permission.kind() == Kind::Resource && !seen;
        Err(if hidden { Denied::Hidden } else { Denied::Missing(permission) })
    }

    fn allows(&self, permission: Permission, on: &impl Resource) -> bool {
        let held = |p: Permission| {
            self.bindings.iter().any(|b| b.permissions.contains(&p) && b.reach.covers(on.environment()))
        };
        match permission.kind() {
            Kind::Global => held(permission),
            Kind::Resource => {
                self.role_at(on).is_some_and(|role| permission.carried_by(role)) && held(permission)
                    || permission.read_all().is_some_and(held)
            }
        }
    }

    /// The highest member role at a thing: there, in its Service or in its System.
    pub fn role_at(&self, on: &impl Resource) -> Option<MemberRole> {
        let system = on.system().map(Within::System);
        let service = on.service().map(Within::Service);
        let vm = on.vm().map(Within::Vm);
        [system, service, vm].into_iter().flatten().filter_map(|w| self.places.get(&w).copied()).max()
    }

    /// What of a kind may be listed; becomes a filter in SQL.
    pub fn visible(&self, permission: Permission) -> Visible {
        let reach = |p: Option<Permission>| {
            let with = self.bindings.iter().filter(|b| p.is_some_and(|p| b.permissions.contains(&p)));
            with.fold((false, BTreeSet::new()), |(all, mut set), b| match &b.reach {
                Reach::All => (true, set),
                Reach::Only(only) => {
                    set.extend(only.iter().copied());
                    (all, set)
                }
            })
        };
        let (everything, environments) = match permission.kind() {
            Kind::Global => reach(Some(permission)),
            Kind::Resource => reach(permission.read_all()),
        };
        let (member_everywhere, member_environments) = reach(Some(permission));
        let mut visible = Visible {
            everything,
            environments: environments.into_iter().collect(),
            member_everywhere,
            member_environments: member_environments.into_iter().collect(),
            ..Visible::nothing()
        };
        let carried = |role: &MemberRole| permission.kind() == Kind::Resource && permission.carried_by(*role);
        for (within, _) in self.places.iter().filter(|(_, role)| carried(role)) {
            match *within {
                Within::System(id) => visible.systems.push(id),
                Within::Service(id) => visible.services.push(id),
                Within::Vm(id) => visible.vms.push(id),
            }
        }
        visible
    }

    /// Every permission held somewhere, for hiding what would be refused.
    pub fn held_somewhere(&self) -> BTreeSet<Permission> {
        self.bindings.iter().flat_map(|b| b.permissions.iter().copied()).collect()
    }

    /// The names of the roles held.
    pub fn roles(&self) -> BTreeSet<&str> {
        self.bindings.iter().map(|b| b.role.as_str()).collect()
    }

    /// The names of the roles held in an environment; those held in every one where a thing lies in none.
    pub fn roles_in(&self, environment: Option<EnvironmentId>) -> BTreeSet<&str> {
        let here = self.bindings.iter().filter(|b| decides(&b.reach, environment));
        here.map(|b| b.role.as_str()).collect()
    }

    /// The role in a whole System, if any.
    pub fn member_role(&self, system: SystemId) -> Option<MemberRole> {
        self.places.get(&Within::System(system)).copied()
    }

    /// The roles held, each as it was given.
    pub fn bindings(&self) -> &[RoleBinding] {
        &self.bindings
    }

    /// The places held, each as it was given.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// Whether this is one of those whose word a policy asks for, about something of a System in an environment. About
    /// what lies in no environment only they speak who hold their right in every one.
    pub fn speaks_for(
        &self,
        who: &Who,
        system: Option<SystemId>,
        environment: Option<EnvironmentId>,
    ) -> bool {
        let mut here = self.bindings.iter().filter(|b| decides(&b.reach, environment));
        self.word
            && match who {
                Who::Permission { name } => {
                    let named: Option<Permission> = name.parse().ok();
                    named.is_some_and(|permission| match environment {
                        Some(environment) => self.check(permission, &InEnvironment(environment)).is_ok(),
                        None => here.any(|b| b.permissions.contains(&permission)),
                    })
                }
                Who::Role { name } => here.any(|b| b.role == *name),
                Who::Group { id, .. } => self.groups.contains_key(id),
                Who::Owners => system.and_then(|id| self.member_role(id)) == Some(MemberRole::Owner),
            }
    }

    /// Everyone this speaks for, as requirements of stages are found: the token of [`Who`], followed by `@` and the
    /// environment or System where it does not count everywhere.
    pub fn words(&self) -> Vec<String> {
        let mut words = BTreeSet::new();
        if !self.word {
            return Vec::new();
        }
        words.extend(self.groups.keys().map(|id| format!("group:{id}")));
        for binding in &self.bindings {
            let permissions = binding.permissions.iter().map(|p| format!("permission:{p}"));
            for word in permissions.chain([format!("role:{}", binding.role)]) {
                match &binding.reach {
                    Reach::All => {
                        words.insert(word);
                    }
                    Reach::Only(only) => words.extend(only.iter().map(|id| format!("{word}@{id}"))),
                }
            }
        }
        for (within, role) in &self.places {
            if let (Within::System(system), MemberRole::Owner) = (within, role) {
                words.insert(format!("owners@{system}"));
            }
        }
        words.into_iter().collect()
    }
}

/// Whether what is held here counts for a decision there.
fn decides(reach: &Reach, environment: Option<EnvironmentId>) -> bool {
    match environment {
        Some(_) => reach.covers(environment),
        None => *reach == Reach::All,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ApproveRequest, CreateVm, InEnvironment, ReadVm, ServiceInEnvironment, VmScope};
    use super::*;
    use crate::ids::{EnvironmentId, ServiceId, VmId};

    fn binding(permissions: &[Permission], reach: Reach) -> RoleBinding {
        RoleBinding::of("test", permissions, reach)
    }

    fn place(system: SystemId, environment: EnvironmentId) -> ServiceInEnvironment {
        ServiceInEnvironment { service: ServiceId::new(), system, environment }
    }

    #[test]
    fn a_resource_permission_needs_membership_and_the_environment() {
        let (me, system, test, prod) =
            (PrincipalId::new(), SystemId::new(), EnvironmentId::new(), EnvironmentId::new());
        let engineer = || binding(&[Permission::VmCreate, Permission::VmRead], Reach::Only([test].into()));
        let member = Membership::of(system, MemberRole::Member);

        let outsider = Grants::new(me, vec![engineer()], vec![]);
        assert_eq!(outsider.authorize::<CreateVm, _>(place(system, test)).unwrap_err(), Denied::Hidden);
        let idle = Grants::new(me, vec![], vec![member]);
        assert_eq!(idle.authorize::<CreateVm, _>(place(system, test)).unwrap_err(), Denied::Hidden);

        let both = Grants::new(me, vec![engineer()], vec![member]);
        assert!(both.authorize::<CreateVm, _>(place(system, test)).is_ok());
        assert_eq!(both.authorize::<CreateVm, _>(place(system, prod)).unwrap_err(), Denied::Hidden);

        let viewer = Grants::new(me, vec![engineer()], vec![Membership::of(system, MemberRole::Viewer)]);
        let refused = viewer.authorize::<CreateVm, _>(place(system, test)).unwrap_err();
        assert_eq!(refused, Denied::Missing(Permission::VmCreate));
    }

    #[test]
    fn reading_everything_does_not_allow_acting() {
        let (system, environment) = (SystemId::new(), EnvironmentId::new());
        let auditor =
            Grants::new(PrincipalId::new(), vec![binding(&[Permission::VmReadAll], Reach::All)], vec![]);
        let vm = VmScope { vm: VmId::new(), service: ServiceId::new(), system, environment };
        assert!(auditor.authorize::<ReadVm, _>(vm).is_ok());
        let refused = auditor.authorize::<super::super::StartVm, _>(vm).unwrap_err();
        assert_eq!(refused, Denied::Missing(Permission::VmStart));
    }

    #[test]
    fn an_approver_of_test_does_not_approve_in_prod() {
        let (test, prod) = (EnvironmentId::new(), EnvironmentId::new());
        let held = binding(&[Permission::RequestApprove], Reach::Only([test].into()));
        let approver = Grants::new(PrincipalId::new(), vec![held], vec![]);
        assert!(approver.authorize::<ApproveRequest, _>(InEnvironment(test)).is_ok());
        assert!(approver.authorize::<ApproveRequest, _>(InEnvironment(prod)).is_err());
    }

    #[test]
    fn only_people_speak_and_only_for_the_groups_they_are_in() {
        let (system, test, team) = (SystemId::new(), EnvironmentId::new(), GroupId::new());
        let asked = |id: GroupId| Who::Group { id, name: "team".into() };
        let role = Who::Role { name: "test".into() };
        let me = Grants::new(PrincipalId::new(), vec![binding(&[], Reach::All)], vec![])
            .in_groups([(team, "team".to_owned())]);
        assert!(
            me.speaks_for(&asked(team), Some(system), Some(test))
                && me.speaks_for(&role, Some(system), Some(test))
        );
        assert!(!me.speaks_for(&asked(GroupId::new()), Some(system), Some(test)));
        assert_eq!(me.words(), [asked(team).token(), "role:test".to_owned()]);
        assert_eq!(me.group_names(), ["team"]);
        let bot = me.without_word();
        assert!(
            !bot.speaks_for(&asked(team), Some(system), Some(test))
                && !bot.speaks_for(&role, Some(system), Some(test))
        );
        assert!(bot.words().is_empty());
        assert_eq!(bot.group_names(), ["team"], "rules about who asks see what it is in");
    }

    #[test]
    fn what_lies_in_no_environment_is_decided_by_owners_and_by_whoever_decides_everywhere() {
        let (system, test) = (SystemId::new(), EnvironmentId::new());
        let approve = Who::Permission { name: "request:approve".into() };
        let held = |reach: Reach, role: MemberRole| {
            let places = vec![Membership::of(system, role)];
            Grants::new(PrincipalId::new(), vec![binding(&[Permission::RequestApprove], reach)], places)
        };
        let (everywhere, somewhere) =
            (held(Reach::All, MemberRole::Owner), held(Reach::Only([test].into()), MemberRole::Member));
        assert!(everywhere.speaks_for(&approve, Some(system), None));
        assert!(!somewhere.speaks_for(&approve, Some(system), None));
        assert!(somewhere.speaks_for(&approve, Some(system), Some(test)));
        assert!(everywhere.speaks_for(&Who::Owners, Some(system), None));
        assert!(!everywhere.speaks_for(&Who::Owners, None, None), "nobody owns what is not there");
        assert!(!somewhere.speaks_for(&Who::Owners, Some(system), None));
        assert!(somewhere.roles_in(None).is_empty() && !somewhere.roles_in(Some(test)).is_empty());
    }

    #[test]
    fn whoever_decides_there_may_speak_and_a_mere_reader_may_not() {
        let (system, test) = (SystemId::new(), EnvironmentId::new());
        let held = |permissions: &[Permission], role: Option<MemberRole>| {
            let places = role.map(|role| Membership::of(system, role)).into_iter().collect();
            let grants = Grants::new(PrincipalId::new(), vec![binding(permissions, Reach::All)], places);
            grants.check(Permission::RequestComment, &place(system, test))
        };
        assert_eq!(held(&[Permission::RequestApprove], None), Ok(()));
        assert_eq!(held(&[Permission::RequestComment], Some(MemberRole::Member)), Ok(()));
        let refused = Err(Denied::Missing(Permission::RequestComment));
        assert_eq!(held(&[Permission::RequestReadAll], Some(MemberRole::Owner)), refused);
        let both = [Permission::RequestComment, Permission::RequestRead];
        assert_eq!(held(&both, Some(MemberRole::Viewer)), refused);
        assert_eq!(held(&both, None), Err(Denied::Hidden));
    }

    #[test]
    fn a_list_shows_what_a_check_allows() {
        let (system, test) = (SystemId::new(), EnvironmentId::new());
        let held = binding(&[Permission::VmRead], Reach::Only([test].into()));
        let member = Membership::of(system, MemberRole::Viewer);
        let visible = Grants::new(PrincipalId::new(), vec![held], vec![member]).visible(Permission::VmRead);
        assert!(!visible.everything && visible.environments.is_empty());
        assert_eq!((visible.systems, visible.member_environments), (vec![system], vec![test]));
    }
}
