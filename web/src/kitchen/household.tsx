import { useEffect, useState } from "react";
import { post } from "../api/http.js";
import type { Invite, Kitchen, Member, Page } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { usePresence } from "../stream/hooks.js";
import { useLive } from "../stream/use-live.js";
import { Avatar } from "../ui/avatar.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";

/** Who shares a kitchen, who of them is here, and how to let someone in. */
export function Household({ kitchen }: { kitchen: Kitchen }) {
  const { t } = useLanguage();
  const { people } = usePresence(`kitchen:${kitchen.id}`);
  const { state, error, reload } = useLive<Page<Member>>(
    `/kitchens/${kitchen.id}/members?limit=50`,
    (page) => page,
  );
  const hasNew =
    state !== undefined && people.some(({ user_id }) => state.data.every(({ id }) => id !== user_id));
  useEffect(() => {
    if (hasNew) reload().catch(() => {}); // no event tells of members; that one is here does
  }, [hasNew, reload]);
  const isHere = (member: Member) => people.some(({ user_id }) => user_id === member.id);
  return (
    <section className="card column" aria-labelledby="members-title">
      <h2 id="members-title">{t("kitchen.members")}</h2>
      <Failure error={error} retry={() => void reload().catch(() => {})} />
      <ul className="members">
        {state?.data.map((member) => (
          <li key={member.id}>
            <Avatar person={member} small />
            <span>
              {member.name}
              {member.role === "owner" && <small>{t("kitchen.owner")}</small>}
            </span>
            {isHere(member) && <span className="here">{t("kitchen.here")}</span>}
          </li>
        ))}
      </ul>
      <NewInvite kitchen={kitchen} />
    </section>
  );
}

function NewInvite({ kitchen }: { kitchen: Kitchen }) {
  const { t, language } = useLanguage();
  const [invite, setInvite] = useState<Invite>();
  const making = useAction(async () => setInvite(await post<Invite>(`/kitchens/${kitchen.id}/invites`, {})));
  return (
    <>
      <button type="button" className="quiet" disabled={making.busy} onClick={() => void making.run()}>
        {t("kitchen.invite")}
      </button>
      <Failure error={making.error} />
      <div aria-live="polite">
        {invite && (
          <p className="invite">
            <code>{invite.code}</code>
            <small>
              {t("kitchen.invite_hint", { until: new Date(invite.expires_at).toLocaleDateString(language) })}
            </small>
          </p>
        )}
      </div>
    </>
  );
}
