import type { Share } from "../line.js";
import { browserMeans, type Means } from "./browser.js";
import { SharedLine } from "./shared-line.js";

export type { Channel, Locks, Means } from "./browser.js";

/**
 * Share one connection among all tabs of a page that the same person has open, for the option `share`. Where there
 * are no Web Locks or no BroadcastChannel, as outside of browsers, each client has a connection of its own.
 */
export function tabs(means: Partial<Means> = {}): Share {
  return (drive, url) => (host, ways) => {
    const { locks, channel } = { ...browserMeans(), ...means };
    if (!locks || !channel || !ways.open.poll) return drive(host, ways);
    return new SharedLine({ url: url.replace(/\/+$/, ""), locks, channel }, host, ways, drive);
  };
}
