/** The members of a System. Its owners take people in, change what they are, and take them out; one owner always stays. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { removeMember, setMember } from "~/api/queries/grants";
import { membersQuery } from "~/api/queries/systems";
import type { Member, System } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { ExactHolder } from "~/parts/ExactHolder";
import { FormProblem } from "~/parts/form";
import { MemberTable } from "~/parts/MemberTable";
import { Section } from "~/parts/Page";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { Failure, SkeletonLines } from "~/parts/states";
import { Places } from "../access/Places";

type Role = Member["role"];
const roles: readonly Role[] = ["owner", "member", "viewer"];

export function Members({ system }: { system: System }) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery(system.id));
  const may = useMay("system:manage_members") && system.my_role === "owner";
  return (
    <>
      <Section title={t("systems.members.title")}>
        {members.isPending && <SkeletonLines lines={3} what={t("systems.members.title")} />}
        {members.isError && <Failure part error={members.error} retry={() => void members.refetch()} />}
        {members.data &&
          (may ? (
            <Managed system={system} members={members.data.items} />
          ) : (
            <MemberTable members={members.data.items} />
          ))}
      </Section>
      <Places kind="system" id={system.id} name={system.name} />
    </>
  );
}

function Managed({ system, members }: { system: System; members: Member[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(membersQuery(system.id));
  const mayFind = useMay("user:read");
  const [person, setPerson] = useState<string | undefined>();
  const [role, setRole] = useState<Role>("member");
  const [leaving, setLeaving] = useState<Member | null>(null);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: keys.all("systems") });
    void client.invalidateQueries({ queryKey: keys.all("session") });
  };
  const set = useMutation({
    mutationFn: (to: { id: string; role: Role }) => setMember(system.id, to.id, to.role),
    onSuccess: () => setPerson(undefined),
    onSettled: refresh,
  });
  const options = roles.map((value) => ({ value, label: t(`systems.members.roles.${value}`) }));
  return (
    <>
      <SimpleTable
        what={t("systems.members.title")}
        query={query}
        rows={members}
        rowKey={(row) => row.person.id}
        columns={[
          {
            title: t("common.person"),
            render: (row) => (
              <>
                {row.person.display_name} <span className="dim">{row.person.name}</span>
              </>
            ),
          },
          {
            title: t("systems.members.role"),
            render: (row) => (
              <Select
                size="small"
                className="member-role"
                value={row.role}
                options={options}
                disabled={set.isPending}
                aria-label={t("systems.members.roleOf", { name: row.person.display_name })}
                onChange={(next: Role) => set.mutate({ id: row.person.id, role: next })}
              />
            ),
          },
          { title: t("systems.members.since"), render: (row) => <RelativeTime at={row.since} /> },
          {
            title: t("common.actions"),
            quiet: true,
            render: (row) => (
              <Button
                type="text"
                size="small"
                icon={<Trash2 size={14} />}
                aria-label={t("systems.places.takeFrom", { name: row.person.display_name })}
                onClick={() => setLeaving(row)}
              />
            ),
          },
        ]}
      />
      <div className="row row-wrap member-add">
        <div className="grow">
          {mayFind ? (
            <PersonSelect
              label={t("systems.members.choose")}
              {...(person ? { value: person } : {})}
              onChange={setPerson}
              without={new Set(members.map((one) => one.person.id))}
            />
          ) : (
            <ExactHolder key={set.submittedAt} kind="person" value={person} onChange={setPerson} />
          )}
        </div>
        <Select
          value={role}
          options={options}
          onChange={setRole}
          aria-label={t("systems.members.role")}
          className="member-role"
        />
        <Button
          disabled={!person}
          loading={set.isPending}
          onClick={() => person && set.mutate({ id: person, role })}
        >
          {t("systems.members.add")}
        </Button>
      </div>
      <FormProblem problem={set.isError ? toProblem(set.error) : null} />
      {leaving && (
        <ConfirmDialog
          confirmation={{
            title: t("systems.members.removeTitle", {
              name: leaving.person.display_name,
              system: system.name,
            }),
            consequences: t("systems.places.takeText"),
            verb: t("systems.members.remove"),
            danger: true,
          }}
          act={() => removeMember(system.id, leaving.person.id)}
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
