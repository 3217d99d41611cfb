/** Who has a place just here: people and groups in one Service or VM, and groups in a System. Owners give and take them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type Grant, grantsQuery, type PlaceKind, removeGrant } from "~/api/queries/grants";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { GivePlace } from "./GivePlace";

interface Props {
  kind: PlaceKind;
  id: string;
  name: string;
}

export function Places({ kind, id, name }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const may = useMay("system:manage_members");
  const query = useQuery(grantsQuery(kind, id));
  const [giving, setGiving] = useState(false);
  const [taking, setTaking] = useState<Grant | null>(null);
  const done = () => {
    setGiving(false);
    setTaking(null);
    for (const branch of ["systems", "services", "vms"] as const)
      void client.invalidateQueries({ queryKey: keys.all(branch) });
  };
  return (
    <Section
      title={t(`systems.places.${kind}`)}
      extra={
        may && (
          <Button size="small" icon={<Plus size={13} />} onClick={() => setGiving(true)}>
            {t("systems.places.give")}
          </Button>
        )
      }
    >
      <SimpleTable
        what={t(`systems.places.${kind}`)}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        empty={<p className="soft">{t(`systems.places.none.${kind}`)}</p>}
        columns={[
          { title: t("systems.places.who"), render: (row) => <Holder grant={row} /> },
          { title: t("systems.members.role"), render: (row) => t(`systems.members.roles.${row.role}`) },
          ...(kind === "vm"
            ? []
            : [
                {
                  title: t("systems.places.where"),
                  render: (row: Grant) => (
                    <span className="mono">{row.vm?.name ?? row.service?.name ?? row.system.name}</span>
                  ),
                },
              ]),
          { title: t("systems.members.since"), render: (row) => <RelativeTime at={row.since} /> },
          ...(may
            ? [
                {
                  title: t("common.actions"),
                  quiet: true,
                  render: (row: Grant) => (
                    <Button
                      type="text"
                      size="small"
                      icon={<Trash2 size={14} />}
                      aria-label={t("systems.places.takeFrom", { name: holderName(row) })}
                      onClick={() => setTaking(row)}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      {query.data?.next_cursor && <p className="dim">{t("systems.places.more")}</p>}
      {giving && <GivePlace kind={kind} id={id} name={name} onDone={done} onClose={() => setGiving(false)} />}
      {taking && (
        <ConfirmDialog
          confirmation={{
            title: t("systems.places.takeTitle", { name: holderName(taking) }),
            consequences: t("systems.places.takeText"),
            verb: t("systems.places.take"),
            danger: true,
          }}
          act={() => removeGrant(taking.id)}
          onDone={done}
          onClose={() => setTaking(null)}
        />
      )}
    </Section>
  );
}

const holderName = (grant: Grant) => grant.person?.display_name ?? grant.group?.title ?? "";

function Holder({ grant }: { grant: Grant }) {
  const { t } = useTranslation();
  return (
    <>
      {holderName(grant)}{" "}
      <span className="dim">{grant.group ? t("systems.places.group") : grant.person?.name}</span>
    </>
  );
}
