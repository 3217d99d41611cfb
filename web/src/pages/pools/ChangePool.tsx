/** Asking for another spec of a pool, or other bounds; what is not touched stays. */
import { useQuery } from "@tanstack/react-query";
import { Input, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import { type ChangePool as Body, orderPoolChange, type Pool } from "~/api/queries/pools";
import type { Request } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { bytes, vcpu } from "~/parts/units";
import { useAskedFields } from "../requests/asked-fields";
import { type CheckKind, checkKinds, fromHealth, toHealth } from "./check";

export function ChangePool({
  pool,
  onDone,
  onClose,
}: {
  pool: Pool;
  onDone: (request: Request) => void;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  // The pool that was opened: a newer one refuses the change.
  const [before] = useState(pool);
  const { pool: about } = before;
  const [min, setMin] = useState(about.min);
  const [max, setMax] = useState(about.max);
  const [size, setSize] = useState(before.size?.id);
  const [template, setTemplate] = useState(before.template?.id);
  const known = fromHealth(before.upkeep.health);
  const [check, setCheck] = useState(known);
  const asked = useAskedFields("pool.change", about.environment.id, undefined);
  const [minId, maxId, sizeId, templateId, checkId, portId, pathId] = [
    useId(),
    useId(),
    useId(),
    useId(),
    useId(),
    useId(),
    useId(),
  ];
  const sizes = useQuery(sizesQuery);
  const templates = useQuery(templatesQuery);
  const versions = templates.data?.items.find((item) => item.id === before.template?.template_id)?.versions;
  const other = check && JSON.stringify(check) !== JSON.stringify(known);
  const body: Body = {
    base_revision: before.revision,
    ...(min !== about.min ? { min } : {}),
    ...(max !== about.max ? { max } : {}),
    ...(size && size !== before.size?.id ? { size_version_id: size } : {}),
    ...(template && template !== before.template?.id ? { template_version_id: template } : {}),
    ...(other ? { upkeep: { health: toHealth(check) } } : {}),
  };
  const touched = Object.keys(body).length > 1;
  const rolls = Boolean(body.size_version_id ?? body.template_version_id);
  return (
    <ConfirmDialog<Request>
      confirmation={{
        title: t("pools.change.title", { name: about.name }),
        verb: t("pools.change.verb"),
        reason: "optional",
        chosen: { body, said: asked.said },
        blocked: !touched || asked.missing,
        consequences: <p>{t(rolls ? "pools.change.rolls" : "pools.change.text")}</p>,
        extra: (
          <div className="stack gap-3">
            <div className="row gap-3">
              <div className="stack gap-1">
                <label htmlFor={minId}>{t("pools.new.min")}</label>
                <InputNumber
                  id={minId}
                  min={0}
                  max={500}
                  precision={0}
                  value={min}
                  onChange={(n) => setMin(n ?? 0)}
                />
              </div>
              <div className="stack gap-1">
                <label htmlFor={maxId}>{t("pools.new.max")}</label>
                <InputNumber
                  id={maxId}
                  min={1}
                  max={500}
                  precision={0}
                  value={max}
                  onChange={(n) => setMax(n ?? 1)}
                />
              </div>
            </div>
            {versions && (
              <div className="stack gap-1">
                <label htmlFor={templateId}>{t("common.template")}</label>
                <Select
                  id={templateId}
                  value={template}
                  onChange={setTemplate}
                  options={versions
                    .filter((version) => version.state === "active" || version.id === before.template?.id)
                    .map((version) => ({
                      value: version.id,
                      label: `${before.template?.name ?? ""} ${t("common.version", { version: version.version })}`,
                    }))}
                />
              </div>
            )}
            <div className="stack gap-1">
              <label htmlFor={sizeId}>{t("common.size")}</label>
              <Select
                id={sizeId}
                value={size}
                onChange={setSize}
                options={(sizes.data?.items ?? [])
                  .flatMap((item) => item.versions.map((version) => ({ item, version })))
                  .filter(({ version }) => version.state === "active" || version.id === before.size?.id)
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
            {check ? (
              <div className="row gap-3">
                <div className="stack gap-1">
                  <label htmlFor={checkId}>{t("pools.new.check")}</label>
                  <Select<CheckKind>
                    id={checkId}
                    value={check.kind}
                    onChange={(kind) => setCheck({ ...check, kind })}
                    options={checkKinds.map((kind) => ({ value: kind, label: t(`pools.check.${kind}`) }))}
                  />
                </div>
                {(check.kind === "http" || check.kind === "tcp") && (
                  <div className="stack gap-1">
                    <label htmlFor={portId}>{t("pools.new.port")}</label>
                    <InputNumber
                      id={portId}
                      min={1}
                      max={65535}
                      precision={0}
                      value={check.port}
                      onChange={(port) => setCheck({ ...check, port: port ?? 80 })}
                    />
                  </div>
                )}
                {check.kind === "http" && (
                  <div className="stack gap-1">
                    <label htmlFor={pathId}>{t("pools.new.path")}</label>
                    <Input
                      id={pathId}
                      value={check.path}
                      onChange={(event) => setCheck({ ...check, path: event.target.value })}
                      spellCheck={false}
                    />
                  </div>
                )}
              </div>
            ) : (
              <p className="soft">{t("pools.change.checksStay")}</p>
            )}
            {asked.block}
          </div>
        ),
      }}
      act={({ reason }, key) =>
        orderPoolChange(about.id, { ...body, ...asked.said, ...(reason ? { reason } : {}) }, key)
      }
      onDone={onDone}
      onClose={onClose}
    />
  );
}
