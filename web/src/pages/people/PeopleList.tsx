import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { peopleQuery } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { defined } from "~/app/search";
import { useMay } from "~/app/session";
import { TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { Page } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { roleName } from "~/parts/roles";
import { Empty } from "~/parts/states";
import { AccountBadge } from "./AccountBadge";
import { InitialPassword } from "./InitialPassword";
import { NewPerson } from "./NewPerson";
import { PeopleNav } from "./PeopleNav";

export function PeopleList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/people" });
  const navigate = useNavigate({ from: "/people" });
  const mayManage = useMay("user:manage");
  const [made, setMade] = useState<{ person: Person; password: string } | null>(null);
  const onText = useCallback(
    (q: string | undefined) =>
      void navigate({ search: (old) => defined({ ...old, q }) as never, replace: true }),
    [navigate],
  );
  const setNew = (shown: boolean) =>
    void navigate({ search: (old) => defined({ ...old, new: shown || undefined }) as never, replace: true });
  const open = ({ id, kind }: Person) =>
    void (kind === "service_account"
      ? navigate({ to: "/people/accounts/$accountId", params: { accountId: id }, search: {} })
      : navigate({ to: "/people/$personId", params: { personId: id }, search: {} }));
  const create = mayManage && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setNew(true)}>
      {t("people.new.title")}
    </Button>
  );
  return (
    <Page title={t("people.title")} lead={t("people.lead")} action={create}>
      <PeopleNav />
      <ResourceList<Person>
        name="people"
        label={t("people.title")}
        query={peopleQuery(defined({ q: search.q }))}
        columns={useColumns()}
        filtered={Boolean(search.q)}
        filters={<TextFilter label={t("people.filter")} value={search.q} onChange={onText} />}
        onOpen={open}
        empty={<Empty title={t("people.empty")} action={create} />}
      />
      {search.new && mayManage && (
        <NewPerson
          onClose={() => setNew(false)}
          onDone={(answer) => {
            setNew(false);
            setMade(answer);
          }}
        />
      )}
      {made && (
        <InitialPassword name={made.person.name} password={made.password} onClose={() => open(made.person)} />
      )}
    </Page>
  );
}

function useColumns(): Column<Person>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        width: "26%",
        render: (person) => (
          <>
            {person.kind === "service_account" ? (
              <Link
                to="/people/accounts/$accountId"
                params={{ accountId: person.id }}
                search={{}}
                tabIndex={-1}
              >
                {person.display_name}
              </Link>
            ) : (
              <Link to="/people/$personId" params={{ personId: person.id }} search={{}} tabIndex={-1}>
                {person.display_name}
              </Link>
            )}{" "}
            <span className="dim">{person.name}</span>
          </>
        ),
      },
      {
        key: "state",
        title: t("common.state"),
        width: "120px",
        render: (person) => <AccountBadge disabled={person.disabled} />,
      },
      {
        key: "kind",
        title: t("people.kindTitle"),
        width: "130px",
        render: (person) => t(`people.kind.${person.kind}`),
      },
      {
        key: "roles",
        title: t("people.roles"),
        render: (person) =>
          person.bindings.length === 0 ? (
            <span className="dim">{t("common.none")}</span>
          ) : (
            [...new Set(person.bindings.map((binding) => roleName(t, binding.role)))].join(
              t("common.listJoin"),
            )
          ),
      },
      {
        key: "systems",
        title: t("people.systems"),
        width: "22%",
        render: (person) => (
          <span className="mono">
            {person.memberships.map((membership) => membership.system.name).join(t("common.listJoin"))}
          </span>
        ),
      },
      {
        key: "email",
        title: t("me.email"),
        width: "18%",
        hidden: true,
        render: (person) => <span className="soft">{person.email}</span>,
      },
      {
        key: "created",
        title: t("common.created"),
        width: "130px",
        render: (person) => <RelativeTime at={person.created_at} />,
      },
    ],
    [t],
  );
}
