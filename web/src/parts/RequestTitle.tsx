/** What a request asks, in one line: "Create VM for shop / redis", "Stop redis-06", "Join shop". */
import { useTranslation } from "react-i18next";
import type { Request, RequestSummary } from "~/api/types";
import { shortVmName } from "./names";
import { joinedOf, placeOf } from "./target";

export function RequestTitle({ request }: { request: RequestSummary | Request }) {
  const { t } = useTranslation();
  const verb = t(`states.verb.${request.operation}`);
  const place = placeOf(request);
  const whole = place ? `${place.system.name}/${place.service.name}` : joinedOf(request)?.name;
  const target = request.vm && place ? shortVmName(request.vm.name, place.service.name) : whole;
  return (
    <>
      {verb} <span className="mono">{target}</span>
      {request.batch_size !== null && ` ${t("batches.of", { count: request.batch_size })}`}
    </>
  );
}
