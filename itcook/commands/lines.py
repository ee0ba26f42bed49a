"""Events as lines for people: when, what, where, and who did what."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.text import Text

from itcook.commands.plain import plain

Data = dict[str, Any]

LONGEST = 200  # characters of what people wrote
_SAYS: dict[str, Callable[[Data], str]] = {
    "NewCommunityPost": lambda d: f"{d['author_name']} ({d['post_type']}): {_cut(d['content'])}",
    "PostUpdated": lambda d: f"{d['author_name']} edited ({d['post_type']}): {_cut(d['content'])}",
    "PostDeleted": lambda d: f"post {d['post_id']} is gone",
    "PostLiked": lambda d: (
        f"{d['liker_name']} likes post {d['post_id']}, {_count(d['total_likes'], 'like')} now"
    ),
    "PostUnliked": lambda d: f"one like less for post {d['post_id']}, {_count(d['total_likes'], 'like')} now",
    "NewComment": lambda d: f"{d['author_name']}: {_cut(d['content'])}",
    "CommentDeleted": lambda d: f"comment {d['comment_id']} is gone",
    "NewFollower": lambda d: f"{d['follower_name']} follows you",
    "ExpiringItems": lambda d: ", ".join(f"{i['name']} {_days(i['days_left'])}" for i in d["items"]),
    "FridgeItemChanged": lambda d: (
        f"{d['changed_by_name']} {d['change']} {d['name']}, {d['quantity']:g} {d['unit']} ({d['location']})"
    ),
    "GoalAchieved": lambda d: f"{d['title']}: {d['target_value']:g} {d['unit']} reached",
    "RecipeGenerated": lambda d: f"{d['title']}, of {_count(d['ingredients_count'], 'ingredient')}",
    "RecipeFailed": lambda d: d["reason"],
    "SystemNotification": lambda d: f"{d['level']}: {d['title']}: {d['message']}",
    "Typing": lambda d: f"{d['user_name']} {d['state']} writing below post {d['post_id']}",
    "PresenceChanged": lambda d: f"{d['user_name']} {d['state']}, {d['online']} online",
    "Connected": lambda d: f"{d['resume']} over {d['transport']}: {', '.join(d['channels'])}",
    "Heartbeat": lambda d: f"everything up to {d['cursor']} was delivered",
    "ResyncRequired": lambda d: f"the gap cannot be filled ({d['reason']}): events are missing here",
    "Disconnecting": lambda d: f"{d['code']} {d['reason']}",
    "Error": lambda d: f"{d['code']}: {d['message']}",
}
_STYLES = {
    "SystemNotification": "bold yellow",
    "ResyncRequired": "bold red",
    "Error": "bold red",
    "ExpiringItems": "yellow",
    "RecipeFailed": "red",
    "GoalAchieved": "bold green",
    "RecipeGenerated": "green",
    "NewCommunityPost": "cyan",
    "NewComment": "blue",
    "PostLiked": "magenta",
    "NewFollower": "magenta",
}


def line_of(event: dict[str, Any], received: datetime) -> Text:
    """One line. Types that this version does not know are shown by their members."""
    says = _SAYS.get(event["type"], _members)(event["data"])
    return Text.assemble(
        (_clock(event.get("timestamp"), received), "dim"),
        "  ",
        (f"{plain(event['type']):18}", _STYLES.get(event["type"], "dim" if "channel" not in event else "")),
        "  ",
        (f"{plain(event.get('channel', '-')):12}", "dim"),
        "  ",
        plain(says),
    )


def _clock(timestamp: str | None, received: datetime) -> str:
    moment = received if timestamp is None else datetime.fromisoformat(timestamp)
    return f"{moment.astimezone():%H:%M:%S}"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _days(left: int) -> str:
    if left < 0:
        return f"{_count(-left, 'day')} over"
    return "today" if left == 0 else f"in {_count(left, 'day')}"


def _members(data: Data) -> str:
    return ", ".join(f"{name} {value}" for name, value in data.items())
