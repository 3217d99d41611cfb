import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { systemsQuery } from "~/api/queries/systems";
import type { System } from "~/api/types";
import { defined } from "~/app/search";
import { useMay } from "~/app/session";
import { TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { Page } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty } from "~/parts/states";
import { JoinSystem } from "./JoinSystem";
import { NewSystem } from "./NewNamed";

export function SystemList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/systems" });
  const navigate = useNavigate({ from: "/systems" });
  const mayCreate = useMay("system:create");
  const columns = useColumns();
  const onText = useCallback(
    (q: string | undefined) =>
      void navigate({ search: (old) => defined({ ...old, q }) as never, replace: true }),
    [navigate],
  );
  const setNew = (shown: boolean) =>
    void navigate({ search: (old) => defined({ ...old, new: shown || undefined }) as never, replace: true });
  const create = mayCreate && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setNew(true)}>
      {t("systems.new.title")}
    </Button>
  );
  const setJoin = (shown: boolean) =>
    void navigate({ search: (old) => defined({ ...old, join: shown || undefined }) as never, replace: true });
  const acts = (
    <>
      <Button onClick={() => setJoin(true)}>{t("systems.join.title")}</Button>
      {create}
    </>
  );
  return (
    <Page title={t("systems.title")} lead={t("systems.lead")} action={acts}>
      <ResourceList<System>
        name="systems"
        label={t("systems.title")}
        query={systemsQuery(defined({ q: search.q }))}
        columns={columns}
        filtered={Boolean(search.q)}
        filters={<TextFilter label={t("list.filterByName")} value={search.q} onChange={onText} />}
        onOpen={(system) =>
          void navigate({ to: "/systems/$systemId", params: { systemId: system.id }, search: {} })
        }
        empty={<Empty title={t("systems.empty.title")} text={t("systems.empty.text")} action={acts} />}
      />
      {search.join && <JoinSystem onClose={() => setJoin(false)} />}
      {search.new && mayCreate && (
        <NewSystem
          onClose={() => setNew(false)}
          onDone={(id) => void navigate({ to: "/systems/$systemId", params: { systemId: id }, search: {} })}
        />
      )}
    </Page>
  );
}

function useColumns(): Column<System>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        width: "16%",
        render: (system) => (
          <Link
            to="/systems/$systemId"
            params={{ systemId: system.id }}
            search={{}}
            className="mono"
            tabIndex={-1}
          >
            {system.name}
          </Link>
        ),
      },
      {
        key: "description",
        title: t("common.description"),
        render: (system) => (
          <span className="soft" title={system.description}>
            {system.description}
          </span>
        ),
      },
      {
        key: "owners",
        title: t("systems.owners"),
        width: "16%",
        render: (system) => system.owners.map((owner) => owner.display_name).join(t("common.listJoin")),
      },
      {
        key: "role",
        title: t("systems.myRole"),
        width: "110px",
        render: (system) =>
          system.my_role ? (
            t(`systems.members.roles.${system.my_role}`)
          ) : (
            <span className="dim">{t("systems.notMember")}</span>
          ),
      },
      {
        key: "services",
        title: t("systems.services"),
        width: "90px",
        align: "right",
        render: (s) => s.service_count,
      },
      { key: "vms", title: t("vms.title"), width: "80px", align: "right", render: (s) => s.vm_count },
      {
        key: "created",
        title: t("common.created"),
        width: "130px",
        render: (system) => <RelativeTime at={system.created_at} />,
      },
    ],
    [t],
  );
}
