/** What is asked, in people's words, with the exact content and its hash one fold away. */
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { Minimize2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Request } from "~/api/types";
import { Changes } from "~/parts/Changes";
import { ChangeTable } from "~/parts/ChangeTable";
import { Copyable, IdChip } from "~/parts/Copyable";
import { JsonBlock } from "~/parts/JsonBlock";
import { Details, type Fact, Section } from "~/parts/Page";
import { joinedOf, placeOf } from "~/parts/target";
import { bytes, vcpu } from "~/parts/units";
import { inLanguage } from "./AnswerFields";
import { useFieldLabel, useFieldValue } from "./SpecChanges";
import { specView } from "./spec";

export function Asked({ request }: { request: Request }) {
  const { t } = useTranslation();
  return (
    <Section title={t("requests.asked.title")} id="asked">
      {request.narrowed.length > 0 && <NarrowedNote request={request} />}
      <Details facts={useAskedFacts(request)} />
      {request.changes.length > 0 && <Changes changes={request.changes} />}
      <details className="fold asked-raw">
        <summary>{t("requests.asked.exact")}</summary>
        <div className="stack gap-2">
          <p className="row">
            <span className="dim">{t("requests.asked.hash")}</span>
            <Copyable value={request.spec_hash} shown={`${request.spec_hash.slice(0, 16)}…`} />
          </p>
          <JsonBlock value={request.spec} label={t("requests.asked.exact")} />
        </div>
      </details>
    </Section>
  );
}

/** What approvers took away from what was asked for. */
function NarrowedNote({ request }: { request: Request }) {
  const { t } = useTranslation();
  const label = useFieldLabel();
  const show = useFieldValue();
  const kind = (field: string) => (field === "milli_vcpu" ? "vcpu" : "bytes");
  return (
    <div className="note note-waiting" role="status">
      <Minimize2 size={14} aria-hidden="true" />
      <div className="grow">
        <p className="strong">{t("requests.narrowed")}</p>
        <ChangeTable
          label={t("requests.narrowed")}
          lines={request.narrowed.map(({ field, from, to }) => ({
            key: field,
            label: label(field),
            before: show(kind(field), from),
            after: show(kind(field), to),
          }))}
        />
      </div>
    </div>
  );
}

/** Its name as it was asked for, and the way to it for whoever may know of it. */
function JoinedSystem({ joined }: { joined: { name: string; system: { id: string } | null } }) {
  if (!joined.system) return <span className="mono">{joined.name}</span>;
  return (
    <Link to="/systems/$systemId" params={{ systemId: joined.system.id }} search={{}} className="mono">
      {joined.name}
    </Link>
  );
}

/** What was asked of where it runs, as far as anything was. */
function placeFacts(t: TFunction, { place }: Request): Fact[] {
  const text = (label: string, value: string | null | undefined): Fact[] =>
    value ? [{ label, value: <span className="mono">{value}</span> }] : [];
  return [
    ...text(t("requests.place.zone"), place?.zone),
    ...text(t("requests.place.apartFrom"), place?.apart_from.map(({ name }) => name).join(", ")),
    ...text(t("requests.place.storageClass"), place?.storage_class),
    ...(place?.volume_mode
      ? [{ label: t("requests.place.volumeMode"), value: t(`requests.place.${place.volume_mode}`) }]
      : []),
  ];
}

export function useAskedFacts(request: Request): Fact[] {
  const { t, i18n } = useTranslation();
  const spec = specView(request.spec);
  const facts: Fact[] = [
    { label: t("common.reason"), value: request.reason || <span className="dim">{t("common.none")}</span> },
  ];
  if (request.vm) facts.push({ label: t("common.vm"), value: <Copyable value={request.vm.name} /> });
  const joined = joinedOf(request);
  if (joined) {
    facts.push({ label: t("common.system"), value: <JoinedSystem joined={joined} /> });
    if (spec.role)
      facts.push({ label: t("systems.join.as"), value: t(`systems.members.roles.${spec.role}`) });
  }
  if (request.operation === "vm.create") {
    if (request.size) {
      const disk = spec.diskBytes ?? request.size.disk_bytes;
      facts.push({
        label: t("common.size"),
        value: `${request.size.name} · ${t("common.units.size", {
          cpu: vcpu(t, request.size.milli_vcpu, i18n.language),
          memory: bytes(t, request.size.memory_bytes, i18n.language),
          disk: bytes(t, disk, i18n.language),
        })}`,
      });
      if (disk !== request.size.disk_bytes)
        facts.push({
          label: t("requests.asked.differs"),
          value: t("requests.asked.disk", {
            asked: bytes(t, disk, i18n.language),
            usual: bytes(t, request.size.disk_bytes, i18n.language),
          }),
        });
    }
    if (request.template)
      facts.push({
        label: t("common.template"),
        value: `${request.template.name} ${t("common.version", { version: request.template.version })}`,
      });
    if (spec.root) facts.push({ label: t("vms.root.title"), value: t(`vms.root.${spec.root}`) });
    for (const [name, value] of Object.entries(spec.variables))
      facts.push({ label: name, value: <span className="mono">{value}</span> });
    facts.push(...placeFacts(t, request));
    if (spec.sshKeys.length > 0)
      facts.push({
        label: t("requests.new.keys"),
        value: spec.sshKeys.map((key) => (
          <div key={key} className="mono truncate" title={key}>
            {key}
          </div>
        )),
      });
  }
  for (const { name, labels, value } of request.fields) {
    const shown = typeof value === "boolean" ? t(value ? "common.yes" : "common.no") : String(value);
    facts.push({ label: inLanguage(labels, i18n.language) ?? name, value: shown });
  }
  if (spec.force) facts.push({ label: t("requests.asked.how"), value: t("requests.asked.forced") });
  if (spec.kind) facts.push({ label: t("requests.asked.how"), value: t(`consoles.kind.${spec.kind}`) });
  const place = placeOf(request);
  if (place)
    facts.push({ label: t("common.namespace"), value: <span className="mono">{place.namespace.name}</span> });
  facts.push({ label: t("common.id"), value: <IdChip id={request.id} /> });
  return facts;
}
