import type { StreamEvent } from "@itcook/realtime";
import type { Page, Post } from "../api/types.js";

/** The feed after an event, for the reader with this id. Again is the same as once. */
export function afterEvent(page: Page<Post>, event: StreamEvent, reader: string): Page<Post> {
  switch (event.type) {
    case "NewCommunityPost": {
      const { post_id: id, author_id, author_name: name, content, post_type, timestamp } = event.data;
      const counts = { likes_count: 0, comments_count: 0, is_liked: false };
      return merge(page, {
        id,
        author: { id: author_id, name },
        content,
        post_type,
        created_at: timestamp,
        ...counts,
      });
    }
    case "PostUpdated": {
      const { post_id, content, post_type } = event.data;
      return replaced(page, post_id, { content, post_type });
    }
    case "PostDeleted":
      return without(page, event.data.post_id);
    case "PostLiked":
    case "PostUnliked": {
      const { post_id, liker_id, total_likes: likes_count } = event.data;
      const own = liker_id === reader ? { is_liked: event.type === "PostLiked" } : {};
      return replaced(page, post_id, { likes_count, ...own });
    }
    default:
      return page;
  }
}

/** With a post that may be there already. Ids are in the order of creation. */
export function merge(page: Page<Post>, made: Post): Page<Post> {
  if (page.data.some(({ id }) => id === made.id)) return page;
  const oldest = page.data.at(-1);
  if (page.has_more && oldest && made.id < oldest.id) return page; // on a later page
  return { ...page, data: [...page.data, made].sort((a, b) => (a.id < b.id ? 1 : -1)) };
}

export function replaced(page: Page<Post>, id: string, change: Partial<Post>): Page<Post> {
  return { ...page, data: page.data.map((post) => (post.id === id ? { ...post, ...change } : post)) };
}

export function without(page: Page<Post>, id: string): Page<Post> {
  return { ...page, data: page.data.filter((post) => post.id !== id) };
}
