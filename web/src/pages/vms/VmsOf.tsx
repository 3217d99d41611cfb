import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type VmFilters, vmsQuery } from "~/api/queries/vms";
import type { VmSummary } from "~/api/types";
import { ResourceList } from "~/parts/list/ResourceList";
import { Empty } from "~/parts/states";
import { useVmColumns } from "./vm-columns";

/** The VMs of one thing, on its page. */
export function VmsOf({ filters }: { filters: VmFilters }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useVmColumns();
  return (
    <ResourceList<VmSummary>
      name="vms-of"
      label={t("vms.title")}
      query={vmsQuery(filters)}
      columns={columns}
      onOpen={(vm) => void navigate({ to: "/vms/$vmId", params: { vmId: vm.id }, search: {} })}
      empty={<Empty title={t("vms.empty.title")} text={t("vms.empty.text")} />}
    />
  );
}
