import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Radio, Switch } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { environmentsQuery } from "~/api/queries/catalogue";
import { createEnvironment } from "~/api/queries/catalogue-admin";
import type { components } from "~/api/schema";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { nameLength, slugRule } from "~/parts/names";
import { SimpleTable } from "~/parts/SimpleTable";
import { colours } from "./colours";
import { useNew } from "./use-new";
import "./catalogue.css";

type Values = components["schemas"]["CreateEnvironment"];

export function Environments() {
  const { t } = useTranslation();
  const query = useQuery(environmentsQuery);
  const { may, shown, open, close } = useNew();
  return (
    <>
      {may && (
        <div className="row tab-actions">
          <Button icon={<Plus size={14} />} onClick={open}>
            {t("catalogue.newEnvironment.title")}
          </Button>
        </div>
      )}
      <SimpleTable
        what={t("catalogue.tab.environments")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        columns={[
          { title: t("common.environment"), render: (row) => <EnvironmentLabel environment={row} /> },
          { title: t("catalogue.name"), render: (row) => <span className="mono">{row.name}</span> },
          {
            title: t("catalogue.protection"),
            render: (row) => t(row.protected ? "catalogue.protectedYes" : "catalogue.protectedNo"),
          },
          { title: t("catalogue.clusters"), render: (row) => row.cluster_count },
          { title: t("catalogue.namespaces"), render: (row) => row.namespace_count },
          { title: t("catalogue.vms"), render: (row) => row.vm_count },
        ]}
      />
      {shown && <NewEnvironment count={query.data?.items.length ?? 0} onClose={close} />}
    </>
  );
}

function NewEnvironment({ count, onClose }: { count: number; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <FormDialog<Values, unknown>
      title={t("catalogue.newEnvironment.title")}
      text={t("catalogue.newEnvironment.text")}
      verb={t("catalogue.newEnvironment.verb")}
      fields={["title", "name", "protected", "colour", "position"]}
      initial={{ protected: false, colour: colours[count % colours.length]?.value ?? "#808080" }}
      send={(values, key) => createEnvironment({ ...values, position: Math.min(1000, count) }, key)}
      onDone={() => {
        void client.invalidateQueries({ queryKey: keys.all("catalogue") });
        onClose();
      }}
      onClose={onClose}
    >
      <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="name"
        label={t("catalogue.name")}
        extra={t("systems.new.nameRule")}
        rules={[
          { required: true },
          { pattern: slugRule, message: t("systems.new.nameRule") },
          { max: nameLength, message: t("systems.new.nameRule") },
        ]}
      >
        <Input className="mono" maxLength={63} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="colour" label={t("catalogue.colour")} rules={[{ required: true }]}>
        <Radio.Group className="swatches">
          {colours.map(({ value, word }) => (
            <Radio key={value} value={value}>
              <span className="swatch" style={{ background: value }} aria-hidden="true" />
              <span className="sr-only">{t(`catalogue.colours.${word}`)}</span>
            </Radio>
          ))}
        </Radio.Group>
      </Form.Item>
      <Form.Item
        name="protected"
        label={t("catalogue.protection")}
        extra={t("catalogue.newEnvironment.protectedHint")}
        valuePropName="checked"
      >
        <Switch />
      </Form.Item>
      <Preview />
    </FormDialog>
  );
}

/** The label as it will stand everywhere. */
function Preview() {
  const { t } = useTranslation();
  const values = Form.useWatch<Values | undefined>([]);
  if (!values?.title) return null;
  return (
    <div className="row">
      <span className="dim">{t("catalogue.looksLike")}</span>
      <EnvironmentLabel
        environment={{
          id: "",
          name: values.name ?? "",
          title: values.title,
          protected: values.protected === true,
          colour: values.colour,
        }}
      />
    </div>
  );
}
