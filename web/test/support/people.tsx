/** Someone who is signed in, and the page as they see it. */

import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import type { Account, CookieSession } from "../../src/api/types.js";
import { LanguageProvider } from "../../src/i18n/language.js";
import { SessionProvider, useSession } from "../../src/session/session.js";
import "./patience.js";

export const ADA: Account = {
  id: "ada",
  name: "Ada Lovelace",
  email: "ada@example.org",
  first_name: "Ada",
  last_name: "Lovelace",
  role: "user",
  time_zone: "UTC",
  language: "en",
};

export const SIGNED_IN: CookieSession = {
  csrf_token: "token",
  expires_at: "2030-01-01T00:00:00Z",
  user: ADA,
};

/** Show `children` to whoever the cookie says is signed in, and a door to everybody else. */
export async function show(children: ReactNode): Promise<void> {
  render(
    <LanguageProvider>
      <SessionProvider>
        <Gate>{children}</Gate>
      </SessionProvider>
    </LanguageProvider>,
  );
  await screen.findByRole("main");
}

function Gate({ children }: { children: ReactNode }) {
  const { state } = useSession();
  if (state.status === "in") return <main>{children}</main>;
  if (state.status === "out") return <p>{state.isDeleted ? "the door, after a deletion" : "the door"}</p>;
  return null;
}
