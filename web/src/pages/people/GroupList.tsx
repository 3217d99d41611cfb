import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { Plus } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { createGroup, groupsQuery } from "~/api/queries/groups";
import type { Group } from "~/api/types";
import { defined } from "~/app/search";
import { useMay } from "~/app/session";
import { FormDialog } from "~/parts/FormDialog";
import { TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { accountRule } from "~/parts/names";
import { Page } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { roleName } from "~/parts/roles";
import { Empty } from "~/parts/states";
import { PeopleNav } from "./PeopleNav";

export function GroupList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/people/groups" });
  const navigate = useNavigate({ from: "/people/groups" });
  const client = useQueryClient();
  const mayGrant = useMay("role:grant");
  const onText = useCallback(
    (q: string | undefined) =>
      void navigate({ search: (old) => defined({ ...old, q }) as never, replace: true }),
    [navigate],
  );
  const setNew = (shown: boolean) =>
    void navigate({ search: (old) => defined({ ...old, new: shown || undefined }) as never, replace: true });
  const open = (id: string) =>
    void navigate({ to: "/people/groups/$groupId", params: { groupId: id }, search: {} });
  const create = mayGrant && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setNew(true)}>
      {t("people.group.new")}
    </Button>
  );
  return (
    <Page title={t("people.title")} lead={t("people.lead")} action={create}>
      <PeopleNav />
      <ResourceList<Group>
        name="groups"
        label={t("people.nav.groups")}
        query={groupsQuery(defined({ q: search.q }))}
        columns={useColumns()}
        filtered={Boolean(search.q)}
        filters={<TextFilter label={t("people.filter")} value={search.q} onChange={onText} />}
        onOpen={(group) => open(group.id)}
        empty={<Empty title={t("people.group.empty")} text={t("people.group.emptyText")} action={create} />}
      />
      {search.new && mayGrant && (
        <FormDialog<{ name: string; title: string }, Group>
          title={t("people.group.new")}
          text={t("people.group.newText")}
          verb={t("people.group.create")}
          fields={["title", "name"]}
          send={createGroup}
          onDone={(group) => {
            void client.invalidateQueries({ queryKey: keys.all("groups") });
            open(group.id);
          }}
          onClose={() => setNew(false)}
        >
          <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
            <Input maxLength={100} autoComplete="off" />
          </Form.Item>
          <Form.Item
            name="name"
            label={t("common.name")}
            extra={t("people.nameRule")}
            rules={[
              { required: true },
              { pattern: accountRule, message: t("people.nameRule") },
              { min: 2, message: t("people.nameRule") },
            ]}
          >
            <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
          </Form.Item>
        </FormDialog>
      )}
    </Page>
  );
}

function useColumns(): Column<Group>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        width: "32%",
        render: (group) => (
          <>
            <Link to="/people/groups/$groupId" params={{ groupId: group.id }} search={{}} tabIndex={-1}>
              {group.title}
            </Link>{" "}
            <span className="dim mono">{group.name}</span>
          </>
        ),
      },
      {
        key: "members",
        title: t("people.group.members"),
        width: "110px",
        align: "right",
        render: (group) => group.member_count,
      },
      {
        key: "roles",
        title: t("people.roles"),
        render: (group) =>
          group.bindings.length === 0 ? (
            <span className="dim">{t("common.none")}</span>
          ) : (
            [...new Set(group.bindings.map((binding) => roleName(t, binding.role)))].join(
              t("common.listJoin"),
            )
          ),
      },
      {
        key: "created",
        title: t("common.created"),
        width: "130px",
        render: (group) => <RelativeTime at={group.created_at} />,
      },
    ],
    [t],
  );
}
