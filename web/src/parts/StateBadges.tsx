/** State badges for each kind of thing, with the words of the current language. */
import { useTranslation } from "react-i18next";
import type { ClusterHealth, Operation, PowerState, RequestState, VmState } from "~/api/types";
import { StateBadge } from "./StateBadge";
import { tones } from "./tones";

/** What a VM is doing: its own life before and after running (creating, deleted) outranks its power. */
export function VmBadge({
  state,
  power,
  title,
}: {
  state: VmState;
  power: PowerState;
  title?: string | undefined;
}) {
  const { t } = useTranslation();
  const extra = title ? { title } : {};
  if (state === "active")
    return <StateBadge tone={tones.power(power)} label={t(`states.power.${power}`)} {...extra} />;
  const tone = (
    {
      creating: "changing",
      restoring: "changing",
      deleting: "changing",
      trashed: "stopped",
      deleted: "stopped",
      failed: "failed",
    } as const
  )[state as "creating"];
  return <StateBadge tone={tone ?? "unknown"} label={t(`states.vm.${state}`)} {...extra} />;
}

export function RequestBadge({ state }: { state: RequestState }) {
  const { t } = useTranslation();
  return <StateBadge tone={tones.request(state)} label={t(`states.request.${state}`)} />;
}

export function OperationBadge({ state }: { state: Operation["state"] }) {
  const { t } = useTranslation();
  return <StateBadge tone={tones.operation(state)} label={t(`states.operation.${state}`)} />;
}

export function HealthBadge({ health }: { health: ClusterHealth }) {
  const { t } = useTranslation();
  return <StateBadge tone={tones.health(health)} label={t(`states.health.${health}`)} />;
}
