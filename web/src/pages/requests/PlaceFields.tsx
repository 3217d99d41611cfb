/** Where the VM runs, if that matters: a zone, apart from other VMs, and what its disk is of. Most leave it closed. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { placementChoicesQuery } from "~/api/queries/catalogue";
import { fewVmsQuery, vmQuery } from "~/api/queries/vms";
import type { PlaceWish } from "~/api/types";
import { usePaused } from "./request-form";

interface Props {
  environment: string | undefined;
  /** Its disk outlives it, so there is storage to choose. */
  persistent: boolean;
  chosen: PlaceWish | undefined;
}

export function PlaceFields({ environment, persistent, chosen }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const query = useQuery({
    ...placementChoicesQuery(environment ?? ""),
    enabled: environment !== undefined,
  });
  // What was asked for before may be gone since: it stays to be seen and taken back.
  const known = (names: string[], own: string | undefined) =>
    own && !names.includes(own) ? [...names, own] : names;
  const zones = known(query.data?.zones ?? [], chosen?.zone);
  const classes = query.data?.storage_classes ?? [];
  const names = known(
    classes.map(({ name }) => name),
    chosen?.storage_class,
  );
  const made = classes.find(({ name }) => name === chosen?.storage_class)?.volume_modes ?? [];
  const modes = (["block", "filesystem"] as const).filter((mode) => made.length === 0 || made.includes(mode));
  const any = t("requests.place.any");
  const asked = Object.values(chosen ?? {}).some((value) => value && value.length > 0);
  return (
    <details
      className="fold request-place"
      open={open || asked}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{t("requests.place.title")}</summary>
      <div className="request-pair">
        <Form.Item name={["place", "zone"]} label={t("requests.place.zone")}>
          <Select
            allowClear
            loading={query.isFetching}
            placeholder={any}
            options={zones.map((value) => ({ value, label: <span className="mono">{value}</span> }))}
          />
        </Form.Item>
        <Apart environment={environment} chosen={chosen?.apart_from ?? []} />
      </div>
      {persistent && (
        <div className="request-pair">
          <Form.Item name={["place", "storage_class"]} label={t("requests.place.storageClass")}>
            <Select
              allowClear
              loading={query.isFetching}
              placeholder={t("requests.place.usual")}
              options={names.map((value) => ({ value, label: <span className="mono">{value}</span> }))}
            />
          </Form.Item>
          <Form.Item name={["place", "volume_mode"]} label={t("requests.place.volumeMode")}>
            <Select
              allowClear
              placeholder={t("requests.place.usual")}
              options={modes.map((value) => ({ value, label: t(`requests.place.${value}`) }))}
            />
          </Form.Item>
        </div>
      )}
    </details>
  );
}

/** Other VMs, found by their names. */
function Apart({ environment, chosen }: { environment: string | undefined; chosen: string[] }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const q = usePaused(typed.trim());
  const filters = { ...(environment ? { environment_id: environment } : {}), ...(q ? { q } : {}) };
  const found = useQuery({ ...fewVmsQuery(filters, 20), enabled: environment !== undefined });
  const items = found.data?.items ?? [];
  const missing = chosen.filter((id) => items.every((vm) => vm.id !== id));
  const others = useQueries({ queries: missing.map((id) => vmQuery(id)) });
  const named = [...items, ...others.flatMap(({ data }) => (data ? [data] : []))];
  return (
    <Form.Item
      name={["place", "apart_from"]}
      label={t("requests.place.apartFrom")}
      extra={t("requests.place.apartHint")}
    >
      <Select
        mode="multiple"
        allowClear
        maxCount={16}
        placeholder={t("common.none")}
        loading={found.isFetching}
        showSearch={{ filterOption: false, onSearch: setTyped }}
        options={named.map(({ id, name }) => ({ value: id, label: <span className="mono">{name}</span> }))}
      />
    </Form.Item>
  );
}
