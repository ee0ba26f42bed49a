import { expect, test } from "vitest";
import { Backoff } from "../src/backoff.js";

test("waits grow from 0.5 s with a ceiling that doubles up to 30 s", () => {
  const longest = new Backoff(() => 1);
  expect(Array.from({ length: 8 }, () => longest.next())).toEqual([
    1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
  const shortest = new Backoff(() => 0);
  expect(Array.from({ length: 8 }, () => shortest.next())).toEqual(Array(8).fill(500));
});

test("a reset begins anew, and thousands of attempts overflow nothing", () => {
  const backoff = new Backoff(() => 1);
  for (let attempt = 0; attempt < 5000; attempt++) backoff.next();
  expect(backoff.next()).toBe(30_000);
  backoff.reset();
  expect(backoff.next()).toBe(1000);
});
