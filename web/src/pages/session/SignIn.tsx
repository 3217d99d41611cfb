/** Sign-in: name and password, and, where there is a sample organisation, its people with one click each. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { problemText, toProblem } from "~/api/problem";
import { keepSession, sessionOptionsQuery, signIn } from "~/api/queries/session";
import { safeNext } from "~/app/search";
import { adoptLanguage } from "~/i18n/languages";
import { Logo } from "~/parts/Logo";
import { Failure, SkeletonLines } from "~/parts/states";
import { SamplePeople } from "./SamplePeople";
import "./session.css";

export function SignIn() {
  const { t, i18n } = useTranslation();
  const search = useSearch({ from: "/sign-in" });
  const options = useQuery(sessionOptionsQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const submit = useMutation({
    meta: { signIn: true },
    mutationFn: (form: { name: string; password: string }) => signIn(form.name.trim(), form.password),
    onSuccess: async (session) => {
      keepSession(client, session);
      await adoptLanguage(i18n, session.person.locale);
      await navigate({ to: safeNext(search.next) });
    },
  });
  return (
    <div className="session">
      <main className="session-box" id="main">
        <div className="session-brand">
          <Logo size={28} />
          <span>{t("common.appName")}</span>
        </div>
        <p className="soft session-lead">{t("session.lead")}</p>
        {search.why && (
          <p role="status" className="session-why">
            {t(search.why === "out" ? "session.signedOut" : "session.expired")}
          </p>
        )}
        {options.isPending && <SkeletonLines lines={3} what={t("session.title")} />}
        {options.isError && <Failure error={options.error} retry={() => void options.refetch()} />}
        {options.data?.password && (
          <Form layout="vertical" requiredMark={false} onFinish={submit.mutate} disabled={submit.isPending}>
            <h1 className="sr-only">{t("session.title")}</h1>
            <Form.Item name="name" label={t("session.name")} rules={[{ required: true }]}>
              <Input autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={100} />
            </Form.Item>
            <Form.Item name="password" label={t("session.password")} rules={[{ required: true }]}>
              <Input.Password autoComplete="current-password" maxLength={1024} />
            </Form.Item>
            {submit.isError && (
              <p className="session-error" role="alert">
                {problemText(t, toProblem(submit.error))}
              </p>
            )}
            <Button type="primary" htmlType="submit" block loading={submit.isPending} disabled={false}>
              {t("session.signIn")}
            </Button>
          </Form>
        )}
        {options.data && !options.data.password && options.data.sample_people.length === 0 && (
          <p className="soft">{t("session.nowhere")}</p>
        )}
        {options.data && options.data.sample_people.length > 0 && (
          <SamplePeople people={options.data.sample_people} next={safeNext(search.next)} />
        )}
      </main>
    </div>
  );
}
