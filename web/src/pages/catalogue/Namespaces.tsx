import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { environmentsQuery, namespacesQuery } from "~/api/queries/catalogue";
import { createNamespace, deleteNamespace } from "~/api/queries/catalogue-admin";
import { fewSystemsQuery } from "~/api/queries/systems";
import type { Namespace } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { slugRule } from "~/parts/names";
import { SimpleTable } from "~/parts/SimpleTable";
import { useNew } from "./use-new";
import "./catalogue.css";

export function Namespaces() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const environment = useEnvironment();
  const query = useQuery(namespacesQuery(environment ? { environment_id: environment.id } : {}));
  const { may, shown, open, close } = useNew();
  const [removing, setRemoving] = useState<Namespace | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.all("catalogue") });
  return (
    <>
      {may && (
        <div className="row tab-actions">
          <Button icon={<Plus size={14} />} onClick={open}>
            {t("catalogue.newNamespace.title")}
          </Button>
        </div>
      )}
      <SimpleTable
        what={t("catalogue.tab.namespaces")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        columns={[
          { title: t("catalogue.name"), render: (row) => <span className="mono strong">{row.name}</span> },
          {
            title: t("common.environment"),
            render: (row) => <EnvironmentLabel environment={row.environment} />,
          },
          {
            title: t("catalogue.systems"),
            render: (row) =>
              row.systems.length === 0
                ? t("catalogue.everySystem")
                : row.systems.map((system) => system.name).join(t("common.listJoin")),
          },
          { title: t("catalogue.vms"), render: (row) => row.vm_count },
          ...(may
            ? [
                {
                  title: t("common.actions"),
                  quiet: true,
                  render: (row: Namespace) => (
                    <Button
                      type="text"
                      size="small"
                      icon={<Trash2 size={14} />}
                      disabled={row.vm_count > 0}
                      title={t(
                        row.vm_count > 0 ? "codes.NAMESPACE_IN_USE" : "catalogue.removeNamespace.verb",
                      )}
                      aria-label={`${t("catalogue.removeNamespace.verb")} ${row.name}`}
                      onClick={() => setRemoving(row)}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      {shown && (
        <NewNamespace
          environment={environment?.id}
          onClose={close}
          onDone={() => {
            void refresh();
            close();
          }}
        />
      )}
      {removing && (
        <ConfirmDialog
          confirmation={{
            title: t("catalogue.removeNamespace.title", { name: removing.name }),
            consequences: t("catalogue.removeNamespace.text"),
            verb: t("catalogue.removeNamespace.verb"),
            danger: true,
            ...(removing.environment.protected ? { typeName: removing.name } : {}),
          }}
          act={() => deleteNamespace(removing.id)}
          onDone={() => {
            setRemoving(null);
            void refresh();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}

interface Values {
  name: string;
  environment_id: string;
  system_ids: string[];
}

function NewNamespace(props: { environment: string | undefined; onDone: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const environments = useQuery(environmentsQuery);
  const systems = useQuery(fewSystemsQuery({}, 200));
  return (
    <FormDialog<Values, unknown>
      title={t("catalogue.newNamespace.title")}
      text={t("catalogue.newNamespace.text")}
      verb={t("catalogue.newNamespace.verb")}
      fields={["name", "environment_id", "system_ids"]}
      initial={{ system_ids: [], ...(props.environment ? { environment_id: props.environment } : {}) }}
      send={createNamespace}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      <Form.Item
        name="name"
        label={t("catalogue.name")}
        extra={t("catalogue.newNamespace.nameRule")}
        rules={[
          { required: true },
          { pattern: slugRule, message: t("catalogue.newNamespace.nameRule") },
          { max: 24, message: t("catalogue.newNamespace.nameRule") },
        ]}
      >
        <Input className="mono" maxLength={63} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="environment_id" label={t("common.environment")} rules={[{ required: true }]}>
        <Select
          loading={environments.isPending}
          options={(environments.data?.items ?? []).map((environment) => ({
            value: environment.id,
            label: <EnvironmentLabel environment={environment} />,
          }))}
        />
      </Form.Item>
      <Form.Item
        name="system_ids"
        label={t("catalogue.systems")}
        extra={t("catalogue.newNamespace.systemsHint")}
      >
        <Select
          mode="multiple"
          loading={systems.isPending}
          placeholder={t("catalogue.everySystem")}
          optionFilterProp="label"
          options={(systems.data?.items ?? []).map((system) => ({ value: system.id, label: system.name }))}
        />
      </Form.Item>
    </FormDialog>
  );
}
