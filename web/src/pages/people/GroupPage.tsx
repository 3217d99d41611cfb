import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Dropdown, Form, Input } from "antd";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { deleteGroup, groupQuery, updateGroup } from "~/api/queries/groups";
import type { Group } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { IdChip } from "~/parts/Copyable";
import { FormDialog } from "~/parts/FormDialog";
import { ReadOnlyNote } from "~/parts/NeedsPermission";
import { ObjectPage } from "~/parts/ObjectPage";
import { RelativeTime } from "~/parts/RelativeTime";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { GroupMembers } from "./GroupMembers";
import { GroupRoles } from "./GroupRoles";

export function GroupPage() {
  const { t } = useTranslation();
  const { groupId } = useParams({ from: "/shell/people/groups/$groupId" });
  const group = useQuery(groupQuery(groupId));
  return group.isSuccess ? (
    <Loaded group={group.data} />
  ) : (
    <div className="page-pad">
      {group.isPending ? (
        <SkeletonLines lines={6} what={t("people.group.one")} />
      ) : (
        <PageFailure error={group.error} retry={() => void group.refetch()} />
      )}
    </div>
  );
}

function Loaded({ group }: { group: Group }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/people/groups/$groupId" });
  const navigate = useNavigate();
  return (
    <ObjectPage
      above={
        <Link to="/people/groups" search={{}}>
          {t("people.nav.groups")}
        </Link>
      }
      title={group.title}
      facts={[
        { label: t("common.name"), value: <span className="mono">{group.name}</span> },
        { label: t("people.group.members"), value: group.member_count },
        { label: t("common.created"), value: <RelativeTime at={group.created_at} /> },
        { label: t("common.id"), value: <IdChip id={group.id} /> },
      ]}
      action={<Actions group={group} />}
      notes={<ReadOnlyNote permission="role:grant" />}
      tab={tab}
      onTab={(key) =>
        void navigate({
          to: "/people/groups/$groupId",
          params: { groupId: group.id },
          search: { tab: key },
        })
      }
      tabs={[
        { key: "members", label: t("people.group.members"), content: <GroupMembers group={group} /> },
        { key: "roles", label: t("people.roles"), content: <GroupRoles group={group} /> },
      ]}
    />
  );
}

function Actions({ group }: { group: Group }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayGrant = useMay("role:grant");
  const [doing, setDoing] = useState<"rename" | "delete" | null>(null);
  if (!mayGrant) return null;
  return (
    <>
      <Button onClick={() => setDoing("rename")}>{t("people.rename.verb")}</Button>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          onClick: () => setDoing("delete"),
          items: [{ key: "delete", label: t("people.group.delete.verb"), danger: true }],
        }}
      >
        <Button icon={<Ellipsis size={15} />} aria-label={t("common.more")} />
      </Dropdown>
      {doing === "rename" && (
        <FormDialog<{ title: string }, Group>
          title={t("people.group.rename")}
          verb={t("common.save")}
          initial={{ title: group.title }}
          fields={["title"]}
          send={(values) => updateGroup(group.id, group.version, values)}
          onDone={(next) => {
            client.setQueryData(keys.one("groups", group.id), next);
            void client.invalidateQueries({ queryKey: keys.lists("groups") });
            setDoing(null);
          }}
          onClose={() => setDoing(null)}
        >
          <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
            <Input maxLength={100} autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
      {doing === "delete" && (
        <ConfirmDialog
          confirmation={{
            title: t("people.group.delete.title", { name: group.title }),
            consequences: t("people.group.delete.text"),
            verb: t("people.group.delete.verb"),
            danger: true,
          }}
          act={() => deleteGroup(group.id)}
          onDone={() => {
            void client.invalidateQueries({ queryKey: keys.lists("groups") });
            void navigate({ to: "/people/groups", search: {} });
          }}
          onClose={() => setDoing(null)}
        />
      )}
    </>
  );
}
