/** Beside the editor: what every template is given, and what does not add up yet. */
import { Form } from "antd";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Section } from "~/parts/Page";
import type { Values } from "./content";
import { TryTemplate } from "./TryTemplate";
import { checkVariables, given } from "./template-check";

export function TemplateSide() {
  const { t } = useTranslation();
  const content = Form.useWatch<Values["content"] | undefined>("content");
  const { undeclared, unused } = checkVariables(
    content?.user_data ?? "",
    (content?.variables ?? []).map((variable) => variable?.name),
  );
  const names = (list: readonly string[]) => list.join(t("common.listJoin"));
  return (
    <aside className="editor-side">
      <Section title={t("catalogue.check.title")}>
        <div className="stack gap-3" role="status">
          {undeclared.length > 0 && (
            <p className="note note-failed">
              <CircleAlert size={14} aria-hidden="true" />
              <span>{t("catalogue.check.undeclared", { names: names(undeclared) })}</span>
            </p>
          )}
          {unused.length > 0 && (
            <p className="note note-waiting">
              <CircleAlert size={14} aria-hidden="true" />
              <span>{t("catalogue.check.unused", { names: names(unused) })}</span>
            </p>
          )}
          {undeclared.length + unused.length === 0 && <p className="soft">{t("catalogue.check.fine")}</p>}
        </div>
      </Section>
      <TryTemplate />
      <Section title={t("catalogue.given.title")}>
        <ul className="stack gap-2">
          {given.map((name) => (
            <li key={name}>
              <code>{`{{ ${name} }}`}</code>{" "}
              <span className="soft">{t(`catalogue.given.${name as "hostname"}`)}</span>
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t("catalogue.after.title")}>
        <p className="soft">{t("catalogue.after.text")}</p>
      </Section>
    </aside>
  );
}
