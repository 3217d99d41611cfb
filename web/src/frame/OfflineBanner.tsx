import { Button } from "antd";
import { CloudOff, Wifi } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useLive } from "~/app/live";

/** Says when live updates stand still, and when they are back. It lies over the page edge, so nothing moves. */
export function OfflineBanner() {
  const { t } = useTranslation();
  const { state, recovered, retry } = useLive();
  if (state === "offline") {
    return (
      <div className="live-line live-line-off" role="status">
        <CloudOff size={14} aria-hidden="true" />
        <span className="strong">{t("frame.offline.title")}</span>
        <span>{t("frame.offline.text")}</span>
        <Button size="small" onClick={retry}>
          {t("frame.offline.retry")}
        </Button>
      </div>
    );
  }
  if (!recovered) return null;
  return (
    <div className="live-line live-line-on" role="status">
      <Wifi size={14} aria-hidden="true" />
      <span>{t("frame.offline.back")}</span>
    </div>
  );
}
