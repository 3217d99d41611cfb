/** Tokens of an account: one is shown once, when it is made; each can be revoked. */
import { type UseQueryResult, useMutation } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/schema";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Copyable } from "~/parts/Copyable";
import { FormProblem, useServerErrors } from "~/parts/form";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

type Schemas = components["schemas"];
type Make = (body: Schemas["CreateToken"]) => Promise<Schemas["NewToken"]>;

interface Props {
  text: string;
  query: UseQueryResult<Schemas["TokenList"], Error>;
  /** Left out where the person may only look. */
  make?: Make | undefined;
  revoke?: ((id: string) => Promise<unknown>) | undefined;
  onChanged: () => void;
}

export function TokenList({ text, query, make, revoke, onChanged }: Props) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Schemas["NewToken"] | null>(null);
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  return (
    <div className="narrow-page stack gap-4">
      <p className="soft">{text}</p>
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
          ...(revoke
            ? [
                {
                  title: t("common.actions"),
                  quiet: true,
                  render: (row: Schemas["TokenList"]["items"][number]) => (
                    <Button type="text" size="small" onClick={() => setRevoking(row)}>
                      {t("me.tokens.revoke")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {make && (
        <MakeToken
          make={make}
          onDone={(token) => {
            setMade(token);
            onChanged();
          }}
        />
      )}
      {revoking && revoke && (
        <ConfirmDialog
          confirmation={{
            title: t("me.tokens.revokeTitle", { name: revoking.name }),
            consequences: t("me.tokens.revokeText"),
            verb: t("me.tokens.revoke"),
            danger: true,
          }}
          act={() => revoke(revoking.id)}
          onDone={() => {
            setRevoking(null);
            onChanged();
          }}
          onClose={() => setRevoking(null)}
        />
      )}
    </div>
  );
}

function MakeToken({ make, onDone }: { make: Make; onDone: (token: Schemas["NewToken"]) => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Schemas["CreateToken"]>();
  const { show, clear, problem } = useServerErrors(form, ["name", "days"]);
  const making = useMutation({
    mutationFn: make,
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
      onFinish={making.mutate}
      className="key-form"
    >
      <Form.Item name="name" label={t("me.tokens.name")} rules={[{ required: true }]}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <Form.Item name="days" label={t("me.tokens.days")} rules={[{ required: true }]}>
        <InputNumber min={1} max={365} precision={0} />
      </Form.Item>
      <FormProblem problem={problem} />
      <Button htmlType="submit" loading={making.isPending}>
        {t("me.tokens.create")}
      </Button>
    </Form>
  );
}
