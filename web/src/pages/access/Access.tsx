/** "What may this person do here, and why" and "who may do this here": choose a person, an act, or both. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import { explainAccessQuery, permissionsQuery, whoQuery } from "~/api/queries/access";
import { useEnvironment } from "~/app/environment";
import { defined } from "~/app/search";
import { Page } from "~/parts/Page";
import { PersonSelect } from "~/parts/PersonSelect";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import { PeopleNav } from "../people/PeopleNav";
import { permissionWord } from "../people/PermissionWords";
import { PlaceSelect } from "./PlaceSelect";
import { placeQuery } from "./place";
import { Verdicts } from "./Verdicts";
import { Why } from "./Why";
import "./access.css";

export function Access() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/people/access" });
  const navigate = useNavigate({ from: "/people/access" });
  const environment = useEnvironment();
  const permissions = useQuery(permissionsQuery);
  const set = (change: Record<string, string | undefined>) =>
    void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true });
  const place = placeQuery(search, environment?.id);
  return (
    <Page title={t("people.title")} lead={t("people.lead")}>
      <PeopleNav />
      <p className="soft page-text">{t("access.lead")}</p>
      <search className="access-ask">
        <div>
          <label htmlFor="access-person">{t("access.person")}</label>
          <PersonSelect
            id="access-person"
            placeholder={t("access.anyone")}
            {...(search.person ? { value: search.person } : {})}
            onChange={(person) => set({ person })}
            fits={() => true}
          />
        </div>
        <div>
          <label htmlFor="access-permission">{t("access.may")}</label>
          <Select
            id="access-permission"
            allowClear
            loading={permissions.isPending}
            placeholder={t("access.anything")}
            {...(search.permission ? { value: search.permission } : {})}
            onChange={(permission?: string) => set({ permission })}
            showSearch={{ optionFilterProp: "label" }}
            options={(permissions.data?.items ?? []).map(({ name }) => ({
              value: name,
              label: permissionWord(t, name),
            }))}
          />
        </div>
        <div>
          <label htmlFor="access-place">{t("access.where")}</label>
          <PlaceSelect id="access-place" value={search} onChange={(next) => set({ ...next })} />
        </div>
      </search>
      {search.person ? (
        <OfPerson
          asked={{
            principal_id: search.person,
            ...(search.permission ? { permission: search.permission } : {}),
            ...place,
          }}
        />
      ) : search.permission ? (
        <Holders asked={{ permission: search.permission, ...place }} />
      ) : (
        <Empty title={t("access.empty.title")} text={t("access.empty.text")} />
      )}
    </Page>
  );
}

function OfPerson({ asked }: { asked: Parameters<typeof explainAccessQuery>[0] }) {
  const { t } = useTranslation();
  const answer = useQuery(explainAccessQuery(asked));
  if (answer.isError) return <Failure part error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <SkeletonLines lines={8} what={t("access.answer")} />;
  return (
    <Verdicts
      verdicts={answer.data.verdicts}
      label={t("access.of", { name: answer.data.principal.display_name })}
      anywhere={!answer.data.place.system}
    />
  );
}

function Holders({ asked }: { asked: Parameters<typeof whoQuery>[0] }) {
  const { t } = useTranslation();
  const answer = useInfiniteQuery(whoQuery(asked));
  if (answer.isError) return <Failure part error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <SkeletonLines lines={6} what={t("access.answer")} />;
  const rows = answer.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <p className="soft">{t("access.nobody")}</p>;
  return (
    <>
      <table className="small-table verdicts" aria-label={t("access.who")}>
        <thead>
          <tr>
            <th scope="col">{t("common.person")}</th>
            <th scope="col">{t("people.kindTitle")}</th>
            <th scope="col">{t("access.why")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ principal, kind, verdict }) => (
            <tr key={principal.id}>
              <td>
                <Link to="/people/$personId" params={{ personId: principal.id }} search={{}}>
                  {principal.display_name}
                </Link>{" "}
                <span className="dim">{principal.name}</span>
              </td>
              <td>{t(`people.kind.${kind}`)}</td>
              <td>
                <Why verdict={verdict} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer.hasNextPage && (
        <Button loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
    </>
  );
}
