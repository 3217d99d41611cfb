import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { addSshKey, removeSshKey, sshKeysQuery } from "~/api/queries/me";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Copyable } from "~/parts/Copyable";
import { FormProblem, useServerErrors } from "~/parts/form";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

export function SshKeys() {
  const { t } = useTranslation();
  const query = useQuery(sshKeysQuery);
  const client = useQueryClient();
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: sshKeysQuery.queryKey });
  return (
    <div className="narrow-page stack gap-4">
      <p className="soft">{t("me.keys.text")}</p>
      <SimpleTable
        what={t("me.tab.keys")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        columns={[
          { title: t("me.keys.name"), render: (row) => <span className="strong">{row.name}</span> },
          { title: t("me.keys.fingerprint"), render: (row) => <Copyable value={row.fingerprint} /> },
          { title: t("common.created"), render: (row) => <RelativeTime at={row.created_at} /> },
          {
            title: t("common.actions"),
            quiet: true,
            render: (row) => (
              <Button
                type="text"
                size="small"
                icon={<Trash2 size={14} />}
                aria-label={`${t("me.keys.remove")} ${row.name}`}
                onClick={() => setRemoving(row)}
              />
            ),
          },
        ]}
      />
      <AddKey onDone={refresh} />
      {removing && (
        <ConfirmDialog
          confirmation={{
            title: t("me.keys.removeTitle", { name: removing.name }),
            consequences: t("me.keys.removeText"),
            verb: t("me.keys.remove"),
            danger: true,
          }}
          act={() => removeSshKey(removing.id)}
          onDone={() => {
            setRemoving(null);
            void refresh();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </div>
  );
}

interface Fields {
  name: string;
  public_key: string;
}

function AddKey({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const key = useSubmitKey();
  const { show, clear, problem } = useServerErrors(form, ["name", "public_key"]);
  const add = useMutation({
    mutationFn: (fields: Fields) => {
      const body = { name: fields.name.trim(), public_key: fields.public_key.trim() };
      return addSshKey(body, key.for(body));
    },
    onMutate: clear,
    onError: show,
    onSuccess: () => {
      key.finish();
      form.resetFields();
      onDone();
    },
  });
  /** The comment at the end of a key is usually a good name for it. */
  const suggestName = (text: string) => {
    const comment = text.trim().split(/\s+/)[2];
    if (comment && !form.getFieldValue("name")) form.setFieldValue("name", comment.slice(0, 60));
  };
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={add.mutate} className="key-form">
      <Form.Item
        name="public_key"
        label={t("me.keys.key")}
        extra={t("me.keys.keyHint")}
        rules={[{ required: true }]}
      >
        <Input.TextArea
          rows={3}
          className="mono"
          spellCheck={false}
          maxLength={8192}
          onChange={(event) => suggestName(event.target.value)}
        />
      </Form.Item>
      <Form.Item name="name" label={t("me.keys.name")} rules={[{ required: true }]}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <FormProblem problem={problem} />
      <Button htmlType="submit" loading={add.isPending}>
        {t("me.keys.add")}
      </Button>
    </Form>
  );
}
