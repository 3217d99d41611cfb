import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useCopy } from "./copy";
import "./json-block.css";

/** A JSON value to read and to copy. */
export function JsonBlock({ value, label }: { value: unknown; label: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const text = JSON.stringify(value, null, 2);
  return (
    <div className="json-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <Button size="small" onClick={() => copy(text)}>
        {t(copied ? "common.copied" : "common.copy")}
      </Button>
    </div>
  );
}
