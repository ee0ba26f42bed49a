// A day of a client whose types were generated of openapi.json: node generated/smoke.js URL. It prints what it saw,
// as JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/openapi.js";

declare const process: { argv: string[] };

type Event = components["schemas"]["DurableEvent"];

const api = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

const signedIn = await api.POST("/api/v1/auth/register", {
  body: {
    email: "generated@example.org",
    password: "a long kitchen secret",
    first_name: "Gena",
    last_name: "Rated",
  },
});
if (!signedIn.data || !("access_token" in signedIn.data)) {
  throw new Error(`not signed in: ${JSON.stringify(signedIn.error)}`);
}
const headers = { Authorization: `Bearer ${signedIn.data.access_token}` };

const feed = await api.GET("/api/v1/community/posts", { headers });
const cursor = feed.response.headers.get("Stream-Cursor") ?? "";

const post = await api.POST("/api/v1/community/posts", {
  headers,
  body: { content: "Borscht is ready!", post_type: "recipe" },
});
const refused = await api.GET("/api/v1/community/posts/{post_id}", {
  headers,
  params: { path: { post_id: signedIn.data.user.id } },
});
const events = await api.GET("/api/v1/realtime/events", {
  headers,
  params: { query: { after: cursor, wait: 20 } },
});

console.log(
  JSON.stringify({
    post: post.data?.content,
    refused: refused.error?.code,
    events: (events.data?.data ?? []).map(told),
  }),
);

function told(event: Event): string {
  return event.type === "NewCommunityPost" ? event.data.content : event.type;
}
