/**
 * Reads `text/event-stream` as it comes, in pieces of any size; gives the data of the blocks that are whole.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * Only `data` is read: the cursor is in the event's own JSON as well.
 */
export class SseParser {
  #rest = "";
  #data: string[] = [];

  push(text: string): string[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): string[] {
    if (line === "") {
      const data = this.#data;
      this.#data = [];
      return data.length > 0 ? [data.join("\n")] : [];
    }
    if (line.startsWith("data:")) this.#data.push(line.slice(line[5] === " " ? 6 : 5));
    return [];
  }
}
