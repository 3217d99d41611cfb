import { Link } from "@tanstack/react-router";
import { Checkbox, Form, InputNumber, Radio, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Namespace, Size, Template } from "~/api/types";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { bytes, gibibyte, vcpu } from "~/parts/units";
import type { Offered, ServiceChoice, SizeVersion, SshKey, TemplateVersion } from "./request-form";

export function ServiceField({ services, fixed }: { services: ServiceChoice[]; fixed?: boolean }) {
  const { t } = useTranslation();
  return (
    <Form.Item name="service_id" label={t("requests.new.service")} rules={[{ required: true }]}>
      <Select
        disabled={fixed === true}
        showSearch={{ optionFilterProp: "label" }}
        placeholder={t("requests.new.serviceFind")}
        options={services.map((service) => ({
          value: service.id,
          label: `${service.system.name} / ${service.name}`,
        }))}
      />
    </Form.Item>
  );
}

export function NamespaceField({ namespaces }: { namespaces: Namespace[] | undefined }) {
  const { t } = useTranslation();
  return (
    <Form.Item name="namespace_id" label={t("requests.new.namespace")} rules={[{ required: true }]}>
      <Select
        loading={namespaces === undefined}
        options={(namespaces ?? []).map((namespace) => ({
          value: namespace.id,
          label: (
            <span className="row spread">
              <span className="mono truncate">{namespace.name}</span>
              <EnvironmentLabel environment={namespace.environment} />
            </span>
          ),
        }))}
      />
    </Form.Item>
  );
}

export function TemplateField({ templates }: { templates: Offered<Template, TemplateVersion>[] }) {
  const { t } = useTranslation();
  return (
    <Form.Item name="template_version_id" label={t("requests.new.template")} rules={[{ required: true }]}>
      <Radio.Group className="choice-list">
        {templates.map(({ item, version }) => (
          <Radio key={version.id} value={version.id} className="choice">
            <span className="strong">{item.title}</span>{" "}
            <span className="dim">
              <span className="mono">{item.name}</span> {t("common.version", { version: version.version })} ·{" "}
              {t(`requests.new.root.${version.root}`)}
              {version.state === "deprecated" && ` · ${t("requests.new.deprecated")}`}
            </span>
          </Radio>
        ))}
      </Radio.Group>
    </Form.Item>
  );
}

export function SizeField({ sizes }: { sizes: Offered<Size, SizeVersion>[] }) {
  const { t, i18n } = useTranslation();
  return (
    <Form.Item name="size_version_id" label={t("requests.new.size")} rules={[{ required: true }]}>
      <Radio.Group className="size-list">
        {sizes.map(({ item, version }) => (
          <Radio key={version.id} value={version.id} className="choice size">
            <span className="strong">{item.name}</span>
            <span className="soft">{vcpu(t, version.milli_vcpu, i18n.language)}</span>
            <span className="soft">{bytes(t, version.memory_bytes, i18n.language)}</span>
          </Radio>
        ))}
      </Radio.Group>
    </Form.Item>
  );
}

export function DiskField(props: { size: SizeVersion | undefined; version: TemplateVersion | undefined }) {
  const { t, i18n } = useTranslation();
  const { size, version } = props;
  // An ephemeral root lives in the image: there is no disk to size.
  if (!size || !version || version.root === "ephemeral") return null;
  const least = version.min_disk_bytes / gibibyte;
  return (
    <Form.Item
      name="disk_gib"
      label={t("requests.new.disk")}
      extra={t("requests.new.diskExtra", { size: bytes(t, size.disk_bytes, i18n.language) })}
      rules={[
        {
          validator: (_, value: number | null | undefined) =>
            !value || value >= least
              ? Promise.resolve()
              : Promise.reject(
                  new Error(
                    t("requests.new.diskMin", { size: bytes(t, version.min_disk_bytes, i18n.language) }),
                  ),
                ),
        },
      ]}
    >
      <InputNumber
        min={0}
        max={65536}
        step={1}
        placeholder={String(Math.round((size.disk_bytes / gibibyte) * 10) / 10)}
        style={{ width: 160 }}
      />
    </Form.Item>
  );
}

export function KeysField({ sshKeys }: { sshKeys: SshKey[] }) {
  const { t } = useTranslation();
  if (sshKeys.length === 0) {
    return (
      <Form.Item label={t("requests.new.keys")}>
        <p className="soft">
          {t("requests.new.keysNone")}{" "}
          <Link to="/me" search={{ tab: "keys" }}>
            {t("requests.new.keysAdd")}
          </Link>
        </p>
      </Form.Item>
    );
  }
  return (
    <Form.Item name="ssh_key_ids" label={t("requests.new.keys")}>
      <Checkbox.Group
        className="choice-list"
        options={sshKeys.map((key) => ({
          value: key.id,
          label: (
            <>
              {key.name || t("requests.new.keyOfOther")} <span className="mono dim">{key.fingerprint}</span>
            </>
          ),
        }))}
      />
    </Form.Item>
  );
}
