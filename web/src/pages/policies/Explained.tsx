/** Why it is decided like that: the outcome, who could say yes now, what would pass, and each policy with what it read. */
import { Button } from "antd";
import { Ban, Check, CircleAlert, CircleCheck, Minus, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Explanation, PassingCandidate } from "~/api/queries/policies";
import { Coded } from "~/parts/Coded";
import { oneLine } from "~/parts/diff";
import { StageList } from "~/parts/Verdict";
import { pendingWords } from "./content";
import "./policies.css";

const marks = { deny: Ban, require: Users, allow: CircleCheck };

interface Props {
  explanation: Explanation;
  /** Takes up what would pass instead. */
  onTake?: ((candidate: PassingCandidate) => void) | undefined;
}

export function Explained({ explanation, onTake }: Props) {
  const { t } = useTranslation();
  const { outcome, pending, problems, stages, passing, replayed } = explanation;
  const refused = outcome === "deny" || problems.length > 0;
  const Mark = refused ? Ban : marks[outcome];
  return (
    <div className="explained stack gap-4">
      <p className={`outcome outcome-${refused ? "deny" : outcome}`}>
        <Mark size={16} aria-hidden="true" />
        {t(`policies.explain.outcome.${refused ? "deny" : outcome}`)}
      </p>
      {problems.length > 0 && (
        <ul className="stack gap-1">
          {problems.map((problem) => (
            <li key={`${problem.code} ${problem.text}`} className="explained-problem">
              <CircleAlert size={14} aria-hidden="true" />
              <span>
                <Coded reason={problem} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {refused && replayed == null && <Passing passing={passing} onTake={onTake} />}
      {stages.length > 0 && (
        <section>
          <h3>{t("requests.stages.title")}</h3>
          <StageList stages={stages} />
          <p className="dim pending-line">{pendingWords(t, pending.hours, pending.then)}</p>
        </section>
      )}
      <section>
        <h3>{t("policies.explain.rules")}</h3>
        <Rules explanation={explanation} />
      </section>
      {replayed != null && (
        <p className={replayed ? "soft" : "explained-problem"}>
          {replayed ? (
            <Check size={14} aria-hidden="true" className="mark-yes" />
          ) : (
            <CircleAlert size={14} aria-hidden="true" />
          )}{" "}
          {t(replayed ? "policies.explain.same" : "policies.explain.other")}
        </p>
      )}
    </div>
  );
}

/** The first thing nearby that would be taken up. */
function Passing({ passing, onTake }: { passing: Explanation["passing"]; onTake: Props["onTake"] }) {
  const { t } = useTranslation();
  if (!passing) return <p className="soft">{t("policies.explain.nothingPasses")}</p>;
  return (
    <div className="passing">
      <p>
        {t(`policies.explain.passing.${passing.kind}`)} <span className="mono strong">{passing.name}</span>
        <span className="soft"> · {t(`policies.explain.outcome.${passing.outcome}`)}</span>
      </p>
      {onTake && (
        <Button size="small" onClick={() => onTake(passing)}>
          {t("policies.explain.take", { name: passing.name })}
        </Button>
      )}
    </div>
  );
}

function Rules({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation();
  const matchedFirst = [...explanation.rules].sort(
    (a, b) => Number(b.result.matched) - Number(a.result.matched),
  );
  return (
    <ul className="explained-rules">
      {matchedFirst.map(({ result, condition, read }) => (
        <li key={`${result.policy} ${result.version}`} className={result.matched ? "" : "rule-unmatched"}>
          {result.matched ? (
            <Check size={14} className="mark-yes" aria-label={t("policies.explain.matched")} />
          ) : (
            <Minus size={14} className="dim" aria-label={t("policies.explain.unmatched")} />
          )}
          <div>
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
            {condition && <code className="policy-when">{condition}</code>}
            {read.length > 0 && (
              <dl className="read-inputs" aria-label={t("policies.explain.read")}>
                {read.map((input) => (
                  <div key={input.name}>
                    <dt className="mono">{input.name}</dt>
                    <dd className="mono">{oneLine(input.value)}</dd>
                  </div>
                ))}
              </dl>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
