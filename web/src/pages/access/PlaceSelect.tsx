/** Choosing where: a System, a Service or a VM, found by name. */
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fewServicesQuery, fewSystemsQuery } from "~/api/queries/systems";
import { fewVmsQuery } from "~/api/queries/vms";
import { usePaused } from "~/parts/use-paused";
import { type PlaceSearch, placeOf, placeText } from "./place";

interface Props {
  id: string;
  value: PlaceSearch;
  /** What the chosen place is called, where it came with a link. */
  shown?: string | undefined;
  onChange: (place: PlaceSearch) => void;
}

export function PlaceSelect({ id, value, shown, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const q = usePaused(text.trim());
  const filter = q ? { q } : {};
  const systems = useQuery(fewSystemsQuery(filter, 10));
  const services = useQuery(fewServicesQuery(filter, 10));
  const vms = useQuery(fewVmsQuery(filter, 10));
  const chosen = placeText(value);
  const groups = [
    {
      label: t("access.systems"),
      options: (systems.data?.items ?? []).map(({ id, name }) => ({ value: `system:${id}`, label: name })),
    },
    {
      label: t("access.services"),
      options: (services.data?.items ?? []).map(({ id, name, system }) => ({
        value: `service:${id}`,
        label: `${system.name} / ${name}`,
      })),
    },
    {
      label: t("access.vms"),
      options: (vms.data?.items ?? []).map(({ id, name }) => ({ value: `vm:${id}`, label: name })),
    },
  ].filter(({ options }) => options.length > 0);
  const offered = groups.some(({ options }) => options.some((option) => option.value === chosen));
  return (
    <Select
      allowClear
      id={id}
      placeholder={t("access.anywhere")}
      loading={systems.isFetching || services.isFetching || vms.isFetching}
      {...(chosen ? { value: chosen } : {})}
      onChange={(next?: string) => onChange(placeOf(next))}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={
        chosen && !offered ? [{ value: chosen, label: shown ?? t("access.chosen") }, ...groups] : groups
      }
    />
  );
}
