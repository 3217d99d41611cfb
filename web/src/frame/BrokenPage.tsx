/** A page that failed while rendering or loading: say so, keep the rest of the console alive. */
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { ApiProblem } from "~/api/problem";
import { PageFailure } from "~/parts/states";

export function BrokenPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="page-pad">
      {error instanceof ApiProblem ? (
        <PageFailure error={error} retry={retry} />
      ) : (
        <div className="not-shared" role="alert">
          <h1>{t("states.broken.title")}</h1>
          <p className="soft">{t("states.broken.text")}</p>
          <Button onClick={() => window.location.reload()}>{t("common.reload")}</Button>
        </div>
      )}
    </div>
  );
}
