/** Asking for many of what the form says: so many alike, or a table that says what differs from row to row. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Input, InputNumber, Modal, Segmented } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { batchPreflightQuery, orderVms, type RequestVms } from "~/api/queries/batches";
import type { RequestVm } from "~/api/types";
import { FormProblem } from "~/parts/form";
import { Failure } from "~/parts/states";
import { inOrder, ManyJudged } from "./ManyJudged";
import { usePaused } from "./request-form";

const most = 500;

export function Many({ body }: { body: () => RequestVm | null }) {
  const { t } = useTranslation();
  const [base, setBase] = useState<RequestVm | null>(null);
  return (
    <>
      <Button onClick={() => setBase(body())}>{t("batches.many.open")}</Button>
      {base && <ManyDialog base={base} onClose={() => setBase(null)} />}
    </>
  );
}

function ManyDialog({ base, onClose }: { base: RequestVm; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const key = useSubmitKey();
  const [how, setHow] = useState<"count" | "table">("count");
  const [count, setCount] = useState(2);
  const [pattern, setPattern] = useState("vm-{nn}");
  const [csv, setCsv] = useState("");
  const [countId, patternId, csvId, fileId] = [useId(), useId(), useId(), useId()];
  const wish: RequestVms = {
    ...base,
    ...(how === "count" ? { count, name_pattern: pattern } : { csv }),
  };
  const send = useMutation({
    mutationFn: () => orderVms(wish, key.for(wish)),
    onSuccess: ({ request }) => {
      key.finish();
      client.setQueryData(keys.one("requests", request.id), request);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
    },
  });
  const ready = how === "count" ? count >= 1 && count <= most : csv.trim() !== "";
  const wanted = usePaused(ready ? wish : null);
  const preflight = useQuery(batchPreflightQuery(wanted));
  const judged = ready && wanted ? preflight.data : undefined;
  const refused = judged !== undefined && !inOrder(judged);
  return (
    <Modal
      open
      title={t("batches.many.title")}
      okText={t("batches.many.send")}
      cancelText={t("common.cancel")}
      onCancel={send.isPending ? () => {} : onClose}
      onOk={() => send.mutate()}
      okButtonProps={{ loading: send.isPending, disabled: !ready || refused }}
      width={640}
      mask={{ closable: false }}
    >
      <div className="stack gap-3">
        <p className="soft">{t("batches.many.text")}</p>
        <Segmented
          aria-label={t("batches.many.how")}
          value={how}
          onChange={setHow}
          options={[
            { value: "count", label: t("batches.many.count") },
            { value: "table", label: t("batches.many.table") },
          ]}
        />
        {how === "count" ? (
          <>
            <div className="stack gap-1">
              <label htmlFor={countId}>{t("batches.many.howMany")}</label>
              <InputNumber
                id={countId}
                min={1}
                max={most}
                precision={0}
                value={count}
                onChange={(value) => setCount(value ?? 0)}
              />
            </div>
            <div className="stack gap-1">
              <label htmlFor={patternId}>{t("batches.many.pattern")}</label>
              <Input
                id={patternId}
                className="mono"
                maxLength={63}
                value={pattern}
                aria-describedby={`${patternId}-hint`}
                onChange={(event) => setPattern(event.target.value)}
              />
              <span id={`${patternId}-hint`} className="dim">
                {t("batches.many.patternHint", { n: "{n}", nn: "{nn}" })}
              </span>
            </div>
          </>
        ) : (
          <>
            <div className="stack gap-1">
              <label htmlFor={csvId}>{t("batches.many.csv")}</label>
              <Input.TextArea
                id={csvId}
                className="mono"
                rows={8}
                spellCheck={false}
                value={csv}
                aria-describedby={`${csvId}-hint`}
                onChange={(event) => setCsv(event.target.value)}
              />
              <span id={`${csvId}-hint`} className="dim">
                {t("batches.many.csvHint")}
              </span>
            </div>
            <div className="stack gap-1">
              <label htmlFor={fileId}>{t("batches.many.file")}</label>
              <input
                id={fileId}
                type="file"
                accept=".csv,text/csv"
                onChange={(event) => void event.target.files?.[0]?.text().then(setCsv)}
              />
            </div>
          </>
        )}
        {judged && <ManyJudged judged={judged} checking={preflight.isFetching} />}
        {preflight.isError && <Failure part error={preflight.error} retry={() => void preflight.refetch()} />}
        <FormProblem problem={send.isError ? toProblem(send.error) : null} />
      </div>
    </Modal>
  );
}
