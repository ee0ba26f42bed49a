// @vitest-environment happy-dom

import { cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { usePages } from "../src/ui/use-pages.js";
import { answer, refused } from "./support/api.js";
import "./support/patience.js";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("a list that is shown page by page", () => {
  it("tells of a failure until another list is asked for", async () => {
    answer({
      "GET /things?kind=a": [refused(503, "unavailable")],
      "GET /things?kind=b": [{ body: { data: ["b"], has_more: false, next_before: null } }],
    });
    const { result, rerender } = renderHook(({ path }) => usePages<string>(path), {
      initialProps: { path: "/things?kind=a" },
    });
    await waitFor(() => expect(result.current.error).toMatchObject({ code: "unavailable" }));

    rerender({ path: "/things?kind=b" });
    expect(result.current).toMatchObject({ rows: undefined, error: undefined });
    await waitFor(() => expect(result.current.rows).toEqual(["b"]));
  });

  it("tells of it until the same list is there", async () => {
    answer({
      "GET /things?kind=a": [
        refused(503, "unavailable"),
        { body: { data: ["a"], has_more: false, next_before: null } },
      ],
    });
    const { result } = renderHook(() => usePages<string>("/things?kind=a"));
    await waitFor(() => expect(result.current.error).toBeDefined());
    await result.current.reload();
    await waitFor(() => expect(result.current).toMatchObject({ rows: ["a"], error: undefined }));
  });
});
