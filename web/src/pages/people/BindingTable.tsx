/** Roles held, and where; each can be taken away by whoever may grant. */
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Binding } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { roleName } from "~/parts/roles";

interface Props {
  holder: string;
  bindings: Binding[];
  mayGrant: boolean;
  remove: (binding: Binding) => Promise<unknown>;
  onRemoved: () => void;
}

export function BindingTable(props: Props) {
  const { t } = useTranslation();
  const [taking, setTaking] = useState<Binding | null>(null);
  if (props.bindings.length === 0) return <p className="soft">{t("people.rolesNone")}</p>;
  return (
    <>
      <table className="small-table" aria-label={t("people.roles")}>
        <thead>
          <tr>
            <th scope="col">{t("people.role")}</th>
            <th scope="col">{t("people.where")}</th>
            {props.mayGrant && (
              <th scope="col">
                <span className="sr-only">{t("common.actions")}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {props.bindings.map((binding) => (
            <tr key={binding.id}>
              <td>
                <span className="strong">{roleName(t, binding.role)}</span>
                {binding.group && <Through group={binding.group} />}
              </td>
              <td>
                <Where binding={binding} />
              </td>
              {props.mayGrant && (
                <td className="right">
                  {!binding.group && (
                    <Button
                      type="text"
                      size="small"
                      icon={<Trash2 size={14} />}
                      aria-label={t("people.take.label", { role: roleName(t, binding.role) })}
                      title={t("people.take.verb")}
                      onClick={() => setTaking(binding)}
                    />
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {taking && (
        <ConfirmDialog
          confirmation={{
            title: t("people.take.title", { role: roleName(t, taking.role), name: props.holder }),
            consequences: t("people.take.text"),
            verb: t("people.take.verb"),
            danger: true,
          }}
          act={() => props.remove(taking)}
          onDone={() => {
            setTaking(null);
            props.onRemoved();
          }}
          onClose={() => setTaking(null)}
        />
      )}
    </>
  );
}

/** Held by way of a group: it is taken away there. */
function Through({ group }: { group: NonNullable<Binding["group"]> }) {
  const { t } = useTranslation();
  return (
    <p className="dim through">
      {t("people.through")}{" "}
      <Link to="/people/groups/$groupId" params={{ groupId: group.id }} search={{}}>
        {group.title}
      </Link>
    </p>
  );
}

export function Where({ binding }: { binding: Pick<Binding, "all_environments" | "environments"> }) {
  const { t } = useTranslation();
  if (binding.all_environments) return <span>{t("people.everywhere")}</span>;
  return (
    <span className="row row-wrap gap-1">
      {binding.environments.map((environment) => (
        <EnvironmentLabel key={environment.id} environment={environment} />
      ))}
    </span>
  );
}
