/** What a person holds: roles with the environments they reach, and places in systems. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { addBinding, removeBinding } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { useMay } from "~/app/session";
import { ReadOnlyNote } from "~/parts/NeedsPermission";
import { Section } from "~/parts/Page";
import { BindingTable } from "./BindingTable";
import { GiveRole } from "./GiveRole";

export function PersonAccess({ person }: { person: Person }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayGrant = useMay("role:grant");
  const [giving, setGiving] = useState(false);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: keys.all("people") });
    // One's own roles may be among them.
    void client.invalidateQueries({ queryKey: keys.all("session") });
  };
  return (
    <>
      <ReadOnlyNote permission="role:grant" />
      <div className="columns">
        <Section
          title={t("people.roles")}
          extra={
            mayGrant && (
              <Button icon={<Plus size={14} />} onClick={() => setGiving(true)}>
                {t("people.give.verb")}
              </Button>
            )
          }
        >
          <BindingTable
            holder={person.display_name}
            bindings={person.bindings}
            mayGrant={mayGrant}
            remove={(binding) => removeBinding(person.id, binding.id)}
            onRemoved={refresh}
          />
        </Section>
        <Section title={t("people.memberships")}>
          {person.memberships.length === 0 ? (
            <p className="soft">{t("people.membershipsNone")}</p>
          ) : (
            <table className="small-table" aria-label={t("people.memberships")}>
              <thead>
                <tr>
                  <th scope="col">{t("common.system")}</th>
                  <th scope="col">{t("systems.members.role")}</th>
                </tr>
              </thead>
              <tbody>
                {person.memberships.map(({ system, role }) => (
                  <tr key={system.id}>
                    <td>
                      <Link
                        to="/systems/$systemId"
                        params={{ systemId: system.id }}
                        search={{ tab: "members" }}
                        className="mono"
                      >
                        {system.name}
                      </Link>
                    </td>
                    <td>{t(`systems.members.roles.${role}`)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Section>
      </div>
      {giving && (
        <GiveRole
          name={person.display_name}
          send={(body, key) => addBinding(person.id, body, key)}
          onDone={() => {
            setGiving(false);
            refresh();
          }}
          onClose={() => setGiving(false)}
        />
      )}
    </>
  );
}
