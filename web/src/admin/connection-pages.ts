import { get } from "../api/http.js";
import type { OpenConnection, Page } from "../api/types.js";

export const ROWS = 50; // on one page

/** The connections as they are now, page after page until there are so many rows, or no more. */
export async function connectionsNow(rows: number): Promise<Page<OpenConnection>> {
  const path = `/realtime/connections?limit=${ROWS}`;
  let all = await get<Page<OpenConnection>>(path);
  while (all.has_more && all.data.length < rows) {
    const next = await get<Page<OpenConnection>>(
      `${path}&before=${encodeURIComponent(all.next_before ?? "")}`,
    );
    all = { ...next, data: [...all.data, ...next.data] };
  }
  return all;
}
