import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { addGroupBinding, removeGroupBinding } from "~/api/queries/groups";
import type { Group } from "~/api/types";
import { useMay } from "~/app/session";
import { Section } from "~/parts/Page";
import { BindingTable } from "./BindingTable";
import { GiveRole } from "./GiveRole";

export function GroupRoles({ group }: { group: Group }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayGrant = useMay("role:grant");
  const [giving, setGiving] = useState(false);
  const refresh = () => {
    for (const branch of ["groups", "people", "session"] as const)
      void client.invalidateQueries({ queryKey: keys.all(branch) });
  };
  return (
    <div className="narrow-page">
      <Section
        title={t("people.group.rolesTitle")}
        extra={
          mayGrant && (
            <Button icon={<Plus size={14} />} onClick={() => setGiving(true)}>
              {t("people.give.verb")}
            </Button>
          )
        }
      >
        <BindingTable
          holder={group.title}
          bindings={group.bindings}
          mayGrant={mayGrant}
          remove={(binding) => removeGroupBinding(group.id, binding.id)}
          onRemoved={refresh}
        />
      </Section>
      {giving && (
        <GiveRole
          name={group.title}
          send={(body, key) => addGroupBinding(group.id, body, key)}
          onDone={() => {
            setGiving(false);
            refresh();
          }}
          onClose={() => setGiving(false)}
        />
      )}
    </div>
  );
}
