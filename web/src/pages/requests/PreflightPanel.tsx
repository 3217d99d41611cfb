/** The consequences of the form as it stands, kept up to date beside it. */
import { CircleAlert, CircleCheck, Info, Users } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Preflight } from "~/api/types";
import { Coded } from "~/parts/Coded";
import { Copyable } from "~/parts/Copyable";
import { Failure } from "~/parts/states";
import { PlacementList, PolicyList, QuotaTable, StageList } from "~/parts/Verdict";

interface Props {
  preflight: Preflight | undefined;
  error: unknown;
  checking: boolean;
  retry: () => void;
  /** Why it is so, for whoever wants to know. */
  why?: ReactNode;
}

export function PreflightPanel({ preflight, error, checking, retry, why }: Props) {
  const { t } = useTranslation();
  return (
    <aside className="preflight panel" aria-label={t("requests.preflight.title")} aria-busy={checking}>
      <div className="row spread">
        <h2>{t("requests.preflight.title")}</h2>
        <span className="dim" role="status">
          {checking ? t("requests.preflight.checking") : ""}
        </span>
      </div>
      {error ? (
        <Failure part error={error} retry={retry} />
      ) : preflight ? (
        <div className={checking ? "preflight-body preflight-old" : "preflight-body"}>
          <Consequences preflight={preflight} why={why} />
        </div>
      ) : (
        <p className="soft">{t("requests.preflight.idle")}</p>
      )}
    </aside>
  );
}

function Consequences({ preflight, why }: { preflight: Preflight; why: ReactNode }) {
  const { t } = useTranslation();
  const refused = preflight.problems.length > 0 || preflight.outcome === "deny";
  return (
    <>
      <div className="preflight-name">
        <span className="dim">{t("requests.preflight.name")}</span>
        <Copyable value={preflight.name} />
      </div>
      <Outcome preflight={preflight} refused={refused} />
      {preflight.problems.length > 0 && (
        <ul className="stack gap-1" aria-label={t("requests.preflight.problems")}>
          {preflight.problems.map((problem) => (
            <li key={`${problem.code} ${problem.text}`} className="preflight-problem">
              <CircleAlert size={14} aria-hidden="true" />
              <span>
                <Coded reason={problem} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {refused && why}
      {preflight.warnings.length > 0 && (
        <ul className="stack gap-1" aria-label={t("requests.preflight.warnings")}>
          {preflight.warnings.map((warning) => (
            <li key={`${warning.code} ${warning.text}`} className="preflight-warning">
              <Info size={14} aria-hidden="true" />
              <span>
                <Coded reason={warning} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {preflight.stages.length > 0 && (
        <section>
          <h3>{t("requests.stages.title")}</h3>
          <StageList stages={preflight.stages} />
        </section>
      )}
      <section>
        <h3>{t("requests.policy.title")}</h3>
        <PolicyList results={preflight.verdict} />
        {!refused && why}
      </section>
      <section>
        <h3>{t("requests.placement.title")}</h3>
        <PlacementList candidates={preflight.placement} />
      </section>
      <section>
        <h3>{t("requests.quota.title")}</h3>
        <QuotaTable lines={preflight.quota} />
      </section>
    </>
  );
}

function Outcome({ preflight, refused }: { preflight: Preflight; refused: boolean }) {
  const { t } = useTranslation();
  if (refused) {
    return (
      <p className="outcome outcome-deny">
        <CircleAlert size={16} aria-hidden="true" />
        {t(preflight.outcome === "deny" ? "requests.preflight.outcome.deny" : "requests.preflight.sent")}
      </p>
    );
  }
  const allowed = preflight.outcome === "allow";
  return (
    <p className={allowed ? "outcome outcome-allow" : "outcome outcome-require"}>
      {allowed ? <CircleCheck size={16} aria-hidden="true" /> : <Users size={16} aria-hidden="true" />}
      {t(`requests.preflight.outcome.${preflight.outcome}`)}
    </p>
  );
}
