import { type FormEvent, useState } from "react";
import { post } from "../api/http.js";
import { CATEGORIES, type Item, type Kitchen, LOCATIONS, UNITS } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { unitName } from "../i18n/units.js";
import { Failure } from "../ui/failure.js";
import { Choice, Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";

const WIDE = "(min-width: 48rem)"; // on phones, what is there comes first

/** Putting something into a kitchen. */
export function NewItem({ kitchen, added }: { kitchen: Kitchen; added: (item: Item) => void }) {
  const { t } = useLanguage();
  const [isOpen] = useState(() => matchMedia(WIDE).matches);
  const add = useAction(async (item: Record<string, unknown>) => {
    added(await post<Item>("/fridge/items", { ...item, kitchen_id: kitchen.id }));
  });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const { expires_on, quantity, ...rest } = Object.fromEntries(new FormData(form));
    const item = { ...rest, quantity: Number(quantity), ...(expires_on && { expires_on }) };
    if (!(await add.run(item))) return;
    form.reset();
    form.querySelector("input")?.focus();
  };
  return (
    <details className="card" open={isOpen}>
      <summary>
        <h2 id="add-title">{t("kitchen.add_title")}</h2>
      </summary>
      <form onSubmit={submit} aria-labelledby="add-title">
        <div className="row">
          <Field label={t("kitchen.name")} name="name" maxLength={120} required />
          <Field
            label={t("kitchen.quantity")}
            name="quantity"
            type="number"
            min="0.001"
            max="1000000"
            step="any"
            defaultValue="1"
            required
          />
          <Choice label={t("kitchen.unit")} name="unit">
            {UNITS.map((unit) => (
              <option key={unit} value={unit}>
                {unitName(unit, 1, t)}
              </option>
            ))}
          </Choice>
        </div>
        <div className="row">
          <Choice label={t("kitchen.category")} name="category">
            {CATEGORIES.map((category) => (
              <option key={category} value={category}>
                {t(`category.${category}`)}
              </option>
            ))}
          </Choice>
          <Choice label={t("kitchen.location")} name="location">
            {LOCATIONS.map((location) => (
              <option key={location} value={location}>
                {t(`location.${location}`)}
              </option>
            ))}
          </Choice>
          <Field label={t("kitchen.expires")} name="expires_on" type="date" />
        </div>
        <div className="actions">
          <button type="submit" disabled={add.busy}>
            {t("kitchen.add")}
          </button>
        </div>
        <Failure error={add.error} />
      </form>
    </details>
  );
}
