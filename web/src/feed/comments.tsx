import type { StreamEvent } from "@itcook/realtime";
import { type FormEvent, useState } from "react";
import { get, post, remove } from "../api/http.js";
import type { Comment, Page, Person, Post } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { useTyping } from "../stream/hooks.js";
import { useLive } from "../stream/use-live.js";
import { Avatar } from "../ui/avatar.js";
import { Failure } from "../ui/failure.js";
import { Icon } from "../ui/icon.js";
import { useAction } from "../ui/use-action.js";

/** What is said below a post, and who is about to say something. */
export function Comments({ post: about }: { post: Post }) {
  const { t } = useLanguage();
  const path = `/community/posts/${about.id}/comments?limit=20`;
  const { state, error, change, reload } = useLive<Page<Comment>>(path, (page, event) =>
    after(page, event, about.id),
  );
  const { typists, typing } = useTyping(about.id);
  const older = useAction(async () => {
    const next = await get<Page<Comment>>(`${path}&before=${state?.next_before}`);
    change((page) => ({ ...next, data: [...page.data, ...next.data] }));
  });
  return (
    <div className="comments">
      <Failure error={error ?? older.error} retry={() => void reload().catch(() => {})} />
      {state?.has_more && (
        <button type="button" className="quiet" disabled={older.busy} onClick={() => void older.run()}>
          {t("app.more")}
        </button>
      )}
      {state?.data.length === 0 && <p className="muted">{t("feed.no_comments")}</p>}
      <ul>
        {state?.data.toReversed().map((comment) => (
          <Said key={comment.id} comment={comment} author={about.author.id} />
        ))}
      </ul>
      <p className="typing muted" aria-live="polite">
        {whoTypes(typists, t)}
      </p>
      <NewComment about={about.id} typing={typing} made={(made) => change((page) => merge(page, made))} />
    </div>
  );
}

function Said({ comment, author }: { comment: Comment; author: string }) {
  const { t } = useLanguage();
  const user = useUser();
  const deleting = useAction(() => remove(`/community/comments/${comment.id}`));
  const mayDelete = user.role === "admin" || [comment.author.id, author].includes(user.id);
  return (
    <li>
      <Avatar person={comment.author} small />
      <p>
        <strong>{comment.author.name}</strong> <span className="words">{comment.content}</span>
      </p>
      {mayDelete && (
        <button
          type="button"
          className="bare"
          aria-label={t("feed.delete_comment")}
          disabled={deleting.busy}
          onClick={() => void deleting.run()}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

interface Writing {
  about: string;
  typing: (on: boolean) => void;
  made: (comment: Comment) => void;
}

function NewComment({ about, typing, made }: Writing) {
  const { t } = useLanguage();
  const [content, setContent] = useState("");
  const send = useAction(async () => {
    made(await post<Comment>(`/community/posts/${about}/comments`, { content }));
    typing(false);
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await send.run()) setContent("");
  };
  const write = (text: string) => {
    setContent(text);
    typing(text !== "");
  };
  return (
    <form className="row" onSubmit={submit}>
      <input
        aria-label={t("feed.comment")}
        placeholder={t("feed.comment")}
        value={content}
        maxLength={2000}
        required
        onChange={(event) => write(event.target.value)}
      />
      <button type="submit" disabled={send.busy || content.trim() === ""}>
        {t("feed.send")}
      </button>
      <Failure error={send.error} />
    </form>
  );
}

function after(page: Page<Comment>, event: StreamEvent, postId: string): Page<Comment> {
  if (event.type === "CommentDeleted") {
    return { ...page, data: page.data.filter(({ id }) => id !== event.data.comment_id) };
  }
  if (event.type !== "NewComment" || event.data.post_id !== postId) return page;
  const { comment_id: id, author_id, author_name: name, content } = event.data;
  const author = { id: author_id, name };
  return merge(page, { id, post_id: postId, author, content, created_at: event.timestamp });
}

/** Latest first, each once. */
function merge(page: Page<Comment>, made: Comment): Page<Comment> {
  if (page.data.some(({ id }) => id === made.id)) return page;
  return { ...page, data: [...page.data, made].sort((a, b) => (a.id < b.id ? 1 : -1)) };
}

function whoTypes(typists: readonly Person[], t: ReturnType<typeof useLanguage>["t"]): string {
  const [first, second] = typists;
  if (!first) return "";
  if (second) return t("feed.typing_many", { count: typists.length });
  return t("feed.typing_one", { name: first.name });
}
