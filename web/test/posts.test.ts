import type { StreamEvent } from "@itcook/realtime";
import { describe, expect, it } from "vitest";
import type { Page, Post } from "../src/api/types.js";
import { afterEvent } from "../src/feed/posts.js";

const READER = "ada";

describe("the feed after an event", () => {
  it("has a new post on top, once however often it is told", () => {
    const event = posted("3");
    const once = afterEvent(page(["2", "1"]), event, READER);
    expect(ids(once)).toEqual(["3", "2", "1"]);
    expect(ids(afterEvent(once, event, READER))).toEqual(["3", "2", "1"]);
  });

  it("leaves a replayed post that belongs on a later page to that page", () => {
    const feed = { ...page(["9", "8"]), has_more: true, next_before: "8" };
    expect(ids(afterEvent(feed, posted("3"), READER))).toEqual(["9", "8"]);
  });

  it("takes the likes as they are counted, and the reader's own from any of their tabs", () => {
    const liked = afterEvent(page(["1"]), likedBy(READER, 7), READER);
    expect(liked.data[0]).toMatchObject({ likes_count: 7, is_liked: true });
    expect(afterEvent(liked, likedBy("ben", 8), READER).data[0]).toMatchObject({
      likes_count: 8,
      is_liked: true,
    });
  });

  it("has a deleted post no more", () => {
    const event = { type: "PostDeleted", data: { post_id: "1", author_id: "ben" } } as StreamEvent;
    expect(ids(afterEvent(page(["2", "1"]), event, READER))).toEqual(["2"]);
  });
});

function page(names: string[]): Page<Post> {
  const data = names.map((id) => ({ ...({} as Post), id, likes_count: 0, is_liked: false }));
  return { data, has_more: false, next_before: null };
}

function posted(post_id: string): StreamEvent {
  return { type: "NewCommunityPost", data: { post_id, author_id: "ben", author_name: "Ben" } } as StreamEvent;
}

function likedBy(liker_id: string, total_likes: number): StreamEvent {
  return { type: "PostLiked", data: { post_id: "1", liker_id, liker_name: "", total_likes } } as StreamEvent;
}

function ids(feed: Page<Post>): string[] {
  return feed.data.map(({ id }) => id);
}
