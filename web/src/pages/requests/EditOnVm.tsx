/** Changing a request for anything but a new VM: what it becomes, how it is stopped, which console or role, and what is said. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type EditRequest, editRequest } from "~/api/queries/requests";
import { vmQuery } from "~/api/queries/vms";
import type { ConsoleKind, MemberRole, Request } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { environmentOf, joinedOf } from "~/parts/target";
import { RoleChoice } from "../systems/RoleChoice";
import { ModifyDialog } from "../vms/ModifyDialog";
import { StopHow, stopBody } from "../vms/StopHow";
import { useAskedFields } from "./asked-fields";
import { specView } from "./spec";

export function EditOnVm({ request, onClose }: { request: Request; onClose: () => void }) {
  const client = useQueryClient();
  const vm = useQuery({
    ...vmQuery(request.vm?.id ?? ""),
    enabled: request.operation === "vm.modify" && request.vm !== null,
  });
  const onDone = (answer: Request) => {
    client.setQueryData(keys.one("requests", request.id), answer);
    void client.invalidateQueries({ queryKey: keys.lists("requests") });
    onClose();
  };
  if (request.operation !== "vm.modify")
    return <EditWords request={request} onDone={onDone} onClose={onClose} />;
  return vm.data ? <ModifyDialog vm={vm.data} editing={request} onDone={onDone} onClose={onClose} /> : null;
}

function EditWords(props: { request: Request; onDone: (answer: Request) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const { request } = props;
  // The wording that was opened: a newer one refuses the edit.
  const [version] = useState(request.version);
  const answered = request.spec.fields as Record<string, unknown> | undefined;
  const fields = useAskedFields(request.operation, environmentOf(request)?.id, answered);
  const asked = specView(request.spec);
  const grace = request.spec.grace_seconds;
  const [how, setHow] = useState({ force: asked.force, grace: typeof grace === "number" ? grace : null });
  const [kind, setKind] = useState<ConsoleKind>(asked.kind ?? "serial");
  const [role, setRole] = useState<MemberRole>(asked.role ?? "member");
  const destroys = request.operation === "vm.delete" || request.operation === "vm.purge";
  const bodyOf = (reason: string, name: string): EditRequest => {
    const { operation } = request;
    const said = { reason, ...fields.said };
    switch (operation) {
      case "vm.stop":
        return { operation, body: { ...said, ...stopBody(how) } };
      case "vm.console":
        return { operation, body: { ...said, kind } };
      case "vm.delete":
      case "vm.purge":
        return { operation, body: { ...said, confirm_name: name } };
      case "system.join":
        return { operation, body: { ...said, system: joinedOf(request)?.name ?? "", role } };
      case "vm.create":
      case "vm.modify":
        throw new Error("a whole VM has a form of its own");
      case "pool.create":
      case "pool.change":
      case "pool.delete":
        throw new Error("a pool is approved or rejected as it is");
      default:
        return { operation, body: said };
    }
  };
  return (
    <ConfirmDialog
      confirmation={{
        title: t("requests.edit.title", { number: t("common.requestNumber", { number: request.number }) }),
        consequences: t("requests.edit.dialogText"),
        verb: t("requests.edit.submit"),
        reason: "optional",
        initialReason: request.reason,
        typeName: destroys ? request.vm?.name : undefined,
        blocked: fields.missing,
        extra: (
          <>
            {request.operation === "vm.stop" && <StopHow how={how} onChange={setHow} />}
            {request.operation === "vm.console" && (
              <Segmented
                value={kind}
                onChange={setKind}
                options={[
                  { value: "serial", label: t("consoles.kind.serial") },
                  { value: "vnc", label: t("consoles.kind.vnc") },
                ]}
              />
            )}
            {request.operation === "system.join" && <RoleChoice value={role} onChange={setRole} />}
            {fields.block}
          </>
        ),
      }}
      act={({ reason, name }) => editRequest(request.id, version, bodyOf(reason, name))}
      onDone={props.onDone}
      onClose={props.onClose}
    />
  );
}
