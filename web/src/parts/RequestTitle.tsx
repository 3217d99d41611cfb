/** What a request asks, in one line: "Create VM for shop / redis", "Stop redis-06". */
import { useTranslation } from "react-i18next";
import type { Request, RequestSummary } from "~/api/types";
import { shortVmName } from "./names";

export function RequestTitle({ request }: { request: RequestSummary | Request }) {
  const { t } = useTranslation();
  const verb = t(`states.verb.${request.operation}`);
  const target = request.vm
    ? shortVmName(request.vm.name, request.service.name)
    : `${request.system.name}/${request.service.name}`;
  return (
    <>
      {verb} <span className="mono">{target}</span>
      {request.batch_size !== null && ` ${t("batches.of", { count: request.batch_size })}`}
    </>
  );
}
