/** How a batch stands, its children row by row, and what can be done about them; live as they are carried out. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { problemText, toProblem } from "~/api/problem";
import {
  type Batch,
  type BatchChild,
  batchQuery,
  cancelBatch,
  childrenQuery,
  retryBatch,
} from "~/api/queries/batches";
import { Coded } from "~/parts/Coded";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Section } from "~/parts/Page";
import { SimpleTable } from "~/parts/SimpleTable";
import { RequestBadge } from "~/parts/StateBadges";

const standings = ["waiting", "running", "done", "failed", "cancelled"] as const;

export function BatchSection({ id }: { id: string }) {
  const { t } = useTranslation();
  const batch = useQuery(batchQuery(id));
  const children = useInfiniteQuery(childrenQuery(id));
  const rows = children.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t("batches.title")} id="batch">
      {batch.data && <Standing batch={batch.data} />}
      <SimpleTable<BatchChild>
        what={t("batches.rows")}
        query={children as never}
        rows={rows}
        rowKey={(child) => child.id}
        columns={[
          { title: t("batches.row"), render: (child) => child.row },
          { title: t("common.name"), render: (child) => child.name },
          { title: t("common.state"), render: (child) => <RequestBadge state={child.state} /> },
          { title: t("common.vm"), render: (child) => <VmOf child={child} /> },
          {
            title: t("batches.why"),
            render: (child) => child.failure && <Coded reason={child.failure} />,
          },
        ]}
      />
      {children.hasNextPage && (
        <Button
          size="small"
          onClick={() => void children.fetchNextPage()}
          loading={children.isFetchingNextPage}
        >
          {t("batches.more")}
        </Button>
      )}
    </Section>
  );
}

function VmOf({ child }: { child: BatchChild }) {
  if (!child.vm) return null;
  return (
    <Link to="/vms/$vmId" params={{ vmId: child.vm.id }} search={{}} className="mono">
      {child.vm.name}
    </Link>
  );
}

function Standing({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const key = useSubmitKey();
  const [cancelling, setCancelling] = useState(false);
  const id = batch.request.id;
  const onDone = (answer: Batch) => {
    client.setQueryData(batchQuery(id).queryKey, answer);
    client.setQueryData(keys.one("requests", id), answer.request);
    void client.invalidateQueries({ queryKey: childrenQuery(id).queryKey });
    void client.invalidateQueries({ queryKey: keys.lists("requests") });
    setCancelling(false);
  };
  const retry = useMutation({
    mutationFn: () => retryBatch(id, key.for(batch.version)),
    onSuccess: (answer) => {
      key.finish();
      onDone(answer);
    },
  });
  const parts = standings.filter((part) => batch.counts[part] > 0);
  return (
    <div className="stack gap-2">
      <p role="status">
        {parts.map((part) => t(`batches.count.${part}`, { count: batch.counts[part] })).join(" · ")}
      </p>
      <div className="row">
        {batch.may.retry && (
          <Button onClick={() => retry.mutate()} loading={retry.isPending}>
            {t("batches.retry")}
          </Button>
        )}
        {batch.may.cancel && <Button onClick={() => setCancelling(true)}>{t("batches.cancel.verb")}</Button>}
        {retry.isError && <span role="alert">{problemText(t, toProblem(retry.error))}</span>}
      </div>
      {cancelling && (
        <ConfirmDialog<Batch>
          confirmation={{
            title: t("batches.cancel.title"),
            consequences: t("batches.cancel.text", { count: batch.counts.waiting }),
            verb: t("batches.cancel.verb"),
            danger: true,
          }}
          act={(_, key) => cancelBatch(id, key)}
          onDone={onDone}
          onClose={() => setCancelling(false)}
        />
      )}
    </div>
  );
}
