/** Whose token it is; undefined if that cannot be seen. */
export function personOf(token: string): string | undefined {
  try {
    const [, claims = ""] = token.split(".");
    const { sub } = JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined; // not a JWT
  }
}
