/**
 * The one dialog for acts that cannot be taken back lightly: says what will be lost, asks for a reason where one is
 * kept, and wants the full name typed where the environment is protected or the act destroys. The answer of the
 * server stays in the dialog until it is read.
 */
import { useMutation } from "@tanstack/react-query";
import { Input, Modal } from "antd";
import { type ReactNode, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { type ApiProblem, toProblem } from "~/api/problem";
import { FormProblem } from "./form";
import "./confirm.css";

export interface Confirmation {
  title: string;
  /** What will happen, and what will be lost. */
  consequences: ReactNode;
  verb: string;
  danger?: boolean;
  /** The name that must be typed before the act is possible. */
  typeName?: string | undefined;
  /** Ask for a reason: kept with the request. */
  reason?: "optional" | "required";
  /** What the reason is called here, and what stands in it at first. */
  reasonLabel?: string;
  initialReason?: string;
  extra?: ReactNode;
  /** What is chosen in `extra`: with another choice it is another act. */
  chosen?: unknown;
  /** Something in `extra` has to be done first. */
  blocked?: boolean;
}

interface Given {
  reason: string;
  name: string;
}

interface Props<Result> {
  confirmation: Confirmation;
  act: (given: Given, key: string) => Promise<Result>;
  onDone: (result: Result) => void;
  onClose: () => void;
}

export function ConfirmDialog<Result>({ confirmation, act, onDone, onClose }: Props<Result>) {
  const { t } = useTranslation();
  const [reason, setReason] = useState(confirmation.initialReason ?? "");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const key = useSubmitKey();
  const [nameId, reasonId, whatId] = [useId(), useId(), useId()];
  const { typeName, danger } = confirmation;
  const given = { reason: reason.trim(), name };
  const named = !typeName || name === typeName;
  const reasoned = confirmation.reason !== "required" || given.reason !== "";
  const ready = named && reasoned && confirmation.blocked !== true;
  const submit = useMutation({
    mutationFn: () => act(given, key.for({ ...given, chosen: confirmation.chosen })),
    onMutate: () => setProblem(null),
    onError: (error) => setProblem(toProblem(error)),
    onSuccess: (result) => {
      key.finish();
      onDone(result);
    },
  });
  const first = typeName ? "name" : confirmation.reason ? "reason" : "button";
  const form = useRef<HTMLFormElement>(null);
  // The dialog settles the focus once it is open. For people who want no motion that comes after `autoFocus`, and it
  // would stay on the button that closes.
  const settleFocus = (open: boolean) => {
    if (!open || (first === "button" && !confirmation.blocked)) return;
    const id = first === "name" ? nameId : reasonId;
    const field = first === "button" ? form.current?.querySelector("input") : document.getElementById(id);
    field?.focus();
  };
  return (
    <Modal
      open
      title={confirmation.title}
      onCancel={submit.isPending ? () => {} : onClose}
      okText={confirmation.verb}
      cancelText={t("common.cancel")}
      okButtonProps={{
        danger: danger === true,
        disabled: !ready,
        autoFocus: first === "button" && confirmation.blocked !== true,
        loading: submit.isPending,
      }}
      onOk={() => submit.mutate()}
      afterOpenChange={settleFocus}
      width={480}
      aria-describedby={whatId}
    >
      <form
        className="confirm"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !submit.isPending) submit.mutate();
        }}
      >
        <div id={whatId}>{confirmation.consequences}</div>
        {confirmation.extra}
        {confirmation.reason && (
          <div className="stack gap-1">
            <label htmlFor={reasonId}>
              {confirmation.reasonLabel ?? t("common.reason")}
              {confirmation.reason === "optional" && <span className="dim"> ({t("common.optional")})</span>}
            </label>
            <Input.TextArea
              id={reasonId}
              rows={3}
              maxLength={2000}
              value={reason}
              autoFocus={first === "reason"}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
        )}
        {typeName && (
          <div className="stack gap-1">
            <label htmlFor={nameId}>{t("confirm.typeName")}</label>
            <code className="confirm-name">{typeName}</code>
            <Input
              id={nameId}
              className="mono"
              autoFocus
              autoComplete="off"
              spellCheck={false}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        )}
        <FormProblem problem={problem} />
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}
