/**
 * The states every view is designed for, besides the data itself: loading (in the final shape), empty, failed with a
 * code to quote, and not found, which is the same page as not shared.
 */
import { Button } from "antd";
import { CircleAlert, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isNotFound, problemText, toProblem } from "~/api/problem";
import { Copyable } from "./Copyable";
import "./states.css";

/** A grey bar in the place of text to come. */
export function Bone({ width = "100%", height = 12 }: { width?: number | string; height?: number }) {
  return <span className="bone" style={{ width, height }} />;
}

export function SkeletonLines({ lines = 4, what }: { lines?: number; what: string }) {
  const { t } = useTranslation();
  const widths = ["72%", "94%", "58%", "83%", "66%"];
  return (
    <div className="stack gap-3 skeleton" role="status" aria-label={t("states.loading", { what })}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
        <Bone key={line} width={widths[line % widths.length] ?? "80%"} />
      ))}
    </div>
  );
}

/** Nothing yet: what this place is for, and the first step. */
export function Empty({ title, text, action }: { title: string; text?: string; action?: ReactNode }) {
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {text && <p className="soft">{text}</p>}
      {action}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  retry?: (() => void) | undefined;
  /** Inside a page that otherwise works. */
  part?: boolean;
}

/** What happened, what to do, and a code to quote. */
export function Failure({ error, retry, part = false }: FailureProps) {
  const { t } = useTranslation();
  const problem = toProblem(error);
  const quote = problem.body.request_id ? `${problem.code} ${problem.body.request_id}` : problem.code;
  return (
    <div className={part ? "failure failure-part" : "failure"} role="alert">
      <CircleAlert size={16} aria-hidden="true" className="failure-mark" />
      <div className="stack gap-2">
        <p className="strong">{t(part ? "states.failedPart" : "states.failedTitle")}</p>
        <p>{problemText(t, problem)}</p>
        <div className="row row-wrap soft">
          <span>{t("states.quote")}</span>
          <Copyable value={quote} />
          {retry && (
            <Button size="small" onClick={retry}>
              {t("common.retry")}
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

/** One page for "does not exist" and "not shared with you": the answer must not tell which. */
export function NotShared() {
  const { t } = useTranslation();
  return (
    <div className="not-shared">
      <SearchX size={24} strokeWidth={1.5} aria-hidden="true" className="dim" />
      <h1>{t("states.notShared.title")}</h1>
      <p className="soft">{t("states.notShared.text")}</p>
      <div className="row row-wrap">
        <Button href="/">{t("states.notShared.home")}</Button>
        <Button href="/systems?join=true">{t("states.notShared.join")}</Button>
      </div>
    </div>
  );
}

/** The page for an answer that failed as a whole. */
export function PageFailure({ error, retry }: { error: unknown; retry?: () => void }) {
  return isNotFound(error) ? <NotShared /> : <Failure error={error} retry={retry} />;
}
