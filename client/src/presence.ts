import { type Call, refusal } from "./http.js";

/** `online` people are in a channel; `people` are some of them if there are many. */
export interface Company {
  readonly online: number;
  readonly people: readonly { readonly user_id: string; readonly user_name: string }[];
}

export async function whoIsIn(call: Call, token: string, channel: string): Promise<Company> {
  const response = await call(`/realtime/presence?channel=${encodeURIComponent(channel)}`, token);
  if (!response.ok) throw new globalThis.Error((await refusal(response)).reason);
  return response.json();
}
