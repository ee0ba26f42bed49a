// Made from itcook/events.py and itcook/messages.py by `make generate`. Do not edit.

/** Go on with this access token, of the same person; answered by `TokenRefreshed`. */
export interface AuthenticateMessage {
  ref?: string | null;
  type: "Authenticate";
  token: string;
}

export type ClientMessage =
  | SubscribeMessage
  | UnsubscribeMessage
  | HeartbeatMessage
  | AuthenticateMessage
  | TypingStartMessage
  | TypingStopMessage;

export interface CommentDeleted {
  id: string;
  type: "CommentDeleted";
  channel: string;
  timestamp: string;
  data: CommentDeletedData;
}

/** A comment is gone. To `community`, `post:{post_id}` and the post author's own `personal`. */
export interface CommentDeletedData {
  post_id: string;
  comment_id: string;
}

export interface Connected {
  type: "Connected";
  timestamp: string;
  data: ConnectedData;
}

/**
 * Always the first event of a connection. `cursor` is where this connection begins: a client that drops
 * before any other event resumes from it. `resume` says how: `fresh` (no cursor was given), `resumed`
 * (`replayed` events follow at once) or `reset` (the cursor could not be honoured; `ResyncRequired` follows).
 */
export interface ConnectedData {
  connection_id: string;
  user_id: string;
  transport: "websocket" | "sse";
  channels: string[];
  cursor: string;
  resume: "fresh" | "resumed" | "reset";
  replayed: number;
  heartbeat_seconds: number;
  timeout_seconds: number;
  expires_at: string;
}

export type ControlEvent =
  | Connected
  | Heartbeat
  | Subscribed
  | Unsubscribed
  | ResyncRequired
  | TokenRefreshed
  | Error
  | Disconnecting;

export interface Disconnecting {
  type: "Disconnecting";
  timestamp: string;
  data: DisconnectingData;
}

/** The server is about to end the connection; `reconnect` is what a client obeys. */
export interface DisconnectingData {
  code: number;
  reason: string;
  reconnect: boolean;
  retry_after_ms: number;
}

export type DurableEvent =
  | NewCommunityPost
  | PostUpdated
  | PostDeleted
  | PostLiked
  | PostUnliked
  | NewComment
  | CommentDeleted
  | NewFollower
  | ExpiringItems
  | FridgeItemChanged
  | GoalAchieved
  | RecipeGenerated
  | RecipeFailed
  | SystemNotification;

export type EphemeralEvent = Typing | PresenceChanged;

export interface Error {
  type: "Error";
  timestamp: string;
  data: ErrorData;
}

/** A client message was refused; the connection goes on. `ref` is the refused message's own. */
export interface ErrorData {
  code: string;
  message: string;
  ref?: string | null;
}

/** One item of `ExpiringItems`; `days_left` is negative once the last good day is past. */
export interface ExpiringItem {
  id: string;
  name: string;
  expires_on: string;
  days_left: number;
}

export interface ExpiringItems {
  id: string;
  type: "ExpiringItems";
  channel: string;
  timestamp: string;
  data: ExpiringItemsData;
}

/** Food goes bad soon or has; its days left are those of the first item. To `kitchen:{kitchen_id}`. */
export interface ExpiringItemsData {
  kitchen_id: string;
  items: ExpiringItem[];
  days_left: number;
}

export type FridgeChange = "added" | "updated" | "removed";

export interface FridgeItemChanged {
  id: string;
  type: "FridgeItemChanged";
  channel: string;
  timestamp: string;
  data: FridgeItemChangedData;
}

/** An item is not as it was; one that was removed is shown as it was last. To `kitchen:{kitchen_id}`. */
export interface FridgeItemChangedData {
  kitchen_id: string;
  item_id: string;
  change: FridgeChange;
  changed_by_id: string;
  changed_by_name: string;
  name: string;
  quantity: number;
  unit: string;
  category: string;
  location: string;
  expires_on: string | null;
}

export interface GoalAchieved {
  id: string;
  type: "GoalAchieved";
  channel: string;
  timestamp: string;
  data: GoalAchievedData;
}

/** To the own `personal` of the person whose goal it is, once for each achievement. */
export interface GoalAchievedData {
  goal_id: string;
  title: string;
  achievement_type: string;
  target_value: number;
  unit: string;
}

export interface Heartbeat {
  type: "Heartbeat";
  timestamp: string;
  data: HeartbeatData;
}

/** The connection lives, and everything up to `cursor` has been delivered on it. */
export interface HeartbeatData {
  timestamp: string;
  cursor: string;
}

/** A sign of life, for clients whose WebSocket pongs cannot be seen; it has no answer. */
export interface HeartbeatMessage {
  ref?: string | null;
  type: "Heartbeat";
}

export interface NewComment {
  id: string;
  type: "NewComment";
  channel: string;
  timestamp: string;
  data: NewCommentData;
}

/** To `community`, `post:{post_id}` and the post author's own `personal`. */
export interface NewCommentData {
  post_id: string;
  comment_id: string;
  author_id: string;
  author_name: string;
  content: string;
}

export interface NewCommunityPost {
  id: string;
  type: "NewCommunityPost";
  channel: string;
  timestamp: string;
  data: NewCommunityPostData;
}

/** Someone shared a post. To `community` and `author:{author_id}`. */
export interface NewCommunityPostData {
  post_id: string;
  author_id: string;
  author_name: string;
  content: string;
  post_type: PostType;
  timestamp: string;
}

export interface NewFollower {
  id: string;
  type: "NewFollower";
  channel: string;
  timestamp: string;
  data: NewFollowerData;
}

