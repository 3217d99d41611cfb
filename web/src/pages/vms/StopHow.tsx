/** How a VM is stopped: with time for its guest to shut down, or at once. */
import { Checkbox, InputNumber } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";

export interface How {
  force: boolean;
  grace: number | null;
}

export const politely: How = { force: false, grace: null };

/** The same as the body of the call wants it. */
export function stopBody({ force, grace }: How): { force?: boolean; grace_seconds?: number } {
  if (force) return { force: true };
  return grace ? { grace_seconds: grace } : {};
}

export function StopHow({ how, onChange }: { how: How; onChange: (how: How) => void }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <div className="stack gap-3">
      <div className="stack gap-1">
        <label htmlFor={id}>{t("vms.confirm.grace")}</label>
        <InputNumber
          id={id}
          min={1}
          max={30}
          precision={0}
          placeholder="30"
          disabled={how.force}
          value={how.grace}
          aria-describedby={`${id}-hint`}
          onChange={(grace) => onChange({ ...how, grace })}
          style={{ width: 120 }}
        />
        <span id={`${id}-hint`} className="dim">
          {t("vms.confirm.graceHint")}
        </span>
      </div>
      <Checkbox checked={how.force} onChange={(event) => onChange({ ...how, force: event.target.checked })}>
        {t("vms.confirm.force")}
      </Checkbox>
      {how.force && <p className="strong">{t("vms.confirm.forceText")}</p>}
    </div>
  );
}
