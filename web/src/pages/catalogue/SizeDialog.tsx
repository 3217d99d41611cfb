/** The numbers of a size: for a new one with its name, for a new version with the numbers that stand now. */
import { Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/schema";
import type { Size, SizeVersion } from "~/api/types";
import { GibInput, VcpuInput } from "~/parts/amounts";
import { FormDialog } from "~/parts/FormDialog";
import { slugRule } from "~/parts/names";
import { gibibyte } from "~/parts/units";
import { AboutFields } from "./AboutFields";
import { ComputeFields } from "./ComputeFields";
import { tidyCompute } from "./compute";

export interface SizeValues {
  name?: string;
  description?: string;
  environment_ids?: string[];
  content: components["schemas"]["SizeContent"];
}

interface Props {
  title: string;
  text: string;
  verb: string;
  named?: boolean;
  from?: SizeVersion;
  send: (values: SizeValues, key: string) => Promise<Size>;
  onDone: (size: Size) => void;
  onClose: () => void;
}

export function SizeDialog(props: Props) {
  const { t } = useTranslation();
  const { from } = props;
  const usual = { milli_vcpu: 2000, memory_bytes: 4 * gibibyte, disk_bytes: 20 * gibibyte };
  return (
    <FormDialog<SizeValues, Size>
      title={props.title}
      text={props.text}
      verb={props.verb}
      width={560}
      fields={["name", "description", "environment_ids", "content"]}
      initial={{
        content: from
          ? {
              milli_vcpu: from.milli_vcpu,
              memory_bytes: from.memory_bytes,
              disk_bytes: from.disk_bytes,
              compute: from.compute,
            }
          : usual,
      }}
      send={(values, key) =>
        props.send(
          { ...values, content: { ...values.content, compute: tidyCompute(values.content.compute) } },
          key,
        )
      }
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {props.named && (
        <Form.Item
          name="name"
          label={t("catalogue.name")}
          extra={t("catalogue.slugRule")}
          rules={[{ required: true }, { pattern: slugRule, message: t("catalogue.slugRule") }]}
        >
          <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
      <div className="size-numbers">
        <Form.Item name={["content", "milli_vcpu"]} label={t("catalogue.cpu")} rules={[{ required: true }]}>
          <VcpuInput min={100} max={512_000} />
        </Form.Item>
        <Form.Item
          name={["content", "memory_bytes"]}
          label={t("catalogue.memory")}
          rules={[{ required: true }]}
        >
          <GibInput min={gibibyte / 64} max={16_384 * gibibyte} />
        </Form.Item>
        <Form.Item name={["content", "disk_bytes"]} label={t("catalogue.disk")} rules={[{ required: true }]}>
          <GibInput min={0} max={65_536 * gibibyte} />
        </Form.Item>
      </div>
      {props.named && <AboutFields />}
      <ComputeFields />
    </FormDialog>
  );
}
