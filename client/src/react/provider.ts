import { createElement, type ReactNode } from "react";
import type { Token } from "../index.js";
import type { ITCookOptions } from "./registry.js";
import { Provided, useShared } from "./use-shared.js";

export interface ProviderProps extends Partial<ITCookOptions> {
  /** The person's token; null while nobody is signed in. */
  token: Token | null;
  children?: ReactNode;
}

/** One connection for all components inside, whose hooks then need no token. */
export function ITCookProvider({ token, children, ...options }: ProviderProps): ReactNode {
  const value = useShared(token, options);
  return createElement(Provided.Provider, { value }, children);
}
