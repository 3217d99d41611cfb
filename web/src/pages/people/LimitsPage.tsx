/** How much people may ask for at a time, and the people and accounts for whom that does not hold. */
import { useQuery } from "@tanstack/react-query";
import { Button, Form, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Limits, type LimitsBody, limitsQuery, updateLimits } from "~/api/queries/limits";
import { useMay } from "~/app/session";
import { FormDialog } from "~/parts/FormDialog";
import { Details, Page, Section } from "~/parts/Page";
import { Failure, SkeletonLines } from "~/parts/states";
import { Exemptions } from "./Exemptions";
import { PeopleNav } from "./PeopleNav";

const names = [
  "pending_per_person",
  "pending_in_all",
  "hourly_per_person",
  "in_flight_per_person",
  "in_flight_in_all",
] as const;
/** What is carried out at a time always has a bound: it protects the clusters. */
const always: readonly string[] = ["in_flight_per_person", "in_flight_in_all"];

export function LimitsPage() {
  const { t } = useTranslation();
  const limits = useQuery(limitsQuery);
  const may = useMay("limit:manage");
  const maySee = useMay("audit:read");
  const [editing, setEditing] = useState(false);
  return (
    <Page title={t("people.title")} lead={t("people.lead")}>
      <PeopleNav />
      <Section
        title={t("people.limits.title")}
        extra={
          may &&
          limits.data && (
            <Button size="small" onClick={() => setEditing(true)}>
              {t("people.limits.change")}
            </Button>
          )
        }
      >
        <p className="soft page-text">{t("people.limits.lead")}</p>
        {limits.isPending && <SkeletonLines lines={5} what={t("people.limits.title")} />}
        {limits.isError && <Failure part error={limits.error} retry={() => void limits.refetch()} />}
        {limits.data && <Shown limits={limits.data} />}
      </Section>
      {maySee && <Exemptions />}
      {editing && limits.data && (
        <LimitsDialog
          limits={limits.data}
          onClose={() => {
            setEditing(false);
            void limits.refetch();
          }}
        />
      )}
    </Page>
  );
}

function Shown({ limits }: { limits: Limits }) {
  const { t } = useTranslation();
  return (
    <Details
      facts={names.map((name) => ({
        label: t(`people.limits.of.${name}`),
        value: limits[name] ?? <span className="dim">{t("people.limits.none")}</span>,
      }))}
    />
  );
}

function LimitsDialog({ limits, onClose }: { limits: Limits; onClose: () => void }) {
  const { t } = useTranslation();
  // The limits that were opened: newer ones refuse the change.
  const [version] = useState(limits.version);
  return (
    <FormDialog<LimitsBody, unknown>
      title={t("people.limits.title")}
      text={t("people.limits.dialog")}
      verb={t("people.limits.save")}
      initial={limits}
      fields={names}
      send={(values) =>
        updateLimits(version, {
          pending_per_person: values.pending_per_person ?? null,
          pending_in_all: values.pending_in_all ?? null,
          hourly_per_person: values.hourly_per_person ?? null,
          in_flight_per_person: values.in_flight_per_person,
          in_flight_in_all: values.in_flight_in_all,
        })
      }
      onDone={onClose}
      onClose={onClose}
    >
      {names.map((name) => (
        <Form.Item
          key={name}
          name={name}
          label={t(`people.limits.of.${name}`)}
          rules={[{ required: always.includes(name) }]}
        >
          <InputNumber
            min={1}
            max={always.includes(name) ? 10_000 : 1_000_000}
            precision={0}
            placeholder={always.includes(name) ? "" : t("people.limits.none")}
          />
        </Form.Item>
      ))}
    </FormDialog>
  );
}
