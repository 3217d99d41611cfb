/** What the template would give a guest, with values of one's choice: the server renders it as it does for a request. */
import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toProblem } from "~/api/problem";
import { previewTemplate } from "~/api/queries/catalogue-admin";
import { FormProblem } from "~/parts/form";
import { Section } from "~/parts/Page";
import { tidyContent, type Values } from "./content";

export function TryTemplate() {
  const { t } = useTranslation();
  const form = Form.useFormInstance<Values>();
  const variables = Form.useWatch<Values["content"]["variables"] | undefined>(["content", "variables"]) ?? [];
  const [values, setValues] = useState<Record<string, string>>({});
  const render = useMutation({
    mutationFn: () => {
      const names = new Set(variables.map((variable) => variable?.name));
      const given = Object.entries(values).filter(([name, value]) => names.has(name) && value !== "");
      return previewTemplate({
        content: tidyContent(form.getFieldValue("content")),
        variables: Object.fromEntries(given),
      });
    },
  });
  return (
    <Section title={t("catalogue.try.title")}>
      <div className="stack gap-3">
        <p className="soft">{t("catalogue.try.text")}</p>
        {variables
          .filter((variable) => variable?.name)
          .map((variable) => (
            <div key={variable.name} className="stack gap-1">
              <label htmlFor={`try-${variable.name}`}>{variable.title || variable.name}</label>
              <Input
                id={`try-${variable.name}`}
                className="mono"
                size="small"
                spellCheck={false}
                autoComplete="off"
                placeholder={variable.default ?? ""}
                value={values[variable.name] ?? ""}
                onChange={(event) => setValues({ ...values, [variable.name]: event.target.value })}
              />
            </div>
          ))}
        <div>
          <Button size="small" loading={render.isPending} onClick={() => render.mutate()}>
            {t("catalogue.try.verb")}
          </Button>
        </div>
        <FormProblem problem={render.isError ? toProblem(render.error) : null} />
        {render.data && !render.isError && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard
          <section tabIndex={0} className="code-block try-result" aria-label={t("catalogue.try.result")}>
            <pre>{render.data.user_data}</pre>
          </section>
        )}
      </div>
    </Section>
  );
}
