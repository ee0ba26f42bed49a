export { useChannel, usePresence, useTyping } from "./channel-hooks.js";
export { ITCookProvider, type ProviderProps } from "./provider.js";
export type { Feed } from "./store.js";
export { type ITCookOptions, type ITCookWebSocket, useITCookWebSocket } from "./use-itcook-websocket.js";
