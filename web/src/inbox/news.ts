import type { InboxItem } from "../api/types.js";
import type { Key } from "../i18n/en.js";
import type { Path } from "../shell/router.js";

type Translate = (key: Key, values: Record<string, string>) => string;

const WORDS: Record<string, (data: Record<string, unknown>) => [Key, string?, string?]> = {
  NewComment: (data) => ["news.NewComment", text(data.author_name), text(data.content)],
  PostLiked: (data) => ["news.PostLiked", text(data.liker_name)],
  NewFollower: (data) => ["news.NewFollower", text(data.follower_name)],
  ExpiringItems: (data) => ["news.ExpiringItems", "", names(data.items)],
  GoalAchieved: (data) => ["news.GoalAchieved", "", text(data.title)],
  RecipeGenerated: (data) => ["news.RecipeGenerated", "", text(data.title)],
  RecipeFailed: (data) => ["news.RecipeFailed", "", text(data.reason)],
  SystemNotification: (data) => ["news.SystemNotification", text(data.title), text(data.message)],
};

const PLACES: Record<string, Path> = {
  ExpiringItems: "/kitchen",
  GoalAchieved: "/goals",
  RecipeGenerated: "/recipes",
  RecipeFailed: "/recipes",
  SystemNotification: "/inbox",
};

/** An item of the inbox in words. */
export function newsOf(item: InboxItem, t: Translate): string {
  const [key, who = "", what = ""] = WORDS[item.type]?.(item.data) ?? ["news.other"];
  return t(key, { who, what });
}

/** Where there is more about it. */
export function placeOf(item: InboxItem): Path {
  return PLACES[item.type] ?? "/";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function names(items: unknown): string {
  if (!Array.isArray(items)) return "";
  return items.map((item) => text(item?.name)).join(", ");
}
