import { type FormEvent, useEffect, useRef, useState } from "react";
import { get, post } from "../api/http.js";
import type { Page, Post, PostType } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { Presence } from "../shell/presence.js";
import { useEvents } from "../stream/hooks.js";
import { type Live, useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";
import { TypeChoice } from "./edit-post.js";
import { PostCard } from "./post-card.js";
import { afterEvent, merge, replaced, without } from "./posts.js";

const GATHER = 200; // milliseconds: comments on one post often come together

/** The community: what everyone posts, as it happens. */
export function Feed() {
  const { t } = useLanguage();
  const user = useUser();
  const feed = useLive<Page<Post>>("/community/posts?limit=20", (page, event) =>
    afterEvent(page, event, user.id),
  );
  useCounts(feed);
  const { state, error, change } = feed;
  return (
    <div className="beside">
      <div className="column">
        <h1>{t("feed.title")}</h1>
        <NewPost posted={(made) => change((page) => merge(page, made))} />
        <Failure error={error} retry={() => void feed.reload().catch(() => {})} />
        {state?.data.length === 0 && <p className="empty">{t("feed.empty")}</p>}
        <div className="stack" role="feed" aria-busy={!state}>
          {state?.data.map((one) => (
            <PostCard
              key={one.id}
              post={one}
              changed={(changed) => change((page) => replaced(page, one.id, changed))}
              removed={() => change((page) => without(page, one.id))}
            />
          ))}
        </div>
        {state?.has_more && <Older feed={feed} />}
      </div>
      <aside>
        <Presence channel="community" />
      </aside>
    </div>
  );
}

function NewPost({ posted }: { posted: (made: Post) => void }) {
  const { t } = useLanguage();
  const [content, setContent] = useState("");
  const [type, setType] = useState<PostType>("general");
  const share = useAction(async () =>
    posted(await post<Post>("/community/posts", { content, post_type: type })),
  );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await share.run()) setContent("");
  };
  return (
    <form className="card composer" onSubmit={submit}>
      <textarea
        aria-label={t("feed.new")}
        placeholder={t("feed.new")}
        value={content}
        maxLength={5000}
        rows={2}
        required
        onChange={(event) => setContent(event.target.value)}
      />
      <div className="actions">
        <TypeChoice type={type} chosen={setType} />
        <button type="submit" disabled={share.busy || content.trim() === ""}>
          {t("feed.share")}
        </button>
      </div>
      <Failure error={share.error} />
    </form>
  );
}

function Older({ feed }: { feed: Live<Page<Post>> }) {
  const { t } = useLanguage();
  const older = useAction(async () => {
    const next = await get<Page<Post>>(`/community/posts?limit=20&before=${feed.state?.next_before}`);
    feed.change((page) => ({ ...next, data: [...page.data, ...next.data] }));
  });
  return (
    <>
      <button type="button" className="quiet wide" disabled={older.busy} onClick={() => void older.run()}>
        {t("app.more")}
      </button>
      <Failure error={older.error} />
    </>
  );
}

/**
 * How many comments a post has is asked for when one came or went: the events do not count them, and one that was
 * counted before must not be counted again.
 */
function useCounts({ change }: Live<Page<Post>>): void {
  const waiting = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  useEffect(() => () => waiting.current.forEach(clearTimeout), []);
  useEvents((event) => {
    if (event.type !== "NewComment" && event.type !== "CommentDeleted") return;
    const { post_id: id } = event.data;
    if (waiting.current.has(id)) return;
    const ask = async () => {
      waiting.current.delete(id);
      const { comments_count } = await get<Post>(`/community/posts/${id}`);
      change((page) => replaced(page, id, { comments_count }));
    };
    waiting.current.set(
      id,
      setTimeout(() => void ask().catch(() => {}), GATHER),
    ); // the next one asks again
  });
}
