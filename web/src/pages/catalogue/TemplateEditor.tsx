/** The editor of templates: a new one, or a new version that starts from the newest. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { createTemplate, publishTemplate, templateQuery } from "~/api/queries/catalogue-admin";
import type { Template } from "~/api/types";
import { FormProblem } from "~/parts/form";
import { keepWarnings } from "~/parts/kept-warnings";
import { slugRule } from "~/parts/names";
import { Page } from "~/parts/Page";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { useSubmit } from "~/parts/use-submit";
import { AboutFields } from "./AboutFields";
import { placed, rowsOf } from "./advanced";
import { contentOf, emptyContent, tidyContent, type Values } from "./content";
import { TemplateFields } from "./TemplateFields";
import { TemplateSide } from "./TemplateSide";
import "./catalogue.css";

export function NewTemplate() {
  const { t } = useTranslation();
  return (
    <Page
      title={t("catalogue.newTemplate.title")}
      lead={t("catalogue.newTemplate.lead")}
      above={
        <Link to="/catalogue" search={{ tab: "templates" }}>
          {t("catalogue.tab.templates")}
        </Link>
      }
    >
      <Editor
        content={emptyContent}
        named
        verb={t("catalogue.newTemplate.verb")}
        send={({ name, title, description, environment_ids, content }, key) =>
          createTemplate(
            {
              name: name ?? "",
              title: title ?? "",
              description: description ?? "",
              environment_ids: environment_ids ?? [],
              content,
            },
            key,
          )
        }
      />
    </Page>
  );
}

export function NewTemplateVersion() {
  const { t } = useTranslation();
  const { templateId } = useParams({ from: "/shell/catalogue/templates/$templateId/publish" });
  const template = useQuery(templateQuery(templateId));
  if (!template.data)
    return (
      <div className="page-pad">
        {template.isError ? (
          <PageFailure error={template.error} retry={() => void template.refetch()} />
        ) : (
          <SkeletonLines lines={8} what={t("common.template")} />
        )}
      </div>
    );
  const latest = template.data.versions[0];
  return (
    <Page
      title={t("catalogue.newVersion.of", { name: template.data.title })}
      lead={t("catalogue.newVersion.templateText")}
      above={
        <Link to="/catalogue/templates/$templateId" params={{ templateId }} search={{}}>
          {template.data.title}
        </Link>
      }
    >
      <Editor
        content={latest ? contentOf(latest) : emptyContent}
        verb={t("catalogue.newVersion.verb")}
        send={({ content }, key) => publishTemplate(templateId, content, key)}
      />
    </Page>
  );
}

interface EditorProps {
  content: Values["content"];
  named?: boolean;
  verb: string;
  send: (values: Values, key: string) => Promise<Template>;
}

function Editor({ content, named, verb, send }: EditorProps) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { submit, pending, problem } = useSubmit(form, {
    fields: ["name", "title", "description", "environment_ids", "content", "advanced"],
    send: ({ advanced = [], ...values }: Values, key) =>
      send({ ...values, content: tidyContent({ ...content, ...values.content }, advanced) }, key).catch(
        (error: unknown) => Promise.reject(placed(error, advanced)),
      ),
    onDone: async (template) => {
      keepWarnings(template.id, template.warnings);
      await client.invalidateQueries({ queryKey: keys.all("catalogue") });
      void navigate({
        to: "/catalogue/templates/$templateId",
        params: { templateId: template.id },
        search: {},
      });
    },
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ content, advanced: rowsOf(content.advanced) }}
      onFinish={submit}
      scrollToFirstError={{ block: "center", focus: true }}
      className="editor"
    >
      <div>
        {named && (
          <>
            <div className="editor-pair">
              <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
                <Input maxLength={100} autoComplete="off" />
              </Form.Item>
              <Form.Item
                name="name"
                label={t("catalogue.name")}
                extra={t("catalogue.slugRule")}
                rules={[{ required: true }, { pattern: slugRule, message: t("catalogue.slugRule") }]}
              >
                <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
              </Form.Item>
            </div>
            <AboutFields />
          </>
        )}
        <TemplateFields />
        <FormProblem problem={problem} />
        <Button type="primary" htmlType="submit" loading={pending}>
          {verb}
        </Button>
      </div>
      <TemplateSide />
    </Form>
  );
}
