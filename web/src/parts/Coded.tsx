import { useTranslation } from "react-i18next";
import { translateCoded } from "~/api/problem";
import type { Reason } from "~/api/types";

/** A coded statement of the server in the person's language; an unknown code shows the server's English. */
export function Coded({ reason }: { reason: Reason }) {
  const { t } = useTranslation();
  return <>{translateCoded(t, { code: reason.code, params: reason.params, fallback: reason.text })}</>;
}
