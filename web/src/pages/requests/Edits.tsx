/** How a request came to read as it does: each change of it, what it replaced, and whose word it made void. */
import { CornerUpLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Request } from "~/api/types";
import { RelativeTime } from "~/parts/RelativeTime";
import { SpecChanges } from "./SpecChanges";

/** What the approver wants changed, for whoever can change it. */
export function Wanted({ request }: { request: Request }) {
  const { t } = useTranslation();
  if (request.state !== "changes_requested") return null;
  const wish = request.decisions.findLast(
    (decision) => decision.verdict === "request_changes" && decision.spec_hash === request.spec_hash,
  );
  return (
    <div className="note note-waiting" role="status">
      <CornerUpLeft size={14} aria-hidden="true" />
      <div className="grow">
        <p className="strong">
          {wish
            ? t("requests.edit.wanted", { name: wish.person.display_name })
            : t("states.request.changes_requested")}
        </p>
        {wish?.comment && <p className="wish">{wish.comment}</p>}
        {!request.may.edit && <p className="soft">{t("requests.edit.waits")}</p>}
      </div>
    </div>
  );
}

export function Edits({ request }: { request: Request }) {
  const { t } = useTranslation();
  return (
    <ol className="stack gap-4">
      {request.edits.map((edit, index) => {
        const newer = index === 0 ? request : request.edits[index - 1];
        const voided = request.decisions.filter(
          (decision) =>
            decision.void && decision.verdict === "approve" && decision.spec_hash === edit.spec_hash,
        );
        return (
          <li key={edit.revision}>
            <div className="row gap-3">
              <span className="strong">{t("requests.edits.wording", { number: edit.revision })}</span>
              <span>{edit.editor.display_name}</span>
              <RelativeTime at={edit.at} />
            </div>
            <SpecChanges
              before={edit.spec}
              after={newer?.spec ?? request.spec}
              reasons={{ before: edit.reason, after: newer?.reason ?? request.reason }}
            />
            {voided.length > 0 && (
              <p className="soft">
                {t("requests.edits.voided", {
                  names: voided.map(({ person }) => person.display_name).join(t("common.listJoin")),
                })}
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}
