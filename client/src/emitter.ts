/** Listeners by name. One that throws does not keep the others from being called. */
export class Emitter<Signatures extends { [Name in keyof Signatures]: (...values: never[]) => unknown }> {
  readonly #listeners = new Map<keyof Signatures, Set<(...values: never[]) => unknown>>();

  /** Call `listener` each time; gives what ends that. */
  on<Name extends keyof Signatures>(name: Name, listener: Signatures[Name]): () => void {
    const own: (...values: never[]) => unknown = (...values) => listener(...values);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own));
    return () => listeners.delete(own);
  }

  /** What the listeners returned. */
  emit<Name extends keyof Signatures>(name: Name, ...values: Parameters<Signatures[Name]>): unknown[] {
    return [...(this.#listeners.get(name) ?? [])].map((listener) => {
      try {
        return listener(...values);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // seen as any other uncaught error is
        });
        return undefined;
      }
    });
  }
}
