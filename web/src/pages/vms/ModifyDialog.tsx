/** Another size, a larger disk, a newer template version, other labels: what it means stands there before one asks. */
import { useQuery } from "@tanstack/react-query";
import { Input, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import { editRequest } from "~/api/queries/requests";
import { modifyPreflightQuery, orderModify } from "~/api/queries/vms";
import type { ModifyVm, Request, Vm } from "~/api/types";
import { Changes } from "~/parts/Changes";
import { Coded } from "~/parts/Coded";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { bytes, gibibyte, vcpu } from "~/parts/units";
import { useAskedFields } from "../requests/asked-fields";

const lines = (labels: Record<string, string>) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");

/** One label a line; what has no `=` is a key without a value. */
const readLabels = (text: string) =>
  Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .map((line) => {
        const at = line.indexOf("=");
        return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  ) as Record<string, string>;

interface Props {
  vm: Vm;
  /** The request whose wording is changed; without it the change is asked for anew. */
  editing?: Request;
  onDone: (request: Request) => void;
  onClose: () => void;
}

/** What a request for a change says that the VM is to be. */
function wordedIn(request: Request | undefined, vm: Vm) {
  const to = (request?.spec.to ?? {}) as Partial<{
    size_version_id: string;
    template_version_id: string;
    disk_bytes: number;
    labels: Record<string, string>;
  }>;
  return {
    size: to.size_version_id ?? vm.size.id,
    template: to.template_version_id ?? vm.template.id,
    disk: to.disk_bytes && to.disk_bytes !== vm.size.disk_bytes ? to.disk_bytes / gibibyte : null,
    labels: lines(request ? (to.labels ?? {}) : vm.labels),
  };
}

export function ModifyDialog(props: Props) {
  const { t, i18n } = useTranslation();
  const { vm, editing } = props;
  const [begin] = useState(() => ({ ...wordedIn(editing, vm), version: editing?.version ?? 0 }));
  const [size, setSize] = useState(begin.size);
  const [template, setTemplate] = useState(begin.template);
  const [disk, setDisk] = useState<number | null>(begin.disk);
  const [labels, setLabels] = useState(begin.labels);
  const asked = useAskedFields(
    "vm.modify",
    vm.environment.id,
    editing?.spec.fields as Record<string, unknown> | undefined,
  );
  const [sizeId, diskId, templateId, labelsId] = [useId(), useId(), useId(), useId()];
  const sizes = useQuery(sizesQuery);
  const templates = useQuery(templatesQuery);
  const body: ModifyVm = {
    base_revision: vm.spec_revision,
    ...(size !== vm.size.id ? { size_version_id: size } : {}),
    ...(template !== vm.template.id ? { template_version_id: template } : {}),
    ...(disk ? { disk_bytes: Math.round(disk * gibibyte) } : {}),
    ...(labels !== lines(vm.labels) ? { labels: readLabels(labels) } : {}),
  };
  const touched = Object.keys(body).length > 1;
  const told = useQuery(modifyPreflightQuery(vm.id, touched ? body : null));
  const refused = !told.data || told.isError || told.data.problems.length > 0 || told.data.outcome === "deny";
  const versions = (templates.data?.items ?? []).find(
    (item) => item.id === vm.template.template_id,
  )?.versions;
  return (
    <ConfirmDialog<Request>
      confirmation={{
        title: t("vms.confirm.modify.title", { name: vm.short_name }),
        verb: editing ? t("requests.edit.submit") : t("vms.confirm.modify.verb"),
        reason: "optional",
        initialReason: editing?.reason ?? "",
        chosen: { body, said: asked.said },
        blocked: !touched || refused || asked.missing,
        consequences: <p>{t("vms.confirm.modify.text")}</p>,
        extra: (
          <div className="stack gap-3">
            <div className="stack gap-1">
              <label htmlFor={sizeId}>{t("common.size")}</label>
              <Select
                id={sizeId}
                value={size}
                onChange={setSize}
                options={(sizes.data?.items ?? [])
                  .flatMap((item) => item.versions.map((version) => ({ item, version })))
                  .filter(({ version }) => version.state === "active" || version.id === vm.size.id)
                  .map(({ item, version }) => ({
                    value: version.id,
                    label: `${item.name} ${t("common.version", { version: version.version })} · ${vcpu(
                      t,
                      version.milli_vcpu,
                      i18n.language,
                    )} · ${bytes(t, version.memory_bytes, i18n.language)}`,
                  }))}
              />
            </div>
            {vm.root === "persistent" && (
              <div className="stack gap-1">
                <label htmlFor={diskId}>{t("requests.new.disk")}</label>
                <InputNumber
                  id={diskId}
                  value={disk}
                  onChange={setDisk}
                  min={vm.size.disk_bytes / gibibyte}
                  max={65536}
                  placeholder={String(vm.size.disk_bytes / gibibyte)}
                />
              </div>
            )}
            {versions && versions.length > 1 && (
              <div className="stack gap-1">
                <label htmlFor={templateId}>{t("common.template")}</label>
                <Select
                  id={templateId}
                  value={template}
                  onChange={setTemplate}
                  options={versions
                    .filter((version) => version.state === "active" || version.id === vm.template.id)
                    .map((version) => ({
                      value: version.id,
                      label: `${vm.template.name} ${t("common.version", { version: version.version })}`,
                    }))}
                />
              </div>
            )}
            <div className="stack gap-1">
              <label htmlFor={labelsId}>{t("vms.labels")}</label>
              <Input.TextArea
                id={labelsId}
                className="mono"
                rows={2}
                value={labels}
                onChange={(event) => setLabels(event.target.value)}
                placeholder={t("vms.changes.labelHint")}
                spellCheck={false}
              />
            </div>
            {asked.block}
            <div aria-live="polite" className="stack gap-2">
              {touched && told.data && <Changes changes={told.data.changes} />}
              {touched && told.data?.restart_needed && vm.power !== "stopped" && (
                <p className="strong">{t("vms.restart.needed")}</p>
              )}
              {touched &&
                [...(told.data?.problems ?? []), ...(told.data?.warnings ?? [])].map((reason) => (
                  <p key={reason.code}>
                    <Coded reason={reason} />
                  </p>
                ))}
            </div>
          </div>
        ),
      }}
      act={({ reason }, key) => {
        const whole = { ...body, ...asked.said, ...(reason ? { reason } : {}) };
        return editing
          ? editRequest(editing.id, begin.version, { operation: "vm.modify", body: whole })
          : orderModify(vm.id, whole, key);
      }}
      onDone={props.onDone}
      onClose={props.onClose}
    />
  );
}
