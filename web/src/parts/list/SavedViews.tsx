/** The saved views of a list: one click sets all filters; what is set now can be kept under a name. */
import { useNavigate } from "@tanstack/react-router";
import { Button, Dropdown, Form, Input } from "antd";
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sameSearch, useViews, type View, type ViewList, viewSearch } from "~/app/views";
import { FormDialog } from "../FormDialog";

interface Props {
  list: ViewList;
  /** What stands in the address now. */
  search: Record<string, unknown>;
}

export function SavedViews({ list, search }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { views, save, remove } = useViews();
  const [saving, setSaving] = useState(false);
  const mine = views.filter((view) => view.list === list);
  const now = viewSearch(search);
  const current = mine.find((view) => sameSearch(view.search, now));
  const open = (view: View) => void navigate({ to: `/${list}`, search: view.search as never });
  const items = [
    ...mine.map((view) => ({
      key: `open ${view.name}`,
      label: view.name,
      onClick: () => open(view),
    })),
    ...(mine.length > 0 ? [{ type: "divider" as const }] : []),
    {
      key: "save",
      label: t("list.views.save"),
      disabled: Object.keys(now).length === 0 || current !== undefined,
      onClick: () => setSaving(true),
    },
    ...(current
      ? [
          {
            key: "remove",
            label: t("list.views.remove", { name: current.name }),
            onClick: () => remove(current),
          },
        ]
      : []),
  ];
  return (
    <>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{ items, selectable: true, selectedKeys: current ? [`open ${current.name}`] : [] }}
      >
        <Button
          type="text"
          icon={<Bookmark size={15} {...(current ? { fill: "currentColor" } : {})} />}
          aria-label={current ? t("list.views.current", { name: current.name }) : t("list.views.title")}
          title={t("list.views.title")}
        >
          {current && <span className="view-name truncate">{current.name}</span>}
        </Button>
      </Dropdown>
      {saving && (
        <FormDialog<{ name: string }, void>
          title={t("list.views.save")}
          text={t("list.views.text")}
          verb={t("common.save")}
          fields={["name"]}
          send={async ({ name }) => save({ list, name: name.trim(), search: now })}
          onDone={() => setSaving(false)}
          onClose={() => setSaving(false)}
        >
          <Form.Item name="name" label={t("list.views.name")} rules={[{ required: true, whitespace: true }]}>
            <Input maxLength={60} autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
    </>
  );
}
