// @vitest-environment happy-dom

import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Logins } from "../src/account/logins.js";
import { answer, refused } from "./support/api.js";
import { SIGNED_IN, show } from "./support/people.js";

const HERE = {
  id: "1",
  current: true,
  user_agent: "curl/8.14.1",
  address: "192.0.2.1",
  created_at: "2026-01-01T00:00:00Z",
  last_seen_at: "2026-01-01T00:00:00Z",
};
const ELSEWHERE = { ...HERE, id: "2", current: false };

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("trying again to sign out everywhere else does so, and then the failure is gone", async () => {
  const page = { has_more: false, next_before: null };
  const asked = answer({
    "GET /auth/cookie": [{ body: SIGNED_IN }],
    "GET /auth/sessions?limit=20": [
      { body: { ...page, data: [HERE, ELSEWHERE] } },
      { body: { ...page, data: [HERE] } },
    ],
    "DELETE /auth/sessions?others=true": [refused(503, "unavailable"), { status: 204 }],
  });
  await show(<Logins />);
  fireEvent.click(await screen.findByRole("button", { name: "Sign out everywhere else" }));
  fireEvent.click(await within(await screen.findByRole("alert")).findByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(1));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(asked.filter((name) => name.startsWith("DELETE"))).toHaveLength(2);
});
