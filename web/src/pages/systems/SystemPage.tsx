import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteSystem, fewServicesQuery, systemQuery } from "~/api/queries/systems";
import type { System } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Lines } from "~/parts/Lines";
import { ObjectPage } from "~/parts/ObjectPage";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty, Failure, PageFailure, SkeletonLines } from "~/parts/states";
import { RequestsOf } from "../requests/RequestsOf";
import { VmsOf } from "../vms/VmsOf";
import { Members } from "./Members";
import { NewService } from "./NewNamed";

export function SystemPage() {
  const { t } = useTranslation();
  const { systemId } = useParams({ from: "/shell/systems/$systemId" });
  const system = useQuery(systemQuery(systemId));
  return system.isSuccess ? (
    <Loaded system={system.data} />
  ) : (
    <div className="page-pad">
      {system.isPending ? (
        <SkeletonLines lines={8} what={t("common.system")} />
      ) : (
        <PageFailure error={system.error} retry={() => void system.refetch()} />
      )}
    </div>
  );
}

function Loaded({ system }: { system: System }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/systems/$systemId" });
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const belongs = system.my_role === "owner" || system.my_role === "member";
  const mayAdd = useMay("service:create") && belongs;
  const mayDelete = useMay("system:delete") && system.my_role === "owner" && system.service_count === 0;
  const add = mayAdd && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setAdding(true)}>
      {t("systems.newService.title")}
    </Button>
  );
  return (
    <>
      <ObjectPage
        above={<Link to="/systems">{t("systems.title")}</Link>}
        title={system.name}
        shown={<span className="mono object-name">{system.name}</span>}
        facts={[
          {
            label: t("systems.owners"),
            value: system.owners.map((owner) => owner.display_name).join(t("common.listJoin")),
          },
          {
            label: t("systems.myRole"),
            value: system.my_role ? t(`systems.members.roles.${system.my_role}`) : t("systems.notMember"),
          },
          { label: t("common.created"), value: <RelativeTime at={system.created_at} /> },
        ]}
        action={
          <>
            {add}
            {mayDelete && (
              <Button icon={<Trash2 size={14} />} onClick={() => setDeleting(true)}>
                {t("systems.delete.verb")}
              </Button>
            )}
          </>
        }
        notes={system.description && <p className="soft page-text">{system.description}</p>}
        tab={tab}
        onTab={(key) =>
          void navigate({ to: "/systems/$systemId", params: { systemId: system.id }, search: { tab: key } })
        }
        tabs={[
          {
            key: "services",
            label: t("systems.tab.services"),
            content: <Services system={system} add={add} />,
          },
          { key: "vms", label: t("systems.tab.vms"), content: <VmsOf filters={{ system_id: system.id }} /> },
          {
            key: "requests",
            label: t("systems.tab.requests"),
            content: <RequestsOf filters={{ system_id: system.id }} />,
          },
          { key: "members", label: t("systems.tab.members"), content: <Members system={system} /> },
        ]}
      />
      {adding && (
        <NewService
          systemId={system.id}
          onClose={() => setAdding(false)}
          onDone={(id) =>
            void navigate({ to: "/services/$serviceId", params: { serviceId: id }, search: {} })
          }
        />
      )}
      {deleting && (
        <ConfirmDialog
          confirmation={{
            title: t("systems.delete.title", { name: system.name }),
            consequences: t("systems.delete.system"),
            verb: t("systems.delete.verb"),
            danger: true,
            typeName: system.name,
          }}
          act={() => deleteSystem(system.id)}
          onDone={() => void navigate({ to: "/systems" })}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

function Services({ system, add }: { system: System; add: React.ReactNode }) {
  const { t } = useTranslation();
  const services = useQuery(fewServicesQuery({ system_id: system.id }, 200));
  if (services.isPending) return <SkeletonLines lines={4} what={t("systems.services")} />;
  if (services.isError) return <Failure part error={services.error} retry={() => void services.refetch()} />;
  if (services.data.items.length === 0) return <Empty title={t("systems.servicesNone")} action={add} />;
  return (
    <Lines>
      {services.data.items.map((service) => (
        <li key={service.id}>
          <Link to="/services/$serviceId" params={{ serviceId: service.id }} search={{}} className="line">
            <span className="mono grow">{service.name}</span>
            <span className="dim">{t("systems.vmCount", { count: service.vm_count })}</span>
          </Link>
          {service.description && <p className="line-sub dim truncate">{service.description}</p>}
        </li>
      ))}
    </Lines>
  );
}
