import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { personQuery } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { useMay } from "~/app/session";
import { IdChip } from "~/parts/Copyable";
import { ObjectPage } from "~/parts/ObjectPage";
import { RelativeTime } from "~/parts/RelativeTime";
import { ResourceHistory } from "~/parts/ResourceHistory";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { AccountBadge } from "./AccountBadge";
import { PersonAccess } from "./PersonAccess";
import { PersonActions } from "./PersonActions";
import { PersonMay } from "./PersonMay";

export function PersonPage() {
  const { t } = useTranslation();
  const { personId } = useParams({ from: "/shell/people/$personId" });
  const person = useQuery(personQuery(personId));
  return person.isSuccess ? (
    <Loaded person={person.data} />
  ) : (
    <div className="page-pad">
      {person.isPending ? (
        <SkeletonLines lines={6} what={t("common.person")} />
      ) : (
        <PageFailure error={person.error} retry={() => void person.refetch()} />
      )}
    </div>
  );
}

function Loaded({ person }: { person: Person }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/people/$personId" });
  const navigate = useNavigate();
  const mayAudit = useMay("audit:read");
  return (
    <ObjectPage
      above={<Link to="/people">{t("people.title")}</Link>}
      title={person.display_name}
      state={<AccountBadge disabled={person.disabled} />}
      labels={
        person.sample && (
          <span className="dim" title={t("common.sampleHint")}>
            {t("common.sample")}
          </span>
        )
      }
      facts={[
        { label: t("me.userName"), value: <span className="mono">{person.name}</span> },
        { label: t("people.kindTitle"), value: t(`people.kind.${person.kind}`) },
        { label: t("me.email"), value: person.email ?? t("common.dash") },
        { label: t("common.created"), value: <RelativeTime at={person.created_at} /> },
        { label: t("common.id"), value: <IdChip id={person.id} /> },
      ]}
      action={<PersonActions person={person} />}
      tab={tab}
      onTab={(key) =>
        void navigate({ to: "/people/$personId", params: { personId: person.id }, search: { tab: key } })
      }
      tabs={[
        { key: "access", label: t("people.tab.access"), content: <PersonAccess person={person} /> },
        { key: "may", label: t("people.tab.may"), content: <PersonMay id={person.id} /> },
        ...(mayAudit
          ? [
              {
                key: "history",
                label: t("audit.history"),
                content: <ResourceHistory kind="person" id={person.id} />,
              },
            ]
          : []),
      ]}
    />
  );
}
