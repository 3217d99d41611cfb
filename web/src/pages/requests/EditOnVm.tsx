/** Changing a request about a VM that exists: how it is stopped, which console, and the reason. */
import { useQueryClient } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type EditRequest, editRequest } from "~/api/queries/requests";
import type { ConsoleKind, Request } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { StopHow, stopBody } from "../vms/StopHow";
import { specView } from "./spec";

export function EditOnVm({ request, onClose }: { request: Request; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  // The wording that was opened: a newer one refuses the edit.
  const [version] = useState(request.version);
  const asked = specView(request.spec);
  const grace = request.spec.grace_seconds;
  const [how, setHow] = useState({ force: asked.force, grace: typeof grace === "number" ? grace : null });
  const [kind, setKind] = useState<ConsoleKind>(asked.kind ?? "serial");
  const bodyOf = (reason: string, name: string): EditRequest => {
    const { operation } = request;
    // What was answered beside it stays as it is.
    const fields = (request.spec.fields ?? {}) as Record<string, unknown>;
    if (operation === "vm.create") throw new Error("a new VM has a form of its own");
    if (operation === "vm.stop") return { operation, body: { reason, fields, ...stopBody(how) } };
    if (operation === "vm.console") return { operation, body: { reason, fields, kind } };
    if (operation === "vm.delete") return { operation, body: { reason, fields, confirm_name: name } };
    return { operation, body: { reason, fields } };
  };
  return (
    <ConfirmDialog
      confirmation={{
        title: t("requests.edit.title", { number: t("common.requestNumber", { number: request.number }) }),
        consequences: t("requests.edit.dialogText"),
        verb: t("requests.edit.submit"),
        reason: "optional",
        initialReason: request.reason,
        typeName: request.operation === "vm.delete" ? request.vm?.name : undefined,
        extra:
          request.operation === "vm.stop" ? (
            <StopHow how={how} onChange={setHow} />
          ) : request.operation === "vm.console" ? (
            <Segmented
              value={kind}
              onChange={setKind}
              options={[
                { value: "serial", label: t("consoles.kind.serial") },
                { value: "vnc", label: t("consoles.kind.vnc") },
              ]}
            />
          ) : undefined,
      }}
      act={({ reason, name }) => editRequest(request.id, version, bodyOf(reason, name))}
      onDone={(answer) => {
        client.setQueryData(keys.one("requests", request.id), answer);
        void client.invalidateQueries({ queryKey: keys.lists("requests") });
        onClose();
      }}
      onClose={onClose}
    />
  );
}
