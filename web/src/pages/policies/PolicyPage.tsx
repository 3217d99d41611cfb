/** One policy: what it says now, every version there was, and what changed from one to the next. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type Policy, type PolicyHistory, policyQuery, retirePolicy } from "~/api/queries/policies";
import { useOffer } from "~/app/page-commands";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Diff } from "~/parts/Diff";
import { LinkButton } from "~/parts/LinkButton";
import { ObjectPage } from "~/parts/ObjectPage";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { StateBadge } from "~/parts/StateBadge";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { KeptWarnings } from "~/parts/Warnings";
import { inWords } from "./content";
import { EffectMark } from "./EffectMark";
import { PolicyContentView } from "./PolicyContentView";
import "./policies.css";

export function PolicyPage() {
  const { t } = useTranslation();
  const { policyId } = useParams({ from: "/shell/policies/$policyId" });
  const policy = useQuery(policyQuery(policyId));
  if (policy.data) return <Loaded key={policyId} history={policy.data} />;
  return (
    <div className="page-pad">
      {policy.isError ? (
        <PageFailure error={policy.error} retry={() => void policy.refetch()} />
      ) : (
        <SkeletonLines lines={8} what={t("policies.one")} />
      )}
    </div>
  );
}

function Loaded({ history }: { history: PolicyHistory }) {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/policies/$policyId" });
  const newest = history.versions[0];
  const shown = history.versions.find(({ version }) => version === search.version) ?? newest;
  if (!newest || !shown) return null;
  const before = history.versions.find(({ version }) => version === shown.version - 1);
  return (
    <ObjectPage
      above={
        <Link to="/policies" search={{}}>
          {t("policies.title")}
        </Link>
      }
      title={newest.title}
      state={
        <StateBadge
          tone={history.in_force ? "running" : "stopped"}
          label={t(history.in_force ? "policies.inForce" : "policies.retired")}
        />
      }
      facts={[
        { label: t("policies.name"), value: <span className="mono">{history.name}</span> },
        { label: t("policies.effect"), value: <EffectMark effect={newest.effect} /> },
        { label: t("policies.version"), value: t("common.version", { version: newest.version }) },
        { label: t("policies.since"), value: <RelativeTime at={newest.created_at} /> },
        { label: t("policies.by"), value: newest.created_by.display_name },
      ]}
      action={<Actions history={history} newest={newest} />}
      notes={<KeptWarnings id={history.id} title={t("policies.saved")} />}
      tab={undefined}
      onTab={() => {}}
      tabs={[
        {
          key: "one",
          label: "",
          content: (
            <div className="columns">
              <Section
                title={t("policies.contentOf", { version: shown.version })}
                extra={shown !== newest && <BringBack history={history} shown={shown} />}
              >
                <PolicyContentView policy={shown} />
              </Section>
              <div>
                <Versions history={history} shown={shown} />
                {before && (
                  <Section title={t("policies.changed", { from: before.version, to: shown.version })}>
                    <Diff
                      before={inWords(t, before)}
                      after={inWords(t, shown)}
                      words
                      label={t("policies.changed", { from: before.version, to: shown.version })}
                    />
                  </Section>
                )}
              </div>
            </div>
          ),
        },
      ]}
    />
  );
}

/** What was in force once, as the beginning of a new version. */
function BringBack({ history, shown }: { history: PolicyHistory; shown: Policy }) {
  const { t } = useTranslation();
  if (!useMay("policy:manage")) return null;
  return (
    <LinkButton
      size="small"
      to="/policies/$policyId/edit"
      params={{ policyId: history.id }}
      search={{ from: shown.version }}
    >
      {t("policies.bringBack")}
    </LinkButton>
  );
}

function Versions({ history, shown }: { history: PolicyHistory; shown: Policy }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const show = (version: number) =>
    void navigate({
      to: "/policies/$policyId",
      params: { policyId: history.id },
      search: { version },
      replace: true,
    });
  return (
    <Section title={t("policies.versions")}>
      <table className="small-table versions" aria-label={t("policies.versions")}>
        <thead>
          <tr>
            <th scope="col">{t("policies.version")}</th>
            <th scope="col">{t("common.created")}</th>
            <th scope="col">{t("policies.by")}</th>
          </tr>
        </thead>
        <tbody>
          {history.versions.map((version) => (
            <tr key={version.version_id} aria-current={version === shown ? "true" : undefined}>
              <td>
                <button
                  type="button"
                  className="plain-button link-button"
                  aria-pressed={version === shown}
                  onClick={() => show(version.version)}
                >
                  {t("common.version", { version: version.version })}
                </button>
                {history.in_force && version === history.versions[0] && (
                  <span className="dim"> · {t("policies.inForce")}</span>
                )}
              </td>
              <td>
                <RelativeTime at={version.created_at} />
              </td>
              <td>{version.created_by.display_name}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Actions({ history, newest }: { history: PolicyHistory; newest: Policy }) {
  const { t } = useTranslation();
  const may = useMay("policy:manage");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [retiring, setRetiring] = useState(false);
  const edit = () =>
    void navigate({ to: "/policies/$policyId/edit", params: { policyId: history.id }, search: {} });
  useOffer(
    may
      ? [
          { key: "edit", label: t("policies.edit.verb"), run: edit },
          ...(history.in_force
            ? [{ key: "retire", label: t("policies.retire.verb"), run: () => setRetiring(true) }]
            : []),
        ]
      : [],
  );
  if (!may) return null;
  return (
    <>
      {history.in_force && <Button onClick={() => setRetiring(true)}>{t("policies.retire.verb")}</Button>}
      <LinkButton primary to="/policies/$policyId/edit" params={{ policyId: history.id }} search={{}}>
        {t(history.in_force ? "policies.edit.verb" : "policies.edit.again")}
      </LinkButton>
      {retiring && (
        <ConfirmDialog
          confirmation={{
            title: t("policies.retire.title", { name: history.name }),
            consequences: t(`policies.retire.text.${newest.effect}`),
            verb: t("policies.retire.verb"),
            danger: newest.effect !== "allow",
          }}
          act={() => retirePolicy(history.id, history.version)}
          onDone={() => {
            setRetiring(false);
            void client.invalidateQueries({ queryKey: keys.all("policies") });
          }}
          onClose={() => setRetiring(false)}
        />
      )}
    </>
  );
}
