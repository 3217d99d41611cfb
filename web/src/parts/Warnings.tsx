/** What the server says against something that it took nevertheless. It stays until it is closed. */
import { Button } from "antd";
import { TriangleAlert, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Reason } from "~/api/types";
import { Coded } from "./Coded";

interface Props {
  title: string;
  warnings: Reason[];
  onClose: () => void;
}

export function Warnings({ title, warnings, onClose }: Props) {
  const { t } = useTranslation();
  if (warnings.length === 0) return null;
  return (
    <div className="note note-waiting" role="status">
      <TriangleAlert size={14} aria-hidden="true" />
      <div className="grow">
        <p className="strong">{title}</p>
        <ul>
          {warnings.map((warning) => (
            <li key={`${warning.code} ${warning.text}`}>
              <Coded reason={warning} />
            </li>
          ))}
        </ul>
      </div>
      <Button
        type="text"
        size="small"
        icon={<X size={14} />}
        aria-label={t("common.close")}
        onClick={onClose}
      />
    </div>
  );
}
