/** Which columns of a list are shown; the choice stays in this browser. */
import { Button, Dropdown } from "antd";
import { Columns3 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Column } from "./ResourceList";

export interface ColumnChoice {
  isShown: (key: string) => boolean;
  toggle: (key: string) => void;
}

function stored(name: string): Record<string, boolean> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`shepherd.columns.${name}`) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, boolean>) : {};
  } catch {
    return {};
  }
}

export function useColumns<Row>(name: string, columns: Column<Row>[]) {
  const [choices, setChoices] = useState(() => stored(name));
  const byDefault = (key: string) => columns.find((column) => column.key === key)?.hidden !== true;
  const isShown = (key: string) => choices[key] ?? byDefault(key);
  const toggle = (key: string) => {
    const next = { ...choices, [key]: !isShown(key) };
    localStorage.setItem(`shepherd.columns.${name}`, JSON.stringify(next));
    setChoices(next);
  };
  const shown = columns.filter((column) => column.fixed || isShown(column.key));
  return { shown, choice: { isShown, toggle } satisfies ColumnChoice };
}

export function ColumnMenu<Row>({ columns, choice }: { columns: Column<Row>[]; choice: ColumnChoice }) {
  const { t } = useTranslation();
  const offered = columns.filter((column) => !column.fixed);
  if (offered.length === 0) return null;
  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        multiple: true,
        selectable: true,
        selectedKeys: offered.filter((column) => choice.isShown(column.key)).map((column) => column.key),
        onSelect: ({ key }) => choice.toggle(key),
        onDeselect: ({ key }) => choice.toggle(key),
        items: offered.map((column) => ({ key: column.key, label: column.title })),
      }}
    >
      <Button
        type="text"
        aria-label={t("list.columns")}
        title={t("list.columns")}
        icon={<Columns3 size={15} />}
      />
    </Dropdown>
  );
}
