/** Networks that guests can be connected to. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Select } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { environmentsQuery } from "~/api/queries/catalogue";
import { createNetwork, networksQuery, updateNetwork } from "~/api/queries/catalogue-admin";
import type { components } from "~/api/schema";
import { useEnvironment } from "~/app/environment";
import { Copyable } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { slugRule } from "~/parts/names";
import { SimpleTable } from "~/parts/SimpleTable";
import { CatalogueBadge } from "./CatalogueBadge";
import { useNew } from "./use-new";
import "./catalogue.css";

type Network = components["schemas"]["Network"];

export function Networks() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const environment = useEnvironment();
  const query = useQuery(networksQuery);
  const { may, shown, open, close } = useNew();
  const [editing, setEditing] = useState<Network | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.all("catalogue") });
  const rows = (query.data?.items ?? []).filter(
    (row) => !environment || !row.environment || row.environment.id === environment.id,
  );
  return (
    <>
      {may && (
        <div className="row tab-actions">
          <Button icon={<Plus size={14} />} onClick={open}>
            {t("catalogue.newNetwork.title")}
          </Button>
        </div>
      )}
      <SimpleTable
        what={t("catalogue.tab.networks")}
        query={query}
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          {
            title: t("catalogue.name"),
            render: (row) => (
              <>
                <span className="strong">{row.title}</span> <span className="mono dim">{row.name}</span>
                {row.description && <p className="soft">{row.description}</p>}
              </>
            ),
          },
          {
            title: t("common.environment"),
            render: (row) =>
              row.environment ? (
                <EnvironmentLabel environment={row.environment} />
              ) : (
                t("catalogue.everywhere")
              ),
          },
          {
            title: t("catalogue.networkKind"),
            render: (row) =>
              row.definition ? <Copyable value={row.definition} /> : t("catalogue.podNetwork"),
          },
          {
            title: t("catalogue.state"),
            render: (row) => (
              <>
                <CatalogueBadge state={row.state} />
                {row.message && <p className="dim">{row.message}</p>}
              </>
            ),
          },
          ...(may
            ? [
                {
                  title: t("common.actions"),
                  quiet: true,
                  render: (row: Network) => (
                    <Button
                      type="text"
                      size="small"
                      aria-label={`${t("catalogue.edit.verb")} ${row.title}`}
                      onClick={() => setEditing(row)}
                    >
                      {t("catalogue.edit.verb")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {shown && (
        <NewNetwork
          environment={environment?.id}
          onClose={close}
          onDone={() => {
            void refresh();
            close();
          }}
        />
      )}
      {editing && (
        <EditNetwork
          network={editing}
          onClose={() => setEditing(null)}
          onDone={() => {
            setEditing(null);
            void refresh();
          }}
        />
      )}
    </>
  );
}

interface DialogProps {
  onDone: () => void;
  onClose: () => void;
}

function NewNetwork({ environment, ...props }: DialogProps & { environment: string | undefined }) {
  const { t } = useTranslation();
  const environments = useQuery(environmentsQuery);
  return (
    <FormDialog<components["schemas"]["CreateNetwork"], unknown>
      title={t("catalogue.newNetwork.title")}
      text={t("catalogue.newNetwork.text")}
      verb={t("catalogue.newNetwork.verb")}
      fields={["title", "name", "description", "environment_id", "definition"]}
      initial={environment ? { environment_id: environment } : {}}
      send={(values, key) => createNetwork({ ...values, description: values.description ?? "" }, key)}
      {...props}
    >
      <About />
      <Form.Item
        name="name"
        label={t("catalogue.name")}
        extra={t("catalogue.slugRule")}
        rules={[{ required: true }, { pattern: slugRule, message: t("catalogue.slugRule") }]}
      >
        <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="environment_id" label={t("common.environment")} rules={[{ required: true }]}>
        <Select
          loading={environments.isPending}
          options={(environments.data?.items ?? []).map((row) => ({
            value: row.id,
            label: <EnvironmentLabel environment={row} />,
          }))}
        />
      </Form.Item>
      <Form.Item
        name="definition"
        label={t("catalogue.definition")}
        extra={t("catalogue.definitionHint")}
        rules={[
          { required: true },
          {
            pattern: /^[a-z0-9.-]+(\/[a-z0-9.-]+)?$/,
            message: t("codes.NETWORK_DEFINITION_INVALID"),
          },
        ]}
      >
        <Input className="mono" maxLength={320} autoComplete="off" spellCheck={false} />
      </Form.Item>
    </FormDialog>
  );
}

function EditNetwork({ network, ...props }: DialogProps & { network: Network }) {
  const { t } = useTranslation();
  return (
    <FormDialog<components["schemas"]["UpdateNetwork"], unknown>
      title={t("catalogue.edit.title", { name: network.title })}
      verb={t("common.save")}
      fields={["title", "description", "state", "message"]}
      initial={{
        title: network.title,
        description: network.description,
        state: network.state,
        message: network.message ?? "",
      }}
      send={(values) => updateNetwork(network.id, network.version, values)}
      {...props}
    >
      <About />
      <Form.Item name="state" label={t("catalogue.state")} extra={t("catalogue.networkStateHint")}>
        <Select
          options={(["active", "deprecated", "withdrawn"] as const).map((value) => ({
            value,
            label: <CatalogueBadge state={value} />,
          }))}
        />
      </Form.Item>
      <Form.Item name="message" label={`${t("catalogue.message")} (${t("common.optional")})`}>
        <Input maxLength={500} />
      </Form.Item>
    </FormDialog>
  );
}

function About() {
  const { t } = useTranslation();
  return (
    <>
      <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      <Form.Item name="description" label={`${t("common.description")} (${t("common.optional")})`}>
        <Input.TextArea rows={2} maxLength={1000} />
      </Form.Item>
    </>
  );
}
