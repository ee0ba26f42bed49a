import type { StreamEvent } from "@itcook/realtime";
import type { Item, Page } from "../api/types.js";

const DAY = 86_400_000; // milliseconds

/** The fridge of a kitchen after an event. Again is the same as once. */
export function afterEvent(page: Page<Item>, event: StreamEvent, kitchenId: string): Page<Item> {
  if (event.type !== "FridgeItemChanged" || event.data.kitchen_id !== kitchenId) return page;
  const { item_id: id, change, name, quantity, unit, category, location, expires_on } = event.data;
  if (change === "removed") return without(page, id);
  return withItem(page, { id, kitchen_id: kitchenId, name, quantity, unit, category, location, expires_on });
}

/** With an item in its place: what expires first is first, what has no date is last. */
export function withItem(page: Page<Item>, item: Item): Page<Item> {
  const others = page.data.filter(({ id }) => id !== item.id);
  return { ...page, data: [...others, item].sort(inOrder) };
}

export function without(page: Page<Item>, id: string): Page<Item> {
  return { ...page, data: page.data.filter((item) => item.id !== id) };
}

/** How many days it is good for, by the day that it is in the time zone: 0 on the last one, negative after it. */
export function daysLeft(expiresOn: string, timeZone: string, now: Date): number {
  const today = now.toLocaleDateString("sv", { timeZone }); // Swedish dates are ISO's
  return Math.round((Date.parse(expiresOn) - Date.parse(today)) / DAY);
}

function inOrder(a: Item, b: Item): number {
  const [one, other] = [a.expires_on ?? "9999", b.expires_on ?? "9999"];
  if (one !== other) return one < other ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
