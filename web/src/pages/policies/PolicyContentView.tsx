/** What one version of a policy says, exactly. */
import { useTranslation } from "react-i18next";
import type { Policy } from "~/api/queries/policies";
import { Details, type Fact } from "~/parts/Page";
import { roleName } from "~/parts/roles";
import { pendingWords, requirementWords, whereOf } from "./content";
import { EffectMark } from "./EffectMark";

export function PolicyContentView({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const join = (words: string[]) => words.join(t("common.listJoin"));
  const facts: Fact[] = [
    { label: t("policies.says"), value: policy.title },
    { label: t("policies.effect"), value: <EffectMark effect={policy.effect} /> },
    { label: t("policies.enforcement"), value: t(`policies.enforcementText.${policy.enforcement}`) },
    { label: t("policies.for"), value: join(policy.operations.map((verb) => t(`states.verb.${verb}`))) },
    { label: t("policies.where"), value: t(`policies.wheres.${whereOf(policy.protected)}`) },
  ];
  if (policy.override_role)
    facts.splice(3, 0, { label: t("policies.overrideRole"), value: roleName(t, policy.override_role) });
  if (policy.condition)
    facts.push({
      label: t("policies.condition"),
      value: <pre className="condition-block">{policy.condition}</pre>,
    });
  if (policy.stages.length > 0)
    facts.push({
      label: t("policies.wants"),
      value: (
        <ol className="stack gap-2">
          {[...policy.stages]
            .sort((a, b) => a.position - b.position)
            .map((stage) => (
              <li key={stage.position}>
                <p className="dim">
                  {t("policies.stage", { number: stage.position })}
                  {stage.ask_again && ` · ${t("policies.askAgain")}`}
                </p>
                <ul>
                  {stage.requirements.map((one) => (
                    <li key={`${one.kind} ${one.name}`}>{requirementWords(t, one)}</li>
                  ))}
                </ul>
              </li>
            ))}
        </ol>
      ),
    });
  if (policy.pending)
    facts.push({
      label: t("policies.pending"),
      value: pendingWords(t, policy.pending.hours, policy.pending.then),
    });
  facts.push({ label: t("policies.reasonCode"), value: <span className="mono">{policy.reason_code}</span> });
  return <Details facts={facts} />;
}
