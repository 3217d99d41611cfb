/** What would become of many: the rows that are wrong, or what all of them take and who would decide. */
import { CircleAlert, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { translateCoded } from "~/api/problem";
import type { BatchPreflight } from "~/api/queries/batches";
import { Coded } from "~/parts/Coded";
import { QuotaTable, StageList } from "~/parts/Verdict";

/** Whether it would be taken up as it is. */
export const inOrder = (judged: BatchPreflight): boolean =>
  judged.faults.length === 0 && judged.problems.length === 0 && judged.outcome !== "deny";

export function ManyJudged({ judged, checking }: { judged: BatchPreflight; checking: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="stack gap-2" aria-busy={checking}>
      <p role="status" className="row">
        {checking ? (
          <span className="dim">{t("batches.many.checking")}</span>
        ) : (
          inOrder(judged) && (
            <>
              <CircleCheck size={14} aria-hidden="true" />
              {t("batches.many.inOrder", { count: judged.size ?? 0 })}
            </>
          )
        )}
      </p>
      {judged.faults.length > 0 && <Faults faults={judged.faults} />}
      {judged.problems.map((problem) => (
        <p key={`${problem.code} ${problem.text}`} className="row">
          <CircleAlert size={14} aria-hidden="true" />
          <Coded reason={problem} />
        </p>
      ))}
      {judged.stages.length > 0 && <StageList stages={judged.stages} />}
      {judged.quota.length > 0 && <QuotaTable lines={judged.quota} />}
    </div>
  );
}

function Faults({ faults }: { faults: BatchPreflight["faults"] }) {
  const { t } = useTranslation();
  const titles = [t("batches.row"), t("batches.many.column"), t("batches.many.wrong")];
  return (
    <div className="table-scroll">
      <table className="small-table" aria-label={t("batches.many.faults")}>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {faults.map((fault) => (
            <tr key={`${fault.row} ${fault.column} ${fault.code}`}>
              <td>{fault.row === 0 ? t("batches.many.header") : fault.row}</td>
              <td className="mono">{fault.column}</td>
              <td>{translateCoded(t, { code: fault.code, fallback: fault.text })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