/** To the own `personal` of the person who is followed. */
export interface NewFollowerData {
  follower_id: string;
  follower_name: string;
}

export type NotificationLevel = "Info" | "Warning" | "Error" | "Success";

export interface PostDeleted {
  id: string;
  type: "PostDeleted";
  channel: string;
  timestamp: string;
  data: PostDeletedData;
}

/** A post is gone. To `community`, `author:{author_id}` and `post:{post_id}`. */
export interface PostDeletedData {
  post_id: string;
  author_id: string;
}

export interface PostLiked {
  id: string;
  type: "PostLiked";
  channel: string;
  timestamp: string;
  data: PostLikedData;
}

/** To `community`, `post:{post_id}` and the author's own `personal`. */
export interface PostLikedData {
  post_id: string;
  liker_id: string;
  liker_name: string;
  total_likes: number;
}

export type PostType = "recipe" | "achievement" | "general" | "question";

export interface PostUnliked {
  id: string;
  type: "PostUnliked";
  channel: string;
  timestamp: string;
  data: PostUnlikedData;
}

/** A like was taken back. To `community`, `post:{post_id}` and the author's own `personal`. */
export interface PostUnlikedData {
  post_id: string;
  liker_id: string;
  total_likes: number;
}

export interface PostUpdated {
  id: string;
  type: "PostUpdated";
  channel: string;
  timestamp: string;
  data: PostUpdatedData;
}

/** The author edited a post. To `community`, `author:{author_id}` and `post:{post_id}`. */
export interface PostUpdatedData {
  post_id: string;
  author_id: string;
  author_name: string;
  content: string;
  post_type: PostType;
  timestamp: string;
}

export interface PresenceChanged {
  type: "PresenceChanged";
  channel: string;
  timestamp: string;
  data: PresenceChangedData;
}

/**
 * Someone came into a channel or is gone from it, and how many are there now. To that `channel`, but not to
 * the person.
 */
export interface PresenceChangedData {
  channel: string;
  user_id: string;
  user_name: string;
  state: "joined" | "left";
  online: number;
}

export interface RecipeFailed {
  id: string;
  type: "RecipeFailed";
  channel: string;
  timestamp: string;
  data: RecipeFailedData;
}

/** The recipe that was asked for could not be made. To the own `personal` of whoever asked. */
export interface RecipeFailedData {
  request_id: string;
  reason: string;
}

export interface RecipeGenerated {
  id: string;
  type: "RecipeGenerated";
  channel: string;
  timestamp: string;
  data: RecipeGeneratedData;
}

/** The recipe that was asked for is there. To the own `personal` of whoever asked. */
export interface RecipeGeneratedData {
  recipe_id: string;
  title: string;
  ingredients_count: number;
  request_id: string;
}

export interface ResyncRequired {
  type: "ResyncRequired";
  timestamp: string;
  data: ResyncRequiredData;
}

/**
 * The gap cannot be filled whole: load the state over REST, then go on from `cursor`. With the `ref` of a
 * `Subscribe` it is about the channels that this one named.
 */
export interface ResyncRequiredData {
  reason: "history_pruned" | "unknown_cursor" | "too_far_behind";
  cursor: string;
  ref?: string | null;
}

/**
 * Read more channels, from now on or after the cursor `since`. Answered by `Subscribed`, and by an `Error`
 * for each that is refused.
 */
export interface SubscribeMessage {
  ref?: string | null;
  type: "Subscribe";
  channels: string[];
  since?: string | null;
}

export interface Subscribed {
  type: "Subscribed";
  timestamp: string;
  data: SubscribedData;
}

/**
 * `channels` is what the connection is subscribed to now; those that were named from `cursor` on, of which
 * `replayed` events follow at once.
 */
export interface SubscribedData {
  channels: string[];
  cursor: string;
  replayed?: number;
  ref?: string | null;
}

export interface SystemNotification {
  id: string;
  type: "SystemNotification";
  channel: string;
  timestamp: string;
  data: SystemNotificationData;
}

/** From the people who run the service. To `system`, or to one person's own `personal`. */
export interface SystemNotificationData {
  title: string;
  message: string;
  level: NotificationLevel;
}

export interface TokenRefreshed {
  type: "TokenRefreshed";
  timestamp: string;
  data: TokenRefreshedData;
}

/** The connection goes on with the new token, until `expires_at`. */
export interface TokenRefreshedData {
  expires_at: string;
  ref?: string | null;
}

export interface Typing {
  type: "Typing";
  channel: string;
  timestamp: string;
  data: TypingData;
}

/**
 * Someone writes a comment, or stopped; a start ends by itself after 6 s. To `post:{post_id}`, but not to
 * whoever writes.
 */
export interface TypingData {
  post_id: string;
  user_id: string;
  user_name: string;
  state: "started" | "stopped";
}

/** The person writes a comment on a post; it has no answer. To be repeated while that goes on. */
export interface TypingStartMessage {
  ref?: string | null;
  type: "TypingStart";
  post_id: string;
}

/** The person writes no more; it has no answer. */
export interface TypingStopMessage {
  ref?: string | null;
  type: "TypingStop";
  post_id: string;
}

/** Stop reading channels; answered by `Unsubscribed`. */
export interface UnsubscribeMessage {
  ref?: string | null;
  type: "Unsubscribe";
  channels: string[];
}

export interface Unsubscribed {
  type: "Unsubscribed";
  timestamp: string;
  data: UnsubscribedData;
}

/** `channels` is what the connection is still subscribed to. */
export interface UnsubscribedData {
  channels: string[];
  cursor: string;
  ref?: string | null;
}

/** One event of the stream, on whichever transport. */
export type StreamEvent = DurableEvent | EphemeralEvent | ControlEvent;
