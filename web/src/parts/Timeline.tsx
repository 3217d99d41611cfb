/** One story, newest first: requests, decisions, operations, cluster events, consoles and audit, each with who. */
import { Link } from "@tanstack/react-router";
import { Fingerprint, Gavel, type LucideIcon, Server, SquarePen, SquareTerminal, Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { TimelineEntry } from "~/api/types";
import { Coded } from "./Coded";
import { RelativeTime } from "./RelativeTime";
import { shortDateTime } from "./time";
import "./timeline.css";

const icons: Record<TimelineEntry["kind"], LucideIcon> = {
  request: SquarePen,
  decision: Gavel,
  operation: Wrench,
  cluster: Server,
  audit: Fingerprint,
  console: SquareTerminal,
};

export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const { t, i18n } = useTranslation();
  return (
    <ol className="timeline">
      {entries.map((entry, index) => {
        const Icon = icons[entry.kind] ?? Fingerprint;
        const bad = entry.outcome === "failed" || entry.outcome === "denied";
        const why = entry.text.params.comment ?? entry.text.params.reason;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an entry has no id of its own; the order never changes
          <li key={`${entry.at} ${index}`}>
            <span className={bad ? "timeline-mark timeline-bad" : "timeline-mark"}>
              <Icon size={13} strokeWidth={1.9} aria-hidden="true" />
            </span>
            <div className="timeline-text">
              <p>
                <span className="strong">
                  <Coded reason={entry.text} />
                </span>
                {(bad || entry.outcome === "intent") && (
                  <span className={bad ? "timeline-outcome" : "dim"}>
                    {" "}
                    {t(`timeline.outcome.${entry.outcome as "failed"}`)}
                  </span>
                )}
              </p>
              {typeof why === "string" && why !== "" && <p className="soft">{why}</p>}
              <p className="dim">
                {t(`timeline.kind.${entry.kind}`)}
                {entry.actor && ` · ${entry.actor.display_name}`}
                {entry.request_id && (
                  <>
                    {" · "}
                    <Link to="/requests/$requestId" params={{ requestId: entry.request_id }} search={{}}>
                      {t("timeline.toRequest")}
                    </Link>
                  </>
                )}
              </p>
            </div>
            <span className="timeline-when">
              <RelativeTime at={entry.at} />
              <span className="dim">{shortDateTime(Date.parse(entry.at), i18n.language)}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
