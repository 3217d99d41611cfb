/** Filters of a list. Their values live in the address bar; these only show and change them. */
import { Input, Select } from "antd";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

/** Part of a name; the list follows when typing pauses. `/` jumps here from anywhere on the page. */
export function TextFilter(props: {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  label: string;
}) {
  const { onChange } = props;
  const [text, setText] = useState(props.value ?? "");
  const field = useRef<React.ComponentRef<typeof Input>>(null);
  const sent = useRef(props.value ?? "");
  useEffect(() => {
    const value = props.value ?? "";
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [props.value]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = wanted;
      onChange(wanted || undefined);
    }, 220);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || target.closest("input, textarea, select, [contenteditable], .xterm")) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <Input
      ref={field}
      allowClear
      value={text}
      maxLength={100}
      onChange={(event) => setText(event.target.value)}
      prefix={<Search size={14} aria-hidden="true" />}
      placeholder={props.label}
      aria-label={props.label}
      style={{ width: 220 }}
    />
  );
}

interface ChoiceFilterProps<Value extends string> {
  label: string;
  value: Value | undefined;
  options: { value: Value; label: React.ReactNode }[];
  onChange: (value: Value | undefined) => void;
  width?: number;
}

export function ChoiceFilter<Value extends string>(props: ChoiceFilterProps<Value>) {
  return (
    <Select<Value>
      allowClear
      value={props.value as Value}
      options={props.options}
      onChange={(value?: Value) => props.onChange(value)}
      placeholder={props.label}
      aria-label={props.label}
      popupMatchSelectWidth={false}
      style={{ minWidth: props.width ?? 140 }}
    />
  );
}

/** A filter that came with a link (a system, a VM): says what it is and takes it away. */
export function SetFilter(props: { label: string; value: string; onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <span className="set-filter">
      <span className="dim">{props.label}</span>
      <span className="mono">{props.value}</span>
      <button
        type="button"
        className="plain-button"
        onClick={props.onClear}
        aria-label={`${t("common.clear")} ${props.label}`}
      >
        ×
      </button>
    </span>
  );
}
