/** Asking for a pool: the form of a VM, and how many of them there are to be. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { type RequestPool, requestPool } from "~/api/queries/pools";
import type { RequestVm } from "~/api/types";
import { Page } from "~/parts/Page";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import { type FormValues, lastService, useChoices } from "../requests/request-form";
import { VmForm } from "../requests/VmForm";
import { type CheckKind, checkKinds, toHealth } from "./check";

interface PoolValues extends FormValues {
  name?: string;
  min?: number;
  desired?: number;
  max?: number;
  check?: CheckKind;
  port?: number;
  path?: string;
}

function bodyOf(vm: RequestVm, { name, min, desired, max, check, port, path }: PoolValues): RequestPool {
  return {
    name: name?.trim() ?? "",
    min: min ?? 0,
    desired: desired ?? 0,
    max: max ?? 1,
    vm,
    upkeep: { health: toHealth({ kind: check ?? "none", port: port ?? 80, path: path ?? "/" }) },
  };
}

export function NewPool() {
  const { t } = useTranslation();
  return (
    <Page title={t("pools.new.title")} lead={t("pools.new.lead")}>
      <Ask />
    </Page>
  );
}

function Ask() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/pools/new" });
  const choices = useChoices(search);
  const key = useSubmitKey();
  const client = useQueryClient();
  const navigate = useNavigate();
  const submit = useMutation({
    mutationFn: (body: RequestPool) => requestPool(body, key.for(body)),
    onSuccess: (request, body) => {
      key.finish();
      lastService.keep(body.vm.service_id);
      client.setQueryData(keys.one("requests", request.id), request);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
    },
  });
  if (choices.error) return <Failure error={choices.error} retry={choices.retry} />;
  if (!choices.data) return <SkeletonLines lines={10} what={t("pools.new.title")} />;
  if (choices.data.services.length === 0)
    return (
      <Empty
        title={t("requests.new.noServices")}
        action={<Button href="/systems">{t("systems.title")}</Button>}
      />
    );
  return (
    <VmForm<RequestPool>
      choices={choices.data}
      submit={submit}
      bodyOf={bodyOf}
      verb={t("requests.new.submit")}
      first={<Many />}
      names={["name", "min", "desired", "max"]}
    />
  );
}

/** Its name, how many, and how it is known that they serve. */
function Many() {
  const { t } = useTranslation();
  const form = Form.useFormInstance<PoolValues>();
  const check = Form.useWatch("check", form) ?? "none";
  const count = (name: "min" | "desired" | "max", usual: number, least: number) => (
    <Form.Item name={name} label={t(`pools.new.${name}`)} initialValue={usual} rules={[{ required: true }]}>
      <InputNumber min={least} max={500} precision={0} />
    </Form.Item>
  );
  return (
    <>
      <Form.Item name="name" label={t("pools.new.name")} rules={[{ required: true }]}>
        <Input maxLength={24} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <div className="row gap-3">
        {count("min", 1, 0)}
        {count("desired", 2, 0)}
        {count("max", 3, 1)}
      </div>
      <p className="soft">{t("pools.new.boundsHint")}</p>
      <div className="row gap-3">
        <Form.Item name="check" label={t("pools.new.check")} initialValue="none">
          <Select
            style={{ minWidth: 240 }}
            options={checkKinds.map((kind) => ({ value: kind, label: t(`pools.check.${kind}`) }))}
          />
        </Form.Item>
        {(check === "http" || check === "tcp") && (
          <Form.Item name="port" label={t("pools.new.port")} initialValue={80} rules={[{ required: true }]}>
            <InputNumber min={1} max={65535} precision={0} />
          </Form.Item>
        )}
        {check === "http" && (
          <Form.Item name="path" label={t("pools.new.path")} initialValue="/">
            <Input maxLength={1024} spellCheck={false} />
          </Form.Item>
        )}
      </div>
    </>
  );
}
