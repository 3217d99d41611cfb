import { useTranslation } from "react-i18next";
import type { Request } from "~/api/types";
import { RelativeTime } from "~/parts/RelativeTime";
import { StateBadge } from "~/parts/StateBadge";

const tones = { approve: "running", reject: "failed", request_changes: "waiting" } as const;

/** Who decided what, on which content. A decision on an older content is void and says so. */
export function Decisions({ request }: { request: Request }) {
  const { t } = useTranslation();
  return (
    <ul className="stack gap-3">
      {request.decisions.map((decision) => (
        <li key={decision.id}>
          <div className="row row-wrap gap-3">
            <StateBadge
              tone={decision.void ? "stopped" : tones[decision.verdict]}
              label={t(`requests.decisions.${decision.verdict}`)}
            />
            <span className="strong">{decision.person.display_name}</span>
            <RelativeTime at={decision.at} />
            {decision.effective_hash && <span>{t("requests.decisions.narrowed")}</span>}
            {decision.set_aside && <span>{t("requests.decisions.setAside")}</span>}
            {decision.void && <span className="dim">{t("requests.decisions.void")}</span>}
          </div>
          {decision.comment && <p className="soft decision-comment">{decision.comment}</p>}
        </li>
      ))}
    </ul>
  );
}
