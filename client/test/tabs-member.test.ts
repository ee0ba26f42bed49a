/** What a tab concludes from who leads, and from where. */

import { expect, test } from "vitest";
import type { Host, Ways } from "../src/driver.js";
import { Member } from "../src/tabs/member.js";
import type { Mark } from "../src/tabs/messages.js";
import { Scene } from "./support/scene.js";

function leads(member: Member, term: number, after: Mark | null): void {
  member.hear({ kind: "lead", term, after, names: [] });
}

/** A tab that leads in the fifth term, as its first. */
function fifth(): Member {
  const host = {
    channels: { names: [], plain: [], late: [] },
    cursor: () => "e.1",
    state: () => {},
  } as unknown as Host;
  const token = async () => "token";
  const member = new Member({ id: "a", host, ways: {} as Ways, token, hello: () => {} });
  member.lead(5);
  return member;
}

test("a tab goes on with a leader that resumes from where the tab is, or from where its own leader did", () => {
  const member = fifth();
  leads(member, 6, { term: 5, n: 0 });
  expect(member.mark).toEqual({ term: 6, n: 0 });
  leads(member, 7, { term: 5, n: 0 });
  expect(member.mark).toEqual({ term: 7, n: 0 });
});

test.each([
  ["farther on", { term: 5, n: 1 }],
  ["at an unknown place", null],
  ["at a place of a term that the tab knows nothing of, though it is an earlier one", { term: 3, n: 5 }],
])("a tab catches up where the leader resumes %s", (_, after) => {
  const member = fifth();
  leads(member, 6, after);
  expect(member.mark).toBeNull();
});

test("a leader that hangs is replaced, and follows when it runs again", async () => {
  const scene = new Scene();
  scene.open(undefined);
  await scene.pass(5);
  scene.open(undefined);
  await scene.pass(5);
  const [first, second] = scene.pages;
  first?.tab.freeze();
  scene.server.happen(0);
  await scene.pass(60);
  expect(second?.ids).toEqual(["e.1"]);
  first?.tab.thaw();
  scene.server.happen(0);
  await scene.pass(30);
  expect([first?.ids, second?.ids]).toEqual([
    ["e.1", "e.2"],
    ["e.1", "e.2"],
  ]);
  expect(scene.server.connections).toBe(1);
});
