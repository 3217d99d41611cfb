/** On a phone the queue and the decision are two screens: the way back, and where in the queue one is. */
import { Button } from "antd";
import { ChevronDown, ChevronLeft, ChevronUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { neighbour, type Queued } from "./queue";

interface Props {
  items: Queued[];
  current: string;
  onOpen: (id: string | undefined) => void;
  onMove: (step: 1 | -1) => void;
}

export function PhonePlace({ items, current, onOpen, onMove }: Props) {
  const { t } = useTranslation();
  const at = items.findIndex(({ request }) => request.id === current);
  const step = (by: 1 | -1) => ({
    type: "text" as const,
    onClick: () => onMove(by),
    disabled: at === -1 || neighbour(items, current, by) === current,
  });
  return (
    <div className="phone-place">
      <Button type="text" icon={<ChevronLeft size={18} />} onClick={() => onOpen(undefined)}>
        {t("approvals.title")}
      </Button>
      <span className="grow" />
      {at >= 0 && <span className="dim">{t("approvals.position", { at: at + 1, of: items.length })}</span>}
      <Button {...step(-1)} aria-label={t("approvals.previous")} icon={<ChevronUp size={18} />} />
      <Button {...step(1)} aria-label={t("approvals.nextOne")} icon={<ChevronDown size={18} />} />
    </div>
  );
}
