/** Beside the request form: why the wish is judged so, and what would pass. Asked only when somebody wants to know. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { explainQuery, type PassingCandidate } from "~/api/queries/policies";
import type { RequestVm } from "~/api/types";
import { Failure, SkeletonLines } from "~/parts/states";
import { Explained } from "./Explained";

interface Props {
  wish: RequestVm;
  onTake: (candidate: PassingCandidate) => void;
}

export default function ExplainWish({ wish, onTake }: Props) {
  const { t } = useTranslation();
  const explanation = useQuery(explainQuery({ vm: wish }));
  if (explanation.isError)
    return <Failure part error={explanation.error} retry={() => void explanation.refetch()} />;
  if (!explanation.data) return <SkeletonLines lines={4} what={t("policies.explain.title")} />;
  return <Explained explanation={explanation.data} onTake={onTake} />;
}
