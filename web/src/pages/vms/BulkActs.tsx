/** What can be asked for the selected VMs together. What is of several services or environments becomes several requests. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type Batch, deleteVms, type PowerAction, powerVms } from "~/api/queries/batches";
import type { VmSummary } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { politely, StopHow, stopBody } from "./StopHow";

const acts = ["start", "stop", "restart", "pause", "unpause", "delete"] as const;
type Act = (typeof acts)[number];
const most = 500;

export function BulkActs({ vms, clear }: { vms: VmSummary[]; clear: () => void }) {
  const { t } = useTranslation();
  const [act, setAct] = useState<Act | null>(null);
  const may: Record<Act, boolean> = {
    start: useMay("vm:start"),
    stop: useMay("vm:stop"),
    restart: useMay("vm:restart"),
    pause: useMay("vm:pause"),
    unpause: useMay("vm:pause"),
    delete: useMay("vm:delete"),
  };
  if (!acts.some((one) => may[one])) return null;
  const items = acts.map((one) => ({
    key: one,
    label: t(`vms.act.${one}`),
    danger: one === "delete",
    disabled: !may[one] || vms.length > most,
  }));
  return (
    <>
      <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => setAct(key as Act) }}>
        <Button size="small" iconPlacement="end" icon={<ChevronDown size={14} />}>
          {t("batches.bulk.acts")}
        </Button>
      </Dropdown>
      {act && <BulkDialog vms={vms} act={act} onDone={clear} onClose={() => setAct(null)} />}
    </>
  );
}

interface DialogProps {
  vms: VmSummary[];
  act: Act;
  onDone: () => void;
  onClose: () => void;
}

function BulkDialog({ vms, act, onDone, onClose }: DialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [how, setHow] = useState(politely);
  const groups = byPlace(vms);
  const names = [...new Set(vms.map((vm) => vm.service.name))];
  const isProtected = vms.some((vm) => vm.environment.protected);
  const typed = act === "delete" || (isProtected && act !== "start" && act !== "unpause");
  const order = async (group: VmSummary[], reason: string, key: string): Promise<Batch> => {
    const vm_ids = group.map((vm) => vm.id);
    const why = reason ? { reason } : {};
    if (act === "delete")
      return deleteVms({ vm_ids, confirm_name: group[0]?.service.name ?? "", ...why }, key);
    const action = `vm.${act}` as PowerAction;
    return powerVms({ action, vm_ids, ...why, ...(act === "stop" ? stopBody(how) : {}) }, key);
  };
  return (
    <ConfirmDialog<Batch[]>
      confirmation={{
        title: t("batches.bulk.title", { act: t(`vms.act.${act}`), count: vms.length }),
        verb: t(`vms.act.${act}`),
        danger: act === "delete" || (act === "stop" && how.force),
        reason: "optional",
        typeName: typed ? names.join(" ") : undefined,
        consequences: (
          <div className="stack gap-2">
            <p>{t(`batches.bulk.${act === "delete" ? "delete" : "power"}`, { count: vms.length })}</p>
            {groups.length > 1 && (
              <p className="strong">{t("batches.bulk.groups", { count: groups.length })}</p>
            )}
            {["stop", "restart", "delete"].includes(act) && <p>{t("batches.bulk.ephemeral")}</p>}
          </div>
        ),
        extra: act === "stop" && <StopHow how={how} onChange={setHow} />,
      }}
      act={async ({ reason }, key) => {
        // One after the other, each with a key of its own: a repetition answers those that were taken up with themselves.
        const batches: Batch[] = [];
        for (const [index, group] of groups.entries())
          batches.push(await order(group, reason, `${key}-${index}`));
        return batches;
      }}
      onDone={(batches) => {
        void client.invalidateQueries({ queryKey: keys.lists("requests") });
        void client.invalidateQueries({ queryKey: keys.lists("vms") });
        const only = batches.length === 1 ? batches[0] : undefined;
        onDone();
        onClose();
        if (only)
          void navigate({ to: "/requests/$requestId", params: { requestId: only.request.id }, search: {} });
        else void navigate({ to: "/requests", search: {} });
      }}
      onClose={onClose}
    />
  );
}

/** The VMs by service and environment, where each batch is decided. */
function byPlace(vms: VmSummary[]): VmSummary[][] {
  const groups = new Map<string, VmSummary[]>();
  for (const vm of vms) {
    const place = `${vm.service.id} ${vm.environment.id}`;
    groups.set(place, [...(groups.get(place) ?? []), vm]);
  }
  return [...groups.values()];
}
