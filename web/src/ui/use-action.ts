import { useState } from "react";

export interface Action<Given extends unknown[]> {
  run: (...given: Given) => Promise<boolean>;
  busy: boolean;
  /** Why it did not work the last time. */
  error: Error | undefined;
}

/** Something that a person has done and that takes a while, once at a time. `run` says whether it worked. */
export function useAction<Given extends unknown[]>(
  act: (...given: Given) => Promise<unknown>,
): Action<Given> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const run = async (...given: Given): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    try {
      await act(...given);
      setError(undefined);
      return true;
    } catch (failure) {
      setError(failure as Error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}
