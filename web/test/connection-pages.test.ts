import { afterEach, describe, expect, it, vi } from "vitest";
import { connectionsNow, ROWS } from "../src/admin/connection-pages.js";

afterEach(() => vi.unstubAllGlobals());

/** A server with so many connections, as docs/reference/rest.md has its pages. */
function serve(total: number): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const query = new URLSearchParams(path.split("?")[1]);
    const first = query.has("before") ? Number(query.get("before")) + 1 : 0;
    const ids = Array.from({ length: total }, (_, index) => index).slice(first, first + ROWS);
    const last = ids.at(-1) ?? 0;
    const more = last + 1 < total;
    const data = ids.map((id) => ({ id: String(id) }));
    return new Response(JSON.stringify({ data, has_more: more, next_before: more ? String(last) : null }));
  });
  return asked;
}

describe("the connections that are shown", () => {
  it("are asked for page after page until there are enough, each once and in order", async () => {
    const asked = serve(3 * ROWS);
    const { data, has_more } = await connectionsNow(2 * ROWS);
    expect(data.map(({ id }) => Number(id))).toEqual(Array.from({ length: 2 * ROWS }, (_, index) => index));
    expect(has_more).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it("end with the last page", async () => {
    serve(ROWS + 1);
    const { data, has_more } = await connectionsNow(9 * ROWS);
    expect(data).toHaveLength(ROWS + 1);
    expect(has_more).toBe(false);
  });
});
