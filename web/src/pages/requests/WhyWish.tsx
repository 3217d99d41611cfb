/** Opens the explanation of a wish; its code and words load when somebody asks. */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PassingCandidate } from "~/api/queries/policies";
import type { RequestVm } from "~/api/types";
import { moreMessages } from "~/i18n/languages";

const ExplainWish = lazy(async () => {
  const [page] = await Promise.all([import("../policies/ExplainWish"), moreMessages()]);
  return page;
});

interface Props {
  wish: RequestVm;
  refused: boolean;
  onTake: (candidate: PassingCandidate) => void;
}

export function WhyWish({ wish, refused, onTake }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <div className="why-wish">
      <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(open ? "requests.policy.hide" : refused ? "requests.policy.whatPasses" : "requests.policy.why")}
      </Button>
      {open && (
        <div className="why-wish">
          <Suspense>
            <ExplainWish wish={wish} onTake={onTake} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
