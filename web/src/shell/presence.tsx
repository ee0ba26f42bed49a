import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { usePresence } from "../stream/hooks.js";
import { Avatar } from "../ui/avatar.js";

const NAMED = 12; // more would push everything else off the screen

/** Who is in a channel now. */
export function Presence({ channel }: { channel: string }) {
  const { t } = useLanguage();
  const user = useUser();
  const { online, people } = usePresence(channel);
  const named = people.slice(0, NAMED);
  return (
    <section className="card presence" aria-labelledby="presence-title">
      <h2 id="presence-title">{t("presence.title")}</h2>
      <p className="muted">{t("presence.online", { count: online })}</p>
      <ul>
        {named.map(({ user_id: id, user_name: name }) => (
          <li key={id}>
            <Avatar person={{ id, name }} small />
            {id === user.id ? t("presence.you", { name }) : name}
          </li>
        ))}
        {online > named.length && (
          <li className="muted">{t("presence.more", { count: online - named.length })}</li>
        )}
      </ul>
    </section>
  );
}
