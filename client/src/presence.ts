import { headers, refusal } from "./http.js";
import type { ClientOptions } from "./options.js";

/** `online` people are in a channel; `people` are some of them if there are many. */
export interface Company {
  readonly online: number;
  readonly people: readonly { readonly user_id: string; readonly user_name: string }[];
}

export async function whoIsIn(options: ClientOptions, token: string, channel: string): Promise<Company> {
  const { fetch = globalThis.fetch, url } = options;
  const address = `${url.replace(/\/+$/, "")}/realtime/presence?channel=${encodeURIComponent(channel)}`;
  const response = await fetch(address, { headers: headers(token), credentials: "omit" });
  if (!response.ok) throw new globalThis.Error((await refusal(response)).reason);
  return response.json();
}
