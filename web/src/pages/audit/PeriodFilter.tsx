/** Since when and until when: a usual period, or two moments. */
import { Button, Input, Popover } from "antd";
import { CalendarRange } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ChoiceFilter } from "~/parts/list/filters";
import { shortDateTime } from "~/parts/time";
import { fromField, type Period, periodOf, type Range, rangeOf, toField } from "./period";

export function PeriodFilter({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const { t, i18n } = useTranslation();
  const period = periodOf(range, Date.now());
  const custom = (range.since || range.until) && !period;
  const show = (moment: string | undefined) =>
    moment ? shortDateTime(Date.parse(moment), i18n.language) : t("common.dash");
  return (
    <>
      <ChoiceFilter<Period>
        label={t("audit.period.any")}
        value={period}
        options={(["hour", "day", "week", "month"] as const).map((value) => ({
          value,
          label: t(`audit.period.${value}`),
        }))}
        onChange={(value) => onChange(rangeOf(value, Date.now()))}
      />
      <Popover
        trigger="click"
        placement="bottomLeft"
        arrow={false}
        content={<Moments range={range} onChange={onChange} />}
      >
        <Button
          icon={<CalendarRange size={14} />}
          type={custom ? "primary" : "default"}
          ghost={Boolean(custom)}
        >
          {custom ? `${show(range.since)} – ${show(range.until)}` : t("audit.between")}
        </Button>
      </Popover>
    </>
  );
}

function Moments({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack gap-3 period">
      {(["since", "until"] as const).map((name) => (
        <div key={name} className="stack gap-1">
          <label htmlFor={`audit-${name}`}>{t(`audit.${name}`)}</label>
          <Input
            id={`audit-${name}`}
            type="datetime-local"
            value={toField(range[name])}
            onChange={(event) => onChange({ ...range, [name]: fromField(event.target.value) })}
          />
        </div>
      ))}
      <div>
        <Button size="small" onClick={() => onChange({ since: undefined, until: undefined })}>
          {t("common.clear")}
        </Button>
      </div>
    </div>
  );
}
