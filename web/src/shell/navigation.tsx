import type { Account } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useInbox } from "../inbox/inbox.js";
import { Avatar } from "../ui/avatar.js";
import { Icon, type IconName } from "../ui/icon.js";
import { Preferences } from "./preferences.js";
import { Link, type Path, usePath } from "./router.js";
import { SignOut } from "./sign-out.js";

const PLACES: [Path, IconName & ("feed" | "kitchen" | "goals" | "recipes" | "inbox" | "admin")][] = [
  ["/", "feed"],
  ["/kitchen", "kitchen"],
  ["/goals", "goals"],
  ["/recipes", "recipes"],
  ["/inbox", "inbox"],
  ["/admin", "admin"],
];

/** Where one can go: a column beside the view, on phones a bar below it. */
export function Navigation({ user }: { user: Account }) {
  const { t } = useLanguage();
  const places = PLACES.filter(([path]) => path !== "/admin" || user.role === "admin");
  return (
    <header className="side">
      <p className="brand">
        <img src="/favicon.svg" alt="" width="32" height="32" /> IT Cook
      </p>
      <nav aria-label={t("nav.label")}>
        <ul>
          {places.map(([path, name]) => (
            <Place key={path} path={path} name={name} />
          ))}
        </ul>
      </nav>
      <Own user={user} />
    </header>
  );
}

function Place({ path, name }: { path: Path; name: (typeof PLACES)[number][1] }) {
  const { t } = useLanguage();
  const { unread } = useInbox();
  const isHere = usePath() === path;
  return (
    <li>
      <Link to={path} aria-current={isHere ? "page" : undefined}>
        <Icon name={name} />
        <span>{t(`nav.${name}`)}</span>
        {name === "inbox" && unread > 0 && (
          <span className="count">
            <span aria-hidden="true">{unread}</span>
            <span className="unseen">{t("nav.unread", { count: unread })}</span>
          </span>
        )}
      </Link>
    </li>
  );
}

function Own({ user }: { user: Account }) {
  const { t } = useLanguage();
  return (
    <div className="own">
      <Link
        to="/account"
        className="me"
        aria-label={t("account.link", { name: user.name })}
        aria-current={usePath() === "/account" ? "page" : undefined}
      >
        <Avatar person={user} small /> <span>{user.name}</span>
      </Link>
      <Preferences />
      <SignOut />
    </div>
  );
}
