import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { createToken, revokeToken, tokensQuery } from "~/api/queries/me";
import { TokenList } from "./TokenList";

export function Tokens() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <TokenList
      text={t("me.tokens.text")}
      query={useQuery(tokensQuery)}
      make={createToken}
      revoke={revokeToken}
      onChanged={() => void client.invalidateQueries({ queryKey: tokensQuery.queryKey })}
    />
  );
}
