/** What people say about a request. New words come in live, at the end; nothing that is being read moves. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { toProblem } from "~/api/problem";
import { addComment, commentsQuery } from "~/api/queries/comments";
import type { Request } from "~/api/types";
import { useSession } from "~/app/session";
import { FormProblem } from "~/parts/form";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { Failure, SkeletonLines } from "~/parts/states";
import "./comments.css";

const mostLetters = 4000;

export function Comments({ request }: { request: Pick<Request, "id" | "requester" | "may"> }) {
  const { t } = useTranslation();
  const me = useSession().person.id;
  const query = useInfiniteQuery(commentsQuery(request.id));
  const comments = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t("requests.comments.title")} id="comments">
      {query.isPending && <SkeletonLines lines={3} what={t("requests.comments.title")} />}
      {query.isError && <Failure part error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && comments.length === 0 && <p className="soft">{t("requests.comments.none")}</p>}
      <ol className="comments" aria-live="polite" aria-label={t("requests.comments.title")}>
        {comments.map((comment) => (
          <li key={comment.id} className={comment.person.id === me ? "comment comment-mine" : "comment"}>
            <p className="row">
              <span className="strong">{comment.person.display_name}</span>
              {comment.person.id === request.requester.id && (
                <span className="dim">{t("common.requester")}</span>
              )}
              <RelativeTime at={comment.at} />
            </p>
            <p className="comment-text">{comment.text}</p>
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <Button size="small" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {t("requests.comments.more")}
        </Button>
      )}
      {request.may.comment && <Say requestId={request.id} />}
    </Section>
  );
}

function Say({ requestId }: { requestId: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const key = useSubmitKey();
  const client = useQueryClient();
  const id = useId();
  const said = text.trim();
  const send = useMutation({
    mutationFn: () => addComment(requestId, said, key.for(said)),
    onSuccess: () => {
      key.finish();
      setText("");
      return client.invalidateQueries({ queryKey: commentsQuery(requestId).queryKey });
    },
  });
  const sendNow = () => {
    if (said && !send.isPending) send.mutate();
  };
  return (
    <form
      className="stack gap-2 comment-form"
      onSubmit={(event) => {
        event.preventDefault();
        sendNow();
      }}
    >
      <label htmlFor={id} className="sr-only">
        {t("requests.comments.say")}
      </label>
      <Input.TextArea
        id={id}
        autoSize={{ minRows: 2, maxRows: 10 }}
        maxLength={mostLetters}
        placeholder={t("requests.comments.say")}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          sendNow();
        }}
      />
      <FormProblem problem={send.isError ? toProblem(send.error) : null} />
      <div className="row">
        <Button htmlType="submit" disabled={!said} loading={send.isPending}>
          {t("requests.comments.send")}
        </Button>
        <span className="dim comment-hint">{t("requests.comments.hint")}</span>
      </div>
    </form>
  );
}
