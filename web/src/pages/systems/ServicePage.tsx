import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteService, serviceQuery } from "~/api/queries/systems";
import type { Service } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { ObjectPage } from "~/parts/ObjectPage";

import { RelativeTime } from "~/parts/RelativeTime";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { Places } from "../access/Places";
import { RequestsOf } from "../requests/RequestsOf";
import { RequestVmButton } from "../vms/RequestVmButton";
import { VmsOf } from "../vms/VmsOf";

export function ServicePage() {
  const { t } = useTranslation();
  const { serviceId } = useParams({ from: "/shell/services/$serviceId" });
  const service = useQuery(serviceQuery(serviceId));
  return service.isSuccess ? (
    <Loaded service={service.data} />
  ) : (
    <div className="page-pad">
      {service.isPending ? (
        <SkeletonLines lines={8} what={t("common.service")} />
      ) : (
        <PageFailure error={service.error} retry={() => void service.refetch()} />
      )}
    </div>
  );
}

function Loaded({ service }: { service: Service }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/services/$serviceId" });
  const navigate = useNavigate();
  const mayRequest = useMay("vm:create");
  const mayDelete = useMay("service:delete") && service.vm_count === 0;
  const [deleting, setDeleting] = useState(false);
  const toSystem = () =>
    void navigate({ to: "/systems/$systemId", params: { systemId: service.system.id }, search: {} });
  return (
    <>
      <ObjectPage
        above={
          <Link to="/systems/$systemId" params={{ systemId: service.system.id }} search={{}}>
            {service.system.name}
          </Link>
        }
        title={service.name}
        shown={<span className="mono object-name">{service.name}</span>}
        facts={[
          { label: t("common.system"), value: <span className="mono">{service.system.name}</span> },
          { label: t("vms.title"), value: service.vm_count },
          { label: t("common.created"), value: <RelativeTime at={service.created_at} /> },
        ]}
        action={
          <>
            {mayRequest && <RequestVmButton service={service.id} />}
            {mayDelete && (
              <Button icon={<Trash2 size={14} />} onClick={() => setDeleting(true)}>
                {t("systems.delete.verb")}
              </Button>
            )}
          </>
        }
        notes={service.description && <p className="soft page-text">{service.description}</p>}
        tab={tab}
        onTab={(key) =>
          void navigate({
            to: "/services/$serviceId",
            params: { serviceId: service.id },
            search: { tab: key },
          })
        }
        tabs={[
          {
            key: "vms",
            label: t("systems.tab.vms"),
            content: <VmsOf filters={{ service_id: service.id }} />,
          },
          {
            key: "requests",
            label: t("systems.tab.requests"),
            content: <RequestsOf filters={{ service_id: service.id }} />,
          },
          {
            key: "access",
            label: t("systems.tab.access"),
            content: <Places kind="service" id={service.id} name={service.name} />,
          },
        ]}
      />
      {deleting && (
        <ConfirmDialog
          confirmation={{
            title: t("systems.delete.title", { name: service.name }),
            consequences: t("systems.delete.service"),
            verb: t("systems.delete.verb"),
            danger: true,
            typeName: service.name,
          }}
          act={() => deleteService(service.id)}
          onDone={toSystem}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}
