/** What a size asks of a node beyond amounts; most need none of it, so it is folded away. */
import { Button, Form, Input, InputNumber, Select, Switch } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { GibInput, VcpuInput } from "~/parts/amounts";

const exampleDevice = "nvidia.com/A10";
const at = (name: string) => ["content", "compute", name];

export function ComputeFields() {
  const { t } = useTranslation();
  return (
    <details className="fold">
      <summary>{t("catalogue.compute.title")}</summary>
      <div className="editor-pair">
        <Form.Item
          name={at("dedicated_cpu")}
          label={t("catalogue.compute.dedicated")}
          valuePropName="checked"
          extra={t("catalogue.compute.dedicatedHint")}
        >
          <Switch />
        </Form.Item>
        <Form.Item
          name={at("hugepages")}
          label={t("catalogue.compute.hugepages")}
          extra={t("catalogue.compute.hugepagesHint")}
        >
          <Select
            allowClear
            placeholder={t("common.none")}
            options={["2Mi", "1Gi"].map((value) => ({ value, label: value }))}
          />
        </Form.Item>
        <Form.Item
          name={at("request_milli_cpu")}
          label={t("catalogue.compute.requestCpu")}
          extra={t("catalogue.compute.requestCpuHint")}
        >
          <VcpuInput min={1} max={512_000} />
        </Form.Item>
        <Form.Item
          name={at("request_memory_bytes")}
          label={t("catalogue.compute.requestMemory")}
          extra={t("catalogue.compute.requestMemoryHint")}
        >
          <GibInput min={1} />
        </Form.Item>
      </div>
      <Form.Item label={t("catalogue.compute.gpus")}>
        <Form.List name={at("gpus")}>
          {(fields, { add, remove }) => (
            <div className="stack gap-2">
              {fields.map(({ key, name }) => (
                <div key={key} className="row gap-2 gpu-row">
                  <Form.Item name={[name, "device"]} rules={[{ required: true }]} className="grow">
                    <Input
                      className="mono"
                      maxLength={320}
                      spellCheck={false}
                      placeholder={exampleDevice}
                      aria-label={t("catalogue.compute.device", { number: name + 1 })}
                    />
                  </Form.Item>
                  <Form.Item name={[name, "count"]} rules={[{ required: true }]}>
                    <InputNumber
                      min={1}
                      max={16}
                      precision={0}
                      aria-label={t("catalogue.compute.count", { number: name + 1 })}
                    />
                  </Form.Item>
                  <Button
                    type="text"
                    icon={<Trash2 size={14} />}
                    aria-label={t("catalogue.compute.removeGpu", { number: name + 1 })}
                    onClick={() => remove(name)}
                  />
                </div>
              ))}
              <div>
                <Button
                  size="small"
                  icon={<Plus size={13} />}
                  disabled={fields.length >= 16}
                  onClick={() => add({ device: "", count: 1 })}
                >
                  {t("catalogue.compute.addGpu")}
                </Button>
              </div>
            </div>
          )}
        </Form.List>
      </Form.Item>
    </details>
  );
}
