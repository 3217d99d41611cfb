/** The data behind the request form: what may be chosen, what is chosen at first, and the body it becomes. */
import { useQuery } from "@tanstack/react-query";
import type { FormInstance } from "antd";
import { useEffect, useMemo, useState } from "react";
import { namespacesQuery, sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import { sshKeysQuery } from "~/api/queries/me";
import { requestQuery } from "~/api/queries/requests";
import { fewServicesQuery } from "~/api/queries/systems";
import { vmQuery } from "~/api/queries/vms";
import type { components } from "~/api/schema";
import type {
  Draft,
  DraftVm,
  Environment,
  Namespace,
  PlaceWish,
  Request,
  RequestVm,
  Service,
  Size,
  Template,
} from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { placeOf } from "~/parts/target";
import { gibibyte } from "~/parts/units";

export type TemplateVersion = components["schemas"]["TemplateVersion"];
export type SizeVersion = components["schemas"]["SizeVersion"];
export type SshKey = components["schemas"]["SshKey"];

export interface FormValues {
  service_id?: string;
  namespace_id?: string;
  template_version_id?: string;
  size_version_id?: string;
  disk_gib?: number | null;
  variables?: Record<string, string>;
  /** Where the values of secret variables are kept. */
  secret_ids?: Record<string, string>;
  ssh_key_ids?: string[];
  /** Where it runs. */
  place?: PlaceWish;
  /** What is asked for beside the VM. */
  fields?: Record<string, unknown>;
  reason?: string;
}

/** People ask for the same service again and again; this browser remembers which. */
export const lastService = {
  read: (): string | undefined => localStorage.getItem("shepherd.last-service") ?? undefined,
  keep: (id: string): void => localStorage.setItem("shepherd.last-service", id),
};

/** A template or size with the version that a new VM gets: the newest that is not withdrawn. */
export interface Offered<Item, Version> {
  item: Item;
  version: Version;
}

export type ServiceChoice = Pick<Service, "id" | "name" | "system">;

export interface Choices {
  services: ServiceChoice[];
  templates: Offered<Template, TemplateVersion>[];
  sizes: Offered<Size, SizeVersion>[];
  sshKeys: SshKey[];
  environment: Environment | undefined;
  wantedService: string | undefined;
  /** What to begin with: a VM or a request to ask for again, or the request that is being changed. */
  base: FormValues | undefined;
}

interface Versioned {
  id: string;
  state: string;
}

/** What may be chosen: the version that a new VM gets, or the one that is asked for already. */
function offer<Item extends { versions: Version[] }, Version extends Versioned>(
  items: Item[],
  keep: string | undefined,
) {
  return items.flatMap((item) => {
    const version =
      item.versions.find((v) => v.id === keep) ??
      item.versions.find((v) => v.state === "active") ??
      item.versions.find((v) => v.state !== "withdrawn");
    return version ? [{ item, version } as Offered<Item, Version>] : [];
  });
}

/** The values a canonical spec of a new VM was asked with. */
export function fromSpec(spec: Record<string, unknown>, usualDisk: number | undefined): FormValues {
  const text = (name: string) => (typeof spec[name] === "string" ? { [name]: spec[name] } : {});
  const disk = spec.disk_bytes;
  const variables = Object.entries((spec.variables ?? {}) as Record<string, unknown>);
  const secrets = (spec.secrets ?? {}) as Record<string, string>;
  const sshKeys = Array.isArray(spec.ssh_keys) ? (spec.ssh_keys as Record<string, unknown>[]) : [];
  return {
    ...text("service_id"),
    ...text("namespace_id"),
    ...text("template_version_id"),
    ...text("size_version_id"),
    ...(typeof disk === "number" && disk > 0 && disk !== usualDisk ? { disk_gib: disk / gibibyte } : {}),
    variables: Object.fromEntries(variables.map(([name, value]) => [name, String(value)])),
    ...(Object.keys(secrets).length > 0 ? { secret_ids: secrets } : {}),
    ssh_key_ids: sshKeys.flatMap(({ id }) => (typeof id === "string" ? [id] : [])),
    ...placeOfSpec(spec),
    ...(spec.fields ? { fields: spec.fields as Record<string, unknown> } : {}),
  };
}

/** The part of the spec that says where it runs. */
function placeOfSpec(spec: Record<string, unknown>): { place?: PlaceWish } {
  const { zone, apart_from, storage_class, volume_mode } = spec as PlaceWish;
  return withPlace({
    ...(zone ? { zone } : {}),
    ...(apart_from ? { apart_from } : {}),
    ...(storage_class ? { storage_class } : {}),
    ...(volume_mode ? { volume_mode } : {}),
  });
}

/** Only what was chosen, and nothing where nothing was; without a disk there is no storage to choose. */
function withPlace(chosen: PlaceWish | undefined, persistent = true): { place?: PlaceWish } {
  const storage = ["storage_class", "volume_mode"];
  const place = Object.fromEntries(
    Object.entries(chosen ?? {}).filter(
      ([name, value]) => value && value.length > 0 && (persistent || !storage.includes(name)),
    ),
  ) as PlaceWish;
  return Object.keys(place).length > 0 ? { place } : {};
}

/** The values of a draft, as far as it has come. */
export function fromDraft({ disk_bytes, another: _, ...rest }: DraftVm): FormValues {
  return { ...rest, ...(disk_bytes ? { disk_gib: disk_bytes / gibibyte } : {}) };
}

/** The same the other way; only a service is needed for a draft. */
export function toDraft({ disk_gib, service_id, secret_ids: _, place, ...rest }: FormValues): DraftVm | null {
  if (!service_id) return null;
  const variables = Object.fromEntries(Object.entries(rest.variables ?? {}).filter(([, value]) => value));
  return {
    ...rest,
    service_id,
    variables,
    ...withPlace(place),
    reason: rest.reason?.trim() ?? "",
    ...(disk_gib ? { disk_bytes: Math.round(disk_gib * gibibyte) } : {}),
  };
}

interface Start {
  service?: string;
  /** Another VM like this one. */
  like?: string;
  /** Another request like this one. */
  from?: string;
  /** This wish, kept for later and taken up again. */
  draft?: Draft | undefined;
  /** This request, changed. */
  editing?: Request;
}

export function useChoices(search: Start) {
  const environment = useEnvironment();
  const services = useQuery(fewServicesQuery({}, 200));
  const templates = useQuery(templatesQuery);
  const sizes = useQuery(sizesQuery);
  const sshKeys = useQuery(sshKeysQuery);
  const { editing, draft } = search;
  const like = useQuery({ ...vmQuery(search.like ?? ""), enabled: Boolean(search.like) });
  const from = useQuery({ ...requestQuery(search.from ?? ""), enabled: Boolean(search.from) });
  const all = [services, templates, sizes, sshKeys];
  const failed = all.find((query) => query.isError);
  const waiting =
    all.some((query) => query.isPending) ||
    (search.like !== undefined && like.isPending) ||
    (search.from !== undefined && from.isPending);
  const data = useMemo<Choices | null>(() => {
    if (waiting || !services.data || !templates.data || !sizes.data || !sshKeys.data) return null;
    const model = editing ?? from.data ?? like.data;
    const base = draft ? fromDraft(draft.body) : model && fromSpec(model.spec, model.size?.disk_bytes);
    const keep = editing || draft ? base : undefined;
    const place = editing && placeOf(editing);
    return {
      services: place ? [{ ...place.service, system: place.system }] : services.data.items,
      templates: offer<Template, TemplateVersion>(templates.data.items, keep?.template_version_id),
      sizes: offer<Size, SizeVersion>(sizes.data.items, keep?.size_version_id).sort(
        (a, b) =>
          a.version.memory_bytes - b.version.memory_bytes || a.version.milli_vcpu - b.version.milli_vcpu,
      ),
      sshKeys: editing ? withKeysOf(editing.spec, sshKeys.data.items) : sshKeys.data.items,
      environment,
      wantedService: search.service,
      // A secret is of the request it was given for; another one wants its own.
      base: base && (editing ? { ...base, reason: editing.reason } : { ...base, secret_ids: {} }),
    };
  }, [
    waiting,
    services.data,
    templates.data,
    sizes.data,
    sshKeys.data,
    like.data,
    from.data,
    editing,
    draft,
    environment,
    search.service,
  ]);
  const retry = () => {
    for (const query of all) if (query.isError) void query.refetch();
  };
  return { data, error: failed?.error ?? null, retry };
}

/** One's own keys, and those that are asked for already: someone else's, where one changes their request. */
function withKeysOf(spec: Record<string, unknown>, own: SshKey[]): SshKey[] {
  const asked = (Array.isArray(spec.ssh_keys) ? spec.ssh_keys : []) as Pick<SshKey, "id" | "fingerprint">[];
  const strange = asked.filter(({ id }) => own.every((key) => key.id !== id));
  return [...own, ...strange.map((key) => ({ ...key, name: "" }) as SshKey)];
}

/** First values, and the namespaces of the chosen service's System; a choice that no longer fits is replaced. */
export function useDefaults(
  choices: Choices,
  values: FormValues | undefined,
  form: FormInstance<FormValues>,
) {
  const { base } = choices;
  const initial = useMemo<FormValues>(() => {
    const only = choices.services.length === 1 ? choices.services[0] : undefined;
    const template = offeredFor(choices.templates, base?.template_version_id);
    const size = offeredFor(choices.sizes, base?.size_version_id);
    const known = (id: string | undefined) =>
      choices.services.some((service) => service.id === id) ? id : undefined;
    const service =
      known(base?.service_id) ?? known(choices.wantedService) ?? known(lastService.read()) ?? only?.id;
    const mine = new Set(choices.sshKeys.map((key) => key.id));
    return {
      ...(service ? { service_id: service } : {}),
      ...(base?.namespace_id ? { namespace_id: base.namespace_id } : {}),
      ...(template ? { template_version_id: template.version.id } : {}),
      ...(size ? { size_version_id: size.version.id } : {}),
      ...(base?.secret_ids ? { secret_ids: base.secret_ids } : {}),
      ...(base?.disk_gib ? { disk_gib: base.disk_gib } : {}),
      ...(base?.place ? { place: base.place } : {}),
      ssh_key_ids: base?.ssh_key_ids?.filter((id) => mine.has(id)) ?? [...mine],
      reason: base?.reason ?? "",
    };
  }, [choices, base]);

  const service = choices.services.find((candidate) => candidate.id === values?.service_id);
  const system = service?.system.id;
  const query = useQuery({
    ...namespacesQuery(system ? { system_id: system } : {}),
    enabled: Boolean(system),
  });
  const namespaces = system ? query.data?.items : [];
  const chosen = values?.namespace_id;
  useEffect(() => {
    if (!namespaces || namespaces.some((namespace) => namespace.id === chosen)) return;
    form.setFieldValue("namespace_id", firstNamespace(namespaces, choices)?.id);
  }, [namespaces, chosen, form, choices]);
  return { initial, namespaces };
}

/** What is offered of the item that this version belongs to, else the first. */
function offeredFor<Item extends { versions: { id: string }[] }, Version>(
  offered: Offered<Item, Version>[],
  version: string | undefined,
): Offered<Item, Version> | undefined {
  return offered.find(({ item }) => item.versions.some(({ id }) => id === version)) ?? offered[0];
}

/** The namespace of what is repeated, else one in the chosen environment, else an unprotected one. */
function firstNamespace(namespaces: Namespace[], choices: Choices): Namespace | undefined {
  return (
    namespaces.find((namespace) => namespace.id === choices.base?.namespace_id) ??
    namespaces.find((namespace) => namespace.environment.id === choices.environment?.id) ??
    namespaces.find((namespace) => !namespace.environment.protected) ??
    namespaces[0]
  );
}

/** The body for the server, or nothing while something needed is missing. */
export function toBody(values: FormValues, choices: Choices, another: boolean): RequestVm | null {
  const { service_id, namespace_id, template_version_id, size_version_id } = values;
  if (!service_id || !namespace_id || !template_version_id || !size_version_id) return null;
  const version = choices.templates.find((template) => template.version.id === template_version_id)?.version;
  const variables = Object.fromEntries(
    (version?.variables ?? []).flatMap(({ name, kind, default: usual }) => {
      if (kind === "secret") return [];
      const value = values.variables?.[name] ?? usual ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  const wanted = (version?.variables ?? []).filter(({ kind }) => kind === "secret");
  if (wanted.some(({ name }) => !values.secret_ids?.[name])) return null;
  const secrets = Object.fromEntries(wanted.map(({ name }) => [name, values.secret_ids?.[name] ?? ""]));
  const given = (value: unknown) => value !== undefined && value !== null && value !== "";
  const fields = Object.fromEntries(Object.entries(values.fields ?? {}).filter(([, value]) => given(value)));
  return {
    service_id,
    namespace_id,
    template_version_id,
    size_version_id,
    ...(values.disk_gib ? { disk_bytes: Math.round(values.disk_gib * gibibyte) } : {}),
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
    ...(Object.keys(secrets).length > 0 ? { secret_ids: secrets } : {}),
    ssh_key_ids: values.ssh_key_ids ?? [],
    ...withPlace(values.place, version?.root === "persistent"),
    reason: values.reason?.trim() ?? "",
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(another ? { another: true } : {}),
  };
}

/** A pattern of the template, if this browser can read it; the server checks in any case. */
export function readPattern(pattern: string | null | undefined): RegExp | null {
  if (!pattern) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}

/** Whether every variable has the form its template asks for. What has not is marked at its field already. */
export function variablesFit(values: FormValues, version: TemplateVersion | undefined): boolean {
  return (version?.variables ?? []).every(({ name, pattern }) => {
    const value = values.variables?.[name] ?? "";
    return value === "" || readPattern(pattern)?.test(value) !== false;
  });
}

/** A value once it has stood still for a moment: one preflight per pause, not per key. */
export function usePaused<T>(value: T): T {
  const text = JSON.stringify(value);
  const [paused, setPaused] = useState(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the value, which is new each time
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
