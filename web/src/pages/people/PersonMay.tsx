/** What somebody may do at a place, and why; without a place, anywhere. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { explainAccessQuery } from "~/api/queries/access";
import { useEnvironment } from "~/app/environment";
import { Failure, SkeletonLines } from "~/parts/states";
import { PlaceSelect } from "../access/PlaceSelect";
import { type PlaceSearch, placeQuery } from "../access/place";
import { Verdicts } from "../access/Verdicts";

/** Without an id: oneself. */
export function PersonMay({ id }: { id?: string }) {
  const { t } = useTranslation();
  const environment = useEnvironment();
  const [place, setPlace] = useState<PlaceSearch>({});
  const asked = { ...(id ? { principal_id: id } : {}), ...placeQuery(place, environment?.id) };
  const answer = useQuery(explainAccessQuery(asked));
  return (
    <>
      <div className="access-ask">
        <div>
          <label htmlFor="may-place">{t("access.where")}</label>
          <PlaceSelect id="may-place" value={place} onChange={setPlace} />
        </div>
      </div>
      {answer.isError ? (
        <Failure part error={answer.error} retry={() => void answer.refetch()} />
      ) : answer.data ? (
        <Verdicts
          verdicts={answer.data.verdicts}
          label={t("access.of", { name: answer.data.principal.display_name })}
          anywhere={!answer.data.place.system}
        />
      ) : (
        <SkeletonLines lines={8} what={t("access.answer")} />
      )}
    </>
  );
}
