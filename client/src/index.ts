export { type Listeners, RealtimeClient } from "./client.js";
export type { Clock } from "./clock.js";
export type * from "./events.js";
export type { Drive, Line, Share } from "./line.js";
export type { ClientOptions, Failure, Memory, State, Status, Token } from "./options.js";
export type { Company } from "./presence.js";
export type { Happenings, Surroundings } from "./surroundings.js";
export type { TransportName } from "./transport.js";
