import { randomUUID } from "node:crypto";

/** Someone with an account on a real server, and what they do over REST. */
export class Person {
  private constructor(
    readonly api: string,
    readonly id: string,
    public token: string,
    private refreshToken: string,
  ) {}

  static async register(api: string, firstName: string): Promise<Person> {
    const email = `${firstName}.${randomUUID()}@example.org`.toLowerCase();
    const body = { email, password: "a long kitchen secret", first_name: firstName, last_name: "Cook" };
    const answer = await request(`${api}/auth/register`, "POST", body);
    return new Person(api, answer.user.id, answer.access_token, answer.refresh_token);
  }

  /** A fresh access token. */
  async refresh(): Promise<string> {
    const answer = await request(`${this.api}/auth/refresh`, "POST", { refresh_token: this.refreshToken });
    this.refreshToken = answer.refresh_token;
    this.token = answer.access_token;
    return this.token;
  }

  async post(content: string): Promise<string> {
    const body = { content, post_type: "general" };
    return (await request(`${this.api}/community/posts`, "POST", body, this.token)).id;
  }

  async comment(postId: string, content: string): Promise<void> {
    await request(`${this.api}/community/posts/${postId}/comments`, "POST", { content }, this.token);
  }

  async logout(): Promise<void> {
    await request(`${this.api}/auth/logout`, "POST", undefined, this.token);
  }
}

async function request(url: string, method: string, body?: unknown, token?: string) {
  const response = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

/** A JWT of a person, unsigned, as the client looks at nothing but `sub`. */
export function jwt(sub: string, exp = 0): string {
  return `h.${btoa(JSON.stringify({ sub, exp }))}.s`;
}
