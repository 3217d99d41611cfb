/**
 * What the rules say, who must agree, where it can run and what it uses: the consequences of a request.
 * Shown beside the form while one types, on the request, and under the approver's eyes; always the same.
 */
import { Check, Minus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type {
  PersonRef,
  PlacementCandidate,
  PolicyResult,
  QuotaLine,
  Reason,
  Stage,
  StageRequirement,
} from "~/api/types";
import { Coded } from "./Coded";
import { roleName } from "./roles";
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
        {result.failed && ` · ${t("requests.policy.failed")}`}
        {result.matched && !result.enforced && ` · ${t("requests.policy.advisory")}`}
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
  requirements: StageRequirement[];
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
            {stage.requirements.length > 1 ? (
              <ul className="stack gap-2 requirements">
                {stage.requirements.map((one, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: requirements have no id and keep their order
                  <li key={`${one.requirement.code} ${index}`}>
                    <Requirement one={one} stage={stage} />
                  </li>
                ))}
              </ul>
            ) : (
              stage.requirements[0] && <Terms one={stage.requirements[0]} stage={stage} />
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** One of several that must all be met, in any order, by different people. */
function Requirement({ one, stage }: { one: StageRequirement; stage: StageLike }) {
  const { t } = useTranslation();
  const met = one.missing === 0;
  const decided = stage.state === "active" || stage.state === "satisfied";
  return (
    <>
      <p>
        {met && decided ? (
          <Check size={13} aria-hidden="true" className="mark-yes" />
        ) : (
          <Minus size={13} aria-hidden="true" className="dim" />
        )}{" "}
        <Coded reason={one.requirement} />
        {decided && (
          <span className="dim">
            {" · "}
            {met
              ? t("requests.stages.met")
              : t("requests.stages.missing", { count: one.missing, needed: one.needed })}
          </span>
        )}
      </p>
      <Terms one={one} stage={stage} />
    </>
  );
}

/** Which rules ask for it, who may set it aside, and who could give it now. */
function Terms({ one, stage }: { one: StageRequirement; stage: StageLike }) {
  const { t } = useTranslation();
  const join = (words: string[]) => words.join(t("common.listJoin"));
  const open = stage.state !== "satisfied" && one.missing > 0;
  return (
    <>
      {one.rules.length > 0 && (
        <p className="dim">
          {t("requests.stages.rules")} <span className="mono">{join(one.rules)}</span>
        </p>
      )}
      {open && one.set_aside_by.length > 0 && (
        <p className="dim">
          {t("requests.stages.softFor")} {join(one.set_aside_by.map((role) => roleName(t, role)))}
        </p>
      )}
      {open && one.candidates.length > 0 && (
        <p className="dim">
          {t("requests.stages.candidates")} {join(one.candidates.map((person) => person.display_name))}
        </p>
      )}
    </>
  );
}
