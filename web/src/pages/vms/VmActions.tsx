/** What one may ask for now. Each act is a request; where policy waves it through it runs at once, and says so. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { ChevronDown, Play, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { orderDelete, orderPower, orderPurge, orderRestore, type PowerVerb } from "~/api/queries/vms";
import type { Request, Vm } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { useAskedFields } from "../requests/asked-fields";
import { ModifyDialog } from "./ModifyDialog";
import { politely, StopHow, stopBody } from "./StopHow";

type Act = PowerVerb | "modify" | "delete" | "restore" | "purge";

export function VmActions({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const [act, setAct] = useState<Act | null>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const toConsole = () =>
    void navigate({ to: "/vms/$vmId", params: { vmId: vm.id }, search: { tab: "console" } });
  const onDone = (request: Request) => {
    setAct(null);
    client.setQueryData(keys.one("requests", request.id), request);
    void client.invalidateQueries({ queryKey: keys.one("vms", vm.id) });
    void client.invalidateQueries({ queryKey: [...keys.all("vms"), "of", vm.id] });
    if (request.state === "pending")
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
  };
  const { may } = vm;
  if (vm.state === "deleted") return null;
  if (vm.state === "trashed" || vm.state === "restoring")
    return (
      <>
        <Button type="primary" disabled={!may.restore} onClick={() => setAct("restore")}>
          {t("vms.act.restore")}
        </Button>
        <Button danger disabled={!may.purge} onClick={() => setAct("purge")}>
          {t("vms.act.purge")}
        </Button>
        {act && act !== "modify" && (
          <ActDialog vm={vm} act={act} onDone={onDone} onClose={() => setAct(null)} />
        )}
      </>
    );
  const items = [
    { key: "stop", label: t("vms.act.stop"), disabled: !may.stop },
    { key: "restart", label: t("vms.act.restart"), disabled: !may.restart },
    ...(may.unpause
      ? [{ key: "unpause", label: t("vms.act.unpause") }]
      : [{ key: "pause", label: t("vms.act.pause"), disabled: !may.pause }]),
    ...(may.start && may.console ? [{ key: "start", label: t("vms.act.start") }] : []),
    { key: "modify", label: t("vms.act.modify"), disabled: !may.modify },
    { key: "like", label: t("vms.act.like") },
    { type: "divider" as const },
    { key: "delete", label: t("vms.act.delete"), danger: true, disabled: !may.delete },
  ];
  return (
    <>
      {may.start && !may.console ? (
        <Button type="primary" icon={<Play size={14} />} onClick={() => setAct("start")}>
          {t("vms.act.start")}
        </Button>
      ) : (
        <Button
          type="primary"
          icon={<SquareTerminal size={14} />}
          onClick={toConsole}
          disabled={!may.console}
        >
          {t("vms.act.console")}
        </Button>
      )}
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          items,
          onClick: ({ key }) =>
            key === "like"
              ? void navigate({ to: "/requests/new", search: { like: vm.id } })
              : setAct(key as Act),
        }}
      >
        <Button iconPlacement="end" icon={<ChevronDown size={14} />}>
          {t("vms.act.more")}
        </Button>
      </Dropdown>
      {act === "modify" && <ModifyDialog vm={vm} onDone={onDone} onClose={() => setAct(null)} />}
      {act && act !== "modify" && (
        <ActDialog vm={vm} act={act} onDone={onDone} onClose={() => setAct(null)} />
      )}
    </>
  );
}

function ActDialog(props: {
  vm: Vm;
  act: Exclude<Act, "modify">;
  onDone: (request: Request) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { vm, act } = props;
  const [how, setHow] = useState(politely);
  const asked = useAskedFields(`vm.${act}`, vm.environment.id);
  const isProtected = vm.environment.protected;
  const destroys = act === "delete" || act === "purge";
  const interrupts = act !== "start" && act !== "unpause" && act !== "restore";
  const losesRoot = vm.root === "ephemeral" && interrupts && act !== "pause" && act !== "purge";
  return (
    <ConfirmDialog<Request>
      confirmation={{
        title: t(`vms.confirm.${act}.title`, { name: vm.short_name }),
        verb: t(`vms.act.${act}`),
        danger: destroys || (act === "stop" && how.force),
        reason: "optional",
        // Deleting always wants the name; in protected environments so does whatever interrupts.
        typeName: destroys || (isProtected && interrupts) ? vm.name : undefined,
        consequences: (
          <div className="stack gap-2">
            <p>{t(`vms.confirm.${act}.text`)}</p>
            {losesRoot && <p className="strong">{t("vms.confirm.ephemeral")}</p>}
            {destroys && vm.root === "persistent" && <p>{t(`vms.confirm.${act}.disk`)}</p>}
            {isProtected && <p>{t("vms.confirm.protected", { name: vm.environment.title })}</p>}
          </div>
        ),
        extra: (
          <>
            {act === "stop" && <StopHow how={how} onChange={setHow} />}
            {asked.block}
          </>
        ),
        chosen: { how, said: asked.said },
        blocked: asked.missing,
      }}
      act={({ reason, name }, key) => {
        const said = { ...asked.said, ...(reason ? { reason } : {}) };
        if (act === "delete") return orderDelete(vm.id, { confirm_name: name, ...said }, key);
        if (act === "purge") return orderPurge(vm.id, { confirm_name: name, ...said }, key);
        if (act === "restore") return orderRestore(vm.id, said, key);
        return orderPower(vm.id, { verb: act, ...said, ...(act === "stop" ? stopBody(how) : {}) }, key);
      }}
      onDone={props.onDone}
      onClose={props.onClose}
    />
  );
}
