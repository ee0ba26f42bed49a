import { useRef, useState } from "react";
import { put, remove } from "../api/http.js";
import type { LikeState, Post } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { Avatar } from "../ui/avatar.js";
import { Failure } from "../ui/failure.js";
import { Icon } from "../ui/icon.js";
import { Ago } from "../ui/time.js";
import { useAction } from "../ui/use-action.js";
import { Comments } from "./comments.js";
import { EditPost } from "./edit-post.js";
import { Profile } from "./profile.js";

interface Shown {
  post: Post;
  changed: (change: Partial<Post>) => void;
  removed: () => void;
}

export function PostCard({ post, changed, removed }: Shown) {
  const { t } = useLanguage();
  const user = useUser();
  const [isOpen, setOpen] = useState(false);
  const [isEdited, setEdited] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const [isKnown, setKnown] = useState(false); // who wrote it
  const like = useAction(async () => {
    const path = `/community/posts/${post.id}/like`;
    const { is_liked, likes_count } = await (post.is_liked ? remove<LikeState>(path) : put<LikeState>(path));
    changed({ is_liked, likes_count });
  });
  const deleting = useAction(async () => {
    await remove(`/community/posts/${post.id}`);
    removed();
  });
  const edited = ({ content, post_type }: Post) => {
    setEdited(false);
    editButton.current?.focus();
    changed({ content, post_type });
  };
  const isOwn = post.author.id === user.id;
  const mayDelete = isOwn || user.role === "admin";
  return (
    <article className="card post" aria-labelledby={`author-${post.id}`}>
      <header>
        <Avatar person={post.author} />
        <div>
          <button type="button" className="name" aria-expanded={isKnown} onClick={() => setKnown(!isKnown)}>
            <strong id={`author-${post.id}`}>{post.author.name}</strong>
          </button>
          <Ago at={post.created_at} />
        </div>
        {post.post_type !== "general" && (
          <span className="tag" data-type={post.post_type}>
            {t(`type.${post.post_type}`)}
          </span>
        )}
      </header>
      {isKnown && <Profile id={post.author.id} />}
      {isEdited ? <EditPost post={post} done={edited} /> : <p className="words">{post.content}</p>}
      <footer>
        <button
          type="button"
          className="bare"
          aria-pressed={post.is_liked}
          aria-label={t("feed.like")}
          disabled={like.busy}
          onClick={() => void like.run()}
        >
          <Icon name="heart" filled={post.is_liked} />
        </button>
        <span className="figure">{t("feed.likes", { count: post.likes_count })}</span>
        <button type="button" className="bare" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="comment" /> {t("feed.comments", { count: post.comments_count })}
        </button>
        {isOwn && (
          <button
            type="button"
            className="bare end"
            aria-label={t("feed.edit_post")}
            aria-expanded={isEdited}
            ref={editButton}
            onClick={() => setEdited(!isEdited)}
          >
            <Icon name="pen" />
          </button>
        )}
        {mayDelete && (
          <button
            type="button"
            className={isOwn ? "bare" : "bare end"}
            aria-label={t("feed.delete_post")}
            disabled={deleting.busy}
            onClick={() => void deleting.run()}
          >
            <Icon name="bin" />
          </button>
        )}
      </footer>
      <Failure error={like.error ?? deleting.error} />
      {isOpen && <Comments post={post} />}
    </article>
  );
}
