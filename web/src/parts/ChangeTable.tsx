/** What a change changes: one line per field, before and after, and what it costs to take effect. */
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import "./change-table.css";

export interface ChangeLine {
  key: string;
  label: ReactNode;
  before: ReactNode;
  after: ReactNode;
  /** What else there is to say about this field. */
  note?: ReactNode;
}

export function ChangeTable({ lines, label }: { lines: ChangeLine[]; label: string }) {
  const { t } = useTranslation();
  return (
    <table className="changes" aria-label={label}>
      <thead className="sr-only">
        <tr>
          <th scope="col">{t("changes.field")}</th>
          <th scope="col">{t("changes.before")}</th>
          <th scope="col">{t("changes.after")}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.key}>
            <th scope="row">{line.label}</th>
            <td className="changes-before">{line.before}</td>
            <td>
              <ArrowRight size={12} aria-hidden="true" className="dim" /> <span>{line.after}</span>
              {line.note && <div className="changes-note">{line.note}</div>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
