import { describe, expect, it } from "vitest";
import { deviceOf } from "../src/account/device.js";

const LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

describe("deviceOf", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"],
    [`${LINUX} Chrome/142.0.0.0 Safari/537.36`, "Chrome · Linux"],
    [`${LINUX} Chrome/142.0.0.0 YaBrowser/25.10.0.0 Safari/537.36`, "Yandex · Linux"],
    ["Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge · Windows"],
    ["Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome · Android"],
    [`${IPHONE} Version/18.6 Mobile/15E148 Safari/604.1`, "Safari · iOS"],
    [`${IPHONE} CriOS/142.0.0.0 Mobile/15E148 Safari/604.1`, "Chrome · iOS"],
    ["curl/8.14.1", "curl"],
    ["", ""],
  ])("of %j is %j", (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device);
  });
});
