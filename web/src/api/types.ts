/** The bodies of the server's answers, as docs/reference/rest.md has them. */

export interface Page<Row> {
  data: Row[];
  has_more: boolean;
  next_before: string | null;
}

export interface Person {
  id: string;
  name: string;
}

export interface Account extends Person {
  email: string;
  first_name: string;
  last_name: string;
  role: "user" | "admin";
  time_zone: string;
  language: string;
}

export interface CookieSession {
  csrf_token: string;
  expires_at: string;
  user: Account;
}

/** Where someone is signed in. */
export interface Login {
  id: string;
  user_agent: string;
  address: string;
  created_at: string;
  last_seen_at: string;
  current: boolean;
}

export const POST_TYPES = ["general", "recipe", "question", "achievement"] as const;
export type PostType = (typeof POST_TYPES)[number];

export interface Post {
  id: string;
  author: Person;
  content: string;
  post_type: PostType;
  likes_count: number;
  comments_count: number;
  is_liked: boolean;
  created_at: string;
}

export interface Profile extends Person {
  posts_count: number;
  followers_count: number;
  is_following: boolean;
}

export type FollowState = Pick<Profile, "is_following" | "followers_count">;

export interface LikeState {
  post_id: string;
  is_liked: boolean;
  likes_count: number;
}

export interface Comment {
  id: string;
  post_id: string;
  author: Person;
  content: string;
  created_at: string;
}

export interface Kitchen {
  id: string;
  name: string;
  time_zone: string;
  expiring_days: number;
  is_home: boolean;
  role: "owner" | "member";
  members_count: number;
}

export interface Member extends Person {
  role: "owner" | "member";
}

export interface Invite {
  id: string;
  code: string;
  uses: number;
  max_uses: number;
  expires_at: string;
}

export const CATEGORIES = ["vegetables", "fruits", "meat", "dairy", "grains", "beverages", "other"] as const;
export const LOCATIONS = ["fridge", "freezer", "pantry"] as const;
export const UNITS = [
  ...["piece", "g", "kg", "ml", "l", "pack", "bottle", "can", "jar", "bunch", "slice", "clove"],
  ...["mg", "cl", "dl", "oz", "lb", "fl_oz", "tsp", "tbsp", "cup", "pinch"],
] as const;

export type Category = (typeof CATEGORIES)[number];
export type Location = (typeof LOCATIONS)[number];

export interface Item {
  id: string;
  kitchen_id: string;
  name: string;
  quantity: number;
  unit: string;
  category: string;
  location: string;
  expires_on: string | null;
}

export interface Taken {
  id: string;
  quantity: number;
  unit: string;
  removed: boolean;
}

export const GOAL_TYPES = ["weight", "calories", "exercise", "water", "sleep", "custom"] as const;
export type GoalType = (typeof GOAL_TYPES)[number];
export type GoalStatus = "active" | "paused" | "cancelled" | "completed";

export interface Goal {
  id: string;
  title: string;
  goal_type: GoalType;
  target_value: number;
  current_value: number | null;
  unit: string;
  direction: "up" | "down";
  target_date: string | null;
  status: GoalStatus;
}

export interface Point {
  day: string;
  value: number;
}

export interface Series {
  first_day: string;
  last_day: string;
  data: Point[];
}

export const DIETS = [
  ...(["vegetarian", "vegan", "pescatarian", "halal"] as const),
  ...(["gluten_free", "dairy_free", "egg_free", "nut_free"] as const),
] as const;
export type Diet = (typeof DIETS)[number];

export interface RecipeSummary {
  id: string;
  title: string;
  description: string;
  prep_minutes: number;
  cook_minutes: number;
  servings: number;
  difficulty: "easy" | "medium" | "hard";
  diets: Diet[];
  language: string;
}

export interface Ingredient {
  name: string;
  quantity: number | null;
  unit: string | null;
  note: string | null;
}

export interface Recipe extends RecipeSummary {
  ingredients: Ingredient[];
  instructions: string[];
}

export type RequestStatus = "queued" | "running" | "done" | "failed" | "cancelled";

export interface RecipeRequest {
  request_id: string;
  status: RequestStatus;
  recipe_id: string | null;
  reason: string | null;
  created_at: string;
}

export interface InboxItem {
  id: string;
  type: string;
  data: Record<string, unknown>;
  created_at: string;
  read_at: string | null;
}

export interface InboxPage extends Page<InboxItem> {
  unread_count: number;
}

export interface Company {
  online: number;
  people: { user_id: string; user_name: string }[];
}

export interface Stats {
  connected_clients: number;
  by_transport: Record<string, number>;
  events_published: number;
  events_sent_today: number;
  uptime_seconds: number;
  nodes: { node_id: string; version: string; connected_clients: number }[];
  details: {
    latency: {
      deliveries: number;
      p50_ms: number | null;
      p95_ms: number | null;
      p99_ms: number | null;
    };
    slow_ends: number;
    replayed_events: number;
    resyncs: Record<string, number>;
  } | null;
}

export interface OpenConnection {
  id: string;
  user_name: string;
  transport: string;
  address: string;
  since: string;
  channels: number;
  unsent_bytes: number;
  heard_seconds_ago: number | null;
}

export const ACTIONS = [
  ...(["signed_out", "account_disabled", "account_enabled", "promoted", "connection_ended"] as const),
  ...(["notification_sent", "notification_scheduled", "notification_cancelled"] as const),
  ...(["post_deleted", "comment_deleted", "recipe_deleted"] as const),
  ...(["password_changed", "email_changed", "data_exported", "account_deleted"] as const),
] as const;
export type AuditAction = (typeof ACTIONS)[number];

export interface AuditEntry {
  id: string;
  action: string;
  /** Null for the operator, on the command line. */
  actor_id: string | null;
  actor_name: string | null;
  subject_id: string | null;
  subject_name: string | null;
  details: string;
  address: string;
  created_at: string;
}

export const LEVELS = ["Info", "Success", "Warning", "Error"] as const;
