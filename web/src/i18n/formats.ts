/** How values of coded statements are written: `{{free, bytes}}` in a message becomes `16 GiB`. */
import type { i18n as I18n } from "i18next";
import { amount, bytes, vcpu } from "~/parts/units";

export function addFormats(instance: I18n): void {
  const { formatter } = instance.services;
  if (!formatter) return;
  const { t } = instance;
  const language = (lng: string | undefined) => lng ?? instance.language;
  formatter.add("bytes", (value, lng) => bytes(t, Number(value), language(lng)));
  formatter.add("vcpu", (value, lng) => vcpu(t, Number(value), language(lng)));
  // The unit of a quota amount is told by the dimension beside it.
  formatter.add("amount", (value, lng, options) =>
    amount(t, String(options.dimension ?? ""), Number(value), language(lng)),
  );
  formatter.add("verb", (value) => {
    const key = `states.verb.${String(value)}`;
    return instance.exists(key) ? String(t(key as "states.verb.vm.create")) : String(value);
  });
}
