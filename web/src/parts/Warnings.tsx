/** What the server says against something that it took nevertheless. It stays until it is closed. */
import { Button } from "antd";
import { TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Reason } from "~/api/types";
import { Coded } from "./Coded";
import { forgetWarnings, warningsOf } from "./kept-warnings";

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
              <Because reasons={warning.params?.reasons} />
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

/** What an editor was told, on the page it led to, until it is closed. */
export function KeptWarnings({ id, title }: { id: string; title: string }) {
  const [warnings, setWarnings] = useState(() => warningsOf(id));
  return (
    <Warnings
      title={title}
      warnings={warnings}
      onClose={() => {
        forgetWarnings(id);
        setWarnings([]);
      }}
    />
  );
}

/** A warning that sums up several says each of them as well. */
function Because({ reasons }: { reasons: unknown }) {
  if (!Array.isArray(reasons)) return null;
  return (
    <ul className="soft">
      {(reasons as Reason[]).map((reason) => (
        <li key={`${reason.code} ${reason.text}`}>
          <Cluster params={reason.params} />
          <Coded reason={reason} />
        </li>
      ))}
    </ul>
  );
}

function Cluster({ params }: { params: Reason["params"] }) {
  return typeof params?.cluster === "string" ? <span className="mono">{params.cluster} </span> : null;
}
