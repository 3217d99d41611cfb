/**
 * What the rules say, who must agree, where it can run and what it uses: the consequences of a request.
 * Shown beside the form while one types, on the request, and under the approver's eyes; always the same.
 */
import { Check, Minus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { PersonRef, PlacementCandidate, PolicyResult, QuotaLine, Reason, Stage } from "~/api/types";
import { Coded } from "./Coded";
import { StateGlyph } from "./StateBadge";
import { tones } from "./tones";
import { amount } from "./units";
import "./verdict.css";

/** The policies that applied; the others stay out of the way until asked for. */
export function PolicyList({ results }: { results: PolicyResult[] }) {
  const { t } = useTranslation();
  const matched = results.filter((result) => result.matched);
  const rest = results.filter((result) => !result.matched);
  return (
    <div className="stack gap-2">
      {matched.length === 0 && <p className="soft">{t("requests.policy.none")}</p>}
      <ul className="stack gap-2">
        {matched.map((result) => (
          <PolicyLine key={`${result.policy} ${result.version}`} result={result} />
        ))}
      </ul>
      {rest.length > 0 && (
        <details className="fold">
          <summary>{t("requests.policy.unmatched", { count: rest.length })}</summary>
          <ul className="stack gap-2">
            {rest.map((result) => (
              <PolicyLine key={`${result.policy} ${result.version}`} result={result} />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function PolicyLine({ result }: { result: PolicyResult }) {
  const { t } = useTranslation();
  return (
    <li className={result.matched ? "policy" : "policy dim"}>
      <p>
        <Coded reason={result.reason} />
      </p>
      <p className="dim">
        <span className="mono">{result.policy}</span> {t("common.version", { version: result.version })}
        {" · "}
        {t(`requests.policy.effect.${result.effect}`)}
        {!result.enforced && ` · ${t("requests.policy.advisory")}`}
      </p>
    </li>
  );
}

export function PlacementList(props: { candidates: PlacementCandidate[]; chosen?: string | undefined }) {
  const { t } = useTranslation();
  if (props.candidates.length === 0) return <p className="soft">{t("requests.placement.none")}</p>;
  return (
    <ul className="stack gap-2">
      {props.candidates.map((candidate) => (
        <li key={candidate.cluster.id} className="placement">
          {candidate.eligible ? (
            <Check size={14} className="mark-yes" aria-label={t("requests.placement.fits")} />
          ) : (
            <X size={14} className="mark-no" aria-label={t("requests.placement.fitsNot")} />
          )}
          <div>
            <span className={candidate.eligible ? "mono strong" : "mono soft"}>{candidate.cluster.name}</span>
            {props.chosen === candidate.cluster.id && (
              <span className="dim"> {t("requests.placement.chosen")}</span>
            )}
            {candidate.reasons.map((reason) => (
              <p key={reason.code} className="soft">
                <Coded reason={reason} />
              </p>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Used, asked for and limit by dimension: a bar to see it, the numbers to know it. */
export function QuotaTable({ lines }: { lines: QuotaLine[] }) {
  const { t, i18n } = useTranslation();
  if (lines.length === 0) return <p className="soft">{t("requests.quota.none")}</p>;
  const show = (line: QuotaLine, value: number) => amount(t, line.dimension, value, i18n.language);
  return (
    <table className="quota">
      <thead>
        <tr>
          <th scope="col">{t("requests.quota.what")}</th>
          <th scope="col">{t("requests.quota.used")}</th>
          <th scope="col">{t("requests.quota.after")}</th>
          <th scope="col">{t("requests.quota.limit")}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => {
          const after = line.used + line.requested;
          const limit = line.limit ?? null;
          const over = limit !== null && after > limit;
          return (
            <tr key={`${line.scope} ${line.dimension}`}>
              <th scope="row">
                {t(`requests.quota.dimension.${line.dimension}` as "requests.quota.dimension.vms", {
                  defaultValue: line.dimension,
                })}
                <span className="dim">
                  {" "}
                  {t(`requests.quota.scope.${line.scope}` as "requests.quota.scope.system", {
                    defaultValue: line.scope,
                  })}
                </span>
                {limit !== null && limit > 0 && (
                  <span className="quota-bar" aria-hidden="true">
                    <span style={{ width: `${Math.min(100, (line.used / limit) * 100)}%` }} />
                    <span
                      className={over ? "quota-over" : "quota-new"}
                      style={{
                        width: `${Math.max(0, Math.min(100 - (line.used / limit) * 100, (line.requested / limit) * 100))}%`,
                      }}
                    />
                  </span>
                )}
              </th>
              <td>{show(line, line.used)}</td>
              <td className={over ? "quota-over-text" : "strong"}>{show(line, after)}</td>
              <td>{limit === null ? t("requests.quota.unlimited") : show(line, limit)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface StageLike {
  position: number;
  requirement: Reason;
  needed: number;
  candidates: PersonRef[];
  given?: number;
  state?: Stage["state"];
}

/** Who must agree, in order, and who could do it now. */
export function StageList({ stages }: { stages: StageLike[] }) {
  const { t } = useTranslation();
  if (stages.length === 0) return <p className="soft">{t("requests.stages.none")}</p>;
  return (
    <ol className="stack gap-3">
      {stages.map((stage) => (
        <li key={stage.position} className="stage">
          {stage.state ? (
            <StateGlyph tone={tones.stage(stage.state)} />
          ) : (
            <Minus size={12} aria-hidden="true" />
          )}
          <div>
            <p>
              <Coded reason={stage.requirement} />
              {stage.state && (
                <span className="dim">
                  {" · "}
                  {t(`states.stage.${stage.state}`)}
                  {stage.needed > 1 &&
                    ` · ${t("requests.stages.given", { given: stage.given ?? 0, needed: stage.needed })}`}
                </span>
              )}
            </p>
            {stage.candidates.length > 0 && stage.state !== "satisfied" && (
              <p className="dim">
                {t("requests.stages.candidates")}{" "}
                {stage.candidates.map((person) => person.display_name).join(t("common.listJoin"))}
              </p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
