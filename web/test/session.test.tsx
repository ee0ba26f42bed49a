// @vitest-environment happy-dom

import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useSession } from "../src/session/session.js";
import { SignOut } from "../src/shell/sign-out.js";
import { useAction } from "../src/ui/use-action.js";
import { answer, refused, type Told } from "./support/api.js";
import { SIGNED_IN, show } from "./support/people.js";

const LOST: Told = { isLost: true };
const ENDED = refused(401, "unauthenticated"); // what a login that is over is told

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("signing out", () => {
  it.each([
    ["is done though its answer was lost", [LOST, ENDED]],
    ["is done where another device has ended the login", [ENDED]],
  ])("%s", async (_, told) => {
    answer({ "GET /auth/cookie": [{ body: SIGNED_IN }], "POST /auth/logout": told });
    await show(<SignOut />);
    fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
    expect(await screen.findByText("the door")).toBeDefined();
  });

  it("is not done where the server cannot do it, and says so", async () => {
    answer({ "GET /auth/cookie": [{ body: SIGNED_IN }], "POST /auth/logout": [refused(503, "unavailable")] });
    await show(<SignOut />);
    fireEvent.click(screen.getByRole("button", { name: "Sign out" }));
    expect(await screen.findByRole("alert")).toBeDefined();
    expect(screen.queryByText("the door")).toBeNull();
  });
});

describe("deleting the account", () => {
  it.each([
    ["is done though its answer was lost", [LOST, ENDED], "the door, after a deletion"],
    ["is not claimed where another device has ended the login", [ENDED], "the door"],
    ["is refused for a wrong password", [refused(403, "wrong_password")], "wrong_password"],
    [
      "is refused for a wrong password on the repeat",
      [LOST, refused(403, "wrong_password")],
      "wrong_password",
    ],
  ])("%s", async (_, told, shown) => {
    answer({ "GET /auth/cookie": [{ body: SIGNED_IN }], "POST /auth/deletion": told });
    await show(<Deletion />);
    fireEvent.click(screen.getByRole("button"));
    expect(await screen.findByText(new RegExp(`${shown}$`))).toBeDefined();
  });
});

function Deletion() {
  const { deleteAccount } = useSession();
  const deleting = useAction(deleteAccount);
  return (
    <button type="button" onClick={() => void deleting.run("the password")}>
      {deleting.error?.message}
    </button>
  );
}
