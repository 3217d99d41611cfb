import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { createToken, revokeToken, tokensQuery } from "~/api/queries/me";
import type { components } from "~/api/schema";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Copyable } from "~/parts/Copyable";
import { FormProblem, useServerErrors } from "~/parts/form";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

type NewToken = components["schemas"]["NewToken"];

export function Tokens() {
  const { t } = useTranslation();
  const query = useQuery(tokensQuery);
  const client = useQueryClient();
  const [made, setMade] = useState<NewToken | null>(null);
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  return (
    <div className="narrow-page stack gap-4">
      <p className="soft">{t("me.tokens.text")}</p>
      {made && (
        <div className="note" role="status">
          <div className="stack gap-1">
            <p className="strong">{t("me.tokens.made", { name: made.token.name })}</p>
            <p>{t("me.tokens.once")}</p>
            <Copyable value={made.secret} />
          </div>
        </div>
      )}
      <SimpleTable
        what={t("me.tab.tokens")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        columns={[
          { title: t("me.tokens.name"), render: (row) => <span className="strong">{row.name}</span> },
          { title: t("me.tokens.prefix"), render: (row) => <span className="mono">{row.prefix}</span> },
          { title: t("me.tokens.expires"), render: (row) => <RelativeTime at={row.expires_at} /> },
          {
            title: t("me.tokens.lastUsed"),
            render: (row) =>
              row.last_used_at ? <RelativeTime at={row.last_used_at} /> : t("me.tokens.never"),
          },
          {
            title: t("common.actions"),
            quiet: true,
            render: (row) => (
              <Button type="text" size="small" onClick={() => setRevoking(row)}>
                {t("me.tokens.revoke")}
              </Button>
            ),
          },
        ]}
      />
      <MakeToken
        onDone={(token) => {
          setMade(token);
          void refresh();
        }}
      />
      {revoking && (
        <ConfirmDialog
          confirmation={{
            title: t("me.tokens.revokeTitle", { name: revoking.name }),
            consequences: t("me.tokens.revokeText"),
            verb: t("me.tokens.revoke"),
            danger: true,
          }}
          act={() => revokeToken(revoking.id)}
          onDone={() => {
            setRevoking(null);
            void refresh();
          }}
          onClose={() => setRevoking(null)}
        />
      )}
    </div>
  );
}

function MakeToken({ onDone }: { onDone: (token: NewToken) => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ name: string; days: number }>();
  const { show, clear, problem } = useServerErrors(form, ["name", "days"]);
  const make = useMutation({
    mutationFn: createToken,
    onMutate: clear,
    onError: show,
    onSuccess: (token) => {
      form.resetFields();
      onDone(token);
    },
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ days: 30 }}
      onFinish={make.mutate}
      className="key-form"
    >
      <Form.Item name="name" label={t("me.tokens.name")} rules={[{ required: true }]}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <Form.Item name="days" label={t("me.tokens.days")} rules={[{ required: true }]}>
        <InputNumber min={1} max={365} precision={0} />
      </Form.Item>
      <FormProblem problem={problem} />
      <Button htmlType="submit" loading={make.isPending}>
        {t("me.tokens.create")}
      </Button>
    </Form>
  );
}
