/** Fields for amounts: people type GiB and vCPU, the form holds bytes and milli-vCPU as the contract does. */
import { InputNumber } from "antd";
import { useTranslation } from "react-i18next";
import { gibibyte } from "./units";

interface Props {
  id?: string;
  value?: number | null;
  onChange?: (value: number | null) => void;
  min?: number;
  max?: number;
  placeholder?: string;
}

/** Digits of a fraction that are worth showing: `0.5 GiB` is, the 13th digit of a third is not. */
const tidy = (value: number) => Math.round(value * 1000) / 1000;

function AmountInput({ unit, size, ...props }: Props & { unit: string; size: number }) {
  const shown = props.value === null || props.value === undefined ? null : tidy(props.value / size);
  return (
    <InputNumber
      {...(props.id ? { id: props.id } : {})}
      value={shown}
      min={props.min === undefined ? 0 : tidy(props.min / size)}
      {...(props.max === undefined ? {} : { max: props.max / size })}
      {...(props.placeholder ? { placeholder: props.placeholder } : {})}
      onChange={(value) => props.onChange?.(value === null ? null : Math.round(Number(value) * size))}
      suffix={unit}
      style={{ width: 160 }}
    />
  );
}

export function GibInput(props: Props) {
  const { t } = useTranslation();
  return <AmountInput {...props} unit={t("common.units.gib", { value: "" }).trim()} size={gibibyte} />;
}

export function VcpuInput(props: Props) {
  const { t } = useTranslation();
  return <AmountInput {...props} unit={t("common.units.vcpu", { value: "" }).trim()} size={1000} />;
}
