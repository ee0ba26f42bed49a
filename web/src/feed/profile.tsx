import { put, remove } from "../api/http.js";
import type { FollowState, Profile as Shown } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";

/** Who wrote a post, in numbers, and following them. */
export function Profile({ id }: { id: string }) {
  const { t } = useLanguage();
  const user = useUser();
  const path = `/community/users/${id}`;
  const { state, error, change, reload } = useLive<Shown>(path, (profile) => profile);
  const follow = useAction(async () => {
    const by = `${path}/follow`;
    const { is_following, followers_count } = await (state?.is_following
      ? remove<FollowState>(by)
      : put<FollowState>(by));
    change((profile) => ({ ...profile, is_following, followers_count }));
  });
  return (
    <div className="profile">
      {state && (
        <>
          <span className="figure">{t("profile.posts", { count: state.posts_count })}</span>
          <span className="figure">{t("profile.followers", { count: state.followers_count })}</span>
          {id !== user.id && (
            <button
              type="button"
              className="quiet"
              aria-pressed={state.is_following}
              disabled={follow.busy}
              onClick={() => void follow.run()}
            >
              {t(state.is_following ? "profile.following" : "profile.follow")}
            </button>
          )}
        </>
      )}
      <Failure error={error ?? follow.error} retry={() => void reload().catch(() => {})} />
    </div>
  );
}
