import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { updateMe } from "~/api/queries/me";
import { useSession } from "~/app/session";
import { FormProblem } from "~/parts/form";
import { Details, Section } from "~/parts/Page";
import { roleName } from "~/parts/roles";
import { setShortcuts, useShortcutsOn } from "../approvals/shortcuts";

export function Profile() {
  const { t } = useTranslation();
  const { person, roles } = useSession();
  const [name, setName] = useState(person.display_name);
  const shortcuts = useShortcutsOn();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => updateMe({ display_name: name.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.all("session") }),
  });
  return (
    <div className="narrow-page">
      <Section title={t("me.tab.profile")}>
        <Details
          facts={[
            { label: t("me.userName"), value: <span className="mono">{person.name}</span> },
            { label: t("me.email"), value: person.email ?? t("common.none") },
            {
              label: t("me.roles"),
              value: roles.map((role) => roleName(t, role)).join(t("common.listJoin")) || t("common.none"),
            },
          ]}
        />
        <form
          className="stack gap-2 profile-form"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <label htmlFor="display-name">{t("me.displayName")}</label>
          <div className="row">
            <Input
              id="display-name"
              value={name}
              maxLength={100}
              onChange={(event) => setName(event.target.value)}
            />
            <Button
              htmlType="submit"
              loading={save.isPending}
              disabled={!name.trim() || name.trim() === person.display_name}
            >
              {t("common.save")}
            </Button>
            <span role="status" className="dim">
              {save.isSuccess ? t("me.saved") : ""}
            </span>
          </div>
          <FormProblem problem={save.isError ? toProblem(save.error) : null} />
        </form>
      </Section>
      <Section title={t("me.shortcuts")}>
        <div className="row gap-3">
          <Switch checked={shortcuts} onChange={setShortcuts} aria-label={t("me.shortcuts")} />
          <p className="soft">{t("me.shortcutsText")}</p>
        </div>
      </Section>
    </div>
  );
}
