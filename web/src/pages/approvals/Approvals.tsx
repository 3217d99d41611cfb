/** The approver's place: the queue on the left, one decision with all its consequences on the right. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fewRequestsQuery } from "~/api/queries/requests";
import { useEnvironment } from "~/app/environment";
import { useTitle } from "~/parts/Page";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import "./approvals.css";
import { DecisionPanel } from "./DecisionPanel";
import { PhonePlace } from "./PhonePlace";
import { QueueList } from "./QueueList";
import { marked, mergeQueue, neighbour, nextWaiting, type Queued, type Verdict } from "./queue";
import { useShortcuts } from "./shortcuts";

export type Intent = Verdict | null;

export function Approvals() {
  const { t } = useTranslation();
  useTitle(t("approvals.title"));
  const environment = useEnvironment();
  const filter = { waiting_for_me: true, ...(environment ? { environment_id: environment.id } : {}) };
  const waiting = useQuery(fewRequestsQuery(filter, 100));
  const queue = useStableQueue(waiting.data?.items, environment?.id);
  const { id } = useSearch({ from: "/shell/approvals" });
  const navigate = useNavigate({ from: "/approvals" });
  const open = useCallback(
    (next: string | undefined) =>
      void navigate({ search: (old) => ({ ...old, id: next }) as never, replace: true }),
    [navigate],
  );
  const current = id ?? queue.items[0]?.request.id;
  const [intent, setIntent] = useState<Intent>(null);
  const move = (step: 1 | -1) => {
    setIntent(null);
    open(neighbour(queue.items, current, step));
  };
  const shortcuts = useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    a: () => setIntent("approve"),
    c: () => setIntent("request_changes"),
    r: () => setIntent("reject"),
  });

  if (waiting.isPending)
    return (
      <div className="page-pad">
        <SkeletonLines lines={8} what={t("approvals.title")} />
      </div>
    );
  if (waiting.isError && queue.items.length === 0)
    return (
      <div className="page-pad">
        <Failure error={waiting.error} retry={() => void waiting.refetch()} />
      </div>
    );
  if (queue.items.length === 0 && !id)
    return (
      <div className="page-pad">
        <h1>{t("approvals.title")}</h1>
        <Empty title={t("approvals.empty.title")} text={t("approvals.empty.text")} />
      </div>
    );
  return (
    <div className={id ? "approvals approvals-open" : "approvals"}>
      <QueueList items={queue.items} current={current} onOpen={open} shortcutsOn={shortcuts.on} />
      {current && (
        <DecisionPanel
          key={current}
          id={current}
          mark={queue.items.find(({ request }) => request.id === current)?.mark}
          intent={intent}
          place={<PhonePlace items={queue.items} current={current} onOpen={open} onMove={move} />}
          onIntent={setIntent}
          onDecided={(verdict, version) => {
            setIntent(null);
            queue.mark(current, verdict, version);
          }}
          onNext={
            nextWaiting(queue.items, current) ? () => open(nextWaiting(queue.items, current)) : undefined
          }
        />
      )}
    </div>
  );
}

/** The queue as it stands on screen: filled once, then only added to. Another environment is another queue. */
function useStableQueue(now: Queued["request"][] | undefined, environment: string | undefined) {
  const [items, setItems] = useState<Queued[]>([]);
  const scope = useRef(environment);
  useEffect(() => {
    if (!now) return;
    const same = scope.current === environment;
    scope.current = environment;
    setItems((old) => mergeQueue(same ? old : [], now));
  }, [now, environment]);
  const mark = (id: string, verdict: Verdict, version: number) =>
    setItems((old) => marked(old, id, verdict, version));
  return { items, mark };
}
