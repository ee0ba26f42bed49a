/** Tabs come, die, freeze and lead in any order, and messages between them take any time. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { settled } from "./support/clock.js";
import { Scene } from "./support/scene.js";

const index = fc.nat({ max: 9 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("happen" as const), index }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("deliver" as const), index }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("calm" as const), index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("open" as const), index }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("turn", "kill", "close", "freeze", "thaw", "cut", "wait", "subscribe"),
      index,
    }),
  },
);

async function perform(scene: Scene, { kind, index }: { kind: string; index: number }): Promise<void> {
  const page = scene.alive[index % scene.alive.length];
  if (kind === "happen") scene.server.happen(index);
  if (kind === "deliver") scene.deliver(index);
  if (kind === "calm") await scene.calm();
  if (kind === "turn") await settled();
  if (kind === "open" && scene.alive.length < 5) scene.open(index % 2 ? scene.server.cursor : undefined);
  if (kind === "kill" && page) scene.kill(page);
  if (kind === "close" && page) scene.close(page);
  if (kind === "freeze" && page && !page.tab.frozen) page.tab.freeze();
  if (kind === "thaw" && page?.tab.frozen) page.tab.thaw();
  if (kind === "cut") scene.server.cut();
  if (kind === "wait") await scene.pass(5 * index);
  if (kind === "subscribe" && page) page.client.subscribe("post:1");
}

test("every tab has all that it is owed, once and in order, whoever leads", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const scene = new Scene();
      scene.open(undefined);
      for (const one of steps) await perform(scene, one);
      for (const { tab } of scene.pages) if (tab.frozen) tab.thaw();
      await scene.pass(120);
      scene.server.happen(0);
      await scene.pass(30);
      for (const { tab, ids, from, loaded, client } of scene.pages) {
        if (!tab.dead) expect(client.state.status).toBe("open");
        const owed = from === undefined ? [] : scene.owed(from);
        // While the connection is behind the page, what it had when it was loaded may come as well, as the contract says.
        const news = ids.filter((id) => !loaded.has(id));
        expect(news).toEqual(tab.dead ? owed.slice(0, news.length) : owed);
        expect(new Set(ids).size).toBe(ids.length);
      }
      scene.server.sweep();
      expect(scene.server.connections).toBe(scene.alive.length > 0 ? 1 : 0);
    }),
    { numRuns: 200 },
  );
});
