import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { StateGlyph } from "~/parts/StateBadge";
import { RequestEnvironment } from "~/parts/target";
import type { Mark, Queued } from "./queue";

interface Props {
  items: Queued[];
  current: string | undefined;
  onOpen: (id: string) => void;
  shortcutsOn: boolean;
}

const tone = {
  waiting: "waiting",
  approve: "running",
  reject: "failed",
  request_changes: "changing",
  gone: "stopped",
} as const;

export function QueueList({ items, current, onOpen, shortcutsOn }: Props) {
  const { t } = useTranslation();
  const active = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another one is opened, it comes into view
  useEffect(() => {
    active.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav className="queue" aria-label={t("approvals.title")}>
      <div className="queue-head">
        <h1>{t("approvals.title")}</h1>
        <p className="dim">{t("approvals.queue")}</p>
      </div>
      <ul>
        {items.map(({ request, mark }) => (
          <li key={request.id}>
            <button
              type="button"
              ref={request.id === current ? active : null}
              aria-current={request.id === current ? "true" : undefined}
              className={mark === "waiting" ? "queue-item" : "queue-item queue-done"}
              onClick={() => onOpen(request.id)}
            >
              <span className="row spread">
                <span className="truncate strong">
                  <RequestTitle request={request} />
                </span>
                <RequestEnvironment request={request} />
              </span>
              <span className="queue-sub dim">
                <StateGlyph tone={tone[mark]} />
                <span className="truncate grow">
                  {mark === "waiting"
                    ? `${t("common.requestNumber", { number: request.number })} · ${request.requester.display_name}`
                    : t(`approvals.done.${mark as Exclude<Mark, "waiting">}`)}
                </span>
                <RelativeTime at={request.submitted_at} plain />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="queue-foot dim">{t(shortcutsOn ? "approvals.keys.hint" : "approvals.keys.off")}</p>
    </nav>
  );
}
