// @vitest-environment happy-dom

import { cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AccountView } from "../src/account/account.js";
import { answer, refused, type Told } from "./support/api.js";
import { ADA, SIGNED_IN, show } from "./support/people.js";

const UNREACHABLE: Told[] = [{ body: SIGNED_IN }, { isLost: true }]; // once the page is loaded
const LOGINS = {
  "GET /auth/sessions?limit=20": [{ body: { data: [], has_more: false, next_before: null } }],
};

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

describe("a change that was made is told as made though the server cannot be reached right afterwards", () => {
  it("if it is the address, which is shown then", async () => {
    const email = "countess@example.org";
    answer({
      ...LOGINS,
      "GET /auth/cookie": UNREACHABLE,
      "PUT /auth/email": [{ body: { ...ADA, email } }],
    });
    await show(<AccountView />);
    const form = await send("E-mail address");
    expect(await form.findByText("Changed.")).toBeDefined();
    expect(screen.getByText(email)).toBeDefined();
  });

  it("if it is the password", async () => {
    answer({ ...LOGINS, "GET /auth/cookie": UNREACHABLE, "PUT /auth/password": [{ status: 204 }] });
    await show(<AccountView />);
    const form = await send("Password");
    expect(await form.findByText("Changed.")).toBeDefined();
    expect(form.queryByRole("alert")).toBeNull();
  });
});

describe("the last administrator, who cannot be deleted, is sent to whoever runs the server", () => {
  it.each([
    ["en", "Delete my account…", "Delete the account", "Ask whoever runs the server"],
    ["ru", "Удалить мой аккаунт…", "Удалить аккаунт", "попросите того, кто обслуживает сервер"],
  ])("in %s", async (language, verb, name, way) => {
    localStorage.setItem("itcook.language", language);
    answer({
      ...LOGINS,
      "GET /auth/cookie": [{ body: SIGNED_IN }],
      "POST /auth/deletion": [refused(409, "last_admin")],
    });
    await show(<AccountView />);
    fireEvent.click(screen.getByRole("button", { name: verb }));
    const form = await send(name);
    expect((await form.findByRole("alert")).textContent).toContain(way);
  });
});

/** Send the form; the browser's own checks of what is filled in are not this test's matter. */
async function send(name: string) {
  const form = await screen.findByRole("form", { name });
  fireEvent.submit(form);
  return within(form);
}
