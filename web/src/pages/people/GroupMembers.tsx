import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { addGroupMember, groupMembersQuery, removeGroupMember } from "~/api/queries/groups";
import type { Group, GroupMember } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { FormProblem } from "~/parts/form";
import { TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty } from "~/parts/states";
import { AccountBadge } from "./AccountBadge";

type Row = GroupMember & { id: string };

export function GroupMembers({ group }: { group: Group }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayGrant = useMay("role:grant");
  const [q, setQ] = useState<string | undefined>();
  const [leaving, setLeaving] = useState<Row | null>(null);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: keys.all("groups") });
    void client.invalidateQueries({ queryKey: keys.all("people") });
  };
  const query = groupMembersQuery(group.id, q ? { q } : {});
  const rows = useMemo(
    () => ({
      ...query,
      // A member is known by the person; a list knows its rows by an id.
      select: (data: { pages: { items: GroupMember[] }[]; pageParams: unknown[] }) => ({
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          items: page.items.map((member) => ({ ...member, id: member.person.id })),
        })),
      }),
    }),
    [query],
  );
  return (
    <>
      {mayGrant && <AddMember group={group} onDone={refresh} />}
      <ResourceList<Row>
        name="group-members"
        label={t("people.group.members")}
        query={rows as never}
        columns={useColumns(mayGrant ? setLeaving : null)}
        filtered={Boolean(q)}
        filters={<TextFilter label={t("people.filter")} value={q} onChange={setQ} />}
        onOpen={(member) =>
          void navigate({ to: "/people/$personId", params: { personId: member.person.id }, search: {} })
        }
        empty={<Empty title={t("people.group.membersNone")} />}
      />
      {leaving && (
        <ConfirmDialog
          confirmation={{
            title: t("people.group.remove.title", {
              name: leaving.person.display_name,
              group: group.title,
            }),
            consequences: t("people.group.remove.text"),
            verb: t("people.group.remove.verb"),
            danger: true,
          }}
          act={() => removeGroupMember(group.id, leaving.person.id)}
          onDone={() => {
            setLeaving(null);
            refresh();
          }}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

function AddMember({ group, onDone }: { group: Group; onDone: () => void }) {
  const { t } = useTranslation();
  const [person, setPerson] = useState<string | undefined>();
  const add = useMutation({
    mutationFn: (id: string) => addGroupMember(group.id, id),
    onSuccess: () => {
      setPerson(undefined);
      onDone();
    },
  });
  return (
    <div className="stack gap-2 add-member">
      <div className="row">
        <div className="grow">
          <PersonSelect
            label={t("people.group.choose")}
            {...(person ? { value: person } : {})}
            onChange={setPerson}
          />
        </div>
        <Button disabled={!person} loading={add.isPending} onClick={() => person && add.mutate(person)}>
          {t("people.group.add")}
        </Button>
      </div>
      <FormProblem problem={add.isError ? toProblem(add.error) : null} />
    </div>
  );
}

function useColumns(onRemove: ((member: Row) => void) | null): Column<Row>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        render: (member: Row) => (
          <>
            <Link to="/people/$personId" params={{ personId: member.person.id }} search={{}} tabIndex={-1}>
              {member.person.display_name}
            </Link>{" "}
            <span className="dim">{member.person.name}</span>
          </>
        ),
      },
      {
        key: "kind",
        title: t("people.kindTitle"),
        width: "140px",
        render: (member: Row) => t(`people.kind.${member.kind}`),
      },
      {
        key: "state",
        title: t("common.state"),
        width: "130px",
        render: (member: Row) => <AccountBadge disabled={member.disabled} />,
      },
      {
        key: "since",
        title: t("systems.members.since"),
        width: "150px",
        render: (member: Row) => <RelativeTime at={member.since} />,
      },
      ...(onRemove
        ? [
            {
              key: "remove",
              title: "",
              fixed: true,
              width: "56px",
              align: "right" as const,
              render: (member: Row) => (
                <Button
                  type="text"
                  size="small"
                  icon={<Trash2 size={14} />}
                  aria-label={t("people.group.remove.label", { name: member.person.display_name })}
                  onClick={() => onRemove(member)}
                />
              ),
            },
          ]
        : []),
    ],
    [t, onRemove],
  );
}
