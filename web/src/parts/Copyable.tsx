/** Names, ids and hashes in monospace with one click to copy. Ids are shown short and are never the main label. */
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCopy } from "./copy";
import "./copyable.css";

export function Copyable({ value, shown, quiet }: { value: string; shown?: string; quiet?: boolean }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <button
      type="button"
      className={quiet ? "copyable copyable-quiet" : "copyable"}
      title={value}
      onClick={(event) => {
        event.stopPropagation();
        copy(value);
      }}
    >
      <span className="mono">{shown ?? value}</span>
      <span className="sr-only"> {t(copied ? "common.copied" : "common.copy")}</span>
      {copied ? <Check size={12} aria-hidden="true" /> : <Copy size={12} aria-hidden="true" />}
    </button>
  );
}

/** The tail of a UUID or hash: enough to tell two apart, all of it on the clipboard. */
export function IdChip({ id }: { id: string }) {
  return <Copyable value={id} shown={id.length > 12 ? `…${id.slice(-8)}` : id} quiet />;
}
