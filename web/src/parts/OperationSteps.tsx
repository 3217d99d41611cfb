/** A running operation: its steps, the current one and for how long, and the cluster's own words. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { operationQuery } from "~/api/queries/vms";
import type { Operation, OperationStep } from "~/api/types";
import { Coded } from "./Coded";
import { useNow } from "./RelativeTime";
import { StateGlyph } from "./StateBadge";
import { Failure, SkeletonLines } from "./states";
import "./steps.css";
import { duration } from "./time";
import { tones } from "./tones";

export function OperationCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(operationQuery(id));
  if (query.isPending) return <SkeletonLines lines={4} what={t("vms.operation.title")} />;
  if (query.isError) return <Failure part error={query.error} retry={() => void query.refetch()} />;
  return <OperationSteps operation={query.data} />;
}

export function OperationSteps({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  return (
    <div className="steps">
      <ol>
        {operation.steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </ol>
      {operation.failure && (
        <p className="steps-failure" role="alert">
          <Coded reason={operation.failure} /> <span className="mono dim">{operation.failure.code}</span>
        </p>
      )}
      {operation.steps.length === 0 && <p className="soft">{t("vms.operation.queued")}</p>}
    </div>
  );
}

function Step({ step }: { step: OperationStep }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const begun = step.started_at ? Date.parse(step.started_at) : null;
  const ended = step.finished_at ? Date.parse(step.finished_at) : now;
  return (
    <li
      className={step.state === "waiting" ? "dim" : undefined}
      aria-current={step.state === "running" ? "step" : undefined}
    >
      <StateGlyph tone={tones.step(step.state)} />
      <div className="grow">
        <span className={step.state === "running" ? "strong" : undefined}>
          {t(`vms.operation.step.${step.name}` as "vms.operation.step.wait_running", {
            defaultValue: step.name,
          })}
        </span>
        <span className="sr-only"> {t(`states.step.${step.state}`)}</span>
        {step.detail && <p className="soft steps-detail">{step.detail}</p>}
      </div>
      {begun !== null && <span className="dim">{duration(ended - begun, i18n.language)}</span>}
    </li>
  );
}
