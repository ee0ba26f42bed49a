import fc from "fast-check";
import { expect, test } from "vitest";
import { SseParser } from "../src/sse-parser.js";

test("a block is its data lines, whatever else is in it", () => {
  const text = ': comment\nretry: 1000\n\nid: 1\nevent: x\ndata: {"a":\ndata:1}\n\ndata:\n\ndata: cut';
  expect(new SseParser().push(text)).toEqual(['{"a":\n1}', ""]);
});

test("how the text is cut into pieces, and how its lines end, changes nothing", () => {
  const line = fc.stringMatching(/^[^\r\n]*$/);
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.nat(40)),
      (blocks, ending, cuts) => {
        const text = `${blocks.map((block) => `data: ${block}${ending}${ending}`).join("")}:${ending}`;
        const parser = new SseParser();
        let rest = text;
        const found = cuts.flatMap((cut) => {
          const piece = rest.slice(0, cut);
          rest = rest.slice(cut);
          return parser.push(piece);
        });
        expect([...found, ...parser.push(rest)]).toEqual(blocks);
      },
    ),
  );
});
