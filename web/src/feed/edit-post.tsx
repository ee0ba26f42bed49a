import { type FormEvent, useState } from "react";
import { patch } from "../api/http.js";
import { POST_TYPES, type Post, type PostType } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";

interface Editing {
  post: Post;
  /** With the post as it is now, or as it was. */
  done: (post: Post) => void;
}

/** A post of one's own, to be written anew. */
export function EditPost({ post, done }: Editing) {
  const { t } = useLanguage();
  const [content, setContent] = useState(post.content);
  const [type, setType] = useState(post.post_type);
  const save = useAction(async () =>
    done(await patch<Post>(`/community/posts/${post.id}`, { content, post_type: type })),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save.run();
  };
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && done(post)}>
      <textarea
        aria-label={t("feed.content")}
        value={content}
        maxLength={5000}
        rows={3}
        required
        // biome-ignore lint/a11y/noAutofocus: whoever chose to edit goes on here
        autoFocus
        onChange={(event) => setContent(event.target.value)}
      />
      <div className="actions">
        <TypeChoice type={type} chosen={setType} />
        <span className="row">
          <button type="button" className="quiet" onClick={() => done(post)}>
            {t("app.cancel")}
          </button>
          <button type="submit" disabled={save.busy || content.trim() === ""}>
            {t("app.save")}
          </button>
        </span>
      </div>
      <Failure error={save.error} />
    </form>
  );
}

/** The kind that a post is of. */
export function TypeChoice({ type, chosen }: { type: PostType; chosen: (type: PostType) => void }) {
  const { t } = useLanguage();
  return (
    <select
      aria-label={t("feed.type")}
      value={type}
      onChange={(event) => chosen(event.target.value as PostType)}
    >
      {POST_TYPES.map((one) => (
        <option key={one} value={one}>
          {t(`type.${one}`)}
        </option>
      ))}
    </select>
  );
}
